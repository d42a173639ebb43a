//! `loop` and `for`.

use super::{Parser, tokens::Tokens};
use crate::{
    diagnostics::parse_messages,
    tree::{LoopState, ParsedFor, ParsedLoop},
};

const LOOP_FORM: &str = "loop name: Type = .. { .. }";

impl Parser<'_> {
    /// `loop NAME: S = NODE { .. }`; `None`: reported.
    pub(super) fn looping(self, tokens: Tokens<'_>) -> Option<ParsedLoop> {
        let keyword = tokens.start(0);
        if let Some(group) = tokens.brace(1) {
            return Some(ParsedLoop { keyword, state: None, body: self.block(group) });
        }
        if tokens.len() == 1 {
            self.body_missing(tokens, 1, "loop");
            return None;
        }
        let name = self.name(tokens, 1, "state of a loop", LOOP_FORM)?;
        let equals = tokens.find_in_type(2, |tokens, at| tokens.starts_equals(at) || tokens.brace(at).is_some());
        let Some(equals) = equals.filter(|equals| tokens.starts_equals(*equals)) else {
            let at = equals.unwrap_or(tokens.len());
            self.diagnostics.error(tokens.start(at.min(tokens.len())), parse_messages::state_without_value(&name));
            return None;
        };
        let ty = if tokens.is_colon(2) {
            self.ty(tokens.range(3..equals), "a type after `:`")
        } else {
            self.diagnostics.error(tokens.start(2), parse_messages::state_without_type(&name));
            super::fragment::unread_type(tokens.start(2))
        };
        let Some(body) = tokens.loop_body(equals + 1) else {
            if tokens.brace(equals + 1).is_some() {
                self.diagnostics.error(tokens.start(equals + 1), parse_messages::state_without_value(&name));
            } else {
                self.body_missing(tokens, equals + 1, "loop");
            }
            return None;
        };
        let initial = self.node(tokens.range(equals + 1..body));
        let body = self.block(tokens.brace(body)?);
        Some(ParsedLoop { keyword, state: Some(LoopState { name, ty, initial }), body })
    }

    /// `for PAT in EXPR { .. }`; `None`: reported.
    pub(super) fn each(self, tokens: Tokens<'_>) -> Option<ParsedFor> {
        let keyword = tokens.start(0);
        let Some(within) = tokens.find(1, |tokens, at| tokens.is_word(at, "in")) else {
            let after = tokens
                .after(1)
                .parse_prefix(syn::Pat::parse_multi_with_leading_vert)
                .map_or(1, |(_, length)| length + 1);
            self.diagnostics.error(tokens.start(after), parse_messages::IN_MISSING);
            return None;
        };
        let pattern = self.pattern(tokens.range(1..within), "a pattern after `for`");
        let Some(body) = tokens.body(within + 1) else {
            if tokens.brace(within + 1).is_some() {
                self.diagnostics
                    .error(tokens.start(within + 1), parse_messages::expected("what to go through after `in`"));
            } else {
                self.body_missing(tokens, within + 1, "for");
            }
            return None;
        };
        let items = self.head_expression(tokens.range(within + 1..body), "what to go through after `in`");
        let body = self.block(tokens.brace(body)?);
        Some(ParsedFor { keyword, pattern, items, body })
    }
}
