//! A workflow's header: a function's. Its services are formatted apart, as the parameters of another.

use super::{Builder, Edit, Gap, Note, services_here, wider};
use workflow_syntax::{Binding, Workflow};

impl Builder<'_> {
    pub(super) fn workflow(&mut self, workflow: &Workflow) {
        self.says("workflow");
        self.attributes(&workflow.attributes);
        let keyword = self.first(workflow.keyword);
        let name = workflow.name.to_string();
        self.replace(keyword, keyword + 1, format!("fn {}", wider(&name, 6)), format!("workflow {name}"));
        self.fragment(&workflow.visibility);
        self.says(name);
        self.fragment(&workflow.generics);
        self.fragment(&workflow.generics.where_clause);
        self.bindings(&workflow.inputs);
        self.fragment(&workflow.output);
        self.says("with");
        let body = self.first(workflow.body.span);
        if let Some(with) = self.clause("with", keyword, body) {
            self.with(keyword, with, body, &workflow.services);
        }
        self.block(&workflow.body);
    }

    fn bindings(&mut self, bindings: &[Binding]) {
        for binding in bindings {
            self.attributes(&binding.attributes);
            self.says(binding.name.to_string());
            self.fragment(&binding.ty);
        }
    }

    /// Returns the number of the word that begins a clause of the header.
    fn clause(&self, word: &str, from: usize, body: usize) -> Option<usize> {
        let mut at = from;
        while at < body {
            if self.body.is(at, word) {
                return Some(at);
            }
            let opens = ["(", "[", "{"].iter().any(|bracket| self.body.is(at, bracket));
            at = if opens { self.body.closer(at) + 1 } else { at + 1 };
        }
        None
    }

    /// Takes the clause from `with` out. It comes back on a line of its own, before the `where` or the body.
    fn with(&mut self, keyword: usize, with: usize, body: usize, services: &[Binding]) {
        let bound = self.clause("where", with, body);
        let before = self.clause("where", keyword, with);
        let end = bound.unwrap_or(body);
        // Comments around the clause go with it.
        let tokens = &self.body.tokens;
        let (start, content) = (tokens[with - 1].range.end, tokens[with].range.end);
        let until = tokens[end - 1].range.end + self.body.gap(end).trim_end().len();
        let comment = self.body.gap(with).trim();
        let line_break = if comment.is_empty() { "" } else { "\n" };
        let written = format!("{comment}{line_break}{}", self.body.source[content..until].trim());
        self.edits.push(Edit { range: start..until, text: String::new(), restored: None, note: Note::default() });
        for binding in services {
            self.says(binding.name.to_string());
            self.fragment(&binding.ty);
        }
        let place = services_here(self.services.len());
        self.services.push(written);
        let note = Note { before: Gap::Line, ..Note::default() };
        let next = match (bound, before) {
            (Some(bound), None) => bound,
            _ => body,
        };
        let word = self.body.tokens[next].text.clone();
        self.replace(next, next, word.clone(), format!("{place}{word}"));
        self.note_last(note);
    }
}
