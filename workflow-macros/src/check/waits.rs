//! `select`, `#[until]` and signals: what is waited for can come, and can decide.

use super::{
    parts::each_node,
    paths::{awaited, path},
};
use crate::{
    diagnostics::{messages, waiting},
    mentions,
    model::{Head, HeadKind, Local, Model, NameKind, NodeKind, ScopeId, StageId, Time},
};
use proc_macro2::{Ident, Span};
use workflow_graph::ScopeKind;
use workflow_syntax::diagnostics::Diagnostics;

pub(super) fn check(model: &Model<'_>, diagnostics: &Diagnostics) {
    let waits = WaitCheck { model, diagnostics };
    each_node(model, &mut |node, scope, around| {
        if let NodeKind::Select(heads) = &node.kind {
            waits.select(node.span, heads, (scope, around));
        }
    });
    for (id, stage) in model.stages.iter().enumerate() {
        if let Some(name) = stage.policies.until {
            waits.until(id, name);
        }
    }
    (0..model.signals.len()).for_each(|signal| waits.signal(signal));
}

struct WaitCheck<'m, 's> {
    model: &'m Model<'s>,
    diagnostics: &'m Diagnostics,
}

impl WaitCheck<'_, '_> {
    fn select(&self, span: Span, heads: &[Head<'_>], (scope, around): (ScopeId, Option<StageId>)) {
        if heads.is_empty() {
            self.diagnostics.error(span, waiting::SELECT_OF_NONE);
        }
        self.never_first(heads);
        self.later_stages(heads);
        for head in heads {
            if let HeadKind::Stage(name) = head.kind {
                self.head(name, scope, around);
            }
        }
    }

    /// Heads that another one, which always waits, is never later than.
    fn never_first(&self, heads: &[Head<'_>]) {
        for (place, head) in heads.iter().enumerate() {
            let earlier = |other: &&Head<'_>| match (&head.kind, &other.kind) {
                (HeadKind::Signal(name), HeadKind::Signal(other)) | (HeadKind::Stage(name), HeadKind::Stage(other)) => {
                    name == other
                }
                _ => false,
            };
            let shorter = |(at, other): (usize, &Head<'_>)| match (&head.kind, &other.kind) {
                (HeadKind::Sleep(Time::Nanoseconds(own)), HeadKind::Sleep(Time::Nanoseconds(time))) => {
                    time < own || (time == own && at < place)
                }
                _ => false,
            };
            let first = heads[..place].iter().filter(|other| other.guard.is_none()).find(earlier);
            let sleeps = heads.iter().enumerate().filter(|(_, other)| other.guard.is_none());
            let mut sleeps = sleeps.filter(|&pair| shorter(pair)).map(|(_, other)| other);
            if let Some(first) = first.or_else(|| sleeps.next()) {
                self.diagnostics.error(head.span, waiting::head_never_decides(first.span));
            }
        }
    }

    /// Heads `stage name` of stages that wait for the stage of another head.
    fn later_stages(&self, heads: &[Head<'_>]) {
        let stage = |head: &Head<'_>| match head.kind {
            HeadKind::Stage(name) => self.model.stage_named(name),
            _ => None,
        };
        for head in heads {
            let Some(later) = stage(head) else { continue };
            let decides_before = |other: &&Head<'_>| {
                let earlier = stage(other).filter(|&earlier| earlier != later && other.guard.is_none());
                earlier.is_some_and(|earlier| self.always_before(earlier, later))
            };
            if let Some(first) = heads.iter().find(decides_before) {
                self.diagnostics.error(head.span, waiting::head_never_decides(first.span));
            }
        }
    }

    /// Whether a stage has ended before another one of its block starts.
    fn always_before(&self, earlier: StageId, later: StageId) -> bool {
        let same_scope = self.model.stages[earlier].scope == self.model.stages[later].scope;
        same_scope && !self.model.stages[earlier].lazy && self.way(later, earlier).is_some()
    }

    /// A head `stage name`.
    fn head(&self, name: &Ident, scope: ScopeId, around: Option<StageId>) {
        let Some(on) = self.model.stage_named(name) else { return };
        let awaited = &self.model.stages[on];
        if !self.model.within(scope, awaited.scope) {
            // The name's error has been reported.
            return;
        }
        if awaited.lazy {
            self.diagnostics.error(name.span(), waiting::waits_for_lazy(&name.to_string()));
        }
        let Some(waiting) = self.model.stage_of(awaited.scope, scope, around) else { return };
        let waiting_name = self.model.stages[waiting].syntax.name.to_string();
        if waiting == on {
            self.diagnostics.error(name.span(), waiting::head_around(&waiting_name));
        } else if let Some((names, mut edges)) = self.way(on, waiting) {
            edges.push(waiting::head_edge(&waiting_name, &name.to_string(), name.span()));
            self.diagnostics.error(name.span(), messages::cycle(&names, &edges));
        }
    }

    fn until(&self, stage: StageId, name: &Ident) {
        let Some(on) = self.model.stage_named(name) else {
            if let Some(signal) = self.model.signal_named(name)
                && let Some((taking, span)) = self.taken_before(stage, signal)
            {
                let (own, taking) = (&self.model.stages[stage].syntax.name, &self.model.stages[taking].syntax.name);
                let message =
                    waiting::until_signal_needed(&own.to_string(), &name.to_string(), &taking.to_string(), span);
                self.diagnostics.error(name.span(), message);
            }
            return;
        };
        let (own, awaited) = (&self.model.stages[stage], &self.model.stages[on]);
        if !self.model.within(own.scope, awaited.scope) {
            return;
        }
        if awaited.lazy {
            self.diagnostics.error(name.span(), waiting::waits_for_lazy(&name.to_string()));
        }
        let Some(cut) = self.model.stage_of(awaited.scope, own.scope, Some(stage)) else { return };
        let own = own.syntax.name.to_string();
        if cut == on {
            self.diagnostics.error(name.span(), waiting::until_around(&own, stage == on));
        } else if let Some((_, edges)) = self.way(on, cut) {
            self.diagnostics.error(name.span(), waiting::until_later(&own, &name.to_string(), &edges));
        } else if let Some((_, edges)) = self.way(cut, on) {
            self.diagnostics.error(name.span(), waiting::until_earlier(&own, &name.to_string(), &edges));
        }
    }

    /// The stage that takes a signal before `stage` can end, and where it names it: `stage` itself, or what it or a stage
    /// around it waits for.
    fn taken_before(&self, stage: StageId, signal: usize) -> Option<(StageId, Span)> {
        let is_awaited = |on: StageId| !self.model.stages[on].lazy;
        let awaited = self.model.enclosing(Some(stage)).flat_map(|stage| awaited(self.model, stage, is_awaited));
        awaited.into_iter().find_map(|stage| Some((stage, self.always_takes(stage, signal)?)))
    }

    /// Where a stage that is one expression names that signal.
    fn always_takes(&self, stage: StageId, signal: usize) -> Option<Span> {
        let stage = &self.model.stages[stage];
        let NodeKind::Expression(code) = stage.node.kind else { return None };
        if stage.when.is_some() {
            return None;
        }
        let code = &self.model.codes[code];
        let names = code.uses.iter().zip(&code.spans);
        let is_signal = |&(&name, _): &(&usize, _)| matches!(self.model.names[name].kind, NameKind::Signal(other) if other == signal);
        names.into_iter().find(is_signal).map(|(_, &span)| span)
    }

    /// How `waiting` comes to wait for `on`: their names from `on` on, and each edge in words.
    fn way(&self, waiting: StageId, on: StageId) -> Option<(Vec<String>, Vec<String>)> {
        let scope = self.model.stages[on].scope;
        let local = |stage: StageId| Local::Stage(self.model.stages[stage].local);
        let mut path = path(self.model, scope, local(waiting), local(on))?;
        path.reverse();
        let mut names = vec![self.called(scope, local(on))];
        let mut edges = Vec::new();
        for (from, need) in path {
            let name = self.called(scope, from);
            edges.push(messages::edge(&name, &self.called(scope, need.on), need.kind, need.span));
            names.push(name);
        }
        Some((names, edges))
    }

    fn called(&self, scope: ScopeId, local: Local) -> String {
        let scope = &self.model.scopes[scope];
        match local {
            Local::Stage(stage) => self.model.stages[scope.stages[stage]].syntax.name.to_string(),
            Local::Let(binding) => self.model.lets[scope.lets[binding]].syntax.name.to_string(),
        }
    }

    fn signal(&self, signal: usize) {
        let signal = &self.model.signals[signal];
        let name = &signal.syntax.name;
        let mut next = Some(signal.scope);
        while let Some(scope) = next {
            if self.model.scopes[scope].kind == ScopeKind::Item {
                self.diagnostics.error(name.span(), waiting::signal_in_an_item(&name.to_string()));
                break;
            }
            next = self.model.scopes[scope].parent;
        }
        let Some(condition) = signal.accept else { return };
        let mentions = mentions::mentions(condition, &|name| self.model.by_name.contains_key(name));
        let mut told = std::collections::HashSet::new();
        for (text, span) in mentions.names.iter().chain(&mentions.called) {
            let reserved = matches!(text.as_str(), "ctx" | "failure");
            let foreign = reserved || (self.model.by_name.contains_key(text) && name != text);
            // A function may be called as a stage is.
            let called = mentions.called.iter().any(|(called, _)| called == text);
            if foreign && !called && told.insert(text.clone()) {
                self.diagnostics.error(*span, waiting::accept_names(text, &name.to_string()));
            }
        }
        for span in &mentions.awaits {
            self.diagnostics.error(*span, waiting::ACCEPT_AT_ONCE);
        }
        for span in &mentions.questions {
            self.diagnostics.error(*span, waiting::ACCEPT_AT_ONCE);
        }
    }
}
