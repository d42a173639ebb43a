//! Warnings. Stable Rust lets a macro warn in one way only: by using something deprecated.

use crate::{
    diagnostics::messages,
    model::{Local, Model, NameKind, Need, Scope, ScopeId, StageId},
};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::quote_spanned;
use std::collections::{HashMap, hash_map::Entry};
use syn::{Attribute, Meta, Type};
use workflow_graph::EdgeKind;
use workflow_syntax::{diagnostics::order_written, suggest::nearest};

/// One thing to warn of.
struct Warning<'m> {
    span: Span,
    /// The deprecated constant: what the compiler says before the message.
    kind: &'static str,
    message: String,
    /// Lint attributes of the item: its `#[allow(deprecated)]` counts.
    lints: &'m [Attribute],
}

/// Code that warns. Only for a workflow without errors: they may be why something is not used.
pub(crate) fn warnings(model: &Model<'_>) -> TokenStream {
    let mut found = Vec::new();
    names(model, &mut found);
    super::known::conditions(model, &mut |span, message, lints| {
        found.push(Warning { span, kind: "known_condition", message, lints });
    });
    super::known::heads(model, &mut |span, message| {
        found.push(Warning { span, kind: "ready_head", message, lints: &[] });
    });
    super::restarts::warnings(model, &mut |span, kind, message, lints| {
        found.push(Warning { span, kind, message, lints });
    });
    for scope in 0..model.scopes.len() {
        implied(model, scope, &mut found);
    }
    let workflow = &model.workflow.attributes;
    found.retain(|warning| !warning.kind.starts_with("unused") || !allows_unused(&workflow.lints, warning.lints));
    let spans: Vec<Span> = found.iter().map(|warning| warning.span).collect();
    let (cfgs, outer) = (&workflow.cfgs, &workflow.lints);
    let mut warnings = TokenStream::new();
    for number in order_written(&spans) {
        let Warning { span, kind, message, lints } = &found[number];
        let name = Ident::new(kind, *span);
        let levels = outer.iter().chain(*lints).filter(|lint| !lint.path().is_ident("expect"));
        warnings.extend(quote_spanned! {*span=>
            #(#cfgs)*
            #(#levels)*
            const _: () = {
                #[deprecated(note = #message)]
                #[allow(non_upper_case_globals)]
                const #name: () = ();
                #name
            };
        });
    }
    warnings
}

/// Whether the workflow or the item allows what is unused, in the words of Rust's own lints.
fn allows_unused(outer: &[Attribute], own: &[Attribute]) -> bool {
    let names_it = |lint: &&Attribute| match &lint.meta {
        Meta::List(list) => {
            let mut tokens = list.tokens.clone().into_iter();
            tokens
                .any(|token| matches!(token, TokenTree::Ident(name) if name == "unused" || name == "unused_variables"))
        }
        _ => false,
    };
    // The last level counts, as in Rust.
    let last = outer.iter().chain(own).rfind(names_it);
    last.is_some_and(|lint| lint.path().is_ident("allow") || lint.path().is_ident("expect"))
}

fn names<'m>(model: &'m Model<'_>, found: &mut Vec<Warning<'m>>) {
    for name in &model.names {
        let text = name.ident.to_string();
        if name.used || text.starts_with('_') || is_misspelt(model, &text) {
            continue;
        }
        let (kind, message, lints): (_, _, &[Attribute]) = match name.kind {
            NameKind::Input(index) => {
                ("unused_input", messages::unused_input(&text), &model.workflow.inputs[index].attributes.lints)
            }
            NameKind::Service(index) => {
                ("unused_service", messages::unused_service(&text), &model.workflow.services[index].attributes.lints)
            }
            NameKind::Stage(stage) if gives(model, stage) && !lacks_tail(model, name.scope) => {
                ("unused_output", messages::unused_output(&text), &model.stages[stage].syntax.attributes.lints)
            }
            NameKind::Signal(signal) => {
                ("unused_signal", messages::unused_signal(&text), &model.signals[signal].syntax.attributes.lints)
            }
            NameKind::Let(binding) => {
                ("unused_let", messages::unused_let(&text), &model.lets[binding].syntax.attributes.lints)
            }
            NameKind::LoopState(scope) => ("unused_state", messages::unused_state(&text), lints_around(model, scope)),
            NameKind::Head(scope) => ("unused_head", messages::unused_head(&text), lints_around(model, scope)),
            NameKind::Stage(_) => continue,
        };
        found.push(Warning { span: name.ident.span(), kind, message, lints });
    }
}

/// The lint levels of the stage that a scope is a part of, or of the workflow.
fn lints_around<'m>(model: &'m Model<'_>, scope: ScopeId) -> &'m [Attribute] {
    match model.scopes[scope].around {
        Some(stage) => &model.stages[stage].syntax.attributes.lints,
        None => &[],
    }
}

/// Whether something is named that is near to it: then rustc has an error for that, or the stage is named there.
fn is_misspelt(model: &Model<'_>, name: &str) -> bool {
    model.unknown.contains(name) || nearest(name, model.unknown.iter().map(String::as_str)).is_some()
}

/// Whether the scope has to give a value and has no tail, which could have named what is in it: rustc has an error for
/// that.
fn lacks_tail(model: &Model<'_>, scope: ScopeId) -> bool {
    let scope = &model.scopes[scope];
    scope.tail.is_none()
        && match scope.around {
            Some(stage) => gives(model, stage),
            None => !matches!(&model.workflow.output, Type::Tuple(tuple) if tuple.elems.is_empty()),
        }
}

/// Whether the stage is declared as anything but `()`.
fn gives(model: &Model<'_>, stage: StageId) -> bool {
    match &model.stages[stage].syntax.ty {
        Some(Type::Tuple(tuple)) => !tuple.elems.is_empty(),
        Some(_) => true,
        None => false,
    }
}

/// Every `#[after]` of a scope that says what other edges say already. One of a signal says so only where it does for
/// each stage that waits for the signal.
fn implied<'m>(model: &'m Model<'_>, id: ScopeId, found: &mut Vec<Warning<'m>>) {
    let scope = &model.scopes[id];
    // Each stage and edge may be looked at this often on average, so that the work stays linear.
    let mut budget = 16 * (scope.stages.len() + scope.needs.iter().map(Vec::len).sum::<usize>());
    let place = |span: Span| (span.start().line, span.start().column);
    let mut told: HashMap<_, Option<Warning<'m>>> = HashMap::new();
    let mut order = Vec::new();
    for (local, needs) in scope.needs.iter().enumerate() {
        for need in needs.iter().filter(|need| need.kind == EdgeKind::After) {
            let Local::Stage(on) = need.on else { continue };
            let warning = implies(model, scope, local, need, &mut budget).then(|| {
                let on = model.stages[scope.stages[on]].syntax.name.to_string();
                let stage = &model.stages[scope.stages[local]].syntax;
                let of_signal = model
                    .signals
                    .iter()
                    .find(|signal| signal.after.iter().any(|name| place(name.span()) == place(need.span)));
                let (waiting, lints) = match of_signal {
                    Some(signal) => (&signal.syntax.name, &signal.syntax.attributes.lints),
                    None => (&stage.name, &stage.attributes.lints),
                };
                let message = messages::implied_after(&waiting.to_string(), &on);
                Warning { span: need.span, kind: "needless_after", message, lints }
            });
            match told.entry(place(need.span)) {
                Entry::Vacant(first) => {
                    order.push(place(need.span));
                    first.insert(warning);
                }
                Entry::Occupied(mut before) if warning.is_none() => _ = before.insert(None),
                Entry::Occupied(_) => {}
            }
        }
    }
    found.extend(order.iter().filter_map(|place| told.remove(place)?));
}

/// Whether stage `local` waits for what `after` names by other ways too.
fn implies(model: &Model<'_>, scope: &Scope<'_>, local: usize, after: &Need, budget: &mut usize) -> bool {
    let mut seen = std::collections::HashSet::new();
    let other = |need: &&Need| need.kind != EdgeKind::After || need.on != after.on;
    let mut next: Vec<&Need> = scope.needs[local].iter().filter(other).collect();
    while let Some(need) = next.pop() {
        let lazy = matches!(need.on, Local::Stage(on) if model.stages[scope.stages[on]].lazy);
        // Who names a lazy stage does not wait for it before it starts.
        if lazy || !seen.insert(need.on) {
            continue;
        }
        if need.on == after.on {
            return true;
        }
        let further = match need.on {
            Local::Stage(on) => &scope.needs[on],
            Local::Let(on) => &scope.let_needs[on],
        };
        let Some(left) = budget.checked_sub(1 + further.len()) else { return false };
        *budget = left;
        next.extend(further);
    }
    false
}
