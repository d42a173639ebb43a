//! Permits that can never be had: more than a pool holds, or of a pool that a stage around holds on to.

use super::counts::literal;
use crate::{
    diagnostics::{Diagnostics, messages},
    model::{Model, StageId},
    resolve::text,
    syntax::{Policy, PolicyKind},
};
use std::collections::HashMap;
use syn::{Expr, spanned::Spanned};

pub(super) fn check(model: &Model<'_>, diagnostics: &Diagnostics) {
    for policy in &model.workflow.attributes.policies {
        too_many(policy, diagnostics);
    }
    for (id, stage) in model.stages.iter().enumerate() {
        stage.syntax.attributes.policies.iter().for_each(|policy| too_many(policy, diagnostics));
        twice(&stage.syntax.attributes.policies, diagnostics);
        around(model, id, diagnostics);
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
        if let Some(first) = seen.insert(text(pool), pool.span()) {
            diagnostics.error(pool.span(), messages::same_pool_twice(&text(pool), first));
        }
    }
}

/// A pool that a stage around this one holds, by the same expression.
fn around(model: &Model<'_>, inner: StageId, diagnostics: &Diagnostics) {
    let stage = &model.stages[inner];
    for acquire in &stage.policies.pools {
        let pool = text(model.codes[acquire.pool].expr);
        let mut next = model.scopes[stage.scope].around;
        while let Some(outer) = next {
            let holds = |held: &crate::model::Acquire| text(model.codes[held.pool].expr) == pool;
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
