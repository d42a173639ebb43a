//! A bare name at the end of a block hands over the value itself, which only works where the value ends with the block.

use super::parts::{Part, parts};
use crate::{
    diagnostics::Diagnostics,
    messages,
    model::{CodeId, Model, NameKind, Node, NodeKind, ScopeId},
    uses::bare_name,
};

pub(super) fn check(model: &Model<'_>, diagnostics: &Diagnostics) {
    let handing = Handing { model, diagnostics };
    for stage in &model.stages {
        match stage.node.kind {
            NodeKind::Expression(code) => handing.code(code, &[], messages::stage_of_a_name),
            _ => handing.node(&stage.node, &[]),
        }
    }
    handing.scope(0, &[]);
}

struct Handing<'m, 's> {
    model: &'m Model<'s>,
    diagnostics: &'m Diagnostics,
}

impl Handing<'_, '_> {
    /// `ends`: the scopes that end with this one.
    fn scope(&self, scope: ScopeId, ends: &[ScopeId]) {
        if let Some(tail) = &self.model.scopes[scope].tail {
            let ends: Vec<ScopeId> = ends.iter().copied().chain([scope]).collect();
            self.node(tail, &ends);
        }
    }

    fn node(&self, node: &Node<'_>, ends: &[ScopeId]) {
        match node.kind {
            NodeKind::Expression(code) | NodeKind::Return(Some(code)) => self.code(code, ends, messages::lives_outside),
            _ => {}
        }
        for part in parts(node) {
            match part {
                Part::Tail(scope) => self.scope(scope, ends),
                Part::Given(node) => self.node(node, ends),
                Part::Start(node) => self.node(node, &[]),
                Part::Round(scope) | Part::Item(scope) | Part::Member(scope) => self.scope(scope, &[]),
                Part::LastRound { scope, round } => self.scope(scope, &[round]),
            }
        }
    }

    /// `says`: what is wrong with that name here, if it does not end with `ends`.
    fn code(&self, code: CodeId, ends: &[ScopeId], says: fn(&str) -> String) {
        let code = &self.model.codes[code];
        let Some(ident) = bare_name(code.expr) else { return };
        let text = ident.to_string();
        // Otherwise it is none of the workflow's, or has been told.
        let Some(&name) = code.uses.first() else { return };
        let found = &self.model.names[name];
        match found.kind {
            NameKind::Signal(_) | NameKind::Head(_) => {}
            NameKind::Service(_) => self.diagnostics.error(ident.span(), messages::service_as_value(&text)),
            _ if ends.contains(&found.scope) => {}
            _ => self.diagnostics.error(ident.span(), says(&text)),
        }
    }
}
