//! `name: Type`: inputs and services.

use super::{
    Parser,
    fragment::{is_name, is_unread, read, unread_name, unread_type},
    tokens::{Inside, Tokens},
};
use crate::{diagnostics::parse_messages, tree::Attributes, workflow::Binding};
use proc_macro2::{Group, Ident};
use quote::{ToTokens, format_ident};

impl Parser<'_> {
    pub(super) fn inputs(self, group: &Group) -> Vec<Binding> {
        let inside = Inside::of(group);
        self.bindings(inside.tokens(), "input")
    }

    /// Reads the bindings between the commas of `tokens`.
    pub(super) fn bindings(self, tokens: Tokens<'_>, what: &str) -> Vec<Binding> {
        let mut bindings = Vec::new();
        let mut from = 0;
        let mut unread = false;
        while from < tokens.len() {
            let comma = tokens.find_in_type(from, |tokens, at| tokens.is_punct(at, ',') || tokens.is_punct(at, ';'));
            let end = comma.unwrap_or(tokens.len());
            let piece = tokens.range(from..end);
            if let Some((binding, next)) = self.semicolon_for_colon(tokens, from, end) {
                bindings.push(binding);
                from = next;
                continue;
            }
            // What follows a type that could not be read, and has none itself, is the rest of that type.
            let is_rest = unread && piece.find(0, Tokens::is_colon).is_none();
            if !is_rest {
                let (attributes, span) = (Attributes::default(), piece.start(0));
                let unnamed = || Binding { attributes, name: unread_name(from, span), ty: unread_type(span) };
                let binding = self.binding(piece, what).unwrap_or_else(unnamed);
                unread = is_unread(&binding.ty);
                bindings.push(binding);
            }
            if tokens.is_punct(end, ';') {
                self.diagnostics.error(tokens.start(end), parse_messages::semicolon_for_comma(what));
            }
            from = end + 1;
        }
        bindings
    }

    /// Reports `name; Type` from `from`, with its `;` at `end`, and returns where the next one starts.
    fn semicolon_for_colon(self, tokens: Tokens<'_>, from: usize, end: usize) -> Option<(Binding, usize)> {
        let name = tokens.word(from).filter(|name| is_name(name) && from + 1 == end && tokens.is_punct(end, ';'))?;
        let next = tokens.find_in_type(end + 1, |tokens, at| tokens.is_punct(at, ',')).unwrap_or(tokens.len());
        let ty = tokens.range(end + 1..next);
        if ty.is_empty() || ty.find(0, Tokens::is_colon).is_some() {
            return None;
        }
        self.diagnostics.error(tokens.start(end), parse_messages::expected("`:`"));
        let ty = ty.parse_prefix(read).map_or_else(|_| unread_type(name.span()), |(ty, _)| ty);
        Some((Binding { attributes: Attributes::default(), name: name.clone(), ty }, next + 1))
    }

    /// Without those that stand there a second time. Where the type is another, it is the name that is wrong: it is
    /// kept under another, so that the number of arguments is right.
    pub(super) fn distinct(self, mut inputs: Vec<Binding>, mut services: Vec<Binding>) -> (Vec<Binding>, Vec<Binding>) {
        let mut seen: Vec<(Ident, String)> = Vec::new();
        let mut keep = |binding: &mut Binding| {
            let ty = binding.ty.to_token_stream().to_string();
            let Some((first, first_ty)) = seen.iter().find(|(first, _)| *first == binding.name) else {
                seen.push((binding.name.clone(), ty));
                return true;
            };
            let span = binding.name.span();
            self.diagnostics.error(span, parse_messages::declared_twice(&binding.name.to_string(), first.span()));
            let same = *first_ty == ty;
            binding.name = format_ident!("{}_{}", binding.name, seen.len(), span = span);
            !same
        };
        inputs.retain_mut(&mut keep);
        services.retain_mut(&mut keep);
        (inputs, services)
    }

    /// `None`: reported.
    fn binding(self, tokens: Tokens<'_>, what: &str) -> Option<Binding> {
        let start = tokens.attributes_end(0);
        let attributes = self.attributes(tokens.before(start));
        if tokens.is_any_word(start, &["self", "Self"]) {
            return self.wrong(tokens.start(start), parse_messages::self_as_binding(what));
        }
        if tokens.is_punct(start, '&') && tokens.after(start).find(0, |tokens, at| tokens.is_word(at, "self")).is_some()
        {
            return self.wrong(tokens.start(start), parse_messages::self_as_binding(what));
        }
        // `mut x: T` and `&x: T` still say which name is meant.
        let name_at = if tokens.is_word(start, "mut") || tokens.is_word(start, "ref") { start + 1 } else { start };
        if name_at > start {
            self.diagnostics.error(tokens.start(start), parse_messages::mutable(what, "name: Type"));
        }
        let name = match tokens.word(name_at) {
            Some(name) if is_name(name) && !tokens.is_pair(name_at + 1, ':', ':') => name.clone(),
            Some(_) if !tokens.is_pair(name_at + 1, ':', ':') => {
                return self.name(tokens, name_at, what, "name: Type").map(|name| Binding {
                    attributes,
                    ty: unread_type(name.span()),
                    name,
                });
            }
            None if tokens.after(name_at).is_empty() || tokens.is_colon(name_at) => {
                return self.wrong(tokens.start(name_at), parse_messages::nameless(what, "name: Type"));
            }
            _ => return self.wrong(tokens.start(name_at), parse_messages::pattern_as_name(what, "name: Type")),
        };
        if !tokens.is_colon(name_at + 1) {
            let pattern = tokens.get(name_at + 1).is_some() && tokens.find(name_at + 1, Tokens::is_colon).is_some();
            let ty = unread_type(name.span());
            if pattern && (tokens.parenthesis(name_at + 1).is_some() || tokens.brace(name_at + 1).is_some()) {
                return self.wrong(tokens.start(name_at), parse_messages::pattern_as_name(what, "name: Type"));
            }
            if name_at == start {
                self.diagnostics.error(name.span(), parse_messages::binding_without_type(what, &name));
            }
            return Some(Binding { attributes, name, ty });
        }
        let ty = self.ty(tokens.after(name_at + 2), "a type after `:`");
        Some(Binding { attributes, name, ty })
    }
}
