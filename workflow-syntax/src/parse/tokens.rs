//! A run of token trees to read from.
//!
//! Brackets come as groups, so that what is nested never disturbs what is around it.

use crate::diagnostics::parse_messages;
use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};
use std::ops::Range;
use syn::parse::{ParseStream, Parser};

/// A group's content, taken out of it.
pub(super) struct Inside {
    trees: Vec<TokenTree>,
    end: Span,
}

impl Inside {
    /// Trees that were put together, with the end of what they were made from.
    pub(super) fn made(trees: Vec<TokenTree>, end: Span) -> Self {
        Self { trees, end }
    }

    pub(super) fn of(group: &Group) -> Self {
        Self { trees: group.stream().into_iter().collect(), end: group.span_close() }
    }

    /// Reads the trees of a group, also if a `macro_rules!` macro has put all of them into an invisible group:
    /// `#[$attribute]`.
    pub(super) fn of_visible(group: &Group) -> Self {
        let inside = Self::of(group);
        match inside.trees.as_slice() {
            [TokenTree::Group(only)] if only.delimiter() == Delimiter::None => Self::of_visible(only),
            _ => inside,
        }
    }

    /// The whole input; what is missing at its end is reported at its last token.
    pub(super) fn whole(stream: TokenStream) -> Self {
        let trees: Vec<TokenTree> = stream.into_iter().collect();
        let end = trees.last().map_or_else(Span::call_site, end_of);
        Self { trees, end }
    }

    pub(super) fn tokens(&self) -> Tokens<'_> {
        Tokens { trees: &self.trees, end: self.end }
    }
}

/// A run of token trees, and what stands after it: where something missing at its end is reported.
#[derive(Clone, Copy)]
pub(super) struct Tokens<'a> {
    trees: &'a [TokenTree],
    end: Span,
}

impl<'a> Tokens<'a> {
    pub(super) fn len(self) -> usize {
        self.trees.len()
    }

    pub(super) fn is_empty(self) -> bool {
        self.trees.is_empty()
    }

    pub(super) fn get(self, at: usize) -> Option<&'a TokenTree> {
        self.trees.get(at)
    }

    pub(super) fn last(self) -> Option<&'a TokenTree> {
        self.trees.last()
    }

    /// Returns the tokens in `range`, as far as there are any.
    pub(super) fn range(self, range: Range<usize>) -> Self {
        let to = range.end.min(self.len());
        let from = range.start.min(to);
        Self { trees: &self.trees[from..to], end: self.start(to) }
    }

    /// The invisible group of a `$visibility:vis`, which may be empty.
    pub(super) fn is_visibility(self, at: usize) -> bool {
        let Some(TokenTree::Group(group)) = self.get(at) else { return false };
        let word = |tree: TokenTree| matches!(tree, TokenTree::Ident(ident) if ident == "pub");
        group.delimiter() == Delimiter::None && group.stream().into_iter().next().is_none_or(word)
    }

    pub(super) fn after(self, from: usize) -> Self {
        self.range(from..self.len())
    }

    pub(super) fn before(self, to: usize) -> Self {
        self.range(0..to)
    }

    /// Returns where the tree at `at` starts, or where it would.
    pub(super) fn start(self, at: usize) -> Span {
        self.get(at).map_or(self.end, start_of)
    }

    /// Returns the span of the last tree.
    pub(super) fn last_span(self) -> Span {
        self.last().map_or(self.end, end_of)
    }

    /// Returns all of the tokens' span as far as stable Rust shows it, or that of the first token.
    pub(super) fn span(self) -> Span {
        let start = self.get(0).map_or(self.end, TokenTree::span);
        self.last().and_then(|last| start.join(last.span())).unwrap_or(start)
    }

    pub(super) fn word(self, at: usize) -> Option<&'a Ident> {
        match self.get(at) {
            Some(TokenTree::Ident(word)) => Some(word),
            _ => None,
        }
    }

    pub(super) fn is_word(self, at: usize, expected: &str) -> bool {
        self.word(at).is_some_and(|word| word == expected)
    }

    pub(super) fn is_any_word(self, at: usize, expected: &[&str]) -> bool {
        self.word(at).is_some_and(|word| expected.iter().any(|expected| word == expected))
    }

    pub(super) fn is_punct(self, at: usize, expected: char) -> bool {
        matches!(self.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == expected)
    }

    /// Two characters that make one operator.
    pub(super) fn is_pair(self, at: usize, first: char, second: char) -> bool {
        self.is_joint(at, first) && self.is_punct(at + 1, second)
    }

    /// A `:` that is not half of a `::`.
    pub(super) fn is_colon(self, at: usize) -> bool {
        self.is_punct(at, ':') && !self.is_pair(at, ':', ':') && !(at > 0 && self.is_pair(at - 1, ':', ':'))
    }

    /// An `=` that is not part of a longer operator.
    pub(super) fn is_equals(self, at: usize) -> bool {
        self.starts_equals(at) && !(at > 0 && self.is_joint(at - 1, '>'))
    }

    /// An `=` after a type, where a `>` may stand right before it: `Vec<T>= ..`.
    pub(super) fn starts_equals(self, at: usize) -> bool {
        const BEFORE: &str = "=<!+-*/%^&|.";
        let continues = matches!(
            at.checked_sub(1).and_then(|before| self.get(before)),
            Some(TokenTree::Punct(punct)) if punct.spacing() == Spacing::Joint && BEFORE.contains(punct.as_char())
        );
        self.is_punct(at, '=') && !self.is_pair(at, '=', '=') && !self.is_pair(at, '=', '>') && !continues
    }

    pub(super) fn is_arrow(self, at: usize) -> bool {
        self.is_pair(at, '=', '>')
    }

    pub(super) fn group(self, at: usize, delimiter: Delimiter) -> Option<&'a Group> {
        match self.get(at) {
            Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group),
            _ => None,
        }
    }

    pub(super) fn brace(self, at: usize) -> Option<&'a Group> {
        self.group(at, Delimiter::Brace)
    }

    pub(super) fn parenthesis(self, at: usize) -> Option<&'a Group> {
        self.group(at, Delimiter::Parenthesis)
    }

    /// The first position from `from` that fits.
    pub(super) fn find(self, from: usize, fits: impl Fn(Self, usize) -> bool) -> Option<usize> {
        (from..self.len()).find(|at| fits(self, *at))
    }

    /// The position after the attributes that start at `from`.
    pub(super) fn attributes_end(self, from: usize) -> usize {
        let mut at = from;
        while self.is_punct(at, '#') {
            let bracket = if self.is_punct(at + 1, '!') { at + 2 } else { at + 1 };
            if self.group(bracket, Delimiter::Bracket).is_none() {
                break;
            }
            at = bracket + 1;
        }
        at
    }

    pub(super) fn stream(self) -> TokenStream {
        self.trees.iter().cloned().collect()
    }

    /// Reads as much as `parser` takes, and says how many trees that were.
    pub(super) fn parse_prefix<T>(self, parser: impl FnOnce(ParseStream) -> syn::Result<T>) -> syn::Result<(T, usize)> {
        let (mut parser, mut value) = (Some(parser), None);
        let taken = self.read_prefix(&mut |input| {
            value = parser.take().map(|parser| parser(input)).transpose()?;
            Ok(())
        })?;
        let value = value.ok_or_else(|| syn::Error::new(self.end, parse_messages::UNREADABLE))?;
        Ok((value, taken))
    }

    /// The part of it that is the same whatever is read.
    fn read_prefix(self, parser: &mut dyn FnMut(ParseStream) -> syn::Result<()>) -> syn::Result<usize> {
        // Inside a group whose bracket stands where the run ends, syn has a place to report a missing token.
        let mut group = Group::new(Delimiter::Parenthesis, self.stream());
        group.set_span(self.end);
        let read = move |input: ParseStream| {
            let content;
            syn::parenthesized!(content in input);
            parser(&content)?;
            content.parse()
        };
        let rest: TokenStream = read.parse2(TokenTree::Group(group).into())?;
        Ok(self.len().saturating_sub(rest.into_iter().count()))
    }

    fn is_joint(self, at: usize, expected: char) -> bool {
        matches!(
            self.get(at),
            Some(TokenTree::Punct(punct)) if punct.as_char() == expected && punct.spacing() == Spacing::Joint
        )
    }
}

/// A token as a message shows it.
pub(super) fn shown(tree: &TokenTree) -> String {
    match tree {
        TokenTree::Group(group) => match group.delimiter() {
            Delimiter::Parenthesis => "`(`".to_owned(),
            Delimiter::Brace => "`{`".to_owned(),
            Delimiter::Bracket => "`[`".to_owned(),
            Delimiter::None => format!("`{group}`"),
        },
        other => format!("`{other}`"),
    }
}

fn start_of(tree: &TokenTree) -> Span {
    match tree {
        TokenTree::Group(group) if group.delimiter() != Delimiter::None => group.span_open(),
        other => other.span(),
    }
}

fn end_of(tree: &TokenTree) -> Span {
    match tree {
        TokenTree::Group(group) if group.delimiter() != Delimiter::None => group.span_close(),
        other => other.span(),
    }
}
