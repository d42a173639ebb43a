//! Attributes: which there are, sorted by who reads them.

use super::{
    Parser,
    policy::{NAMES, OTHER_NAMES},
    tokens::{Inside, Tokens},
};
use crate::{
    diagnostics::parse_messages,
    suggest::nearest,
    tree::{Attributes, Policy},
};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::Attribute;

const LINTS: &[&str] = &["allow", "expect", "warn", "deny", "forbid"];

/// Rust's own that a workflow may have, as its type may.
const TYPES: &[&str] = &["must_use", "deprecated"];

impl Parser<'_> {
    /// `tokens` hold attributes and nothing else. One that can't be read is reported and dropped.
    pub(super) fn attributes(self, tokens: Tokens<'_>) -> Attributes {
        self.attributes_of(tokens, &[])
    }

    /// The attributes of a workflow.
    pub(super) fn workflow_attributes(self, tokens: Tokens<'_>) -> Attributes {
        self.attributes_of(tokens, TYPES)
    }

    /// `passed`: names of further ones that are passed on as they are.
    fn attributes_of(self, tokens: Tokens<'_>, passed: &[&str]) -> Attributes {
        let mut attributes = Attributes::default();
        let mut at = 0;
        while at < tokens.len() {
            let inner = tokens.is_punct(at + 1, '!');
            let bracket = if inner { at + 2 } else { at + 1 };
            if let Some(group) = tokens.group(bracket, Delimiter::Bracket) {
                if inner {
                    self.diagnostics.error(tokens.start(at), parse_messages::INNER_ATTRIBUTE);
                } else {
                    self.attribute(tokens.range(at..bracket + 1), group, passed, &mut attributes);
                }
            }
            at = bracket + 1;
        }
        attributes
    }

    fn attribute(self, tokens: Tokens<'_>, group: &Group, passed: &[&str], attributes: &mut Attributes) {
        let inside = Inside::of_visible(group);
        let content = inside.tokens();
        let Some(name) = content.word(0) else {
            self.diagnostics.error(content.start(0), parse_messages::expected("an attribute's name"));
            return;
        };
        let word = name.to_string();
        let sorted = match word.as_str() {
            "doc" => Some(&mut attributes.docs),
            "cfg" => Some(&mut attributes.cfgs),
            other if passed.contains(&other) => Some(&mut attributes.passed),
            lint if LINTS.contains(&lint) => Some(&mut attributes.lints),
            _ => None,
        };
        if let Some(sorted) = sorted {
            match tokens.parse_prefix(Attribute::parse_outer) {
                Ok((read, _)) => sorted.extend(read),
                Err(error) => self.diagnostics.syntax(error),
            }
        } else if word == "cfg_attr" {
            self.diagnostics.error(name.span(), parse_messages::CFG_ATTR);
        } else if NAMES.contains(&word.as_str()) && content.len() < 2
            || content.parenthesis(1).is_some() && NAMES.contains(&word.as_str())
        {
            attributes.policies.extend(self.policy_in(content, name));
        } else if NAMES.contains(&word.as_str()) {
            self.diagnostics.error(content.start(1), parse_messages::attribute_form(&word));
        } else {
            self.unknown_attribute(content, name);
        }
    }

    fn policy_in(self, content: Tokens<'_>, name: &Ident) -> Option<Policy> {
        if content.len() > 2 {
            self.unexpected(content, 2);
            return None;
        }
        let group = content.parenthesis(1);
        let kind = self.policy(name, group)?;
        Some(Policy { name: name.clone(), arguments: group.map_or_else(TokenStream::new, Group::stream), kind })
    }

    fn unknown_attribute(self, content: Tokens<'_>, name: &Ident) {
        let path = matches!(content.get(1), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
        let word = name.to_string();
        let other = OTHER_NAMES.iter().find(|(other, _)| *other == word).map(|(_, meant)| *meant);
        let near = || nearest(&word, NAMES.iter().copied().chain(["doc", "cfg"]).chain(LINTS.iter().copied()));
        let meant = if path { None } else { other.or_else(near) };
        self.diagnostics.error(name.span(), parse_messages::unknown_attribute(&word, meant));
    }
}
