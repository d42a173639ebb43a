//! The arguments of an attribute, divided at their commas.

use super::tokens::{Inside, Tokens};
use proc_macro2::Group;

pub(super) struct Arguments {
    inside: Inside,
}

impl Arguments {
    pub(super) fn of(group: &Group) -> Self {
        Self { inside: Inside::of(group) }
    }

    /// Each argument; a trailing comma makes none.
    pub(super) fn list(&self) -> Vec<Tokens<'_>> {
        let tokens = self.inside.tokens();
        let mut list = Vec::new();
        let mut from = 0;
        while from < tokens.len() {
            let comma = tokens.find_in_expression(from, |tokens, step| tokens.is_punct(step.at, ','));
            let end = comma.unwrap_or(tokens.len());
            list.push(tokens.range(from..end));
            from = end + 1;
        }
        list
    }
}
