//! A sleep that the workflow's deadline, or the timeout or deadline of a stage around it, always cuts: what comes before
//! it counts too.
//!
//! Times are lower bounds: an expression takes no time, a loop one round, a `for` has no items, what may be skipped or
//! absorbed ends at once. `return` and `fail` never end.

use super::{budget::Limit, counts::literal};
use crate::{
    diagnostics::numbers,
    model::{Head, HeadKind, Local, Members, Model, Need, Node, NodeKind, ScopeId, StageId, Time},
};
use proc_macro2::Span;
use std::{cell::RefCell, collections::HashSet};
use workflow_syntax::diagnostics::Diagnostics;

pub(super) fn check(model: &Model<'_>, diagnostics: &Diagnostics) {
    let told = RefCell::default();
    let sleeps = |limit| Sleeps { model, diagnostics, limit, told: &told };
    // From the inside out: the nearest limit tells most.
    for stage in model.stages.iter().rev() {
        if let Some(limit) = Limit::shortest(None, &stage.syntax.attributes) {
            sleeps(limit).node(&stage.node, 0);
        }
    }
    if let Some(limit) = Limit::of_workflow(&model.workflow.attributes) {
        sleeps(limit).scope(0, 0);
    }
}

/// Nanoseconds since what has the limit started.
type Moment = u128;
const NEVER: Moment = u128::MAX;

struct Sleeps<'m, 's> {
    model: &'m Model<'s>,
    diagnostics: &'m Diagnostics,
    limit: Limit,
    /// Where the sleeps stand that have been told.
    told: &'m RefCell<HashSet<(usize, usize)>>,
}

impl Sleeps<'_, '_> {
    /// Returns when a scope that starts then ends at the earliest.
    fn scope(&self, id: ScopeId, start: Moment) -> Moment {
        let scope = &self.model.scopes[id];
        let stages = scope.stages.len();
        let place = |local: Local| match local {
            Local::Stage(stage) => stage,
            Local::Let(binding) => stages + binding,
        };
        let needs: Vec<&[Need]> = scope.needs.iter().chain(&scope.let_needs).map(Vec::as_slice).collect();
        let mut waiting: Vec<usize> = needs.iter().map(|needs| needs.len()).collect();
        let mut followers: Vec<Vec<usize>> = vec![Vec::new(); needs.len()];
        for (follower, needs) in needs.iter().enumerate() {
            needs.iter().for_each(|need| followers[place(need.on)].push(follower));
        }
        let mut starts = vec![start; needs.len()];
        let mut end = start;
        // Stages in a cycle never become ready: the cycle has been reported.
        let mut ready: Vec<usize> = (0..needs.len()).filter(|&place| waiting[place] == 0).collect();
        while let Some(next) = ready.pop() {
            let ended = match scope.stages.get(next) {
                Some(&stage) => self.stage(stage, starts[next]),
                None => starts[next],
            };
            end = end.max(ended);
            for &follower in &followers[next] {
                starts[follower] = starts[follower].max(ended);
                waiting[follower] -= 1;
                if waiting[follower] == 0 {
                    ready.push(follower);
                }
            }
        }
        match &scope.tail {
            Some(tail) => self.node(tail, end),
            None => end,
        }
    }

    fn stage(&self, id: StageId, start: Moment) -> Moment {
        let stage = &self.model.stages[id];
        let end = self.node(&stage.node, start);
        let policies = &stage.policies;
        let at_once = stage.lazy
            || stage.when.is_some()
            || policies.until.is_some()
            || policies.catch.is_some()
            || policies.fallback.is_some()
            || policies.cache.is_some();
        if at_once { start } else { end }
    }

    fn node(&self, node: &Node<'_>, start: Moment) -> Moment {
        match &node.kind {
            NodeKind::Expression(_) | NodeKind::SleepUntil(_) | NodeKind::Error => start,
            NodeKind::Return(_) | NodeKind::Fail(_) => NEVER,
            NodeKind::Sleep(time) => self.sleep(time, node.span, start),
            NodeKind::Scope(scope) => self.scope(*scope, start),
            NodeKind::If(branches) => {
                let ends = branches.iter().map(|branch| self.scope(branch.scope, start)).min();
                let always = branches.last().is_some_and(|branch| branch.condition.is_none());
                ends.filter(|_| always).unwrap_or(start)
            }
            NodeKind::Match { arms, .. } => arms.iter().map(|arm| self.scope(arm.scope, start)).min().unwrap_or(start),
            NodeKind::Loop(looping) => {
                let first = looping.initial.as_ref().map_or(start, |node| self.node(node, start));
                self.scope(looping.round, first)
            }
            NodeKind::For(each) => {
                self.scope(each.body, start);
                start
            }
            NodeKind::Members { needed, members } => self.members(*needed, members, start),
            NodeKind::Select(heads) => heads.iter().map(|head| self.head(head, start)).min().unwrap_or(start),
            NodeKind::Break(value) | NodeKind::Continue(value) => {
                value.as_ref().map_or(start, |node| self.node(node, start))
            }
        }
    }

    fn members(&self, needed: Option<usize>, members: &Members<'_>, start: Moment) -> Moment {
        match members {
            Members::For(each) => {
                let end = self.scope(each.body, start);
                if needed.is_none() { end } else { start }
            }
            Members::Listed(scopes) => {
                let mut ends: Vec<Moment> = scopes.iter().map(|&scope| self.scope(scope, start)).collect();
                ends.sort_unstable();
                let needed = match needed {
                    None => 1,
                    Some(code) => literal(self.model.codes[code].expr).map_or(1, |(needed, _)| needed),
                };
                let last = usize::try_from(needed).unwrap_or(usize::MAX).saturating_sub(1);
                ends.get(last).copied().unwrap_or(start)
            }
        }
    }

    fn head(&self, head: &Head<'_>, start: Moment) -> Moment {
        let ended = match &head.kind {
            HeadKind::Node { scope, .. } => self.scope(*scope, start),
            HeadKind::Sleep(time) => self.sleep(time, head.span, start),
            HeadKind::Signal(_) | HeadKind::Stage(_) => start,
        };
        self.scope(head.scope, ended)
    }

    fn sleep(&self, time: &Time, span: Span, start: Moment) -> Moment {
        let Time::Nanoseconds(nanoseconds) = time else { return start };
        let end = start.saturating_add(*nanoseconds);
        if end <= self.limit.nanoseconds {
            return end;
        }
        // Stages that wait for a reported stage are not reported again.
        let at = (span.start().line, span.start().column);
        if start <= self.limit.nanoseconds && self.told.borrow_mut().insert(at) {
            let message = numbers::sleep_never_ends(*nanoseconds, end, &self.limit.called());
            self.diagnostics.error(span, message);
        }
        NEVER
    }
}
