//! The trait that the macro implements.

use crate::{
    failure::exit::Exit,
    observe::observers::Observers,
    output::{state::States, visibility::Visibility},
    run::frame::Frame,
    signal::error::SignalError,
};
use std::{future::Future, sync::Arc};
use workflow_graph::Graph;

/// A workflow made by [`workflow!`](crate::workflow). Only the macro implements it; its hidden parts change without
/// notice.
pub trait Workflow: Send + Sync + Sized + 'static {
    /// Input of a run: a tuple of the workflow's inputs.
    type Input: Send + 'static;
    /// Output of a run.
    type Output: Send + 'static;
    /// State that the handle shows.
    type State: Default + States + Send + Sync + 'static;
    /// An enum of its stages.
    type Stage: Copy + std::fmt::Display + Send + Sync + 'static;
    /// Graph of the workflow.
    const GRAPH: &'static Graph<'static>;

    /// Shared by its runs; nothing, where there are no services.
    #[doc(hidden)]
    type Services: Clone + Send + Sync + 'static;

    /// Signals that may arrive from outside, as an enum. Without any, [`Infallible`](std::convert::Infallible).
    type Signal: Send + 'static;

    /// Shared by its clones; nothing, where there are no signals.
    #[doc(hidden)]
    type Signals: Default + Clone + Unpin + Send + Sync + 'static;

    #[doc(hidden)]
    fn deliver(signals: &Self::Signals, signal: Self::Signal) -> Result<(), SignalError>;

    /// Whether the workflow has an `#[undo]`.
    #[doc(hidden)]
    const COMPENSATES: bool;

    #[doc(hidden)]
    fn machine<'a, const UNOBSERVED: usize, const OBSERVED: usize>(
        frame: Frame<'a>,
        view: Visibility<UNOBSERVED, OBSERVED>,
        state: Option<&'a Arc<Self::State>>,
        services: &'a Self::Services,
        signals: &'a Self::Signals,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output, Exit>> + Send + 'a;

    /// Returns the services that all runs of this value share, and its observers.
    #[doc(hidden)]
    fn parts(&self) -> (&Self::Services, &Observers);

    #[doc(hidden)]
    #[must_use]
    fn with_observers(self, observers: Observers) -> Self;
}

/// The error of `NameStage::from_str`: there is no stage of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownStage(String);

impl std::fmt::Display for UnknownStage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "there is no stage '{}'", self.0)
    }
}

impl std::error::Error for UnknownStage {}

/// Returns the error of `NameStage::from_str` for `text`.
#[cold]
#[must_use]
pub fn unknown_stage(text: &str) -> UnknownStage {
    UnknownStage(text.to_owned())
}
