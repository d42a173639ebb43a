//! What a `select` or an `#[until]` waits for without depending on it.

use crate::{
    diagnostics::Diagnostics,
    messages,
    model::{HeadKind, Model, Node, NodeKind, ScopeId},
    nearest::nearest,
};
use proc_macro2::Ident;

pub(super) fn resolve(model: &mut Model<'_>, diagnostics: &Diagnostics) {
    let mut waits: Vec<(&Ident, bool, ScopeId)> = Vec::new();
    for stage in &model.stages {
        if let Some(name) = stage.policies.until {
            waits.push((name, true, stage.scope));
        }
        collect(&stage.node, stage.scope, &mut waits);
    }
    for (id, scope) in model.scopes.iter().enumerate() {
        if let Some(tail) = &scope.tail {
            collect(tail, id, &mut waits);
        }
    }
    for (ident, either, scope) in waits {
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
        match (model.stage_named(ident), model.signal_named(ident)) {
            (Some(stage), _) => {
                model.stages[stage].announced = true;
                model.names[name].lent = true;
            }
            (None, Some(_)) if either || model.signal_named(ident).is_some() => {}
            _ => diagnostics.error(ident.span(), messages::waits_for_neither(&text)),
        }
    }
}

fn collect<'s>(node: &Node<'s>, scope: ScopeId, waits: &mut Vec<(&'s Ident, bool, ScopeId)>) {
    match &node.kind {
        NodeKind::Select(heads) => {
            for head in heads {
                if let HeadKind::Stage(name) | HeadKind::Signal(name) = head.kind {
                    waits.push((name, false, scope));
                }
            }
        }
        NodeKind::Break(Some(node)) | NodeKind::Continue(Some(node)) => collect(node, scope, waits),
        _ => {}
    }
}
