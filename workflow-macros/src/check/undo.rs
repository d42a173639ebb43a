//! Names in an undo are available when the undo runs: once its own stage has ended, or, with `on = attempt`, before the
//! first attempt.

use super::paths::path;
use crate::{
    diagnostics::messages,
    model::{Code, CodeId, Local, Model, NameId, NameKind, NodeKind, ScopeId, StageId},
};
use proc_macro2::Span;
use std::collections::HashSet;
use workflow_graph::EdgeKind;
use workflow_syntax::diagnostics::Diagnostics;

pub(super) fn check(model: &Model<'_>, diagnostics: &Diagnostics) {
    for stage in 0..model.stages.len() {
        if let Some(undo) = &model.stages[stage].policies.undo {
            let check = UndoCheck { model, diagnostics, stage, on_attempt: undo.on_attempt };
            check.code(&model.codes[undo.action]);
        }
    }
}

struct UndoCheck<'m, 's> {
    model: &'m Model<'s>,
    diagnostics: &'m Diagnostics,
    /// Whose undo it is.
    stage: StageId,
    on_attempt: bool,
}

impl UndoCheck<'_, '_> {
    fn code(&self, code: &Code<'_>) {
        for (&name, &span) in code.uses.iter().zip(&code.spans) {
            if let Some(why) = self.may_lack(name, &mut HashSet::new()) {
                self.tell(name, span, &why);
            }
        }
    }

    fn tell(&self, name: NameId, span: Span, why: &str) {
        let name = self.model.names[name].ident.to_string();
        let stage = self.model.stages[self.stage].syntax.name.to_string();
        self.diagnostics.error(span, messages::undo_may_lack(&name, &stage, why));
    }

    /// Returns why that may not be there when the undo needs it.
    fn may_lack(&self, name: NameId, seen: &mut HashSet<NameId>) -> Option<String> {
        if !seen.insert(name) {
            return None;
        }
        match self.model.names[name].kind {
            NameKind::Stage(on) => self.stage_may_lack(on),
            NameKind::Signal(_) => (!self.takes_signal(name)).then(|| messages::SIGNAL_MAY_LACK.to_owned()),
            NameKind::Let(binding) => {
                let uses = &self.model.codes[self.model.lets[binding].value].uses;
                uses.iter().find_map(|&inner| {
                    let why = self.may_lack(inner, seen)?;
                    Some(messages::let_may_lack(&self.model.names[inner].ident.to_string(), &why))
                })
            }
            NameKind::Input(_) | NameKind::Service(_) | NameKind::LoopState(_) | NameKind::Head(_) => None,
        }
    }

    fn stage_may_lack(&self, on: StageId) -> Option<String> {
        let model = self.model;
        let (own, other) = (&model.stages[self.stage], &model.stages[on]);
        let name = own.syntax.name.to_string();
        if on == self.stage {
            return self.on_attempt.then(|| messages::OWN_OUTPUT_ON_ATTEMPT.to_owned());
        }
        if model.is_awaited(own.scope, on) {
            return None;
        }
        // A tail runs when all stages of its block have ended.
        let waiting = model.stage_of(other.scope, own.scope, Some(self.stage));
        match waiting {
            Some(waiting) if waiting == on => Some(messages::UNDO_NAMES_AROUND.to_owned()),
            Some(waiting) if other.lazy => (!self.asks(waiting, on)).then(|| messages::LAZY_MAY_LACK.to_owned()),
            Some(waiting) => (!self.waits(other.scope, waiting, on)).then(|| messages::undo_waits_not(&name)),
            None => other.lazy.then(|| messages::LAZY_MAY_LACK.to_owned()),
        }
    }

    /// Whether that stage, nothing inside of it, asks for a lazy one.
    fn asks(&self, waiting: StageId, lazy: StageId) -> bool {
        let waiting = &self.model.stages[waiting];
        let on = Local::Stage(self.model.stages[lazy].local);
        matches!(waiting.node.kind, NodeKind::Expression(_))
            && self.model.scopes[waiting.scope].needs[waiting.local].iter().any(|need| need.on == on)
    }

    /// Whether that stage waits for the other, directly or by others between them.
    fn waits(&self, scope: ScopeId, waiting: StageId, on: StageId) -> bool {
        let local = |stage: StageId| Local::Stage(self.model.stages[stage].local);
        path(self.model, scope, local(waiting), local(on))
            .is_some_and(|path| path.iter().all(|(_, need)| need.kind != EdgeKind::Lazy))
    }

    /// Whether the stage, or one around it, always takes the signal: its own expression or condition names it.
    fn takes_signal(&self, signal: NameId) -> bool {
        self.model.enclosing(Some(self.stage)).any(|stage| {
            let codes: &[Code<'_>] = &self.model.codes[self.model.stages[stage].codes.clone()];
            let directly = |code: &Code<'_>| code.scope == self.model.stages[stage].scope && self.names(code, signal);
            codes.iter().any(directly)
        })
    }

    fn names(&self, code: &Code<'_>, wanted: NameId) -> bool {
        let mut seen: HashSet<CodeId> = HashSet::new();
        let mut next: Vec<NameId> = code.uses.clone();
        while let Some(name) = next.pop() {
            if name == wanted {
                return true;
            }
            if let NameKind::Let(binding) = self.model.names[name].kind {
                let value = self.model.lets[binding].value;
                if seen.insert(value) {
                    next.extend(&self.model.codes[value].uses);
                }
            }
        }
        false
    }
}
