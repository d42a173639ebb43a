//! The begin of a run: whether it is observed, and which name it takes from the stage that begins it.

use super::state::{RunState, tracing_enabled};
use crate::observe::observers::Observers;
use std::sync::Arc;
use tracing::level_filters::LevelFilter;
use workflow_graph::Graph;

impl RunState {
    /// Whether a run that begins now is not one of the most simple.
    #[inline]
    pub(crate) fn is_special(observers: &Observers) -> bool {
        #[cfg(feature = "durable")]
        if super::place::is_in_place() {
            return true;
        }
        // Most runs are unobserved.
        observers.are_any() || LevelFilter::current() >= LevelFilter::INFO
    }

    /// Whether the stages of a run that begins now are observed.
    pub(crate) fn is_observed_by(observers: &Observers) -> bool {
        #[cfg(feature = "durable")]
        if super::place::is_in_place() {
            return true;
        }
        observers.are_any() || tracing_enabled()
    }

    /// Returns the name of a run that begins now, if it begins in a stage of a run whose keys stay what they are.
    pub(crate) fn name_of_begun(graph: &'static Graph<'static>) -> Option<Arc<str>> {
        #[cfg(feature = "durable")]
        return super::place::begun(graph.name);
        #[cfg(not(feature = "durable"))]
        {
            let _ = graph;
            None
        }
    }
}
