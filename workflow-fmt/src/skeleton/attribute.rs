//! Attributes: doc comments, which become plain ones, and the language's own, which become statements.

use super::{Builder, Gap, MARK, Note, wide};
use crate::{skeleton::node::Place, tokens::bytes};
use workflow_syntax::{Attributes, Condition, Policy, PolicyKind};

impl Builder<'_> {
    pub(super) fn attributes(&mut self, attributes: &Attributes) {
        for doc in &attributes.docs {
            self.fragment(&doc.meta);
            let range = bytes(doc.pound_token.span);
            let Some(text) = self.body.source.get(range.clone()).and_then(|comment| comment.get(..2)) else { continue };
            if range.len() > 2 && (text == "//" || text == "/*") {
                // Behind something else it would be taken for the comment of that.
                let before = self.body.source[..range.start].trim_end_matches([' ', '\t']);
                let line = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
                let (range, text) = (range.start..range.start + 3, format!("{line}{text}{MARK}"));
                self.edits.push(super::Edit { range, text, restored: None, note: Note::default() });
            }
        }
        for attribute in attributes.cfgs.iter().chain(&attributes.lints).chain(&attributes.passed) {
            self.fragment(&attribute.meta);
        }
        for policy in &attributes.policies {
            self.policy(policy);
        }
    }

    fn policy(&mut self, policy: &Policy) {
        let name = self.first(policy.name.span());
        let word = policy.name.to_string();
        self.says(format!("#{word}"));
        self.fragment(&policy.arguments);
        let open = name + 1;
        let has_arguments = self.body.is(open, "(");
        let close = if has_arguments { self.body.closer(open) } else { name };
        if let PolicyKind::When(Condition::Matches { .. }) = &policy.kind {
            self.replace(name - 2, open + 1, format!("let {} @", wide(word.len() + 1)), format!("#[{word}(let"));
            let first = if self.body.is(close - 1, ",") { close - 1 } else { close };
            self.replace(first, close + 1, ";", ")]");
            return;
        }
        if let PolicyKind::When(Condition::Holds(_)) = &policy.kind
            && (open..close).any(|at| self.body.is(at, "let"))
        {
            // A chain of patterns stands in no call, but in the head of an `if`.
            self.replace(name - 2, open, "if ", format!("#[{word}("));
            self.note_last(Note { after: Gap::Dropped, ..Note::default() });
            let note = Note { before: Gap::Dropped, ..Note::default() };
            self.replace(close, close + 1, " {}", ")]");
            self.note_last(note);
            return;
        }
        self.replace(name - 2, name, format!("{}{word}", wide(2)), format!("#[{word}"));
        if has_arguments {
            self.options(open, close);
        }
        match &policy.kind {
            PolicyKind::Max { otherwise: Some(node), .. } | PolicyKind::Fallback(node) => self.node(node, Place::Plain),
            PolicyKind::Tolerate(workflow_syntax::ParsedTolerance::Percent(_)) => {
                let percent = if self.body.is(close - 1, ",") { close - 2 } else { close - 1 };
                self.replace(percent, percent, "?", "%");
            }
            _ => {}
        }
        self.replace(close + 1, close + 1, ";", "]");
    }

    /// The names of options that are keywords of Rust.
    fn options(&mut self, open: usize, close: usize) {
        for at in open + 1..close {
            let option = ["if", "else"].into_iter().find(|option| self.body.is(at, option));
            let starts = self.body.is(at - 1, "(") || self.body.is(at - 1, ",");
            if let Some(option) = option
                && starts
                && self.body.is(at + 1, "=")
                && !self.body.is(at + 2, "=")
            {
                self.replace(at, at, wide(option.len()), option);
            }
        }
    }
}
