//! The tokens of a text in one flat list, with the bytes they stand at. Comments stand between them.

use proc_macro2::{Delimiter, LexError, Span, TokenStream, TokenTree};
use std::ops::Range;

/// One token: a word, a literal, one character of an operator, or a bracket.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) range: Range<usize>,
}

/// A text with its tokens.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) source: String,
    pub(crate) tokens: Vec<Token>,
}

impl Text {
    /// Reads the tokens of a text.
    ///
    /// # Errors
    /// The text is no sequence of tokens: an open bracket, an open string.
    pub(crate) fn read(source: String) -> Result<Self, LexError> {
        let stream: TokenStream = source.parse()?;
        let mut tokens = Vec::new();
        flatten(stream, &source, &mut tokens);
        Ok(Self { source, tokens })
    }

    /// Returns the number of the first token that starts at `byte` or behind it.
    pub(crate) fn at(&self, byte: usize) -> usize {
        self.tokens.partition_point(|token| token.range.start < byte)
    }

    /// Returns the number of the last token that ends at `byte` or before it.
    pub(crate) fn last_before(&self, byte: usize) -> usize {
        self.tokens.partition_point(|token| token.range.end <= byte).saturating_sub(1)
    }

    pub(crate) fn is(&self, at: usize, text: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.text == text)
    }

    /// Returns the number of the bracket that closes the one at `open`.
    pub(crate) fn closer(&self, open: usize) -> usize {
        let mut depth = 0;
        for (number, token) in self.tokens.iter().enumerate().skip(open) {
            match token.text.as_str() {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return number;
            }
        }
        self.tokens.len().saturating_sub(1)
    }

    /// Returns the white space and comments before a token, or after the last.
    pub(crate) fn gap(&self, before: usize) -> &str {
        let from = before.checked_sub(1).map_or(0, |last| self.tokens[last].range.end);
        let to = self.tokens.get(before).map_or(self.source.len(), |token| token.range.start);
        self.source.get(from..to).unwrap_or_default()
    }

    /// Returns the comments in the order written, without the white space around their lines.
    pub(crate) fn comments(&self) -> Vec<String> {
        let gaps = (0..=self.tokens.len()).map(|number| self.gap(number));
        let words = |gap: &str| gap.split_whitespace().collect::<Vec<_>>().join(" ");
        gaps.map(words).filter(|words| !words.is_empty()).collect()
    }
}

/// The bytes of a span in its text.
pub(crate) fn bytes(span: Span) -> Range<usize> {
    span.byte_range()
}

fn flatten(stream: TokenStream, source: &str, tokens: &mut Vec<Token>) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                tokens.push(Token { text: open.to_owned(), range: bytes(group.span_open()) });
                flatten(group.stream(), source, tokens);
                tokens.push(Token { text: close.to_owned(), range: bytes(group.span_close()) });
            }
            other => {
                let range = bytes(other.span());
                // A doc comment comes as the tokens of `#[doc = ".."]`, all of which stand where the comment does.
                if range.len() > 1 && matches!(other, TokenTree::Punct(_)) {
                    while trees.next_if(|next| bytes(next.span()) == range).is_some() {}
                    continue;
                }
                let text = source.get(range.clone()).unwrap_or_default().to_owned();
                tokens.push(Token { text, range });
            }
        }
    }
}
