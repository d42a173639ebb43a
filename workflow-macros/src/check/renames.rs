//! `#[durable]` and `#[was]`: what is stored under which name.

use crate::{diagnostics::messages, model::Model};
use proc_macro2::Ident;
use std::collections::HashSet;
use workflow_syntax::{Attributes, PolicyKind, Workflow, diagnostics::Diagnostics};

/// Refuses `#[durable]`, where the runtime lacks its feature `durable`.
pub(crate) fn not_durable(workflow: &mut Workflow, diagnostics: &Diagnostics) {
    workflow.attributes.policies.retain(|policy| {
        let durable = matches!(policy.kind, PolicyKind::Durable);
        if durable {
            diagnostics.error(policy.name.span(), messages::NEEDS_DURABLE);
        }
        !durable
    });
}

/// A former name, if there is one.
pub(crate) fn former(attributes: &Attributes) -> Option<&Ident> {
    attributes.policies.iter().find_map(|policy| match &policy.kind {
        PolicyKind::Was(name) => Some(name),
        _ => None,
    })
}

/// No present name equals a former name, and a former name belonged to one stage only.
pub(super) fn check(model: &Model<'_>, diagnostics: &Diagnostics) {
    let stages = model.stages.iter().map(|stage| &stage.syntax.attributes);
    let signals = model.signals.iter().map(|signal| &signal.syntax.attributes);
    let mut seen = HashSet::new();
    for name in stages.chain(signals).filter_map(former) {
        let text = name.to_string();
        if model.by_name.contains_key(&text) {
            diagnostics.error(name.span(), messages::was_still_there(&text));
        } else if !seen.insert(text.clone()) {
            diagnostics.error(name.span(), messages::was_twice(&text));
        }
    }
}
