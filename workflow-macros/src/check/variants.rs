//! Every stage has a variant of its own in the enum of stages.

use crate::{diagnostics::Diagnostics, expand::variant, messages, model::Model};
use std::collections::HashMap;

pub(super) fn check(model: &Model<'_>, diagnostics: &Diagnostics) {
    let mut seen = HashMap::new();
    for stage in &model.stages {
        let name = &stage.syntax.name;
        let variant = variant(name).to_string();
        let first = *seen.entry(variant.clone()).or_insert(name);
        // Two of one name have been told.
        if first != name {
            let message = messages::same_variant(&name.to_string(), &first.to_string(), &variant, first.span());
            diagnostics.error(name.span(), message);
        }
    }
}
