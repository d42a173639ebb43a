//! Names → model: declares what is written, then finds out what each expression means by each identifier.

pub(crate) mod attributes;
mod borrowed;
mod bound_names;
mod captured_names;
mod graph_waits;
mod has_stages;
mod lower;
mod names;
mod needs;
mod signal_consumers;
mod sites;
mod waits;

pub(crate) use captured_names::{names_inside, names_lent, names_of_undo};
pub(crate) use graph_waits::told_waits;
pub(crate) use lower::text;

use crate::model::Model;
use workflow_syntax::{self as syntax, diagnostics::Diagnostics};

/// The model of a workflow. What can't be resolved is reported and left out.
pub(crate) fn resolve<'s>(workflow: &'s syntax::Workflow, diagnostics: &Diagnostics) -> Model<'s> {
    let mut model = lower::lower(workflow, diagnostics);
    model.has_gaps = diagnostics.has_gaps() || !model.declared_twice.is_empty();
    names::resolve(&mut model, diagnostics);
    waits::resolve(&mut model, diagnostics);
    borrowed::resolve(&mut model, diagnostics);
    captured_names::mark_lent(&mut model);
    needs::collect(&mut model, diagnostics);
    signal_consumers::collect(&mut model);
    sites::resolve(&mut model);
    model
}

#[cfg(test)]
mod tests;
