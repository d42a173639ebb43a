//! The tokens of stored text, and what can be done with values without their types.

use super::{
    error::CodecError,
    tag::{DEEPEST, MARK},
};
use std::ops::Range;

/// A place in stored text.
pub(super) struct Scan<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

/// A text, as it stands between its quotes or with its escapes resolved.
pub(super) enum RawText {
    /// The text has no escapes.
    Span(Range<usize>),
    Owned(String),
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Returns the bytes from here on.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Skips whitespace, and returns the byte after it.
    #[inline]
    pub(super) fn peek(&mut self) -> Result<u8, CodecError> {
        loop {
            match self.byte() {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                Some(byte) => return Ok(byte),
                None => return Err(CodecError::new("the value ends too early")),
            }
        }
    }

    pub(super) fn unexpected(&self, expected: &str) -> CodecError {
        match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(found) => CodecError::new(format!("expected {expected}, found `{found}`")),
            None => CodecError::new("the value ends too early"),
        }
    }

    /// Takes one byte, after whitespace.
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), CodecError> {
        if self.peek()? == byte {
            self.at += 1;
            return Ok(());
        }
        Err(self.unexpected(&format!("`{}`", char::from(byte))))
    }

    /// Takes a word such as `null`.
    pub(super) fn word(&mut self, word: &str) -> Result<(), CodecError> {
        if self.rest().starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(());
        }
        Err(self.unexpected(word))
    }

    /// Goes on to the next element of a sequence or map that ends with `close`; false at its end, which it takes.
    #[inline]
    pub(super) fn next(&mut self, is_first: bool, close: u8) -> Result<bool, CodecError> {
        match self.peek()? {
            found if found == close => {
                self.at += 1;
                Ok(false)
            }
            _ if is_first => Ok(true),
            b',' => {
                self.at += 1;
                match self.peek()? {
                    found if found == close => Err(self.unexpected("another element")),
                    _ => Ok(true),
                }
            }
            _ => Err(self.unexpected("`,`")),
        }
    }

    /// Takes a text.
    #[inline]
    pub(super) fn string(&mut self) -> Result<RawText, CodecError> {
        if self.peek()? != b'"' {
            return Err(self.unexpected("a text"));
        }
        self.at += 1;
        let start = self.at;
        self.at += self.plain_bytes();
        match self.byte() {
            Some(b'"') => {
                self.at += 1;
                Ok(RawText::Span(start..self.at - 1))
            }
            _ => self.escaped(start).map(RawText::Owned),
        }
    }

    /// Returns the number of bytes of a text that stand for themselves.
    #[inline]
    fn plain_bytes(&self) -> usize {
        plain_bytes(self.rest())
    }

    /// Reads the rest of a text that began at `start`, from its first escape on.
    fn escaped(&mut self, start: usize) -> Result<String, CodecError> {
        let mut text = self.text[start..self.at].to_owned();
        loop {
            match self.byte() {
                None => return Err(CodecError::new("the value ends too early")),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    self.at += 1;
                    text.push(self.escape()?);
                }
                Some(_) => return Err(self.unexpected("no control character in a text")),
            }
            let plain = self.plain_bytes();
            text.push_str(&self.text[self.at..self.at + plain]);
            self.at += plain;
        }
    }

    fn escape(&mut self) -> Result<char, CodecError> {
        let byte = self.byte();
        self.at += 1;
        Ok(match byte {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let high = self.hexadecimal()?;
                let code = match high {
                    0xd800..0xdc00 => {
                        self.word("\\u")?;
                        let low = self.hexadecimal()?;
                        0x1_0000 + ((high - 0xd800) << 10) + low.wrapping_sub(0xdc00)
                    }
                    code => code,
                };
                char::from_u32(code).ok_or_else(|| CodecError::new("a text has an escape that is no character"))?
            }
            _ => return Err(CodecError::new("a text has an escape that JSON does not have")),
        })
    }

    fn hexadecimal(&mut self) -> Result<u32, CodecError> {
        let digits =
            self.text.get(self.at..self.at + 4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        self.at += 4;
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        code.ok_or_else(|| CodecError::new("a text has an escape that is no character"))
    }

    /// Takes a number, and returns whether it is an integer.
    #[inline]
    pub(super) fn number(&mut self) -> Result<(&'a str, bool), CodecError> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let digits = |at: &mut usize| {
            let before = *at;
            while bytes.get(*at).is_some_and(u8::is_ascii_digit) {
                *at += 1;
            }
            *at > before
        };
        let mut at = start;
        at += usize::from(bytes.get(at) == Some(&b'-'));
        let leading_zero = bytes.get(at) == Some(&b'0');
        let whole = at;
        let mut is_number = digits(&mut at) && !(leading_zero && at > whole + 1);
        let mut is_integer = true;
        if bytes.get(at) == Some(&b'.') {
            at += 1;
            is_integer = false;
            is_number &= digits(&mut at);
        }
        if let Some(b'e' | b'E') = bytes.get(at) {
            at += 1;
            is_integer = false;
            at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
            is_number &= digits(&mut at);
        }
        if !is_number {
            return Err(self.unexpected("a value"));
        }
        self.at = at;
        Ok((&self.text[start..at], is_integer))
    }

    /// Skips a value. `depth`: how deep it lies.
    pub(super) fn skip(&mut self, depth: u16) -> Result<(), CodecError> {
        if depth > DEEPEST {
            return Err(CodecError::too_deep());
        }
        let close = match self.peek()? {
            b'[' => b']',
            b'{' => b'}',
            _ => return self.scalar(),
        };
        self.at += 1;
        let mut is_first = true;
        while self.next(is_first, close)? {
            is_first = false;
            if close == b'}' {
                self.string()?;
                self.expect(b':')?;
            }
            self.skip(depth + 1)?;
        }
        Ok(())
    }

    /// Makes sure that nothing follows.
    pub(super) fn end(&mut self) -> Result<(), CodecError> {
        match self.peek() {
            Ok(_) => Err(self.unexpected("the end")),
            Err(_) => Ok(()),
        }
    }

    /// Takes a value that holds no others.
    pub(super) fn scalar(&mut self) -> Result<(), CodecError> {
        match self.peek()? {
            b'"' => self.string().map(|_| ()),
            b'n' => self.word("null"),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            _ => self.number().map(|_| ()),
        }
    }
}

/// Returns how many of the first bytes stand for themselves in a text of JSON.
#[inline]
pub(super) fn plain_bytes(bytes: &[u8]) -> usize {
    const HIGH: u64 = u64::from_ne_bytes([128; 8]);
    // Each sets the high bit of the first byte it is about, and of no byte before that. See "determine if a word has a
    // byte less than n" among the usual bit hacks. Bytes of 128 and more are no such byte.
    let less = |word: u64, than: u8| word.wrapping_sub(u64::from_ne_bytes([than; 8])) & !word;
    let equal = |word: u64, byte: u8| less(word ^ u64::from_ne_bytes([byte; 8]), 1);
    // A block at once is compiled to a few instructions; where one has such a byte, it is looked for.
    let is_plain = |block: &&[u8; 32]| {
        let is_other = |byte: u8| u8::from(byte < b' ') | u8::from(byte == b'"') | u8::from(byte == b'\\');
        block.iter().fold(0, |others, &byte| others | is_other(byte)) == 0
    };
    let (blocks, _) = bytes.as_chunks::<32>();
    let mut at = 32 * blocks.iter().take_while(is_plain).count();
    let (words, _) = bytes[at..].as_chunks::<8>();
    for &word in words {
        let word = u64::from_le_bytes(word);
        let found = (less(word, b' ') | equal(word, b'"') | equal(word, b'\\')) & HIGH;
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = &bytes[at..];
    at + rest.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < b' ').unwrap_or(rest.len())
}

/// Returns the text of a payload.
pub(super) fn text_of(bytes: &[u8]) -> Result<&str, CodecError> {
    std::str::from_utf8(bytes).map_err(|error| CodecError::new(format!("the value is not valid UTF-8: {error}")))
}

/// Joins several payloads into that of a sequence.
pub(crate) fn join(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(parts.iter().map(|part| part.len() + 1).sum::<usize>() + 2);
    // A payload without the mark has no `$` that means anything else with it.
    if parts.iter().any(|part| part.first() == Some(&MARK)) {
        joined.push(MARK);
    }
    joined.push(b'[');
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            joined.push(b',');
        }
        joined.extend_from_slice(part.strip_prefix(&[MARK]).unwrap_or(part));
    }
    joined.push(b']');
    joined
}

/// Splits the payload of a sequence into those of its elements.
///
/// # Errors
/// The payload is no sequence.
pub(crate) fn split(bytes: &[u8]) -> Result<Vec<Vec<u8>>, CodecError> {
    let mark = if bytes.first() == Some(&MARK) { &[MARK][..] } else { &[] };
    let mut scan = Scan::new(text_of(bytes)?);
    let mut parts = Vec::new();
    let mut split = || {
        scan.expect(b'[')?;
        while scan.next(parts.is_empty(), b']')? {
            let start = scan.at;
            scan.skip(0)?;
            parts.push([mark, &bytes[start..scan.at]].concat());
        }
        scan.end()
    };
    split().map_err(|error: CodecError| error.at(scan.at))?;
    Ok(parts)
}
