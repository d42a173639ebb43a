//! What each expression means by each identifier.

use crate::{
    diagnostics::Diagnostics,
    messages,
    model::{Model, NameKind, NodeKind, ScopeId},
    uses,
};
use proc_macro2::{Ident, Span};
use std::collections::HashSet;
use syn::Pat;
use workflow_graph::ScopeKind;

pub(super) fn resolve(model: &mut Model<'_>, diagnostics: &Diagnostics) {
    for code in 0..model.codes.len() {
        resolve_code(model, code, diagnostics);
    }
    for (pattern, at) in patterns(model) {
        shadows(model, &uses::bindings(pattern), at, diagnostics);
    }
}

fn resolve_code(model: &mut Model<'_>, id: usize, diagnostics: &Diagnostics) {
    let code = &model.codes[id];
    let (scope, around) = (code.scope, code.around);
    let mentions = uses::mentions(code.expr, &model.by_name);
    let own = around.map(|stage| model.stages[stage].name);
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut told = HashSet::new();
    for (text, span) in &mentions.names {
        let Some(&name) = model.by_name.get(text) else { continue };
        if model.within(scope, model.names[name].scope) {
            if seen.insert(name) {
                found.push(name);
            }
        } else if told.insert(name) {
            diagnostics.error(*span, messages::outside(text, &place(model, model.names[name].scope)));
        }
    }
    for (text, _) in &mentions.called {
        let Some(&name) = model.by_name.get(text) else { continue };
        // `stage profile: Profile = profile(..)` calls the function, as `let profile = profile(..)` does.
        if Some(name) != own && model.within(scope, model.names[name].scope) && seen.insert(name) {
            found.push(name);
        }
    }
    shadows(model, &mentions.bindings, scope, diagnostics);
    for span in &mentions.awaits {
        diagnostics.error(*span, messages::AWAIT);
    }
    for span in &mentions.questions {
        diagnostics.error(*span, messages::QUESTION);
    }
    let context = mentions.names.iter().any(|(text, _)| text == "ctx");
    for &name in &found {
        model.names[name].used = true;
        if let NameKind::Signal(_) = model.names[name].kind {
            let at = mentions.names.iter().find(|(text, _)| model.by_name.get(text) == Some(&name));
            let span = at.map_or_else(Span::call_site, |(_, span)| *span);
            diagnostics.error(span, messages::not_available("signal"));
        }
    }
    let code = &mut model.codes[id];
    code.uses = found;
    code.context = context;
}

/// All patterns of the workflow, each with where its names are seen.
fn patterns<'s>(model: &Model<'s>) -> Vec<(&'s Pat, ScopeId)> {
    let mut found = Vec::new();
    for stage in &model.stages {
        if let Some(crate::model::When::Matches { pattern, .. }) = &stage.when {
            found.push((*pattern, stage.scope));
        }
        node_patterns(&stage.node.kind, &mut found);
    }
    for tail in model.scopes.iter().filter_map(|scope| scope.tail.as_ref()) {
        node_patterns(&tail.kind, &mut found);
    }
    found
}

fn node_patterns<'s>(node: &NodeKind<'s>, found: &mut Vec<(&'s Pat, ScopeId)>) {
    match node {
        NodeKind::Match { arms, .. } => found.extend(arms.iter().map(|arm| (&arm.syntax.pattern, arm.scope))),
        NodeKind::For(each) => found.push((each.pattern, each.body)),
        NodeKind::Members { members: crate::model::Members::For(each), .. } => found.push((each.pattern, each.body)),
        NodeKind::Break(Some(node)) | NodeKind::Continue(Some(node)) => node_patterns(&node.kind, found),
        NodeKind::Loop(looping) => {
            if let Some(initial) = &looping.initial {
                node_patterns(&initial.kind, found);
            }
        }
        _ => {}
    }
}

fn shadows(model: &Model<'_>, bindings: &[Ident], _at: ScopeId, diagnostics: &Diagnostics) {
    for binding in bindings {
        let text = binding.to_string();
        if let Some(&name) = model.by_name.get(&text) {
            diagnostics.error(binding.span(), messages::shadows(&text, model.names[name].ident.span()));
        } else if text == "ctx" || text == "failure" {
            diagnostics.error(binding.span(), messages::reserved(&text));
        }
    }
}

/// Where a name lives, in words.
fn place(model: &Model<'_>, scope: ScopeId) -> String {
    let scope = &model.scopes[scope];
    let stage = scope.around.map(|stage| &model.names[model.stages[stage].name].ident);
    let of = stage.map_or_else(|| "the workflow's tail".to_owned(), |name| format!("stage '{name}'"));
    match scope.kind {
        ScopeKind::Branch => format!("a branch of {of}"),
        ScopeKind::Arm => format!("the arm `{}` of {of}", scope.label),
        ScopeKind::Round => format!("the loop of {of}"),
        ScopeKind::Item => format!("the `for` of {of}"),
        ScopeKind::Member => format!("member {} of {of}", scope.label),
        ScopeKind::Workflow => "the workflow".to_owned(),
        _ => format!("the block of {of}"),
    }
}
