//! A stage that waits for one which always leaves the block can never run.

use super::parts::{Part, parts};
use crate::{
    diagnostics::messages,
    model::{Local, Model, Node, NodeKind, ScopeId, StageId},
};
use workflow_graph::EdgeKind;
use workflow_syntax::diagnostics::Diagnostics;

const RETURN: &str = "`return`";
const FAIL: &str = "`fail`";
const EITHER: &str = "`return` or `fail`";

pub(super) fn check(model: &Model<'_>, diagnostics: &Diagnostics) {
    let reach = Reach { model, leaves: leaving(model) };
    for scope in 0..model.scopes.len() {
        reach.scope(scope, diagnostics);
    }
}

struct Reach<'m, 's> {
    model: &'m Model<'s>,
    /// The word by which each scope always ends instead of giving its value.
    leaves: Vec<Option<&'static str>>,
}

/// Returns for each scope whether it always ends in a `fail`.
pub(super) fn failing(model: &Model<'_>) -> Vec<bool> {
    leaving(model).into_iter().map(|word| word == Some(FAIL)).collect()
}

/// Scopes are numbered from the outside in, so that the inner ones are known first.
fn leaving(model: &Model<'_>) -> Vec<Option<&'static str>> {
    let mut reach = Reach { model, leaves: vec![None; model.scopes.len()] };
    for scope in (0..model.scopes.len()).rev() {
        let mut stages = model.scopes[scope].stages.iter();
        let tail = model.scopes[scope].tail.as_ref();
        reach.leaves[scope] =
            stages.find_map(|&stage| reach.stage(stage)).or_else(|| tail.and_then(|tail| reach.node(tail)));
    }
    reach.leaves
}

impl Reach<'_, '_> {
    /// Returns the word by which the stage always ends instead of giving its output.
    fn stage(&self, stage: StageId) -> Option<&'static str> {
        let stage = &self.model.stages[stage];
        if stage.lazy || stage.when.is_some() || !stage.syntax.attributes.policies.iter().all(super::places::keeps_ends)
        {
            return None;
        }
        self.node(&stage.node)
    }

    fn node(&self, node: &Node<'_>) -> Option<&'static str> {
        match &node.kind {
            NodeKind::Return(_) => Some(RETURN),
            NodeKind::Fail(_) => Some(FAIL),
            NodeKind::Scope(scope) => self.leaves[*scope],
            NodeKind::If(branches) if branches.last().is_some_and(|branch| branch.condition.is_some()) => None,
            NodeKind::If(_) | NodeKind::Match { .. } => {
                let mut words: Option<&str> = None;
                for part in parts(node) {
                    if let Part::Tail(scope) = part {
                        let word = self.leaves[scope]?;
                        words = Some(if words.is_none_or(|words| words == word) { word } else { EITHER });
                    }
                }
                words
            }
            _ => None,
        }
    }

    fn scope(&self, id: ScopeId, diagnostics: &Diagnostics) {
        let scope = &self.model.scopes[id];
        for &stage in &scope.stages {
            let Some(word) = self.stage(stage) else { continue };
            let name = self.model.stages[stage].syntax.name.to_string();
            let on = Local::Stage(self.model.stages[stage].local);
            let waiting = scope.needs.iter().zip(&scope.stages).find_map(|(needs, waiting)| {
                needs.iter().find(|need| need.on == on && need.kind != EdgeKind::Lazy).map(|need| (*waiting, need.span))
            });
            if let Some((waiting, span)) = waiting {
                let waiting = self.model.stages[waiting].syntax.name.to_string();
                diagnostics.error(span, messages::never_runs(&waiting, &name, word));
            } else if let Some(tail) = &scope.tail {
                diagnostics.error(tail.span, messages::never_reached(&name, word));
            }
        }
    }
}
