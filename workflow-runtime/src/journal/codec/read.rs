//! The deserializer of stored values.

use super::{
    error::CodecError,
    key::Key,
    scan::{RawText, Scan, text_of},
    tag::{DEEPEST, MARK, NAN_32, NAN_64, RAW_VALUE, SOME},
};
use serde::{
    Deserialize,
    de::{
        DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor, value::MapDeserializer,
    },
    forward_to_deserialize_any,
};

/// Reads a value.
///
/// # Errors
/// The payload is no such value.
pub(crate) fn read<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, CodecError> {
    let text = text_of(bytes)?;
    let mut reader =
        Reader { scan: Scan::new(text), lasting: Some(text), marked: bytes.first() == Some(&MARK), depth: 0 };
    let read = T::deserialize(&mut reader).and_then(|value| reader.scan.end().map(|()| value));
    read.map_err(|error| error.at(reader.scan.at))
}

/// A value being read.
pub(super) struct Reader<'a, 'de> {
    pub(super) scan: Scan<'a>,
    /// Text of the payload, if values may borrow from it.
    pub(super) lasting: Option<&'de str>,
    /// Whether keys that begin with `$` are tags.
    pub(super) marked: bool,
    pub(super) depth: u16,
}

/// A tag that begins a value.
#[derive(Clone, Copy)]
enum Tag {
    Some,
    Float64,
    Float32,
    Bytes,
}

const TAGS: [(&[u8], Tag); 4] =
    [(SOME, Tag::Some), (b"{\"$f64\":", Tag::Float64), (b"{\"$f32\":", Tag::Float32), (b"{\"$bytes\":", Tag::Bytes)];

impl<'de> Reader<'_, 'de> {
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, CodecError>) -> Result<T, CodecError> {
        if self.depth >= DEEPEST {
            return Err(CodecError::too_deep());
        }
        self.depth += 1;
        let read = read(self)?;
        self.depth -= 1;
        Ok(read)
    }

    /// Takes the beginning of a tag, if that is what follows.
    #[inline]
    fn tag(&mut self) -> Result<Option<Tag>, CodecError> {
        if !self.marked || self.scan.peek()? != b'{' {
            return Ok(None);
        }
        let rest = self.scan.rest();
        for (begin, tag) in TAGS {
            if rest.starts_with(begin) {
                self.scan.at += begin.len();
                return Ok(Some(tag));
            }
        }
        Ok(None)
    }

    fn tagged<V: Visitor<'de>>(&mut self, tag: Tag, visitor: V) -> Result<V::Value, CodecError> {
        let value = match tag {
            Tag::Some => self.deeper(|reader| visitor.visit_some(reader)),
            Tag::Float64 => visitor.visit_f64(self.float("f64", f64::from_bits(NAN_64), parsed_64)?),
            Tag::Float32 => visitor.visit_f32(self.float("f32", f32::from_bits(NAN_32), parsed_32)?),
            Tag::Bytes => visitor.visit_byte_buf(self.bytes()?),
        }?;
        self.scan.expect(b'}')?;
        Ok(value)
    }

    fn float<T>(&mut self, name: &str, nan: T, parsed: fn(&str) -> Option<T>) -> Result<T, CodecError> {
        let text = self.scan.string()?;
        let found = match self.of(&text) {
            "NaN" => Some(nan),
            text => parsed(text),
        };
        found.ok_or_else(|| CodecError::new(format!("`{}` is not a value of the tag `${name}`", self.of(&text))))
    }

    fn bytes(&mut self) -> Result<Vec<u8>, CodecError> {
        let text = self.scan.string()?;
        let (pairs, rest) = self.of(&text).as_bytes().as_chunks::<2>();
        let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let bytes = pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?));
        let bytes: Option<Vec<u8>> = bytes.collect();
        bytes.filter(|_| rest.is_empty()).ok_or_else(|| CodecError::new("the tag `$bytes` holds no bytes"))
    }

    fn of<'t>(&'t self, text: &'t RawText) -> &'t str {
        match text {
            RawText::Span(span) => &self.scan.text[span.clone()],
            RawText::Owned(text) => text,
        }
    }

    fn visit_text<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, CodecError> {
        let text = self.scan.string()?;
        self.key(text).deserialize_str(visitor)
    }

    fn key<'t>(&'t self, text: RawText) -> Key<'t, 'de> {
        match (text, self.lasting) {
            (RawText::Span(span), Some(lasting)) => Key::Lasting(&lasting[span]),
            (RawText::Span(span), None) => Key::Passing(&self.scan.text[span]),
            (RawText::Owned(text), _) => Key::Owned(text),
        }
    }

    /// Takes the key of an entry.
    fn visit_key<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, CodecError> {
        let text = self.scan.string()?;
        if !self.marked || !self.of(&text).starts_with('$') {
            return seed.deserialize(self.key(text));
        }
        if self.of(&text).starts_with("$=") {
            let lasting = self.lasting.and_then(|lasting| match &text {
                RawText::Span(span) => Some(&lasting[span.start + 2..span.end]),
                RawText::Owned(_) => None,
            });
            let scan = Scan::new(&self.of(&text)[2..]);
            let mut reader = Reader { scan, lasting, marked: true, depth: self.depth };
            let key = seed.deserialize(&mut reader)?;
            reader.scan.end()?;
            return Ok(key);
        }
        seed.deserialize(self.key(self.without_escape(text)?))
    }

    /// Reads the name of a field or a variant.
    fn without_escape(&self, text: RawText) -> Result<RawText, CodecError> {
        if !self.marked || !self.of(&text).starts_with('$') {
            return Ok(text);
        }
        if !self.of(&text).starts_with("$$") {
            return Err(CodecError::new(format!("unknown tag `{}`", self.of(&text))));
        }
        Ok(match text {
            RawText::Span(span) => RawText::Span(span.start + 1..span.end),
            RawText::Owned(mut text) => {
                text.remove(0);
                RawText::Owned(text)
            }
        })
    }

    fn visit_number<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, CodecError> {
        let (text, is_integer) = self.scan.number()?;
        if !is_integer || text == "-0" {
            let value: f64 = text.parse().map_err(|_| CodecError::new("the number can't be read"))?;
            return match value.is_finite() {
                true => visitor.visit_f64(value),
                false => Err(CodecError::new("the number is out of range")),
            };
        }
        if text.starts_with('-') {
            return match (text.parse(), text.parse()) {
                (Ok(value), _) => visitor.visit_i64(value),
                (_, Ok(value)) => visitor.visit_i128(value),
                _ => Err(CodecError::new("the number is out of range")),
            };
        }
        match (text.parse(), text.parse()) {
            (Ok(value), _) => visitor.visit_u64(value),
            (_, Ok(value)) => visitor.visit_u128(value),
            _ => Err(CodecError::new("the number is out of range")),
        }
    }

    fn visit_elements<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, CodecError> {
        self.scan.expect(b'[')?;
        self.deeper(|reader| {
            let mut elements = Elements { reader, is_first: true, is_over: false, close: b']' };
            let value = visitor.visit_seq(&mut elements)?;
            elements.end()?;
            Ok(value)
        })
    }

    fn visit_entries<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, CodecError> {
        self.scan.expect(b'{')?;
        self.deeper(|reader| {
            let mut elements = Elements { reader, is_first: true, is_over: false, close: b'}' };
            let value = visitor.visit_map(&mut elements)?;
            elements.end()?;
            Ok(value)
        })
    }
}

/// Returns the float that is written by its name or its bits.
fn parsed_64(text: &str) -> Option<f64> {
    match text.strip_prefix("0x") {
        Some(bits) => u64::from_str_radix(bits, 16).ok().map(f64::from_bits),
        None => text.parse().ok(),
    }
}

fn parsed_32(text: &str) -> Option<f32> {
    match text.strip_prefix("0x") {
        Some(bits) => u32::from_str_radix(bits, 16).ok().map(f32::from_bits),
        None => text.parse().ok(),
    }
}

macro_rules! read_128 {
    ($($method:ident, $visit:ident;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
            self.scan.peek()?;
            let (text, _) = self.scan.number()?;
            match text.parse() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(CodecError::new("the number is out of range")),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for &mut Reader<'_, 'de> {
    type Error = CodecError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        match self.scan.peek()? {
            b'"' => self.visit_text(visitor),
            b'{' => match self.tag()? {
                Some(tag) => self.tagged(tag, visitor),
                None => self.visit_entries(visitor),
            },
            b'[' => self.visit_elements(visitor),
            b'n' => {
                self.scan.word("null")?;
                visitor.visit_unit()
            }
            b't' => {
                self.scan.word("true")?;
                visitor.visit_bool(true)
            }
            b'f' => {
                self.scan.word("false")?;
                visitor.visit_bool(false)
            }
            _ => self.visit_number(visitor),
        }
    }

    read_128! {
        deserialize_i128, visit_i128;
        deserialize_u128, visit_u128;
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        if self.scan.peek()? != b'"' {
            return self.deserialize_any(visitor);
        }
        let text = self.scan.string()?;
        self.key(text).deserialize_bytes(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        if self.scan.peek()? == b'n' {
            self.scan.word("null")?;
            return visitor.visit_none();
        }
        if self.marked && self.scan.rest().starts_with(SOME) {
            self.scan.at += SOME.len();
            return self.tagged(Tag::Some, visitor);
        }
        // Counted, since a type that holds an option of itself would read the same text for ever.
        self.deeper(|reader| visitor.visit_some(reader))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        if name != RAW_VALUE {
            return visitor.visit_newtype_struct(self);
        }
        self.scan.peek()?;
        let start = self.scan.at;
        if self.marked && self.scan.rest().starts_with(format!("{{\"${RAW_VALUE}\":").as_bytes()) {
            return self.visit_entries(visitor);
        }
        // Before there were tags the text stood there itself.
        self.scan.skip(self.depth)?;
        let text = &self.scan.text[start..self.scan.at];
        visitor.visit_map(MapDeserializer::new(std::iter::once((RAW_VALUE, text))))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        if self.scan.peek()? == b'"' {
            let text = self.scan.string()?;
            return visitor.visit_enum(self.key(text));
        }
        self.scan.expect(b'{')?;
        self.deeper(|reader| {
            let value = visitor.visit_enum(Variant { reader: &mut *reader })?;
            reader.scan.expect(b'}')?;
            Ok(value)
        })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        self.scan.skip(self.depth)?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string unit unit_struct seq tuple tuple_struct map struct
        identifier
    }
}

/// The elements of a sequence, or the entries of a map.
struct Elements<'r, 'a, 'de> {
    reader: &'r mut Reader<'a, 'de>,
    is_first: bool,
    is_over: bool,
    close: u8,
}

impl Elements<'_, '_, '_> {
    #[inline]
    fn next(&mut self) -> Result<bool, CodecError> {
        if self.is_over {
            return Ok(false);
        }
        let next = self.reader.scan.next(std::mem::take(&mut self.is_first), self.close)?;
        self.is_over = !next;
        Ok(next)
    }

    /// Makes sure that all were taken.
    fn end(&mut self) -> Result<(), CodecError> {
        match self.next()? {
            true => Err(CodecError::new("the value holds more than its type takes")),
            false => Ok(()),
        }
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, '_, 'de> {
    type Error = CodecError;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, CodecError> {
        if self.next()? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for Elements<'_, '_, 'de> {
    type Error = CodecError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, CodecError> {
        if self.next()? { self.reader.visit_key(seed).map(Some) } else { Ok(None) }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, CodecError> {
        self.reader.scan.expect(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}

/// A variant that holds a value.
struct Variant<'r, 'a, 'de> {
    reader: &'r mut Reader<'a, 'de>,
}

impl<'de> EnumAccess<'de> for Variant<'_, '_, 'de> {
    type Error = CodecError;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), CodecError> {
        let text = self.reader.scan.string()?;
        let text = self.reader.without_escape(text)?;
        let variant = seed.deserialize(self.reader.key(text))?;
        self.reader.scan.expect(b':')?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, '_, 'de> {
    type Error = CodecError;

    fn unit_variant(self) -> Result<(), CodecError> {
        Deserialize::deserialize(self.reader)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, CodecError> {
        seed.deserialize(self.reader)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, CodecError> {
        self.reader.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, CodecError> {
        self.reader.deserialize_map(visitor)
    }
}
