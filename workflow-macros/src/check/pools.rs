//! Permits that can never be had: more than a pool holds, or of a pool that a stage around holds on to, or one that waits.

use super::{
    counts::literal,
    parts::{Part, parts},
};
use crate::{
    diagnostics::{Diagnostics, messages},
    model::{Acquire, HeadKind, Local, Model, NameKind, Node, NodeKind, ScopeId, StageId},
    resolve::text,
    syntax::{Policy, PolicyKind},
};
use proc_macro2::Span;
use std::collections::HashMap;
use syn::{Expr, spanned::Spanned};

pub(super) fn check(model: &Model<'_>, diagnostics: &Diagnostics) {
    for policy in &model.workflow.attributes.policies {
        too_many(policy, diagnostics);
    }
    let tails =
        model.scopes.iter().enumerate().filter_map(|(id, scope)| Some((scope.tail.as_ref()?, id, scope.around)));
    let nodes = model.stages.iter().enumerate().map(|(id, stage)| (&stage.node, stage.scope, Some(id)));
    for (node, scope, around) in nodes.chain(tails) {
        heads(model, node, scope, around, diagnostics);
    }
    for code in &model.codes {
        for (&name, &span) in code.uses.iter().zip(&code.spans) {
            // Whatever names a lazy stage waits for it where it stands.
            if let NameKind::Stage(lazy) = model.names[name].kind
                && model.stages[lazy].lazy
            {
                while_waiting(model, lazy, (code.scope, code.around), span, diagnostics);
            }
        }
    }
    for (id, stage) in model.stages.iter().enumerate() {
        stage.syntax.attributes.policies.iter().for_each(|policy| too_many(policy, diagnostics));
        twice(&stage.syntax.attributes.policies, diagnostics);
        around(model, id, diagnostics);
    }
}

/// A pool as it would be written alone: `&pool` and `(pool)` are `pool`.
fn spelled(pool: &Expr) -> String {
    match pool {
        Expr::Reference(reference) => spelled(&reference.expr),
        Expr::Paren(paren) => spelled(&paren.expr),
        Expr::Group(group) => spelled(&group.expr),
        _ => text(pool),
    }
}

fn too_many(policy: &Policy, diagnostics: &Diagnostics) {
    let PolicyKind::Acquire { pool, permits: Some(permits) } = &policy.kind else { return };
    if let (Some(size), Some((wanted, span))) = (size(pool), literal(permits))
        && wanted > size
    {
        diagnostics.error(span, messages::more_than_the_pool(wanted, size));
    }
}

/// Returns the number of permits of a pool that the expression itself creates.
fn size(pool: &Expr) -> Option<u128> {
    match pool {
        Expr::Reference(reference) => size(&reference.expr),
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else { return None };
            let mut last = path.path.segments.iter().rev();
            let is_new = last.next()?.ident == "new" && last.next()?.ident == "Pool";
            if is_new { literal(call.args.first()?).map(|(size, _)| size) } else { None }
        }
        _ => None,
    }
}

fn twice(policies: &[Policy], diagnostics: &Diagnostics) {
    let mut seen = HashMap::new();
    for policy in policies {
        let PolicyKind::Acquire { pool, .. } = &policy.kind else { continue };
        if let Some(first) = seen.insert(spelled(pool), pool.span()) {
            diagnostics.error(pool.span(), messages::same_pool_twice(&spelled(pool), first));
        }
    }
}

/// A pool that a stage around this one holds, by the same expression.
fn around(model: &Model<'_>, inner: StageId, diagnostics: &Diagnostics) {
    let stage = &model.stages[inner];
    for acquire in &stage.policies.pools {
        let pool = spelled(model.codes[acquire.pool].expr);
        let mut next = model.scopes[stage.scope].around;
        while let Some(outer) = next {
            let holds = |held: &Acquire| spelled(model.codes[held.pool].expr) == pool;
            let outer = &model.stages[outer];
            if outer.policies.pools.iter().any(holds) {
                let (outer, inner) = (outer.syntax.name.to_string(), stage.syntax.name.to_string());
                // One of the workflow's own stands at no stage.
                let own = stage.syntax.attributes.policies.iter().any(|policy| policy.name == "acquire");
                let span = if own { model.codes[acquire.pool].expr.span() } else { stage.syntax.name.span() };
                diagnostics.error(span, messages::pool_held_around(&pool, &outer, &inner));
                break;
            }
            next = model.scopes[outer.scope].around;
        }
    }
}

/// The heads `stage name` of a `select` anywhere in a node that no scope of its own holds.
fn heads(model: &Model<'_>, node: &Node<'_>, scope: ScopeId, around: Option<StageId>, diagnostics: &Diagnostics) {
    if let NodeKind::Select(heads) = &node.kind {
        for head in heads {
            if let HeadKind::Stage(name) = head.kind
                && let Some(on) = model.stage_named(name)
            {
                while_waiting(model, on, (scope, around), name.span(), diagnostics);
            }
        }
    }
    for part in parts(node) {
        // What stands in a scope is its tail, or a stage.
        if let Part::Given(node) | Part::Start(node) = part {
            heads(model, node, scope, around, diagnostics);
        }
    }
}

/// A pool that a stage holds while something in it waits for `on`, which takes a permit of that pool, or waits for what does.
fn while_waiting(
    model: &Model<'_>,
    on: StageId,
    (scope, around): (ScopeId, Option<StageId>),
    span: Span,
    diagnostics: &Diagnostics,
) {
    let outer = model.stages[on].scope;
    if !model.within(scope, outer) {
        return;
    }
    let mut next = around;
    let mut wanted: Option<Vec<(StageId, String)>> = None;
    while let Some(holder) = next {
        let stage = &model.stages[holder];
        if holder == on || !model.within(stage.scope, outer) {
            return;
        }
        for held in &stage.policies.pools {
            let pool = spelled(model.codes[held.pool].expr);
            let wanted = wanted.get_or_insert_with(|| all_wanted(model, on));
            if let Some((taking, _)) = wanted.iter().find(|(_, wanted)| *wanted == pool) {
                let (holder, on) = (&stage.syntax.name, &model.stages[*taking].syntax.name);
                diagnostics.error(span, messages::pool_held_while_waiting(&pool, &holder.to_string(), &on.to_string()));
                return;
            }
        }
        next = model.scopes[stage.scope].around;
    }
}

/// The pools of a stage, of those in it, and of all that it waits for in its block.
fn all_wanted(model: &Model<'_>, stage: StageId) -> Vec<(StageId, String)> {
    let scope = &model.scopes[model.stages[stage].scope];
    let mut seen = vec![false; scope.stages.len()];
    let mut next = vec![model.stages[stage].local];
    let mut found = Vec::new();
    while let Some(local) = next.pop() {
        if std::mem::replace(&mut seen[local], true) {
            continue;
        }
        let first = scope.stages[local];
        // Stages in a stage follow it in the list of all.
        let inside = (first + 1..model.stages.len()).take_while(|&other| is_inside(model, other, first));
        for taking in [first].into_iter().chain(inside) {
            let pools = model.stages[taking].policies.pools.iter();
            found.extend(pools.map(|pool| (taking, spelled(model.codes[pool.pool].expr))));
        }
        next.extend(scope.needs[local].iter().filter_map(|need| match need.on {
            Local::Stage(on) => Some(on),
            Local::Let(_) => None,
        }));
    }
    found
}

fn is_inside(model: &Model<'_>, inner: StageId, outer: StageId) -> bool {
    let mut next = model.scopes[model.stages[inner].scope].around;
    while let Some(stage) = next {
        if stage == outer {
            return true;
        }
        next = model.scopes[model.stages[stage].scope].around;
    }
    false
}
