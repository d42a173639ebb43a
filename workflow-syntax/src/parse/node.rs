//! A node: which construct the tokens make up, or that they are an expression.

use super::{
    Parser,
    fragment::read,
    tokens::{Inside, Tokens, shown},
};
use crate::{
    diagnostics::parse_messages,
    suggest::nearest,
    tree::{Match, ParsedNode, ParsedNodeKind},
};
use proc_macro2::{Delimiter, Group, Span, TokenTree};
use std::ops::Range;
use syn::Expr;

const NODE_KEYWORDS: [&str; 14] = [
    "if",
    "match",
    "loop",
    "for",
    "race",
    "quorum",
    "select",
    "seq",
    "sleep",
    "sleep_until",
    "return",
    "fail",
    "break",
    "continue",
];

/// A mistake that was reported.
struct Told;

impl Parser<'_> {
    /// The node that is all of `tokens`, its attributes before it.
    pub(super) fn node(self, tokens: Tokens<'_>) -> ParsedNode {
        let start = tokens.attributes_end(0);
        let attributes = self.attributes(tokens.before(start));
        let content = tokens.after(start);
        let kind = self.node_kind(content).unwrap_or(ParsedNodeKind::Error);
        ParsedNode { attributes, span: content.span(), kind }
    }

    /// `None`: reported.
    fn node_kind(self, tokens: Tokens<'_>) -> Option<ParsedNodeKind> {
        let keyword = tokens.word(0).map(ToString::to_string).unwrap_or_default();
        match keyword.as_str() {
            "return" if tokens.len() == 1 => return Some(ParsedNodeKind::Return(None)),
            "return" => {
                return self
                    .expression(tokens.after(1), "an expression")
                    .map(|value| ParsedNodeKind::Return(Some(value)));
            }
            "break" => return self.ending(tokens).ok().map(ParsedNodeKind::Break),
            "continue" => return self.ending(tokens).ok().map(ParsedNodeKind::Continue),
            "fail" if fails(tokens) => {
                return self.expression(tokens.after(1), "an error after `fail`").map(ParsedNodeKind::Fail);
            }
            "sleep" | "sleep_until" if tokens.len() == 2 => {
                if let Some(group) = tokens.parenthesis(1) {
                    return if keyword == "sleep" { self.sleep(group) } else { self.sleep_until(group) };
                }
            }
            _ => {}
        }
        if !starts_construct(tokens) {
            return self.plain(tokens);
        }
        match tokens.construct_end(0) {
            Some(end) if end == tokens.len() => self.construct(tokens),
            // A keyword that stands there twice takes the body for its head.
            None if tokens.is_word(1, &keyword) && tokens.after(1).construct_end(0).is_some() => {
                self.diagnostics.error(tokens.start(1), parse_messages::twice(&keyword));
                self.node_kind(tokens.after(1))
            }
            // Without its body the construct's own reader says what is missing.
            None => self.construct(tokens),
            Some(end) if tokens.continues(end) && (is_rust(tokens) || reads_as_expression(tokens)) => {
                self.plain(tokens)
            }
            Some(end) if struct_literal(tokens, end).is_some() => {
                let start = struct_literal(tokens, end)?;
                self.diagnostics.error(tokens.start(start), parse_messages::STRUCT_LITERAL);
                self.node_kind(parenthesized(tokens, start..end).tokens())
            }
            Some(end) => {
                self.diagnostics.error(tokens.start(end), parse_messages::after_body(&shown_at(tokens, end), &keyword));
                self.construct(tokens.before(end))
            }
        }
    }

    fn construct(self, tokens: Tokens<'_>) -> Option<ParsedNodeKind> {
        if let Some(group) = tokens.brace(0) {
            let inside = Inside::of(group);
            if let Some(arrow) = inside.tokens().find(0, Tokens::is_arrow) {
                return self.wrong(inside.tokens().start(arrow), parse_messages::ARROW_IN_BLOCK);
            }
            return Some(ParsedNodeKind::Block(self.block(group)));
        }
        match tokens.word(0)?.to_string().as_str() {
            "if" => self.branch(tokens).map(ParsedNodeKind::If),
            "match" => self.matching(tokens).map(ParsedNodeKind::Match),
            "loop" => self.looping(tokens).map(|read| ParsedNodeKind::Loop(Box::new(read))),
            "for" => self.each(tokens).map(|read| ParsedNodeKind::For(Box::new(read))),
            "seq" => Some(ParsedNodeKind::Seq(self.block(tokens.brace(1)?))),
            "select" => Some(ParsedNodeKind::Select(self.heads(tokens.brace(1)?))),
            "race" => self.race(tokens).map(ParsedNodeKind::Race),
            "quorum" => self.quorum(tokens),
            _ => None,
        }
    }

    /// An expression; what is near to a node's keyword and no expression is reported as that.
    fn plain(self, tokens: Tokens<'_>) -> Option<ParsedNodeKind> {
        if let Some(meant) = misspelt_node(tokens) {
            let word = tokens.word(0)?;
            self.diagnostics.error(word.span(), parse_messages::unknown_node(word, meant));
            return None;
        }
        if let Some(arms) = arms_alone(tokens) {
            if let Some(arrow) = arrow_in_literal(tokens, arms) {
                self.diagnostics.error(arrow, parse_messages::ARROW_IN_LITERAL);
                return None;
            }
            let word = tokens.get(0).map(ToString::to_string).unwrap_or_default();
            self.diagnostics.error(tokens.start(0), parse_messages::match_missing(&word));
            let mark = self.diagnostics.mark();
            let scrutinee = self.head_expression(tokens.before(tokens.len() - 1), "what is matched");
            // `m atch value { .. }`
            self.diagnostics.forget_since(mark);
            return Some(ParsedNodeKind::Match(Match { scrutinee, arms: self.arms(arms), braces: arms.span() }));
        }
        self.expression(tokens, "an expression").map(ParsedNodeKind::Expression)
    }

    /// Reads the rest of a `break` or `continue`: nothing, a node, or a label, which is refused.
    fn ending(self, tokens: Tokens<'_>) -> Result<Option<Box<ParsedNode>>, Told> {
        if tokens.is_punct(1, '\'') {
            self.diagnostics.error(tokens.start(1), parse_messages::LABEL);
            return Err(Told);
        }
        Ok((tokens.len() > 1).then(|| Box::new(self.node(tokens.after(1)))))
    }
}

/// Whether the tokens are meant as a construct, be it broken.
fn starts_construct(tokens: Tokens<'_>) -> bool {
    if tokens.brace(0).is_some() {
        return true;
    }
    let Some(word) = tokens.word(0) else { return false };
    match word.to_string().as_str() {
        "if" | "match" | "loop" | "for" => true,
        "seq" | "select" => tokens.brace(1).is_some(),
        "race" | "quorum" => {
            let after = if tokens.parenthesis(1).is_some() { 2 } else { 1 };
            tokens.brace(after).is_some() || tokens.is_word(after, "for")
        }
        _ => false,
    }
}

/// Whether `fail` is followed by what it fails with: else it is a name of the user's.
fn fails(tokens: Tokens<'_>) -> bool {
    match tokens.get(1) {
        Some(TokenTree::Ident(word)) => word != "as",
        Some(TokenTree::Literal(_)) => true,
        Some(TokenTree::Group(group)) => group.delimiter() != Delimiter::Bracket,
        Some(TokenTree::Punct(punct)) => match punct.as_char() {
            '&' => !tokens.is_pair(1, '&', '&') && !tokens.is_pair(1, '&', '='),
            '*' => !tokens.is_pair(1, '*', '='),
            _ => false,
        },
        None => false,
    }
}

/// Whether a struct or a function of the user's has the name of a node.
fn reads_as_expression(tokens: Tokens<'_>) -> bool {
    let fields = tokens.brace(1).map(Inside::of);
    let is_struct = fields.is_none_or(|fields| fields.tokens().is_colon(1));
    is_struct && tokens.parse_prefix(read::<Expr>).is_ok_and(|(_, end)| end == tokens.len())
}

/// Returns where the struct literal starts that was taken for a head and its body up to `end`: another body follows.
fn struct_literal(tokens: Tokens<'_>, end: usize) -> Option<usize> {
    tokens.brace(end)?;
    let mut start = end.checked_sub(2)?;
    if start == 0 {
        return None;
    }
    tokens.word(start)?;
    let fields = Inside::of(tokens.brace(end - 1)?);
    if !(fields.tokens().is_colon(1) || fields.tokens().is_punct(1, ',')) {
        return None;
    }
    while start > 3 && tokens.is_pair(start - 2, ':', ':') && tokens.word(start - 3).is_some() {
        start -= 3;
    }
    Some(start)
}

/// `tokens` with parentheses around a part of them.
fn parenthesized(tokens: Tokens<'_>, part: Range<usize>) -> Inside {
    let mut group = Group::new(Delimiter::Parenthesis, tokens.range(part.clone()).stream());
    group.set_span(tokens.start(part.start));
    let after = tokens.after(part.end);
    let trees = tokens.before(part.start).stream().into_iter().chain([group.into()]).chain(after.stream());
    Inside::made(trees.collect(), tokens.start(tokens.len()))
}

/// Whether rustc knows the construct too, so that it may be part of an expression.
fn is_rust(tokens: Tokens<'_>) -> bool {
    !tokens.is_any_word(0, &["seq", "select", "race", "quorum"])
}

/// The node's keyword that the first word is near to, where the tokens have a node's form.
fn misspelt_node<'a>(tokens: Tokens<'_>) -> Option<&'a str> {
    let word = tokens.word(0)?.to_string();
    if word.starts_with(|first: char| !first.is_ascii_lowercase()) || NODE_KEYWORDS.contains(&word.as_str()) {
        return None;
    }
    let candidates: &[&str] = match tokens.get(1)? {
        // `name { field: .. }` is a struct.
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
            let inside = Inside::of(group);
            let fields = inside.tokens().word(0).is_some() && inside.tokens().is_colon(1);
            if fields || tokens.len() > 2 {
                return None;
            }
            &["race", "select", "seq", "loop"]
        }
        TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
            if tokens.brace(2).is_none() && !tokens.is_word(2, "for") {
                return None;
            }
            &["quorum"]
        }
        TokenTree::Ident(next) if next == "for" => &["race"],
        TokenTree::Ident(next) if next == "as" => return None,
        TokenTree::Ident(_) | TokenTree::Literal(_) => {
            if tokens.expression_starts() {
                return None;
            }
            &["if", "match", "loop", "for", "return", "fail", "break", "continue"]
        }
        _ => return None,
    };
    nearest(&word, candidates.iter().copied())
}

impl Tokens<'_> {
    /// Whether Rust has an expression that starts with these two words: `async move`, `unsafe extern`.
    fn expression_starts(self) -> bool {
        self.is_any_word(0, &["async", "unsafe", "move", "static", "const", "while", "yield", "let"])
    }
}

/// The arms of a `match` that lacks its keyword.
fn arms_alone(tokens: Tokens<'_>) -> Option<&Group> {
    let last = tokens.len().checked_sub(1).filter(|last| *last > 0)?;
    let arms = tokens.brace(last)?;
    let other = tokens.find(0, |tokens, at| tokens.is_any_word(at, &["match", "if", "while", "for"]));
    let is_macro = tokens.is_punct(last - 1, '!') || last > 1 && tokens.is_punct(last - 2, '!');
    let inside = Inside::of(arms);
    inside.tokens().find(0, Tokens::is_arrow)?;
    (other.is_none() && !is_macro).then_some(arms)
}

/// The `=>` that stands for the `:` of a field in `Name { field => .., other: .. }`.
fn arrow_in_literal(tokens: Tokens<'_>, fields: &Group) -> Option<Span> {
    let name = tokens.word(tokens.len().checked_sub(2)?)?.to_string();
    let inside = Inside::of(fields);
    let inside = inside.tokens();
    let is_field = |inside: Tokens<'_>, at: usize| {
        inside.word(at).is_some() && inside.is_colon(at + 1) && (at == 0 || inside.is_punct(at - 1, ','))
    };
    (name.starts_with(char::is_uppercase) && inside.find(0, is_field).is_some())
        .then(|| inside.find(0, Tokens::is_arrow).map(|arrow| inside.start(arrow)))
        .flatten()
}

fn shown_at(tokens: Tokens<'_>, at: usize) -> String {
    tokens.get(at).map(shown).unwrap_or_default()
}
