//! The root of a run's machine: its span, its panics, and the value of a `return`.

use super::{nested, state::RunState};
use crate::{failure::exit::Exit, sync::lock};
use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

/// The slot for the value of a `return` inside the workflow.
pub struct ReturnSlot<T>(Arc<Mutex<Option<T>>>);

impl<T> Clone for ReturnSlot<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for ReturnSlot<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> ReturnSlot<T> {
    /// Creates an empty slot.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Shares the slot with a task of its own. Takes a reference to a reference, too.
    #[must_use]
    pub fn share(this: &Self) -> Self {
        this.clone()
    }

    /// Keeps the first returned value.
    pub fn set(&self, value: T) -> Exit {
        lock(&self.0).get_or_insert(value);
        Exit::Returned
    }

    /// Returns the workflow's output: the value of its tail, or the returned one.
    ///
    /// # Errors
    /// The failure of its body.
    pub fn or(&self, ended: Result<T, Exit>) -> Result<T, Exit> {
        match ended {
            Err(Exit::Returned) => {
                // What is cut by that is not undone.
                nested::forget();
                lock(&self.0).take().ok_or(Exit::Returned)
            }
            other => other,
        }
    }
}

pin_project_lite::pin_project! {
    /// A machine whose panics are failures, in its span.
    pub(crate) struct RootFuture<'a, F> {
        core: &'a RunState,
        #[pin]
        machine: Option<F>,
    }
    impl<F> PinnedDrop for RootFuture<'_, F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            nested::dropped(this.core, || this.machine.set(None));
        }
    }
}

impl<T, F: Future<Output = Result<T, Exit>>> Future for RootFuture<'_, F> {
    type Output = Result<T, Exit>;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(machine) = this.machine.as_mut().as_pin_mut() else { unreachable!("it is there until it is dropped") };
        let span = this.core.span();
        let _entered = span.map(tracing::Span::enter);
        nested::polled(this.core, || this.core.catch(|| machine.poll(context)))
    }
}

#[inline]
pub(crate) fn root<F>(core: &RunState, machine: F) -> RootFuture<'_, F> {
    RootFuture { core, machine: Some(machine) }
}
