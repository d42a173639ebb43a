//! The fragments that are Rust: expressions, types, patterns, names.

use super::{
    Parser,
    tokens::{Inside, Tokens, shown},
    unfinished::finished,
};
use crate::diagnostics::parse_messages;
use proc_macro2::{Delimiter, Ident, Span, TokenTree};
use syn::{
    Expr, Pat, Type, TypePath,
    parse::{Parse, ParseStream},
};

/// Begin of syn's message where tokens ran out.
const RAN_OUT: &str = "unexpected end of input";

/// Begin of syn's list of all that may stand there.
const ONE_OF: &str = "expected one of: ";

/// The identifier that stands for a fragment which could not be read.
pub(crate) const UNREAD: &str = "__unread";

/// Begin of syn's message that tokens are left.
const LEFT_OVER: &str = "unexpected token";

impl Parser<'_> {
    /// An expression that is all of `tokens`; `expected` says what is missing where there are none.
    pub(super) fn expression(self, tokens: Tokens<'_>, expected: &str) -> Option<Expr> {
        self.fragment(tokens, expected, read)
    }

    /// An expression, or its tokens where it is none: a name in them still counts as used.
    pub(super) fn expression_or_tokens(self, tokens: Tokens<'_>, expected: &str) -> Expr {
        self.expression(tokens, expected).unwrap_or_else(|| Expr::Verbatim(tokens.stream()))
    }

    /// Reads an expression before a body, where a struct literal needs parentheses.
    pub(super) fn head_expression(self, tokens: Tokens<'_>, expected: &str) -> Expr {
        self.fragment(tokens, expected, Expr::parse_without_eager_brace)
            .unwrap_or_else(|| Expr::Verbatim(tokens.stream()))
    }

    /// Reads a condition before a body. A `=` in it is meant as `==`, or lacks its `let`.
    pub(super) fn condition(self, tokens: Tokens<'_>, expected: &str) -> Expr {
        let condition = self.head_expression(tokens, expected);
        self.assigned(&condition);
        condition
    }

    pub(super) fn assigned(self, condition: &Expr) {
        if let Expr::Assign(assign) = condition {
            self.diagnostics.error(assign.eq_token.span, parse_messages::ASSIGNMENT_AS_CONDITION);
        }
    }

    pub(super) fn pattern(self, tokens: Tokens<'_>, expected: &str) -> Pat {
        self.fragment(tokens, expected, Pat::parse_multi_with_leading_vert)
            .unwrap_or_else(|| Pat::Verbatim(tokens.stream()))
    }

    /// A type that is all of `tokens`; [`unread_type`] where it is none.
    pub(super) fn ty(self, tokens: Tokens<'_>, expected: &str) -> Type {
        if tokens.len() == 1 && tokens.is_word(0, "_") {
            self.diagnostics.error(tokens.start(0), parse_messages::INFERRED_TYPE);
            return unread_type(tokens.start(0));
        }
        self.fragment(tokens, expected, read).unwrap_or_else(|| unread_type(tokens.start(0)))
    }

    /// All of `tokens`, read by `parser`.
    pub(super) fn fragment<T>(
        self,
        tokens: Tokens<'_>,
        expected: &str,
        parser: impl Fn(ParseStream) -> syn::Result<T>,
    ) -> Option<T> {
        if tokens.is_empty() {
            self.diagnostics.error(tokens.start(0), parse_messages::expected(expected));
            return None;
        }
        match tokens.parse_prefix(&parser) {
            Ok((value, end)) if end == tokens.len() && !self.is_tried => Some(value),
            read => self.unfinished(tokens, expected, parser, read),
        }
    }

    /// Reads tokens with a mistake, or with a name that an editor tries.
    fn unfinished<T>(
        self,
        tokens: Tokens<'_>,
        expected: &str,
        parser: impl Fn(ParseStream) -> syn::Result<T>,
        read: syn::Result<(T, usize)>,
    ) -> Option<T> {
        if let Some((trees, place)) = finished(tokens.stream()) {
            // What stands before the `.` is an expression of its own.
            self.diagnostics.error(place, parse_messages::NAME_AFTER_DOT);
            let inside = Inside::made(trees, tokens.last_span());
            let tokens = inside.tokens();
            return tokens.parse_prefix(parser).ok().filter(|(_, end)| *end == tokens.len()).map(|(value, _)| value);
        }
        match read {
            Ok((value, end)) if end == tokens.len() => Some(value),
            Ok((_, end)) => {
                self.unexpected(tokens, end);
                None
            }
            Err(error) => {
                self.diagnostics.syntax(reworded(error, expected));
                None
            }
        }
    }

    /// Reports the tree at `at`, which nothing before it leads to.
    pub(super) fn unexpected(self, tokens: Tokens<'_>, at: usize) {
        let found = tokens.get(at).map_or_else(|| "the end".to_owned(), |tree| shown_operator(tokens, at, tree));
        // Where an operand follows an operand, it is what should stand between them that lacks.
        let said = match tokens.get(at) {
            Some(TokenTree::Punct(_)) | None => parse_messages::unexpected(&found),
            Some(_) => parse_messages::unexpected_operand(&found),
        };
        self.diagnostics.error(tokens.start(at), said);
    }

    /// The name at `at`; `form` shows what is to be written.
    pub(super) fn name(self, tokens: Tokens<'_>, at: usize, what: &str, form: &str) -> Option<Ident> {
        match tokens.get(at) {
            Some(TokenTree::Ident(word)) if is_name(word) => return Some(word.clone()),
            Some(TokenTree::Ident(word)) if word == "mut" => {
                self.diagnostics.error(word.span(), parse_messages::mutable(what, form));
            }
            Some(TokenTree::Ident(word)) if word == "_" => {
                self.diagnostics.error(word.span(), parse_messages::nameless(what, form));
            }
            Some(TokenTree::Ident(word)) => {
                self.diagnostics.error(word.span(), parse_messages::keyword_as_name(word, what));
            }
            Some(TokenTree::Group(group)) if group.delimiter() != Delimiter::Brace => {
                self.diagnostics.error(group.span_open(), parse_messages::pattern_as_name(what, form));
            }
            _ => self.diagnostics.error(tokens.start(at), parse_messages::nameless(what, form)),
        }
        None
    }
}

/// Stands for a type that could not be read. The macro puts a type in its place of which rustc says nothing.
#[must_use]
pub fn unread_type(span: Span) -> Type {
    Type::Path(TypePath { attrs: Vec::new(), qself: None, path: Ident::new(UNREAD, span).into() })
}

/// Whether it is the name of that type.
#[must_use]
pub fn is_unread_word(word: &Ident) -> bool {
    word == UNREAD
}

/// A name of its own for an input or a service that has none.
pub(super) fn unread_name(number: usize, span: Span) -> Ident {
    Ident::new(&format!("{UNREAD}{number}"), span)
}

/// Whether the type could not be read: its error has been reported, no check says more of it.
#[must_use]
pub fn is_unread(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident(UNREAD))
}

/// Whether Rust takes it as a name.
pub(super) fn is_name(word: &Ident) -> bool {
    let tree = TokenTree::Ident(word.clone());
    syn::parse2::<Ident>(tree.into()).is_ok()
}

/// An operator of several characters is shown whole.
fn shown_operator(tokens: Tokens<'_>, at: usize, tree: &TokenTree) -> String {
    let second = tokens.get(at + 1).map(ToString::to_string).unwrap_or_default();
    match tree {
        TokenTree::Punct(punct)
            if punct.spacing() == proc_macro2::Spacing::Joint
                && second.chars().all(|next| next.is_ascii_punctuation()) =>
        {
            format!("`{}{second}`", punct.as_char())
        }
        _ => shown(tree),
    }
}

/// syn's error in the words of this crate, and only its first: the others follow from it.
fn reworded(error: syn::Error, expected: &str) -> syn::Error {
    let Some(first) = error.into_iter().next() else {
        return syn::Error::new(Span::call_site(), parse_messages::UNREADABLE);
    };
    let said = first.to_string();
    let words = if let Some(rest) = said.strip_prefix(RAN_OUT) {
        rest.strip_prefix(", ").unwrap_or(parse_messages::INCOMPLETE).to_owned()
    } else if said.starts_with(ONE_OF) {
        // `a type after ..`: where it stands is no longer true deep inside.
        let what = expected.split(" after ").next().and_then(|what| what.split(" before ").next());
        parse_messages::expected(what.unwrap_or(expected))
    } else if let Some(rest) = said.strip_prefix(LEFT_OVER) {
        format!("{}{rest}", parse_messages::OUT_OF_PLACE)
    } else {
        return first;
    };
    syn::Error::new(first.span(), words)
}

/// Whatever syn can read.
pub(super) fn read<T: Parse>(input: ParseStream) -> syn::Result<T> {
    input.parse()
}

/// Adds the names that a pattern binds, in the order written. (By hand: a visitor of syn's takes longer to compile.)
pub(super) fn bindings(pattern: &Pat, names: &mut Vec<Ident>) {
    match pattern {
        Pat::Ident(named) => {
            names.push(named.ident.clone());
            named.subpat.iter().for_each(|(_, inner)| bindings(inner, names));
        }
        Pat::Or(or) => or.cases.iter().for_each(|case| bindings(case, names)),
        Pat::Paren(inner) => bindings(&inner.pat, names),
        Pat::Reference(inner) => bindings(&inner.pat, names),
        Pat::Slice(slice) => slice.elems.iter().for_each(|element| bindings(element, names)),
        Pat::Struct(fields) => fields.fields.iter().for_each(|field| bindings(&field.pat, names)),
        Pat::Tuple(tuple) => tuple.elems.iter().for_each(|element| bindings(element, names)),
        Pat::TupleStruct(tuple) => tuple.elems.iter().for_each(|element| bindings(element, names)),
        Pat::Type(typed) => bindings(&typed.pat, names),
        _ => {}
    }
}
