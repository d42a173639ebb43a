//! A block: where each of its items starts and ends, and what of it is its tail.

use super::{
    Parser,
    fragment::is_name,
    tokens::{Inside, Tokens},
    unfinished::is_of_editor,
};
use crate::{
    diagnostics::parse_messages,
    suggest::nearest,
    tree::{Block, Item, ParsedNode},
};
use proc_macro2::{Delimiter, Group, TokenTree};
use syn::parse::ParseStream;

pub(super) const ITEM_KEYWORDS: [&str; 3] = ["stage", "let", "signal"];

/// Words that begin an item of Rust, which has no place in a block.
const RUST_ITEMS: &[&str] =
    &["fn", "use", "struct", "enum", "impl", "mod", "trait", "type", "const", "static", "extern", "pub"];

/// The start of an item.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    Stage,
    Let,
    Signal,
    /// `stge name: T = ..`
    Misspelt,
    /// `name: T = ..`
    Undeclared,
    /// `fn name() { .. }`
    RustItem,
    Other,
}

/// The end of an item.
#[derive(Clone, Copy)]
pub(super) struct End {
    pub(super) at: usize,
    /// Whether its `;` stands there.
    pub(super) terminated: bool,
    /// Start of the next item.
    pub(super) next: usize,
}

impl Parser<'_> {
    pub(super) fn block(self, group: &Group) -> Block {
        let inside = Inside::of(group);
        let (items, tail) = self.items(inside.tokens());
        Block { items, tail: tail.map(Box::new), span: group.span(), close: group.span_close() }
    }

    fn items(self, tokens: Tokens<'_>) -> (Vec<Item>, Option<ParsedNode>) {
        let mut items = Vec::new();
        let mut tail = None;
        let mut at = 0;
        while at < tokens.len() {
            let start = tokens.attributes_end(at);
            at = if tokens.is_punct(start, ';') && start == at {
                self.diagnostics.error(tokens.start(at), parse_messages::STRAY_SEMICOLON);
                tokens.find(at, |tokens, at| !tokens.is_punct(at, ';')).unwrap_or(tokens.len())
            } else if start == tokens.len() || tokens.is_punct(start, ';') {
                self.diagnostics.error(tokens.start(at), parse_messages::ATTRIBUTE_ALONE);
                start + 1
            } else {
                match starts(tokens, start) {
                    Start::Stage => self.stage(tokens, at, start, &mut items),
                    Start::Let => self.let_value(tokens, at, start, &mut items),
                    Start::Signal => self.signal(tokens, at, start, &mut items),
                    Start::Misspelt => self.misspelt_item(tokens, at, start, &mut items),
                    Start::Undeclared => self.undeclared(tokens, at, start, &mut items),
                    Start::RustItem => self.rust_item(tokens, start),
                    Start::Other => self.statement_or_tail(tokens, at, start, &mut tail),
                }
            };
        }
        (items, tail)
    }

    /// Returns the end of the item from `from` that `parser` reads from `content` on. A missing `;` is reported.
    pub(super) fn item_end<T>(
        self,
        tokens: Tokens<'_>,
        from: usize,
        content: usize,
        parser: impl FnOnce(ParseStream) -> syn::Result<T>,
    ) -> End {
        let end = rough_end(tokens, from);
        if end.terminated {
            return end;
        }
        let at = unterminated_end(tokens.range(content..end.at), parser).map_or(end.at, |length| content + length);
        // An item that ends in the middle of something has a mistake of its own.
        let complete = match tokens.before(at).last() {
            Some(TokenTree::Punct(punct)) => matches!(punct.as_char(), '>' | '?' | ')'),
            Some(last) => at > from + 1 && !is_of_editor(last),
            None => false,
        };
        if at < end.at && (tokens.is_colon(at) || tokens.is_punct(at, ',')) {
            self.diagnostics.error(tokens.start(at), parse_messages::SEMICOLON_EXPECTED);
            return End { at, terminated: false, next: at + 1 };
        }
        if complete {
            self.diagnostics.error(tokens.before(at).last_span(), parse_messages::SEMICOLON_MISSING);
        }
        // Before the end of the block the rest may be its tail; before another item it is but a slip of the pen.
        let next = if end.at == tokens.len() { at } else { end.at };
        End { at, terminated: false, next }
    }
}

/// Returns how much of `content` the item takes, if the rest may be the block's tail.
fn unterminated_end<T>(content: Tokens<'_>, parser: impl FnOnce(ParseStream) -> syn::Result<T>) -> Option<usize> {
    if let Some(end) = content.construct_end(0).filter(|end| !content.continues(*end)) {
        return Some(end);
    }
    let (_, end) = content.parse_prefix(parser).ok()?;
    // An operator out of place is a mistake in the expression, not the start of a tail.
    (!matches!(content.get(end), Some(TokenTree::Punct(_)))).then_some(end)
}

/// Returns the kind of item that starts at `at`, behind its attributes.
pub(super) fn starts(tokens: Tokens<'_>, at: usize) -> Start {
    let Some(word) = tokens.word(at) else { return Start::Other };
    let next = tokens.get(at + 1);
    let named = matches!(next, Some(TokenTree::Ident(next)) if next != "as");
    let bound = tokens.parenthesis(at + 1).is_some() && (tokens.is_colon(at + 2) || tokens.is_equals(at + 2));
    let declared = named || bound || tokens.is_colon(at + 1) || matches!(next, Some(TokenTree::Literal(_)));
    if word == "stage" && (declared || tokens.is_equals(at + 1)) {
        Start::Stage
    } else if word == "let" {
        Start::Let
    } else if word == "signal" && declared {
        Start::Signal
    } else if is_rust_item(tokens, at) {
        Start::RustItem
    } else if is_name(word) && is_misspelt(tokens, at) {
        Start::Misspelt
    } else if is_name(word) && tokens.is_colon(at + 1) {
        Start::Undeclared
    } else {
        Start::Other
    }
}

/// The `;` that ends the item from `from`, or where the next item starts without one.
pub(super) fn rough_end(tokens: Tokens<'_>, from: usize) -> End {
    let at =
        (from + 1..tokens.len()).find(|at| tokens.is_punct(*at, ';') || declares(tokens, *at)).unwrap_or(tokens.len());
    let terminated = tokens.is_punct(at, ';');
    End { at, terminated, next: at + usize::from(terminated) }
}

/// Whether an item unmistakably starts at `at`, in the middle of another that lacks its `;`.
fn declares(tokens: Tokens<'_>, at: usize) -> bool {
    match tokens.get(at) {
        Some(TokenTree::Ident(word)) if word == "let" => {
            tokens.word(at + 1).is_some() && tokens.is_colon(at + 2) && after_operand(tokens, at)
        }
        Some(TokenTree::Ident(word)) if word == "stage" || word == "signal" => declares_name(tokens, at + 1),
        Some(TokenTree::Ident(word)) if is_name(word) => {
            tokens.word(at + 1).is_some_and(is_name)
                && after_operand(tokens, at)
                && declares_name(tokens, at + 1)
                && nearest(&word.to_string(), ITEM_KEYWORDS).is_some()
        }
        Some(TokenTree::Punct(punct)) if punct.as_char() == '#' => {
            let after_dot = at > 0 && tokens.is_punct(at - 1, '.');
            tokens.group(at + 1, Delimiter::Bracket).is_some() && (after_dot || after_operand(tokens, at))
        }
        _ => false,
    }
}

fn declares_name(tokens: Tokens<'_>, at: usize) -> bool {
    tokens.word(at).is_some() && (tokens.is_colon(at + 1) || tokens.is_equals(at + 1))
}

/// Whether what stands before `at` can end an expression or a type.
fn after_operand(tokens: Tokens<'_>, at: usize) -> bool {
    match at.checked_sub(1).and_then(|before| tokens.get(before)) {
        Some(TokenTree::Ident(word)) => is_name(word) || word == "self" || word == "true" || word == "false",
        Some(TokenTree::Punct(punct)) => {
            punct.as_char() == '?'
                || punct.as_char() == '>' && !(at > 1 && (tokens.is_pair(at - 2, '-', '>') || tokens.is_arrow(at - 2)))
        }
        Some(_) => true,
        None => false,
    }
}

/// `stge name: T`, also split in two: `sig nal name: T`.
fn is_misspelt(tokens: Tokens<'_>, at: usize) -> bool {
    let named = |at| tokens.word(at).is_some_and(is_name) && declares_name(tokens, at);
    named(at + 1) || (tokens.word(at + 1).is_some_and(is_name) && named(at + 2))
}

fn is_rust_item(tokens: Tokens<'_>, at: usize) -> bool {
    if tokens.is_any_word(at, &["async", "unsafe", "const"])
        && tokens.is_any_word(at + 1, &["fn", "unsafe", "impl", "extern"])
    {
        return true;
    }
    if tokens.is_word(at, "macro_rules") {
        return tokens.is_punct(at + 1, '!');
    }
    tokens.is_any_word(at, RUST_ITEMS)
        && tokens.brace(at + 1).is_none()
        && !tokens.is_punct(at + 1, '|')
        && !tokens.is_word(at + 1, "move")
}
