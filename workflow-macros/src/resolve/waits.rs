//! What a `select` or an `#[until]` waits for without depending on it.

use crate::{
    diagnostics::Diagnostics,
    messages,
    model::{HeadKind, Model, Node, NodeKind, ScopeId, StageId},
    nearest::nearest,
};
use proc_macro2::Ident;

pub(super) fn resolve(model: &mut Model<'_>, diagnostics: &Diagnostics) {
    let mut waits: Vec<Wait<'_>> = Vec::new();
    for (id, stage) in model.stages.iter().enumerate() {
        if let Some(ident) = stage.policies.until {
            // It is the future of an undo that owns everything; a task is waited for from outside.
            let around = if stage.policies.undo.is_some() { Some(id) } else { model.scopes[stage.scope].around };
            waits.push(Wait { ident, scope: stage.scope, around });
        }
        collect(&stage.node, stage.scope, Some(id), &mut waits);
    }
    for (id, scope) in model.scopes.iter().enumerate() {
        if let Some(tail) = &scope.tail {
            collect(tail, id, scope.around, &mut waits);
        }
    }
    for Wait { ident, scope, around } in waits {
        let text = ident.to_string();
        let Some(&name) = model.by_name.get(&text) else {
            let known: Vec<String> = model.by_name.keys().cloned().collect();
            let near = nearest(&text, known.iter().map(String::as_str));
            diagnostics.error(ident.span(), messages::unknown_stage(&text, near));
            continue;
        };
        model.names[name].used = true;
        if !model.within(scope, model.names[name].scope) {
            diagnostics.error(ident.span(), messages::after_outside(&text));
            continue;
        }
        if let Some(owner) = owner(model, around, model.names[name].scope) {
            let owner = model.stages[owner].syntax.name.to_string();
            diagnostics.error(ident.span(), messages::waits_from_a_task(&text, &owner));
            continue;
        }
        match (model.stage_named(ident), model.signal_named(ident)) {
            (Some(stage), _) => {
                model.stages[stage].announced = true;
                model.names[name].lent = true;
            }
            (None, Some(_)) => {}
            _ => diagnostics.error(ident.span(), messages::waits_for_neither(&text)),
        }
    }
}

/// A name that is waited for, in which scope, and as a part of which stage.
struct Wait<'s> {
    ident: &'s Ident,
    scope: ScopeId,
    around: Option<StageId>,
}

/// The stage that owns all that it needs, and so can't look at what lives in `scope`, outside of it.
fn owner(model: &Model<'_>, around: Option<StageId>, scope: ScopeId) -> Option<StageId> {
    let mut next = around;
    while let Some(stage) = next {
        if model.stages[stage].owns() && model.within(model.stages[stage].scope, scope) {
            return Some(stage);
        }
        next = model.scopes[model.stages[stage].scope].around;
    }
    None
}

fn collect<'s>(node: &Node<'s>, scope: ScopeId, around: Option<StageId>, waits: &mut Vec<Wait<'s>>) {
    match &node.kind {
        NodeKind::Select(heads) => {
            for head in heads {
                if let HeadKind::Stage(ident) | HeadKind::Signal(ident) = head.kind {
                    waits.push(Wait { ident, scope, around });
                }
            }
        }
        NodeKind::Break(Some(node)) | NodeKind::Continue(Some(node)) => collect(node, scope, around, waits),
        _ => {}
    }
}
