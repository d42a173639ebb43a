//! Rules that the compiler does not check, or would report in worse words: one rule family a file.
//!
//! Each looks at every stage and edge a fixed number of times, and none stops at its first finding.

mod attributes;
mod budget;
mod counts;
mod cycles;
mod durations;
mod failing;
mod known;
mod lazy;
mod lifetimes;
mod loops;
mod moves;
mod parts;
mod paths;
mod places;
mod pools;
mod reach;
pub(crate) mod renames;
mod restarts;
mod sleeps;
mod types;
mod undo;
mod unused;
mod variants;
mod waits;

pub(crate) use lifetimes::own;
pub(crate) use renames::not_durable;
pub(crate) use unused::warnings;

use crate::model::{Model, NodeKind};
use workflow_syntax::diagnostics::Diagnostics;

/// Reports every mistake of the workflow. `read`: all of it could be read, so that what seems to be missing is.
pub(crate) fn check(model: &Model<'_>, read: bool, diagnostics: &Diagnostics) {
    attributes::check(model.workflow, diagnostics);
    let whole = read && !has_holes(model);
    renames::check(model, diagnostics);
    variants::check(model, diagnostics);
    cycles::check(model, diagnostics);
    moves::check(model, diagnostics);
    undo::check(model, diagnostics);
    types::check(model, diagnostics);
    waits::check(model, diagnostics);
    failing::check(model, diagnostics);
    pools::check(model, diagnostics);
    if read {
        // What lacks may be what could not be read.
        loops::check(model, diagnostics);
        counts::check(model, diagnostics);
        reach::check(model, diagnostics);
    }
    lazy::check(model, whole, diagnostics);
    sleeps::check(model, diagnostics);
}

/// Whether some node was reported as wrong: the names in it and its end are not known.
fn has_holes(model: &Model<'_>) -> bool {
    let mut has_hole = false;
    parts::each_node(model, &mut |node, _, _| has_hole |= matches!(node.kind, NodeKind::Error));
    has_hole
}

fn hole(node: &crate::model::Node<'_>) -> bool {
    matches!(node.kind, NodeKind::Error)
        || parts::parts(node)
            .into_iter()
            .any(|part| matches!(part, parts::Part::Given(node) | parts::Part::Start(node) if hole(node)))
}

#[cfg(test)]
mod tests;
