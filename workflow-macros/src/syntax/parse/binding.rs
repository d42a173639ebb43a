//! `name: Type`: inputs and services.

use super::Parser;
use super::fragment::{is_name, is_unread};
use super::tokens::{Inside, Tokens};
use crate::diagnostics::message;
use crate::syntax::Binding;
use proc_macro2::Group;

impl Parser<'_> {
    pub(super) fn inputs(self, group: &Group) -> Vec<Binding> {
        let inside = Inside::of(group);
        self.bindings(inside.tokens(), "input")
    }

    /// Those between the commas of `tokens`.
    pub(super) fn bindings(self, tokens: Tokens<'_>, what: &str) -> Vec<Binding> {
        let mut bindings = Vec::new();
        let mut from = 0;
        let mut unread = false;
        while from < tokens.len() {
            let comma = tokens.find_in_type(from, |tokens, at| tokens.is_punct(at, ',') || tokens.is_punct(at, ';'));
            let end = comma.unwrap_or(tokens.len());
            let piece = tokens.range(from..end);
            // What follows a type that could not be read, and has none itself, is the rest of that type.
            let is_rest = unread && piece.find(0, Tokens::is_colon).is_none();
            if !is_rest {
                let binding = self.binding(piece, what);
                unread = binding.as_ref().is_none_or(|binding| is_unread(&binding.ty));
                bindings.extend(binding);
            }
            if tokens.is_punct(end, ';') {
                self.diagnostics.error(tokens.start(end), message::semicolon_for_comma(what));
            }
            from = end + 1;
        }
        bindings
    }

    /// None: told.
    fn binding(self, tokens: Tokens<'_>, what: &str) -> Option<Binding> {
        let start = tokens.attributes_end(0);
        let attributes = self.attributes(tokens.before(start));
        if tokens.is_any_word(start, &["self", "Self"]) {
            return self.wrong(tokens.start(start), message::self_as_binding(what));
        }
        if tokens.is_punct(start, '&') && tokens.after(start).find(0, |tokens, at| tokens.is_word(at, "self")).is_some()
        {
            return self.wrong(tokens.start(start), message::self_as_binding(what));
        }
        // `mut x: T` and `&x: T` still say which name is meant.
        let name_at = if tokens.is_word(start, "mut") || tokens.is_word(start, "ref") { start + 1 } else { start };
        if name_at > start {
            self.diagnostics.error(tokens.start(start), message::mutable(what, "name: Type"));
        }
        let name = match tokens.word(name_at) {
            Some(name) if is_name(name) && !tokens.is_pair(name_at + 1, ':', ':') => name.clone(),
            Some(_) if !tokens.is_pair(name_at + 1, ':', ':') => {
                return self.name(tokens, name_at, what, "name: Type").map(|name| Binding {
                    attributes,
                    ty: super::fragment::unread_type(name.span()),
                    name,
                });
            }
            None if tokens.after(name_at).is_empty() => {
                return self.wrong(tokens.start(name_at), message::nameless(what, "name: Type"));
            }
            _ => return self.wrong(tokens.start(name_at), message::pattern_as_name(what, "name: Type")),
        };
        if !tokens.is_colon(name_at + 1) {
            let pattern = tokens.get(name_at + 1).is_some() && tokens.find(name_at + 1, Tokens::is_colon).is_some();
            let ty = super::fragment::unread_type(name.span());
            if pattern && (tokens.parenthesis(name_at + 1).is_some() || tokens.brace(name_at + 1).is_some()) {
                return self.wrong(tokens.start(name_at), message::pattern_as_name(what, "name: Type"));
            }
            if name_at == start {
                self.diagnostics.error(name.span(), message::binding_without_type(what, &name));
            }
            return Some(Binding { attributes, name, ty });
        }
        let ty = self.ty(tokens.after(name_at + 2), "a type after `:`");
        Some(Binding { attributes, name, ty })
    }
}
