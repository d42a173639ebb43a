//! The workflows of an input: where each starts and ends, and that each has a name of its own.

use super::{Parser, fragment::is_name, tokens::Tokens};
use crate::{
    diagnostics::parse_messages,
    workflow::{Workflow, Workflows},
};
use proc_macro2::{Ident, TokenTree};

impl Parser<'_> {
    pub(super) fn workflows(self, tokens: Tokens<'_>) -> Workflows {
        if tokens.is_empty() {
            self.diagnostics.error(tokens.start(0), parse_messages::EMPTY_INPUT);
        }
        let mut workflows: Vec<Workflow> = Vec::new();
        let mut whole = !tokens.is_empty();
        let mut at = 0;
        while at < tokens.len() {
            let end = workflow_end(tokens, at);
            let own = name(tokens, at);
            // A header that stands there again, with the body.
            if let (Some(own), Some(next)) = (own, name(tokens, end))
                && own == next
                && tokens.range(at..end).find(0, |tokens, at| tokens.brace(at).is_some()).is_none()
            {
                self.diagnostics.error(next.span(), parse_messages::workflow_twice(&next.to_string(), own.span()));
            } else if let Some(own) = own
                && let Some(first) = workflows.iter().find(|workflow| workflow.name == *own)
            {
                self.diagnostics.error(own.span(), parse_messages::workflow_twice(&own.to_string(), first.name.span()));
            } else {
                let read = self.workflow(tokens.range(at..end));
                whole &= read.as_ref().is_some_and(|workflow| workflow.counted);
                workflows.extend(read);
            }
            at = end;
        }
        Workflows { workflows, whole }
    }
}

/// The name of the workflow from `from`, if it starts as one does.
fn name(tokens: Tokens<'_>, from: usize) -> Option<&Ident> {
    let keyword = visibility_end(tokens, tokens.attributes_end(from));
    if !tokens.is_word(keyword, "workflow") {
        return None;
    }
    tokens.word(keyword + 1).filter(|name| is_name(name))
}

/// Returns where the workflow from `from` ends: behind its body, or where the next one starts.
fn workflow_end(tokens: Tokens<'_>, from: usize) -> usize {
    let keyword = visibility_end(tokens, tokens.attributes_end(from));
    // `workflow workflow Name` is one workflow.
    let doubled = usize::from(tokens.is_word(keyword, "workflow") && tokens.is_word(keyword + 1, "workflow"));
    let next = tokens.find(keyword + doubled + 1, starts_workflow);
    let limit = next.unwrap_or(tokens.len());
    let head = tokens.before(limit);
    head.find_in_type(from, |tokens, at| tokens.brace(at).is_some()).map_or(limit, |body| body + 1)
}

/// Whether another workflow unmistakably starts at `at`: its attributes and visibility included.
fn starts_workflow(tokens: Tokens<'_>, at: usize) -> bool {
    let starts = matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == '#')
        || tokens.is_any_word(at, &["pub", "workflow"]);
    starts && name(tokens, at).is_some()
}

pub(super) fn visibility_end(tokens: Tokens<'_>, at: usize) -> usize {
    if tokens.is_visibility(at) {
        return at + 1;
    }
    if !tokens.is_word(at, "pub") {
        return at;
    }
    if tokens.parenthesis(at + 1).is_some() { at + 2 } else { at + 1 }
}
