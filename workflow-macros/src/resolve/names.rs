//! The meaning of each identifier in each expression: a name of the workflow's, or what a pattern around it binds.

use crate::{
    bound_names::Binder,
    diagnostics::messages,
    mentions::{self, Mentions},
    model::{CodeId, Model, NameId, NameKind, ScopeId, When},
};
use std::collections::HashSet;
use workflow_graph::ScopeKind;
use workflow_syntax::diagnostics::Diagnostics;

pub(super) fn resolve(model: &mut Model<'_>, diagnostics: &Diagnostics) {
    model.bound_in = super::bound_names::bound_in(model);
    let bound: HashSet<&str> = model.bound_in.all().collect();
    let known = |name: &str| model.by_name.contains_key(name) || bound.contains(name);
    let mentions: Vec<Mentions> = model.codes.iter().map(|code| mentions::mentions(code.expr, &known)).collect();
    let mut unknown = HashSet::new();
    let own = mentions.iter().flat_map(|mentions| &mentions.bindings).map(ToString::to_string);
    let own: HashSet<String> = own.collect();
    for mentions in &mentions {
        let named = mentions.names.iter().map(|(text, _)| text).chain(&mentions.others);
        unknown.extend(named.filter(|text| !known(text) && !own.contains(*text)).cloned());
    }
    let called = mentions.iter().flat_map(|mentions| &mentions.called);
    let called = called.map(|(text, _)| text.clone()).collect();
    model.unknown = unknown;
    model.called = called;
    for (code, mentions) in mentions.iter().enumerate() {
        resolve_code(model, code, mentions, diagnostics);
    }
}

fn resolve_code(model: &mut Model<'_>, id: CodeId, mentions: &Mentions, diagnostics: &Diagnostics) {
    let scope = model.codes[id].scope;
    let name_of = |text: &String| {
        if binder(model, id, text).is_some() {
            return None;
        }
        declaration(model, id, text).or_else(|| model.by_name.get(text).copied())
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
    let context = mentions.names.iter().find(|(text, _)| text == "ctx" && binder(model, id, text).is_none());
    if let (Some((_, span)), Some(binding)) = (context, model.codes[id].of_let) {
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

/// The declaration of that name which can be seen from the code. Where a name is declared twice, the one that the code
/// most likely means: not what it is a part of, unless it undoes that.
fn declaration(model: &Model<'_>, id: CodeId, text: &str) -> Option<NameId> {
    let code = &model.codes[id];
    let first = model.by_name.get(text).map(std::slice::from_ref).unwrap_or_default();
    let all = model.declared_twice.get(text).map_or(first, Vec::as_slice);
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

/// The pattern that binds what the code means by that name; none: no pattern does. A declaration further in hides the
/// pattern's name, but not from its own expression, as in `let order = load(order)`.
pub(crate) fn binder(model: &Model<'_>, id: CodeId, text: &str) -> Option<Binder> {
    if !model.bound_in.contains(text) {
        return None;
    }
    let code = &model.codes[id];
    let declared = declaration(model, id, text);
    let own = declared.filter(|&name| {
        let is_undone = matches!(model.names[name].kind, NameKind::Stage(stage) if code.undoes == Some(stage));
        is_inside(model, id, name) && !is_undone
    });
    let until = declared.filter(|_| own.is_none()).map(|name| model.names[name].scope);
    let (mut scope, mut around) = (code.scope, code.around);
    loop {
        if let Some(stage) = around.filter(|&stage| model.stages[stage].scope == scope)
            && model.bound_in.when_binds(stage, text)
            && !matches!(model.stages[stage].when, Some(When::Holds(when) | When::Matches { value: when, .. }) if when == id)
        {
            return Some(Binder::When(stage));
        }
        if until == Some(scope) {
            return None;
        }
        if model.bound_in.scope_binds(scope, text) {
            return Some(Binder::Scope(scope));
        }
        around = model.scopes[scope].around;
        scope = model.scopes[scope].parent?;
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
