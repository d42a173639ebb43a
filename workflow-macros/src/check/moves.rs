//! A bare name as a tail moves the value. So the value must end with its block, and no undo may still need it: the
//! undos are over only at the tail of the workflow itself.

use super::parts::{Part, parts};
use crate::{
    diagnostics::messages,
    mentions::bare_name,
    model::{CodeId, Model, NameId, NameKind, Node, NodeKind, ScopeId, StageId},
    resolve::names_of_undo,
};
use std::collections::HashMap;
use workflow_syntax::diagnostics::Diagnostics;

pub(super) fn check(model: &Model<'_>, diagnostics: &Diagnostics) {
    let handing = Handing { model, diagnostics, held: held(model) };
    for stage in &model.stages {
        let dropped = match (&stage.syntax.ty, stage.when.is_some() || stage.policies.until.is_some()) {
            (Some(_), _) => Dropped::None,
            (None, true) => Dropped::All,
            (None, false) => Dropped::Lists,
        };
        match stage.node.kind {
            NodeKind::Expression(code) => handing.code(code, (&[], dropped), messages::stage_of_a_name),
            _ => handing.node(&stage.node, (&[], dropped)),
        }
        if let Some(fallback) = stage.policies.fallback {
            handing.scope(fallback, (&[], dropped));
        }
    }
    for fallback in model.signals.iter().filter_map(|signal| signal.fallback) {
        handing.scope(fallback, (&[], Dropped::None));
    }
    handing.scope(0, (&[], Dropped::None));
}

/// The values that are not used, so that they are dropped instead of moved.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dropped {
    None,
    /// Values of the items of a `for`, and of the members of a `quorum`.
    Lists,
    All,
}

/// The scopes that end with a node, and what becomes of its value.
type Ending<'e> = (&'e [ScopeId], Dropped);

struct Handing<'m, 's> {
    model: &'m Model<'s>,
    diagnostics: &'m Diagnostics,
    /// Names that undos hold after their stages have ended, each with the first of those stages.
    held: HashMap<NameId, StageId>,
}

fn held(model: &Model<'_>) -> HashMap<NameId, StageId> {
    let mut held = HashMap::new();
    for (id, stage) in model.stages.iter().enumerate() {
        let Some(undo) = &stage.policies.undo else { continue };
        let own = model.codes[undo.action].uses.contains(&stage.name).then_some(stage.name);
        for name in names_of_undo(model, id).into_iter().chain(own) {
            // A `let` is evaluated again.
            if !matches!(model.names[name].kind, NameKind::Let(_)) {
                held.entry(name).or_insert(id);
            }
        }
    }
    held
}

impl Handing<'_, '_> {
    fn scope(&self, scope: ScopeId, (ends, dropped): Ending<'_>) {
        if let Some(tail) = &self.model.scopes[scope].tail {
            let ends: Vec<ScopeId> = ends.iter().copied().chain([scope]).collect();
            self.node(tail, (&ends, dropped));
        }
    }

    fn node(&self, node: &Node<'_>, (ends, dropped): Ending<'_>) {
        match node.kind {
            NodeKind::Expression(code) => self.code(code, (ends, dropped), messages::lives_outside),
            NodeKind::Return(Some(code)) => self.code(code, (ends, Dropped::None), messages::lives_outside),
            _ => {}
        }
        let race = matches!(node.kind, NodeKind::Members { needed: None, .. } | NodeKind::Select(_));
        let of_each = if dropped == Dropped::Lists && !race { Dropped::All } else { dropped };
        for part in parts(node) {
            match part {
                Part::Tail(scope) => self.scope(scope, (ends, dropped)),
                Part::Given(node) => self.node(node, (ends, dropped)),
                Part::Start(node) => self.node(node, (&[], Dropped::None)),
                Part::Round(scope) => self.scope(scope, (&[], dropped)),
                // What the head of a `select` gives has a type of its own.
                Part::Member(scope) if matches!(node.kind, NodeKind::Select(_)) => {
                    self.scope(scope, (&[], Dropped::None));
                }
                Part::Item(scope) | Part::Member(scope) => self.scope(scope, (&[], of_each)),
                Part::LastRound { scope, round } => self.scope(scope, (&[round], dropped)),
            }
        }
    }

    /// `says`: what is wrong with that name here, if it does not end with `ends`.
    fn code(&self, code: CodeId, (ends, dropped): Ending<'_>, says: fn(&str) -> String) {
        if dropped == Dropped::All {
            return;
        }
        let code = &self.model.codes[code];
        let Some(ident) = bare_name(code.expr) else { return };
        let text = ident.to_string();
        // Otherwise it is none of the workflow's, or has been reported.
        let Some(&name) = code.uses.first() else { return };
        let found = &self.model.names[name];
        match found.kind {
            NameKind::Signal(_) => self.diagnostics.error(ident.span(), messages::signal_as_value(&text)),
            NameKind::Head(_) => self.diagnostics.error(ident.span(), messages::head_as_value(&text)),
            NameKind::Service(_) => self.diagnostics.error(ident.span(), messages::service_as_value(&text)),
            _ if ends.contains(&found.scope) => {
                if let Some(&stage) = self.held.get(&name).filter(|_| !ends.contains(&0)) {
                    let stage = &self.model.stages[stage].syntax.name;
                    let message = messages::held_by_undo(&text, &stage.to_string(), stage.span());
                    self.diagnostics.error(ident.span(), message);
                }
            }
            _ => self.diagnostics.error(ident.span(), says(&text)),
        }
    }
}
