//! Names → model: declares what is written, then finds out what each expression means by each identifier.

mod lower;
mod names;
mod needs;

pub(crate) use lower::text;

pub(crate) use names::names_inside;

use crate::{diagnostics::Diagnostics, model::Model, syntax};

/// The model of a workflow. What can't be resolved is told and left out.
pub(crate) fn resolve<'s>(workflow: &'s syntax::Workflow, diagnostics: &Diagnostics) -> Model<'s> {
    let mut model = lower::lower(workflow, diagnostics);
    names::resolve(&mut model, diagnostics);
    needs::collect(&mut model, diagnostics);
    model
}
