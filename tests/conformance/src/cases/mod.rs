//! All cases, by family.
#![allow(
    clippy::large_futures,
    clippy::needless_raw_string_hashes,
    reason = "what a case shows is the point, not how a user would write it; traces are written by a program"
)]

mod attempts_undone;
mod branches;
mod breakers;
mod caches;
mod catches;
mod conditions;
mod deadlines;
mod endings;
mod fallbacks;
mod fan_outs;
mod items_undone;
mod lazy;
mod loops;
mod losers;
mod meanwhile;
mod panics;
mod partial_joins;
mod patterns;
mod pools;
mod quorums;
mod quorums_undone;
mod races;
mod regions;
mod retries;
mod retry_rules;
mod returns;
mod rounds;
mod scopes_absorbed;
mod scopes_undone;
mod selects;
mod sequences;
mod signals;
mod tasks;
mod timeouts;
mod timers;
mod under_way;
mod under_way_inside;
mod undo;
mod undoing;
mod until;
mod withdrawn_heads;

use crate::Visitor;

/// Shows all cases.
pub fn visit(visitor: &mut impl Visitor) {
    sequences::visit(visitor);
    branches::visit(visitor);
    loops::visit(visitor);
    rounds::visit(visitor);
    fan_outs::visit(visitor);
    items_undone::visit(visitor);
    races::visit(visitor);
    losers::visit(visitor);
    quorums::visit(visitor);
    quorums_undone::visit(visitor);
    selects::visit(visitor);
    withdrawn_heads::visit(visitor);
    signals::visit(visitor);
    timers::visit(visitor);
    retries::visit(visitor);
    retry_rules::visit(visitor);
    deadlines::visit(visitor);
    timeouts::visit(visitor);
    fallbacks::visit(visitor);
    catches::visit(visitor);
    endings::visit(visitor);
    returns::visit(visitor);
    conditions::visit(visitor);
    lazy::visit(visitor);
    until::visit(visitor);
    regions::visit(visitor);
    panics::visit(visitor);
    meanwhile::visit(visitor);
    undo::visit(visitor);
    attempts_undone::visit(visitor);
    undoing::visit(visitor);
    scopes_undone::visit(visitor);
    scopes_absorbed::visit(visitor);
    under_way::visit(visitor);
    under_way_inside::visit(visitor);
    patterns::visit(visitor);
    partial_joins::visit(visitor);
    pools::visit(visitor);
    breakers::visit(visitor);
    caches::visit(visitor);
    tasks::visit(visitor);
}
