//! The parts of a node, and how the value of each relates to the node's value.

use crate::model::{HeadKind, Members, Model, Node, NodeKind, ScopeId, StageId};

/// Looks at every node of the workflow: those of stages, then tails, each before the nodes in it that no scope of their own
/// holds. `look` receives the scope in which the node stands, and the innermost stage that it is a part of.
pub(super) fn each_node<'m, 's>(model: &'m Model<'s>, look: &mut impl FnMut(&'m Node<'s>, ScopeId, Option<StageId>)) {
    for (id, stage) in model.stages.iter().enumerate() {
        each_in(&stage.node, stage.scope, Some(id), look);
    }
    for (id, scope) in model.scopes.iter().enumerate() {
        if let Some(tail) = &scope.tail {
            each_in(tail, id, scope.around, look);
        }
    }
}

fn each_in<'m, 's>(
    node: &'m Node<'s>,
    scope: ScopeId,
    around: Option<StageId>,
    look: &mut impl FnMut(&'m Node<'s>, ScopeId, Option<StageId>),
) {
    look(node, scope, around);
    for part in parts(node) {
        // Nodes in a scope are its tail and its stages.
        if let Part::Given(node) | Part::Start(node) = part {
            each_in(node, scope, around, look);
        }
    }
}

/// A scope or node that stands directly in a node.
pub(super) enum Part<'m, 's> {
    /// A scope whose value is the node's value; in a loop's tail its `break` and `continue` are the node's.
    Tail(ScopeId),
    /// The value of a `break` or `continue`.
    Given(&'m Node<'s>),
    /// A loop's initial state.
    Start(&'m Node<'s>),
    /// A loop's body.
    Round(ScopeId),
    /// The block that gives a loop's value after its last round.
    LastRound { scope: ScopeId, round: ScopeId },
    /// A `for`'s body.
    Item(ScopeId),
    /// One of a `race` or `quorum`.
    Member(ScopeId),
}

pub(super) fn parts<'m, 's>(node: &'m Node<'s>) -> Vec<Part<'m, 's>> {
    match &node.kind {
        NodeKind::Expression(_)
        | NodeKind::Sleep(_)
        | NodeKind::SleepUntil(_)
        | NodeKind::Return(_)
        | NodeKind::Fail(_)
        | NodeKind::Error => Vec::new(),
        NodeKind::Scope(scope) => vec![Part::Tail(*scope)],
        NodeKind::If(branches) => branches.iter().map(|branch| Part::Tail(branch.scope)).collect(),
        NodeKind::Match { arms, .. } => arms.iter().map(|arm| Part::Tail(arm.scope)).collect(),
        NodeKind::Loop(looping) => {
            let start = looping.initial.as_ref().map(Part::Start);
            let last = looping.otherwise.map(|scope| Part::LastRound { scope, round: looping.round });
            start.into_iter().chain([Part::Round(looping.round)]).chain(last).collect()
        }
        NodeKind::For(each) => vec![Part::Item(each.body)],
        NodeKind::Select(heads) => {
            let mut parts = Vec::new();
            for head in heads {
                if let HeadKind::Node { scope, .. } = head.kind {
                    parts.push(Part::Member(scope));
                }
                parts.push(Part::Tail(head.scope));
            }
            parts
        }
        NodeKind::Members { members, .. } => match members {
            Members::For(each) => vec![Part::Item(each.body)],
            Members::Listed(scopes) => scopes.iter().map(|&scope| Part::Member(scope)).collect(),
        },
        NodeKind::Break(value) | NodeKind::Continue(value) => value.as_deref().map(Part::Given).into_iter().collect(),
    }
}
