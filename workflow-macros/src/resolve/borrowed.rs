//! The values that a stage with a task of its own takes from the patterns around it.
//!
//! A task can't borrow, and what a pattern binds is borrowed: from an item, a scrutinee, a condition's value. So the
//! task matches again, and the item or the scrutinee itself is lent to it. Where that only borrows from names (`for
//! order in orders`, `match order.kind`), the names are lent instead. The expression is then nothing but a path to a
//! place, and is looked up again.

use super::names::binder;
use crate::{
    bound_names::Binder,
    diagnostics::messages,
    mentions,
    model::{Binds, CodeId, Model, NameKind, Rebind, ScopeId, Source, StageId, When},
};
use std::{collections::HashSet, ops::Range};
use syn::{Expr, UnOp};
use workflow_syntax::diagnostics::Diagnostics;

pub(super) fn resolve(model: &mut Model<'_>, diagnostics: &Diagnostics) {
    for stage in 0..model.stages.len() {
        if model.stages[stage].owns() {
            let replays = replays(model, stage, super::captured_names::codes_inside(model, stage), diagnostics);
            mark(model, &replays);
            model.stages[stage].replays = replays;
        }
        if let Some(undo) = &model.stages[stage].policies.undo {
            let action = undo.action;
            let replays = replays(model, stage, action..action + 1, diagnostics);
            mark(model, &replays);
            if let Some(undo) = &mut model.stages[stage].policies.undo {
                undo.replays = replays;
            }
        }
    }
}

fn mark(model: &mut Model<'_>, replays: &[Rebind<'_>]) {
    for replay in replays {
        for name in &replay.bindings {
            model.bound_in.mark_again(replay.binder, name);
        }
        match replay.source {
            Source::Item { scope, again: false, .. } => model.scopes[scope].lends_item = true,
            Source::Scrutinee { code, again: false, .. } => model.codes[code].lent = true,
            _ => {}
        }
    }
}

/// Returns the patterns that the task matches again, from the outside in.
pub(crate) fn replays<'s>(
    model: &Model<'s>,
    stage: StageId,
    codes: Range<CodeId>,
    diagnostics: &Diagnostics,
) -> Vec<Rebind<'s>> {
    let mut wanted = Wanted::new();
    wants(model, codes.collect(), &mut wanted);
    let mut replays = Vec::new();
    match &model.stages[stage].when {
        Some(When::Matches { pattern, value }) => {
            let source = Source::Scrutinee { pattern, code: *value, again: is_place(model.codes[*value].expr) };
            want(model, source, Binder::When(stage), &mut wanted, &mut replays);
        }
        Some(When::Holds(code)) => {
            let source = Source::Condition { code: *code };
            tell_condition(model, stage, *code, Binder::When(stage), &wanted, diagnostics);
            want(model, source, Binder::When(stage), &mut wanted, &mut replays);
        }
        None => {}
    }
    let mut next = Some(model.stages[stage].scope);
    while let Some(scope) = next {
        if let Some(binds) = &model.scopes[scope].binds {
            let source = source(model, scope, binds);
            let binder = Binder::Scope(scope);
            if let Source::Condition { code } = source {
                tell_condition(model, stage, code, binder, &wanted, diagnostics);
            }
            want(model, source, binder, &mut wanted, &mut replays);
        }
        next = model.scopes[scope].parent;
    }
    replays.reverse();
    replays
}

/// Names, each with the pattern that binds it.
type Wanted = HashSet<(String, Binder)>;

/// A task can evaluate a condition again that only looks at what lies in names.
fn tell_condition(
    model: &Model<'_>,
    stage: StageId,
    code: CodeId,
    binder: Binder,
    wanted: &Wanted,
    diagnostics: &Diagnostics,
) {
    if wanted.iter().any(|(_, by)| *by == binder) && !condition_is_places(model.codes[code].expr) {
        let name = &model.stages[stage].syntax.name;
        diagnostics.error(name.span(), messages::task_borrows_condition(&name.to_string()));
    }
}

/// All that those expressions name, and the `let`s that they name: the task evaluates them again.
fn wants(model: &Model<'_>, mut open: Vec<CodeId>, wanted: &mut Wanted) {
    let mut evaluated = HashSet::new();
    while let Some(code) = open.pop() {
        for name in mentions::idents(model.codes[code].expr) {
            if let Some(binder) = binder(model, code, &name) {
                wanted.insert((name, binder));
            }
        }
        for &name in &model.codes[code].uses {
            if let NameKind::Let(binding) = model.names[name].kind
                && evaluated.insert(binding)
            {
                open.push(model.lets[binding].value);
            }
        }
    }
}

fn source<'s>(model: &Model<'s>, scope: ScopeId, binds: &Binds<'s>) -> Source<'s> {
    match *binds {
        Binds::Item { pattern, items } => {
            let again = borrows_items(model.codes[items].expr);
            Source::Item { pattern, scope, code: items, again }
        }
        Binds::Scrutinee { pattern, value } => {
            Source::Scrutinee { pattern, code: value, again: is_place(model.codes[value].expr) }
        }
        Binds::Condition { code } => Source::Condition { code },
    }
}

/// Takes the source along if it binds something wanted; what its own expression names is wanted then.
fn want<'s>(model: &Model<'s>, source: Source<'s>, binder: Binder, wanted: &mut Wanted, replays: &mut Vec<Rebind<'s>>) {
    if !wanted.iter().any(|(_, by)| *by == binder) {
        return;
    }
    let code = match source {
        Source::Item { code, again, .. } | Source::Scrutinee { code, again, .. } => again.then_some(code),
        Source::Condition { code } => Some(code),
    };
    let mut names = Vec::new();
    if let Some(code) = code {
        wants(model, vec![code], wanted);
        names.clone_from(&model.codes[code].uses);
    }
    let bound = match source {
        Source::Item { pattern, .. } | Source::Scrutinee { pattern, .. } => mentions::bindings(pattern),
        Source::Condition { code } => mentions::condition_bindings(model.codes[code].expr),
    };
    let all = bound.len();
    let mut seen = HashSet::new();
    let bindings = bound.into_iter().filter(|name| {
        let text = name.to_string();
        wanted.contains(&(text.clone(), binder)) && seen.insert(text)
    });
    let bindings: Vec<_> = bindings.collect();
    replays.push(Rebind { source, binder, names, binds_more: bindings.len() < all, bindings });
}

/// A path to something that lies in a name: `order`, `order.kind`, `*order`, `orders[3]`.
fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Path(path) => path.qself.is_none() && path.path.get_ident().is_some(),
        Expr::Field(field) => is_place(&field.base),
        Expr::Index(index) => is_place(&index.expr) && matches!(&*index.index, Expr::Lit(_)),
        Expr::Unary(unary) => matches!(unary.op, UnOp::Deref(_)) && is_place(&unary.expr),
        Expr::Reference(reference) => reference.mutability.is_none() && is_place(&reference.expr),
        Expr::Paren(paren) => is_place(&paren.expr),
        _ => false,
    }
}

/// Items that are borrowed from a collection which lies in a name.
fn borrows_items(expr: &Expr) -> bool {
    match expr {
        Expr::MethodCall(call) => {
            let borrowing = ["iter", "keys", "values", "chars", "lines", "as_slice", "as_ref"];
            call.args.is_empty() && borrowing.iter().any(|name| call.method == name) && borrows_items(&call.receiver)
        }
        other => is_place(other),
    }
}

fn condition_is_places(expr: &Expr) -> bool {
    match expr {
        Expr::Let(binding) => is_place(&binding.expr),
        Expr::Binary(binary) => condition_is_places(&binary.left) && condition_is_places(&binary.right),
        _ => true,
    }
}
