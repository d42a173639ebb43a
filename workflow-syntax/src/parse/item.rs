//! `stage`, `let`, `signal`: each is read from where it starts, and says where the next one does.

use super::{
    Parser,
    block::{End, ITEM_KEYWORDS, rough_end},
    fragment::{bindings, is_name, is_unread, read, unread_type},
    statement::word_text,
    text::text,
    tokens::Tokens,
};
use crate::{
    diagnostics::parse_messages,
    suggest::nearest,
    tree::{Attributes, Item, ParsedLet, ParsedNode, ParsedNodeKind, ParsedSignal, ParsedStage, Policy},
};
use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{Expr, Pat, Type};

const STAGE_FORM: &str = "stage name: Type = ..;";
const LET_FORM: &str = "let name: Type = ..;";
const SIGNAL_FORM: &str = "signal name: Type;";

impl Parser<'_> {
    pub(super) fn stage(self, tokens: Tokens<'_>, from: usize, keyword: usize, items: &mut Vec<Item>) -> usize {
        if tokens.is_punct(keyword + 2, ';')
            && let Some((ty, equals)) = typed(tokens, keyword + 3)
            && let Some(name) = tokens.word(keyword + 1).filter(|name| is_name(name))
        {
            // `stage name; Type = ..;`
            self.diagnostics.error(tokens.start(keyword + 2), parse_messages::TYPE_COLON);
            let end = self.item_end(tokens, keyword + 2, equals + 1, read::<Expr>);
            let attributes = self.attributes(tokens.range(from..keyword));
            let node = self.node(tokens.range(equals + 1..end.at));
            let (keyword, name) = (tokens.start(keyword), name.clone());
            items.push(Item::Stage(ParsedStage { attributes, keyword, name, ty: Some(ty), node }));
            return end.next;
        }
        let end = self.item_end(tokens, keyword, content(tokens, keyword + 1), read::<Expr>);
        self.stage_in(tokens, from, keyword, end, items);
        end.next
    }

    /// An item without the `,` that stands in the place of its `;`.
    fn without_comma(self, item: Tokens<'_>) -> Tokens<'_> {
        let Some(last) = item.len().checked_sub(1).filter(|&last| item.is_punct(last, ',')) else { return item };
        self.diagnostics.error(item.start(last), parse_messages::COMMA_FOR_SEMICOLON);
        item.before(last)
    }

    /// A stage whose end is known; whatever of it can't be read, its name is kept.
    fn stage_in(self, tokens: Tokens<'_>, from: usize, keyword: usize, end: End, items: &mut Vec<Item>) {
        let attributes = self.attributes(tokens.range(from..keyword));
        let item = self.without_comma(tokens.before(end.at));
        let Some(name) = self.name(item, keyword + 1, "stage", STAGE_FORM) else {
            return;
        };
        let (ty, node) = self.declaration(item, keyword + 1, &name);
        items.push(Item::Stage(ParsedStage { attributes, keyword: tokens.start(keyword), name, ty, node }));
    }

    /// `: T = NODE` behind the name at `at`.
    fn declaration(self, item: Tokens<'_>, at: usize, name: &Ident) -> (Option<Type>, ParsedNode) {
        let missing = |at: usize| ParsedNode {
            attributes: Attributes::default(),
            span: item.start(at),
            kind: ParsedNodeKind::Error,
        };
        let mut equals = at + 1;
        let mut ty = None;
        if let Some(start) = equals_missing(item, at) {
            let read = item.range(at + 2..start);
            let ty = self.ty(read, "a type after `:`");
            if !is_unread(&ty) {
                self.diagnostics.error(item.start(start), parse_messages::equals_missing(&word_text(item, start)));
            }
            return (Some(ty), self.node(item.after(start)));
        }
        if item.is_colon(at + 1) {
            let Some((declared, end)) = self.declared_type(item, at + 2) else {
                return (Some(unread_type(item.start(at + 2))), missing(at));
            };
            ty = Some(declared);
            equals = end;
        }
        if item.starts_equals(equals) {
            let content = item.after(equals + 1);
            if content.is_empty() {
                self.diagnostics.error(content.start(0), parse_messages::stage_without_node(name));
                return (ty, missing(at));
            }
            if ty.is_none()
                && let Some((ty, second)) = typed(item, equals + 1)
            {
                // `stage name = Type = ..;`
                self.diagnostics.error(item.start(equals), parse_messages::TYPE_COLON);
                return (Some(ty), self.node(item.after(second + 1)));
            }
            let mark = self.diagnostics.mark();
            let node = self.node(content);
            if ty.as_ref().is_some_and(is_unread) && matches!(node.kind, ParsedNodeKind::Error) {
                // What lacks in the type may have been meant for it.
                self.diagnostics.forget_since(mark);
            }
            return (ty, node);
        }
        if equals == item.len() {
            self.diagnostics.error(item.start(equals), parse_messages::stage_without_node(name));
        } else if ty.is_none() {
            self.diagnostics.error(item.start(equals), parse_messages::after_stage_name(name));
            // `stage name Type = ..`: what follows is read all the same.
            if let Some(start) = item.find_in_type(equals, Tokens::starts_equals)
                && let Ok((declared, length)) = item.range(equals..start).parse_prefix(read::<Type>)
                && equals + length == start
            {
                return (Some(declared), self.node(item.after(start + 1)));
            }
            ty = Some(unread_type(item.start(equals)));
        } else {
            self.diagnostics.error(item.start(equals), parse_messages::expected("`=` and what the stage does"));
        }
        (ty, missing(at))
    }

    /// The type from `at`, and where its `=` stands or should.
    fn declared_type(self, item: Tokens<'_>, at: usize) -> Option<(Type, usize)> {
        let equals = item
            .find_in_type(at, Tokens::starts_equals)
            // A `<` without its `>` must not hide the `=`.
            .or_else(|| item.find(at, Tokens::is_equals));
        if let Some(equals) = equals {
            return Some((self.ty(item.range(at..equals), "a type after `:`"), equals));
        }
        let rest = item.after(at);
        if let Ok((ty, length)) = rest.parse_prefix(read::<Type>) {
            return Some((ty, at + length));
        }
        self.ty(rest, "a type after `:`");
        None
    }

    pub(super) fn let_value(self, tokens: Tokens<'_>, from: usize, keyword: usize, items: &mut Vec<Item>) -> usize {
        let end = self.item_end(tokens, keyword, content(tokens, keyword + 1), read::<Expr>);
        let attributes = self.attributes(tokens.range(from..keyword));
        let item = self.without_comma(tokens.before(end.at));
        let value = |at: usize| Expr::Verbatim(item.after(at).stream());
        let make = |name: Ident, ty: Type, value: Expr| {
            Item::Let(ParsedLet { attributes, keyword: tokens.start(keyword), name, ty, value })
        };
        let at = keyword + 1;
        if item.is_word(at, "mut") {
            self.diagnostics.error(item.start(at), parse_messages::mutable("value", LET_FORM));
            if let Some(name) = item.word(at + 1) {
                items.push(make(name.clone(), unread_type(name.span()), value(at + 2)));
            }
            return end.next;
        }
        let equals = item.find_in_type(at, Tokens::starts_equals);
        if let Some(otherwise) = let_else(item, equals.unwrap_or(at)) {
            self.diagnostics.error(item.start(otherwise), parse_messages::LET_ELSE);
            items.extend(bound(item, keyword, at, equals));
            return end.next;
        }
        if item.word(at).is_none_or(|name| !is_name(name)) || !is_declared(item, at + 1) {
            self.let_pattern(item, keyword, equals, items);
            return end.next;
        }
        let Some(name) = self.name(item, at, "value", LET_FORM) else {
            return end.next;
        };
        if !item.is_colon(at + 1) {
            let value_text = equals.map_or_else(|| "..".to_owned(), |equals| text(item.after(equals + 1)));
            self.diagnostics.error(name.span(), parse_messages::let_without_type(&name, &value_text));
            items.push(make(name.clone(), unread_type(name.span()), value(equals.map_or(at + 1, |equals| equals + 1))));
            return end.next;
        }
        let (ty, value) = match self.declared_type(item, at + 2) {
            None => (unread_type(name.span()), value(at + 2)),
            Some((ty, equals)) if item.starts_equals(equals) => {
                let content = item.after(equals + 1);
                if is_node_only(content) {
                    self.diagnostics
                        .error(name.span(), parse_messages::let_of_node(&name, &text(item.range(at + 2..equals))));
                    (ty, value(equals + 1))
                } else {
                    (ty, self.expression_or_tokens(content, "a value after `=`"))
                }
            }
            Some((ty, equals)) => {
                self.diagnostics.error(item.start(equals), parse_messages::expected("`=` and a value"));
                (ty, value(equals))
            }
        };
        items.push(make(name, ty, value));
        end.next
    }

    /// `let (a, b) = ..;`: reported, and its names kept.
    fn let_pattern(self, item: Tokens<'_>, keyword: usize, equals: Option<usize>, items: &mut Vec<Item>) {
        let at = keyword + 1;
        if item.len() <= at || item.is_equals(at) || item.is_colon(at) || item.is_word(at, "_") {
            self.diagnostics.error(item.start(at), parse_messages::nameless("value", LET_FORM));
            return;
        }
        if item.word(at).is_some_and(|word| !is_name(word)) && !item.is_any_word(at, &["ref", "Self", "self"]) {
            self.name(item, at, "value", LET_FORM);
            return;
        }
        let names = bound(item, keyword, at, equals);
        if names.is_empty() && equals.is_none() {
            self.diagnostics.error(item.start(at), parse_messages::LET_FORM_ONLY);
        } else {
            self.diagnostics.error(item.start(at), parse_messages::LET_PATTERN);
        }
        items.extend(names);
    }

    pub(super) fn signal(self, tokens: Tokens<'_>, from: usize, keyword: usize, items: &mut Vec<Item>) -> usize {
        let at = keyword + 1;
        let end = self.item_end(tokens, keyword, at + 2, read::<Type>);
        let attributes = self.attributes(tokens.range(from..keyword));
        let item = tokens.before(end.at);
        if let Some(name) = self.name(item, at, "signal", SIGNAL_FORM) {
            let ty = self.signal_type(item, at + 1, &name);
            let value = item.find_in_type(at + 2, Tokens::starts_equals);
            if let Some(equals) = value.filter(|_| attributes.policies.iter().any(|policy| !is_of_signal(policy))) {
                // What is said of it is said of a stage.
                let (node, keyword) = (self.node(item.after(equals + 1)), tokens.start(keyword));
                items.push(Item::Stage(ParsedStage { attributes, keyword, name, ty: Some(ty), node }));
                return end.next;
            }
            items.push(Item::Signal(ParsedSignal { attributes, keyword: tokens.start(keyword), name, ty }));
        }
        end.next
    }

    fn signal_type(self, item: Tokens<'_>, at: usize, name: &Ident) -> Type {
        if !item.is_colon(at) {
            self.diagnostics.error(item.start(at), parse_messages::signal_without_type(name));
            return unread_type(name.span());
        }
        let equals = item.find_in_type(at + 1, Tokens::starts_equals);
        if let Some(equals) = equals {
            self.diagnostics.error(item.start(equals), parse_messages::signal_with_value(name));
        }
        let ty = item.range(at + 1..equals.unwrap_or(item.len()));
        if equals.is_some() && ty.is_empty() {
            return unread_type(name.span());
        }
        self.ty(ty, "a type after `:`")
    }

    /// `stge name: T = ..`: reported, and read as what it most likely is.
    pub(super) fn misspelt_item(self, tokens: Tokens<'_>, from: usize, start: usize, items: &mut Vec<Item>) -> usize {
        let split = tokens.word(start + 2).is_some();
        let keyword = if split { start + 1 } else { start };
        let words: String = (start..=keyword).filter_map(|at| tokens.word(at)).map(ToString::to_string).collect();
        let meant =
            if ITEM_KEYWORDS.contains(&words.as_str()) { Some(words.as_str()) } else { nearest(&words, ITEM_KEYWORDS) };
        let written: Vec<String> =
            (start..=keyword).filter_map(|at| tokens.word(at)).map(ToString::to_string).collect();
        self.diagnostics.error(tokens.start(start), parse_messages::unknown_item(&written.join(" "), meant));
        let end = rough_end(tokens, keyword + 1).at;
        let has_value = tokens.range(keyword + 1..end).find_in_type(0, Tokens::starts_equals).is_some();
        match meant {
            None if !has_value => self.signal(tokens, from.max(start), keyword, items),
            Some("let") => self.let_value(tokens, from.max(start), keyword, items),
            Some("signal") => self.signal(tokens, from.max(start), keyword, items),
            _ => self.stage(tokens, from.max(start), keyword, items),
        }
    }

    /// `name: T = ..` without a keyword.
    pub(super) fn undeclared(self, tokens: Tokens<'_>, from: usize, at: usize, items: &mut Vec<Item>) -> usize {
        let end = self.item_end(tokens, at, content(tokens, at), read::<Expr>);
        let item = tokens.before(end.at);
        let Some(name) = tokens.word(at).cloned() else { return end.next };
        let equals = item.find_in_type(at + 2, Tokens::starts_equals);
        let ty = text(item.range(at + 2..equals.unwrap_or(item.len())));
        if equals.is_none() {
            self.diagnostics.error(name.span(), parse_messages::undeclared_signal(&name, &ty));
            let ty = item.after(at + 2).parse_prefix(read).map_or_else(|_| unread_type(name.span()), |(ty, _)| ty);
            let attributes = self.attributes(tokens.range(from..at));
            items.push(Item::Signal(ParsedSignal { attributes, keyword: name.span(), name, ty }));
            return end.next;
        }
        self.diagnostics.error(name.span(), parse_messages::undeclared_stage(&name, &ty));
        let attributes = self.attributes(tokens.range(from..at));
        let (ty, node) = self.declaration(item, at, &name);
        items.push(Item::Stage(ParsedStage { attributes, keyword: name.span(), name, ty, node }));
        end.next
    }
}

/// A value for each name that the pattern from `at` binds.
fn bound(item: Tokens<'_>, keyword: usize, at: usize, equals: Option<usize>) -> Vec<Item> {
    let end = equals.unwrap_or(item.len());
    let colon = item.find(at, Tokens::is_colon).unwrap_or(end).min(end);
    let Ok((pattern, _)) = item.range(at..colon).parse_prefix(Pat::parse_multi_with_leading_vert) else {
        return Vec::new();
    };
    let value = item.after(end + 1).stream();
    let mut names = Vec::new();
    bindings(&pattern, &mut names);
    names
        .into_iter()
        .map(|name| {
            let ty = unread_type(name.span());
            let value = Expr::Verbatim(value.clone());
            Item::Let(ParsedLet { attributes: Attributes::default(), keyword: item.start(keyword), name, ty, value })
        })
        .collect()
}

/// The type from `from` that stands before an `=`, and where that does.
fn typed(item: Tokens<'_>, from: usize) -> Option<(Type, usize)> {
    let end = rough_end(item, from).at;
    let equals = item.before(end).find_in_type(from, Tokens::starts_equals)?;
    let (ty, length) = item.range(from..equals).parse_prefix(read::<Type>).ok()?;
    (from + length == equals).then_some((ty, equals))
}

/// Returns where a construct starts right behind the declared type of the name at `at`: its `=` lacks.
fn equals_missing(item: Tokens<'_>, at: usize) -> Option<usize> {
    let from = if item.is_colon(at + 1) { at + 2 } else { at + 1 };
    let limit = item.find_in_type(from, Tokens::starts_equals).unwrap_or(item.len());
    let construct = |tokens: Tokens<'_>, at: usize| {
        tokens.is_any_word(at, &["if", "match", "loop", "for", "race", "quorum", "select", "seq"])
            && tokens.after(at).construct_end(0).is_some()
    };
    (from + 1..limit).find(|at| construct(item, *at) && !item.is_punct(at - 1, '=')).filter(|_| from == at + 2)
}

/// Whether `: T`, `= ..` or nothing follows a name: it is no pattern.
fn is_declared(item: Tokens<'_>, at: usize) -> bool {
    item.is_colon(at) || item.is_equals(at) || item.len() == at
}

/// Returns where the value starts that is declared with the name at `name`.
fn content(tokens: Tokens<'_>, name: usize) -> usize {
    let equals = if tokens.is_colon(name + 1) {
        tokens.find_in_type(name + 2, |tokens, at| tokens.starts_equals(at) || tokens.is_punct(at, ';'))
    } else {
        Some(name + 1)
    };
    equals.map_or(name + 1, |equals| equals + 1)
}

/// The `else` of `let PAT = EXPR else { .. }`.
fn let_else(item: Tokens<'_>, equals: usize) -> Option<usize> {
    let at = item.len().checked_sub(2)?;
    let is_else =
        at > equals && item.is_word(at, "else") && item.brace(at + 1).is_some() && item.brace(at - 1).is_none();
    is_else.then_some(at)
}

/// Whether the attribute may stand on a signal.
fn is_of_signal(policy: &Policy) -> bool {
    ["accept", "after", "fallback", "timeout"].iter().any(|name| policy.name == name)
}

/// Whether a word stands in the tokens that only a node has.
fn names_node(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => names_node(group.stream()),
        TokenTree::Ident(word) => {
            ["stage", "signal", "race", "quorum", "select", "seq", "fail"].iter().any(|node| word == node)
        }
        _ => false,
    })
}

/// Whether the tokens are a node of the language and no expression of Rust.
fn is_node_only(content: Tokens<'_>) -> bool {
    let is_node = content.is_any_word(0, &["loop", "for", "race", "quorum", "select", "seq", "fail"])
        // Else it may be an expression of Rust with a mistake.
        || content.is_any_word(0, &["if", "match"]) && names_node(content.stream());
    is_node && content.parse_prefix(read::<Expr>).map_or(true, |(_, end)| end < content.len())
}
