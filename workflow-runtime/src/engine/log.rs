//! Lines that an engine writes to `tracing` about its instances, each with the instance and its workflow.

use crate::{
    failure::{Failure, FailureKind},
    run::state::RunState,
};
use std::collections::BTreeSet;

/// Reports that the instance begins.
pub(crate) fn started(core: &RunState) {
    let (instance, workflow) = (&**core.instance(), core.graph().name);
    tracing::info!(target: "workflow", instance, workflow, "the instance has started");
}

/// Reports that the instance was running when its process ended.
pub(crate) fn goes_on(core: &RunState) {
    let (instance, workflow) = (&**core.instance(), core.graph().name);
    tracing::info!(target: "workflow", instance, workflow, "the instance goes on after a crash");
}

/// Warns of completed stages and taken signals that the workflow of the instance no longer has.
pub(crate) fn misses(core: &RunState, names: &BTreeSet<String>) {
    let (instance, workflow) = (&**core.instance(), core.graph().name);
    let names = names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    tracing::warn!(
        target: "workflow",
        instance,
        workflow,
        names,
        "what has completed is no longer in the workflow; what was renamed without `#[was]` happens again"
    );
}

/// Reports that the instance has ended, which is on disk.
pub(crate) fn ended(core: &RunState, failure: Option<&Failure>) {
    let (instance, workflow) = (&**core.instance(), core.graph().name);
    match failure {
        None => tracing::info!(target: "workflow", instance, workflow, "the instance has completed"),
        Some(failure) if failure.kind() == FailureKind::Cancelled => {
            let failure = format_args!("{failure:#}");
            tracing::info!(target: "workflow", instance, workflow, failure, "the instance was cancelled");
        }
        Some(failure) => {
            let (stage, failure) = (failure.stage(), format_args!("{failure:#}"));
            tracing::info!(target: "workflow", instance, workflow, stage, failure, "the instance has failed");
        }
    }
}

/// Reports that the instance is parked: it can't go on without an operator.
pub(crate) fn parked(core: &RunState, stage: Option<&str>, reason: &str) {
    let (instance, workflow) = (&**core.instance(), core.graph().name);
    tracing::warn!(target: "workflow", instance, workflow, stage, reason, "the instance is parked");
}
