//! The handle of a run that has been started.

use crate::{
    failure::{
        Failure, FailureKind,
        panic::{Panicked, discard},
    },
    future::cancel::CancelSignal,
    signal::error::SignalError,
    workflow::Workflow,
};
use std::{
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::task::JoinHandle;

/// A run that was started on a tokio runtime: await it for its output, look at its state, cancel it.
///
/// Dropping it detaches the run, which goes on to its end. Awaiting `&mut handle` and dropping that future loses
/// nothing.
///
/// ```
/// use workflow_runtime::{FailureKind, workflow};
///
/// workflow! {
///     workflow Forever() {
///         stage wait = std::future::pending::<()>();
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let run = Forever::new().start();
/// run.cancel();
/// assert_eq!(run.await.unwrap_err().kind(), FailureKind::Cancelled);
/// # }
/// ```
///
/// # Panics
/// Polled again after it has given its output.
pub struct Handle<W: Workflow> {
    state: Arc<W::State>,
    signals: W::Signals,
    cancel: Arc<CancelSignal>,
    task: JoinHandle<Result<W::Output, Failure>>,
}

impl<W: Workflow> Handle<W> {
    pub(crate) fn new(
        state: Arc<W::State>,
        signals: W::Signals,
        cancel: Arc<CancelSignal>,
        task: JoinHandle<Result<W::Output, Failure>>,
    ) -> Self {
        Self { state, signals, cancel, task }
    }

    /// Returns the state of each stage so far. Reading costs a short lock a stage and clones no output.
    #[must_use]
    pub fn state(&self) -> &W::State {
        &self.state
    }

    /// Delivers a signal. It is kept until a wait asks for it; each goes to one wait, in order of arrival.
    ///
    /// # Errors
    /// [`SignalError::Closed`] once nothing can take it any more; [`SignalError::Refused`] where its `#[accept]` does
    /// not hold, [`SignalError::Panicked`] where that panics: the run is none the wiser, and waits on.
    pub fn signal(&self, signal: W::Signal) -> Result<(), SignalError> {
        if self.is_finished() {
            return Err(SignalError::Closed);
        }
        // A panic is the condition's: no wait has taken the signal.
        let delivered = catch_unwind(AssertUnwindSafe(|| W::deliver(&self.signals, signal)));
        delivered.unwrap_or_else(|payload| {
            discard(payload);
            Err(SignalError::Panicked)
        })
    }

    /// Stops the run: running stages are dropped at their next await, and the handle gives a [`Failure`] of kind
    /// [`FailureKind::Cancelled`], unless the run has ended before. It returns at once.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Returns whether the run has ended: awaiting the handle gives its output at once.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }
}

impl<W: Workflow> Future for Handle<W> {
    type Output = Result<W::Output, Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.task).poll(context).map(|ended| {
            ended.unwrap_or_else(|error| {
                let (kind, source) = match error.try_into_panic() {
                    // The panic of a destructor: all other panics are failures of the run.
                    Ok(payload) => (FailureKind::Panic, Panicked::of(payload).into()),
                    // The runtime was shut down.
                    Err(cancelled) => (FailureKind::Cancelled, cancelled.into()),
                };
                Err(Failure::new(W::GRAPH.name, None, kind, Some(source)))
            })
        })
    }
}

impl<W: Workflow> fmt::Debug for Handle<W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Handle").field("workflow", &W::GRAPH.name).finish_non_exhaustive()
    }
}
