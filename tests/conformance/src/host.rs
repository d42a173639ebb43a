//! Hosts, which run workflows.

use crate::Conforming;
use std::future::{Future, ready};
use workflow_runtime::{Failure, Handle, SignalError, WorkflowExt};

/// A host, which runs workflows on the current tokio runtime.
pub trait Host: Clone + Send + Sync + 'static {
    /// Its runs are on a store.
    const STORES: bool = false;

    /// A run that was started.
    type Run<W: Conforming>: Run<W>;

    /// Starts a run. Its observers are attached to `workflow` already.
    fn start<W: Conforming>(&self, workflow: W, input: W::Input) -> impl Future<Output = Self::Run<W>>;
}

/// A run that was started.
pub trait Run<W: Conforming> {
    /// Sends a signal.
    ///
    /// # Errors
    /// As [`Handle::signal`].
    fn signal(&self, signal: W::Signal) -> impl Future<Output = Result<(), SignalError>>;

    /// The state of each stage, where the host shows it after the end too.
    fn statuses(&self) -> Option<Vec<String>> {
        None
    }

    /// As [`Handle::cancel`].
    fn cancel(&self) -> impl Future<Output = ()>;

    /// The output, once. Dropping the future loses nothing.
    ///
    /// # Errors
    /// As awaiting a [`Handle`].
    fn ended(&mut self) -> impl Future<Output = Result<W::Output, Failure>>;
}

/// In this process and its memory: `start`.
#[derive(Debug, Clone, Copy, Default)]
pub struct InMemory;

impl Host for InMemory {
    type Run<W: Conforming> = Handle<W>;

    async fn start<W: Conforming>(&self, workflow: W, input: W::Input) -> Handle<W> {
        workflow.start_with(input)
    }
}

impl<W: Conforming> Run<W> for Handle<W> {
    fn signal(&self, signal: W::Signal) -> impl Future<Output = Result<(), SignalError>> {
        ready(Handle::signal(self, signal))
    }

    fn cancel(&self) -> impl Future<Output = ()> {
        Handle::cancel(self);
        ready(())
    }

    fn statuses(&self) -> Option<Vec<String>> {
        Some(crate::story::statuses(W::GRAPH, self.state()))
    }

    fn ended(&mut self) -> impl Future<Output = Result<W::Output, Failure>> {
        self
    }
}
