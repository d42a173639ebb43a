//! A loop can end, can go on, and each round says which.

use super::parts::{Part, parts};
use crate::{
    diagnostics::messages,
    mentions::bare_name,
    model::{Loop, Model, Node, NodeKind, ScopeId},
};
use proc_macro2::Span;
use syn::Expr;
use workflow_graph::ScopeKind;
use workflow_syntax::diagnostics::Diagnostics;

pub(super) fn check(model: &Model<'_>, diagnostics: &Diagnostics) {
    let check = LoopCheck { model, diagnostics, left: left(model) };
    for stage in &model.stages {
        check.node(&stage.node, stage.scope, None);
    }
    check.scope(0, None);
}

struct LoopCheck<'m, 's> {
    model: &'m Model<'s>,
    diagnostics: &'m Diagnostics,
    /// Scopes with a `return` or `fail` somewhere inside.
    left: Vec<bool>,
}

/// Returns which scopes may be left by a `return` or a `fail` of a node somewhere inside.
fn left(model: &Model<'_>) -> Vec<bool> {
    let mut left = vec![false; model.scopes.len()];
    let mark = |scope: ScopeId, left: &mut Vec<bool>| {
        let mut next = Some(scope);
        while let Some(scope) = next {
            if std::mem::replace(&mut left[scope], true) {
                break;
            }
            next = model.scopes[scope].parent;
        }
    };
    let tails = model.scopes.iter().enumerate().filter_map(|(id, scope)| Some((id, scope.tail.as_ref()?)));
    for (scope, node) in model.stages.iter().map(|stage| (stage.scope, &stage.node)).chain(tails) {
        // What stands deeper is the tail of a scope of its own.
        if matches!(innermost(node).kind, NodeKind::Return(_) | NodeKind::Fail(_) | NodeKind::Error) {
            mark(scope, &mut left);
        }
    }
    left
}

/// Returns the value's node of a `break` or `continue`, through all that are nested.
fn innermost<'m, 's>(mut node: &'m Node<'s>) -> &'m Node<'s> {
    while let NodeKind::Break(Some(given)) | NodeKind::Continue(Some(given)) = &node.kind {
        node = given;
    }
    node
}

/// The ends of the paths through a round's tail.
#[derive(Default)]
struct Paths {
    breaks: bool,
    continues: bool,
    /// A path that is not known, since its error has been reported.
    unknown: bool,
    /// Paths that end in none of `break`, `continue`, `return` and `fail`: where.
    falls: Vec<Span>,
    /// Paths among these that also give a value, which no loop takes.
    values: Vec<Span>,
}

impl<'s> LoopCheck<'_, 's> {
    fn scope(&self, scope: ScopeId, round: Option<ScopeId>) {
        if let Some(tail) = &self.model.scopes[scope].tail {
            self.node(tail, scope, round);
        }
    }

    /// `round`: that of the loop whose tail the node is a part of.
    fn node(&self, node: &Node<'s>, scope: ScopeId, round: Option<ScopeId>) {
        match &node.kind {
            NodeKind::Break(_) if round.is_none() => self.astray("break", node.span, scope),
            NodeKind::Continue(_) if round.is_none() => self.astray("continue", node.span, scope),
            NodeKind::Continue(value) => self.next_state(value.as_deref(), node.span, round),
            NodeKind::Loop(looping) => self.looping(looping),
            _ => {}
        }
        for part in parts(node) {
            match part {
                Part::Tail(scope) => self.scope(scope, round),
                Part::Given(node) | Part::Start(node) => self.node(node, scope, None),
                Part::Round(scope) => self.scope(scope, Some(scope)),
                Part::LastRound { scope, .. } | Part::Item(scope) | Part::Member(scope) => self.scope(scope, None),
            }
        }
    }

    fn astray(&self, word: &str, span: Span, scope: ScopeId) {
        let mut next = Some(scope);
        while let Some(scope) = next {
            match self.model.scopes[scope].kind {
                ScopeKind::Round => return self.diagnostics.error(span, messages::not_in_the_tail(word)),
                ScopeKind::Item => return self.diagnostics.error(span, messages::in_an_item(word)),
                _ => next = self.model.scopes[scope].parent,
            }
        }
        self.diagnostics.error(span, messages::in_no_loop(word));
    }

    fn next_state(&self, value: Option<&Node<'s>>, span: Span, round: Option<ScopeId>) {
        let has_state = round.is_some_and(|round| self.model.scopes[round].state.is_some());
        match value {
            None if has_state => self.diagnostics.error(span, messages::CONTINUE_WITHOUT_STATE),
            Some(_) if !has_state => self.diagnostics.error(span, messages::CONTINUE_WITH_VALUE),
            _ => {}
        }
    }

    fn looping(&self, looping: &Loop<'s>) {
        let has_state = looping.syntax.state.is_some();
        let mut paths = Paths::default();
        self.paths_of(looping.round, &mut paths);
        let endless = if has_state { &paths.falls } else { &paths.values };
        if !endless.is_empty() {
            for &span in endless {
                self.diagnostics.error(span, messages::ROUND_WITHOUT_END);
            }
            return;
        }
        if paths.unknown {
            return;
        }
        let keyword = looping.syntax.keyword;
        if !paths.breaks && looping.otherwise.is_none() && !self.left[looping.round] {
            self.diagnostics.error(keyword, messages::LOOP_WITHOUT_BREAK);
        } else if !paths.continues && paths.falls.is_empty() {
            self.diagnostics.error(keyword, messages::loop_without_continue(has_state));
        }
    }

    fn paths_of(&self, scope: ScopeId, paths: &mut Paths) {
        match &self.model.scopes[scope].tail {
            Some(tail) => self.paths(tail, paths),
            None => paths.falls.push(self.model.scopes[scope].close),
        }
    }

    fn paths(&self, node: &Node<'s>, paths: &mut Paths) {
        match &node.kind {
            NodeKind::Break(_) => paths.breaks = true,
            NodeKind::Continue(_) => paths.continues = true,
            NodeKind::Return(_) | NodeKind::Fail(_) => {}
            NodeKind::Error => paths.unknown = true,
            NodeKind::Expression(code) => {
                let expr = self.model.codes[*code].expr;
                if !matches!(expr, Expr::Macro(_)) {
                    paths.falls.push(node.span);
                }
                if bare_name(expr).is_some() {
                    paths.values.push(node.span);
                }
            }
            NodeKind::Loop(_)
            | NodeKind::For(_)
            | NodeKind::Members { .. }
            | NodeKind::Sleep(_)
            | NodeKind::SleepUntil(_) => paths.falls.push(node.span),
            NodeKind::If(branches) => {
                for branch in branches {
                    self.paths_of(branch.scope, paths);
                }
                if branches.last().is_some_and(|branch| branch.condition.is_some()) {
                    paths.falls.push(node.span);
                }
            }
            NodeKind::Scope(_) | NodeKind::Match { .. } | NodeKind::Select(_) => {
                for part in parts(node) {
                    if let Part::Tail(scope) = part {
                        self.paths_of(scope, paths);
                    }
                }
            }
        }
    }
}
