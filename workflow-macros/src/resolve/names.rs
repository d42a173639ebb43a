//! The meaning of each identifier in each expression.

use crate::{
    diagnostics::messages,
    mentions::{self, Mentions},
    model::{CodeId, Model, NameId, NameKind, NodeKind, ScopeId},
};
use proc_macro2::Ident;
use std::collections::HashSet;
use syn::Pat;
use workflow_graph::ScopeKind;
use workflow_syntax::diagnostics::Diagnostics;

pub(super) fn resolve(model: &mut Model<'_>, diagnostics: &Diagnostics) {
    let mentions: Vec<Mentions> = model
        .codes
        .iter()
        .map(|code| mentions::mentions(code.expr, &|name| model.by_name.contains_key(name)))
        .collect();
    let mut shadowed = HashSet::new();
    for pattern in patterns(model) {
        shadows(model, &mentions::bindings(pattern), &mut shadowed, diagnostics);
    }
    for mentions in &mentions {
        shadows(model, &mentions.bindings, &mut shadowed, diagnostics);
    }
    for pattern in patterns(model) {
        model.bound.extend(mentions::bindings(pattern).iter().map(ToString::to_string));
    }
    for mentions in &mentions {
        model.bound.extend(mentions.bindings.iter().map(ToString::to_string));
    }
    for mentions in &mentions {
        for (text, _) in &mentions.names {
            if !model.by_name.contains_key(text) && !model.bound.contains(text) {
                model.unknown.insert(text.clone());
            }
        }
        for text in &mentions.others {
            if !model.bound.contains(text) {
                model.unknown.insert(text.clone());
            }
        }
    }
    for (code, mentions) in mentions.iter().enumerate() {
        resolve_code(model, code, mentions, &shadowed, diagnostics);
    }
}

fn resolve_code(
    model: &mut Model<'_>,
    id: CodeId,
    mentions: &Mentions,
    shadowed: &HashSet<NameId>,
    diagnostics: &Diagnostics,
) {
    let scope = model.codes[id].scope;
    // Which of the two a shadowed name means is not known.
    let name_of = |text: &String| {
        let all = model.declared_twice.get(text).map_or(&[][..], Vec::as_slice);
        let name = nearest_declaration(model, id, all).or_else(|| model.by_name.get(text).copied());
        name.filter(|name| !shadowed.contains(name))
    };
    let mut found = Vec::new();
    let mut spans = Vec::new();
    let mut seen = HashSet::new();
    let mut told = HashSet::new();
    for (text, span) in &mentions.names {
        let Some(name) = name_of(text) else { continue };
        if model.within(scope, model.names[name].scope) {
            if seen.insert(name) {
                found.push(name);
                spans.push(*span);
            }
        } else if told.insert(name) {
            diagnostics.error(*span, messages::outside(text, &place(model, model.names[name].scope)));
        }
    }
    for (text, span) in &mentions.called {
        let Some(name) = name_of(text) else { continue };
        // `stage profile: Profile = profile(..)` calls the function, as `let profile = profile(..)` does.
        if !is_inside(model, id, name) && model.within(scope, model.names[name].scope) && seen.insert(name) {
            found.push(name);
            spans.push(*span);
        }
    }
    for span in &mentions.awaits {
        match model.codes[id].of_let.map(|binding| model.lets[binding].syntax) {
            None => diagnostics.error(*span, messages::AWAIT),
            Some(binding) => {
                let ty = super::lower::text(&binding.ty);
                diagnostics.error(*span, messages::await_in_let(&binding.name.to_string(), &ty));
            }
        }
    }
    for span in &mentions.questions {
        diagnostics.error(*span, messages::QUESTION);
    }
    let context = mentions.names.iter().find(|(text, _)| text == "ctx");
    let is_own = mentions.bindings.iter().any(|binding| binding == "ctx");
    if let (Some((_, span)), Some(binding), false) = (context, model.codes[id].of_let, is_own) {
        let binding = model.lets[binding].syntax;
        diagnostics.error(*span, messages::context_in_let(&binding.name.to_string(), &super::lower::text(&binding.ty)));
    }
    let context = context.is_some();
    for &name in &found {
        model.names[name].used = true;
    }
    let code = &mut model.codes[id];
    code.uses = found;
    code.spans = spans;
    code.context = context;
}

/// The declaration that code most likely means where a name is declared twice: one that can be seen from there, and is not
/// what the code is a part of, unless the code undoes that.
fn nearest_declaration(model: &Model<'_>, id: CodeId, all: &[NameId]) -> Option<NameId> {
    let code = &model.codes[id];
    let seen = all.iter().copied().filter(|&name| model.within(code.scope, model.names[name].scope));
    seen.max_by_key(|&name| {
        let is_undone = matches!(model.names[name].kind, NameKind::Stage(stage) if code.undoes == Some(stage));
        (is_undone, !is_inside(model, id, name), name)
    })
}

/// Whether that code is a part of the stage or `let` of that name.
fn is_inside(model: &Model<'_>, code: CodeId, name: NameId) -> bool {
    let code = &model.codes[code];
    match model.names[name].kind {
        NameKind::Stage(outer) => model.enclosing(code.around).any(|stage| stage == outer),
        NameKind::Let(binding) => code.of_let == Some(binding),
        _ => false,
    }
}

/// All patterns of the workflow.
fn patterns<'s>(model: &Model<'s>) -> Vec<&'s Pat> {
    let mut found = Vec::new();
    for stage in &model.stages {
        if let Some(crate::model::When::Matches { pattern, .. }) = &stage.when {
            found.push(*pattern);
        }
        node_patterns(&stage.node.kind, &mut found);
    }
    for tail in model.scopes.iter().filter_map(|scope| scope.tail.as_ref()) {
        node_patterns(&tail.kind, &mut found);
    }
    found
}

fn node_patterns<'s>(node: &NodeKind<'s>, found: &mut Vec<&'s Pat>) {
    match node {
        NodeKind::Match { arms, .. } => found.extend(arms.iter().map(|arm| &arm.syntax.pattern)),
        NodeKind::For(each) => found.push(each.pattern),
        NodeKind::Members { members: crate::model::Members::For(each), .. } => found.push(each.pattern),
        NodeKind::Break(Some(node)) | NodeKind::Continue(Some(node)) => node_patterns(&node.kind, found),
        NodeKind::Loop(looping) => {
            if let Some(initial) = &looping.initial {
                node_patterns(&initial.kind, found);
            }
        }
        _ => {}
    }
}

fn shadows(model: &Model<'_>, bindings: &[Ident], shadowed: &mut HashSet<NameId>, diagnostics: &Diagnostics) {
    for binding in bindings {
        let text = binding.to_string();
        if let Some(&name) = model.by_name.get(&text) {
            shadowed.insert(name);
            diagnostics.error(binding.span(), messages::shadows(&text, model.names[name].ident.span()));
        } else if text == "ctx" || text == "failure" {
            diagnostics.error(binding.span(), messages::reserved(&text));
        }
    }
}

/// Returns the place of a name, in words.
fn place(model: &Model<'_>, scope: ScopeId) -> String {
    let scope = &model.scopes[scope];
    let stage = scope.around.map(|stage| &model.names[model.stages[stage].name].ident);
    let of = stage.map_or_else(|| "the workflow's tail".to_owned(), |name| format!("stage `{name}`"));
    match scope.kind {
        ScopeKind::Branch if scope.label == "else" => format!("the `else` of {of}"),
        ScopeKind::Branch | ScopeKind::Fallback => format!("the branch `{}` of {of}", scope.label),
        ScopeKind::Arm => format!("the arm `{}` of {of}", scope.label),
        ScopeKind::Round => format!("the loop of {of}"),
        ScopeKind::Item => format!("the `for` of {of}"),
        ScopeKind::Member => format!("member {} of {of}", scope.label),
        ScopeKind::Workflow => "the workflow".to_owned(),
        _ => format!("the block of {of}"),
    }
}
