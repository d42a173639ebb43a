//! Every stage has a variant of its own in the enum of stages, and every signal in that of the signals.

use crate::{diagnostics::messages, model::Model, naming::variant};
use proc_macro2::Ident;
use std::collections::HashMap;
use workflow_syntax::diagnostics::Diagnostics;

pub(super) fn check(model: &Model<'_>, diagnostics: &Diagnostics) {
    distinct(model.stages.iter().map(|stage| &stage.syntax.name), diagnostics);
    distinct(model.signals.iter().map(|signal| &signal.syntax.name), diagnostics);
}

fn distinct<'m>(names: impl Iterator<Item = &'m Ident>, diagnostics: &Diagnostics) {
    let mut seen = HashMap::new();
    for name in names {
        let variant = variant(name).to_string();
        let first = *seen.entry(variant.clone()).or_insert(name);
        // Two of one name have been reported.
        if first != name {
            let message = messages::same_variant(&name.to_string(), &first.to_string(), &variant, first.span());
            diagnostics.error(name.span(), message);
        }
    }
}
