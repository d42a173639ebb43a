//! Names → model: declares what is written, then finds out what each expression means by each identifier.

mod askers;
pub(crate) mod attributes;
mod borrowed;
mod inside;
mod leaves;
mod lower;
mod names;
mod needs;
mod sites;
mod told;
mod waits;

pub(crate) use inside::{names_inside, names_lent, names_of_undo};
pub(crate) use lower::text;
pub(crate) use told::told_waits;

use crate::{diagnostics::Diagnostics, model::Model, syntax};

/// The model of a workflow. What can't be resolved is reported and left out.
pub(crate) fn resolve<'s>(workflow: &'s syntax::Workflow, diagnostics: &Diagnostics) -> Model<'s> {
    let mut model = lower::lower(workflow, diagnostics);
    names::resolve(&mut model, diagnostics);
    waits::resolve(&mut model, diagnostics);
    borrowed::resolve(&mut model, diagnostics);
    inside::mark_lent(&mut model);
    needs::collect(&mut model, diagnostics);
    askers::collect(&mut model);
    sites::resolve(&mut model);
    model
}

#[cfg(test)]
mod tests;
