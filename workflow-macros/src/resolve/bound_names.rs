//! The names that the patterns of the workflow bind, and where each of them is seen.

use crate::{
    bound_names::BoundNames,
    mentions::{bindings, condition_bindings},
    model::{Binds, Model, When},
};
use proc_macro2::Ident;

pub(super) fn bound_in(model: &Model<'_>) -> BoundNames {
    let text = |names: Vec<Ident>| names.iter().map(ToString::to_string).collect();
    let scopes = model.scopes.iter().map(|scope| match &scope.binds {
        Some(Binds::Item { pattern, .. } | Binds::Scrutinee { pattern, .. }) => text(bindings(pattern)),
        Some(Binds::Condition { code }) => text(condition_bindings(model.codes[*code].expr)),
        None => Vec::new(),
    });
    let whens = model.stages.iter().map(|stage| match &stage.when {
        Some(When::Matches { pattern, .. }) => text(bindings(pattern)),
        Some(When::Holds(code)) => text(condition_bindings(model.codes[*code].expr)),
        None => Vec::new(),
    });
    BoundNames::new(scopes.collect(), whens.collect())
}
