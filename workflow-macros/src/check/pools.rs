//! Permits that can never be had: more than a pool holds, or of a pool that a stage around holds on to, or one that waits.

use super::{counts::literal, parts::each_node, paths::awaited};
use crate::{
    diagnostics::messages,
    model::{HeadKind, Model, NameKind, NodeKind, ScopeId, StageId},
    resolve::text,
};
use proc_macro2::Span;
use std::collections::HashMap;
use syn::{Expr, spanned::Spanned};
use workflow_syntax::{Policy, PolicyKind, diagnostics::Diagnostics};

pub(super) fn check(model: &Model<'_>, diagnostics: &Diagnostics) {
    for policy in &model.workflow.attributes.policies {
        too_many(policy, diagnostics);
    }
    each_node(model, &mut |node, scope, around| {
        let NodeKind::Select(heads) = &node.kind else { return };
        for head in heads {
            if let HeadKind::Stage(name) = head.kind
                && let Some(on) = model.stage_named(name)
            {
                while_waiting(model, on, (scope, around), name.span(), diagnostics);
            }
        }
    });
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
        let holds = |outer: &StageId| {
            let mut pools = model.stages[*outer].policies.pools.iter();
            pools.any(|held| spelled(model.codes[held.pool].expr) == pool)
        };
        if let Some(outer) = model.enclosing(model.scopes[stage.scope].around).find(holds) {
            let (outer, inner) = (model.stages[outer].syntax.name.to_string(), stage.syntax.name.to_string());
            // One of the workflow's own stands at no stage.
            let own = stage.syntax.attributes.policies.iter().any(|policy| policy.name == "acquire");
            let span = if own { model.codes[acquire.pool].expr.span() } else { stage.syntax.name.span() };
            diagnostics.error(span, messages::pool_held_around(&pool, &outer, &inner));
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
    let mut wanted: Option<Vec<(StageId, String)>> = None;
    for holder in model.enclosing(around) {
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
    }
}

/// The pools of a stage, of those in it, and of all that it waits for in its block.
fn all_wanted(model: &Model<'_>, stage: StageId) -> Vec<(StageId, String)> {
    let with_inside = |first: StageId| {
        // Stages in a stage follow it in the list of all.
        let is_inside = move |&other: &StageId| model.enclosing(Some(other)).any(|stage| stage == first);
        (first..model.stages.len()).take_while(is_inside)
    };
    let taking = awaited(model, stage, |_| true).into_iter().flat_map(with_inside);
    let pools = |taking: StageId| {
        let pools = model.stages[taking].policies.pools.iter();
        pools.map(move |pool| (taking, spelled(model.codes[pool.pool].expr)))
    };
    taking.flat_map(pools).collect()
}
