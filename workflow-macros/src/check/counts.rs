//! Numbers that can't be meant: a race of one, a quorum of more than there are, no round, no item at once.

use super::parts::{Part, parts};
use crate::{
    diagnostics::{Diagnostics, messages},
    model::{CodeId, Members, Model, Node, NodeKind},
};
use proc_macro2::Span;
use syn::{Expr, Lit};

pub(super) fn check(model: &Model<'_>, diagnostics: &Diagnostics) {
    let counts = Counts { model, diagnostics };
    let tails = model.scopes.iter().filter_map(|scope| scope.tail.as_ref());
    model.stages.iter().map(|stage| &stage.node).chain(tails).for_each(|node| counts.node(node));
}

struct Counts<'m, 's> {
    model: &'m Model<'s>,
    diagnostics: &'m Diagnostics,
}

impl Counts<'_, '_> {
    fn node(&self, node: &Node<'_>) {
        match &node.kind {
            NodeKind::Loop(looping) => self.not_zero(looping.max, messages::MAX_ZERO),
            NodeKind::For(each) => self.not_zero(each.concurrency, messages::CONCURRENCY_ZERO),
            NodeKind::Members { needed: None, members: Members::Listed(members) } => match members.len() {
                0 => self.diagnostics.error(node.span, messages::RACE_OF_NONE),
                1 => self.diagnostics.error(node.span, messages::RACE_OF_ONE),
                _ => {}
            },
            NodeKind::Members { needed: Some(needed), members } => self.quorum(*needed, members, node.span),
            _ => {}
        }
        for part in parts(node) {
            // What stands in a scope is its tail, or a stage.
            if let Part::Given(node) | Part::Start(node) = part {
                self.node(node);
            }
        }
    }

    fn quorum(&self, needed: CodeId, members: &Members<'_>, span: Span) {
        let needed = literal(self.model.codes[needed].expr);
        match (needed, members) {
            (_, Members::Listed(members)) if members.is_empty() => {
                self.diagnostics.error(span, messages::QUORUM_OF_NONE);
            }
            (Some((0, span)), _) => self.diagnostics.error(span, messages::QUORUM_ZERO),
            (Some((needed, span)), Members::Listed(members)) if needed > members.len() as u128 => {
                self.diagnostics.error(span, messages::quorum_too_large(needed, members.len()));
            }
            _ => {}
        }
    }

    fn not_zero(&self, code: Option<CodeId>, message: &str) {
        if let Some((0, span)) = code.and_then(|code| literal(self.model.codes[code].expr)) {
            self.diagnostics.error(span, message);
        }
    }
}

/// The number, where it is written as one.
pub(super) fn literal(expr: &Expr) -> Option<(u128, Span)> {
    match expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => Some((number.base10_parse().ok()?, number.span())),
            _ => None,
        },
        _ => None,
    }
}
