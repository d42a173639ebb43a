//! Numbers that can't be meant: a race of one, a quorum of more than there are, no round, no item at once.

use super::{parts::each_node, reach};
use crate::{
    diagnostics::numbers,
    model::{CodeId, For, Members, Model, Node, NodeKind, ScopeId, Tolerance},
};
use proc_macro2::Span;
use syn::{Expr, Lit, RangeLimits};
use workflow_syntax::diagnostics::Diagnostics;

pub(super) fn check(model: &Model<'_>, diagnostics: &Diagnostics) {
    let counts = Counts { model, diagnostics, fails: reach::failing(model) };
    each_node(model, &mut |node, _, _| counts.node(node));
}

struct Counts<'m, 's> {
    model: &'m Model<'s>,
    diagnostics: &'m Diagnostics,
    /// For each scope: whether it always ends in a `fail`.
    fails: Vec<bool>,
}

impl Counts<'_, '_> {
    fn node(&self, node: &Node<'_>) {
        match &node.kind {
            NodeKind::Loop(looping) => self.not_zero(looping.max, numbers::MAX_ZERO),
            NodeKind::For(each) => {
                self.not_zero(each.concurrency, numbers::CONCURRENCY_ZERO);
                self.tolerated(each);
            }
            NodeKind::Members { needed: None, members: Members::For(each) } => match self.items(each) {
                Some(0) => self.diagnostics.error(node.span, numbers::RACE_OF_NONE),
                Some(1) => self.diagnostics.error(node.span, numbers::RACE_OF_ONE),
                _ => {}
            },
            NodeKind::Members { needed: None, members: Members::Listed(members) } => match members.len() {
                0 => self.diagnostics.error(node.span, numbers::RACE_OF_NONE),
                // What could not be read may have been two.
                1 if self.is_unread(members[0]) => {}
                1 => self.diagnostics.error(node.span, numbers::RACE_OF_ONE),
                _ if members.iter().all(|&member| self.fails[member]) => {
                    self.diagnostics.error(node.span, numbers::RACE_OF_FAILURES);
                }
                _ => {}
            },
            NodeKind::Members { needed: Some(needed), members } => self.quorum(*needed, members, node.span),
            _ => {}
        }
    }

    fn is_unread(&self, member: ScopeId) -> bool {
        self.model.scopes[member].tail.as_ref().is_some_and(super::hole)
    }

    fn quorum(&self, needed: CodeId, members: &Members<'_>, span: Span) {
        let needed = literal(self.model.codes[needed].expr);
        match (needed, members) {
            (_, Members::Listed(members)) if members.is_empty() => {
                self.diagnostics.error(span, numbers::QUORUM_OF_NONE);
            }
            (Some((0, span)), _) => self.diagnostics.error(span, numbers::QUORUM_ZERO),
            (_, Members::Listed(members)) if members.iter().any(|&member| self.is_unread(member)) => {}
            (Some((needed, span)), Members::Listed(members)) if needed > members.len() as u128 => {
                self.diagnostics.error(span, numbers::quorum_too_large(needed, members.len() as u128));
            }
            (Some((needed, span)), Members::Listed(members)) => {
                let left = members.iter().filter(|&&member| !self.fails[member]).count();
                if needed > left as u128 {
                    self.diagnostics.error(span, numbers::quorum_of_failures(needed, left));
                }
            }
            (Some((needed, span)), Members::For(each)) => match self.items(each) {
                Some(0) => self.diagnostics.error(span, numbers::QUORUM_OF_NONE),
                Some(items) if needed > items => {
                    self.diagnostics.error(span, numbers::quorum_too_large(needed, items));
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// How many items a `for` has, where its expression says so.
    fn items(&self, each: &For<'_>) -> Option<u128> {
        length(self.model.codes[each.items].expr)
    }

    fn tolerated(&self, each: &For<'_>) {
        let Some(Tolerance::Count(count)) = each.tolerate else { return };
        if let (Some((tolerated, span)), Some(items)) = (literal(self.model.codes[count].expr), self.items(each))
            && tolerated >= items
        {
            self.diagnostics.error(span, numbers::tolerates_all_of(items));
        }
    }

    fn not_zero(&self, code: Option<CodeId>, message: &str) {
        if let Some((0, span)) = code.and_then(|code| literal(self.model.codes[code].expr)) {
            self.diagnostics.error(span, message);
        }
    }
}

/// The number of elements of a list that is written out, or of a range of numbers.
fn length(expr: &Expr) -> Option<u128> {
    match expr {
        Expr::Array(array) => Some(array.elems.len() as u128),
        Expr::Repeat(repeat) => Some(literal(&repeat.len)?.0),
        Expr::Reference(reference) => length(&reference.expr),
        Expr::Paren(paren) => length(&paren.expr),
        Expr::Group(group) => length(&group.expr),
        Expr::Range(range) => {
            let (start, end) = (literal(range.start.as_deref()?)?.0, literal(range.end.as_deref()?)?.0);
            let past = u128::from(matches!(range.limits, RangeLimits::Closed(_)));
            Some((end + past).saturating_sub(start))
        }
        _ => None,
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
