//! A future that a task of its own polls, for a run that may leave memory. A task that is about to act, or has an end
//! to hand over, keeps the instance in memory.

use crate::{
    journal::{log::Journal, residency::ResidencyGuard},
    sync::lock,
};
use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Wake, Waker},
};

pin_project_lite::pin_project! {
    /// A part of a run that a task polls. The instance stays in memory from each wake of the task until the poll that
    /// follows, and from its end until its run has taken what it gives.
    pub(crate) struct TaskPart<F> {
        journal: Option<Arc<Journal>>,
        // Held until the first poll.
        unpolled: Option<ResidencyGuard>,
        woken: Option<OverWaker>,
        #[pin]
        run: F,
    }
}

/// Returns `run` for a task of a run with that journal, if it has one.
pub(crate) fn task_part<F>(journal: Option<&Arc<Journal>>, run: F) -> TaskPart<F> {
    TaskPart { journal: journal.cloned(), unpolled: journal.map(Journal::busy), woken: None, run }
}

impl<F: Future> Future for TaskPart<F> {
    /// Output of the part, with a guard that keeps the instance in memory until it is dropped.
    type Output = (F::Output, Option<ResidencyGuard>);
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(journal) = this.journal else { return this.run.poll(context).map(|given| (given, None)) };
        let woken = match this.woken {
            Some(woken) if woken.0.inner.will_wake(context.waker()) => woken,
            _ => this.woken.insert(OverWaker::new(journal, context.waker())),
        };
        let busy = this.unpolled.take().or_else(|| woken.0.take()).unwrap_or_else(|| journal.busy());
        let waker = Waker::from(Arc::clone(&woken.0));
        match this.run.poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(given) => Poll::Ready((given, Some(busy))),
            Poll::Pending => {
                busy.ends();
                Poll::Pending
            }
        }
    }
}

/// The waker of a task's polls.
struct TaskWaker {
    journal: Arc<Journal>,
    inner: Waker,
    state: Mutex<State>,
}

/// The state of a task, as its waker knows it.
enum State {
    Waits,
    Woken(ResidencyGuard),
    /// The task polls with another waker, or no more.
    Over,
}

impl TaskWaker {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Takes what keeps the instance in memory since the task was woken.
    fn take(&self) -> Option<ResidencyGuard> {
        let mut state = self.state();
        match std::mem::replace(&mut *state, State::Waits) {
            State::Woken(busy) => Some(busy),
            State::Waits | State::Over => None,
        }
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        {
            let mut state = self.state();
            if matches!(*state, State::Waits) {
                *state = State::Woken(self.journal.busy());
            }
        }
        self.inner.wake_by_ref();
    }
}

/// A waker that is over when it is dropped, though others still hold it.
struct OverWaker(Arc<TaskWaker>);

impl OverWaker {
    fn new(journal: &Arc<Journal>, inner: &Waker) -> Self {
        Self(Arc::new(TaskWaker {
            journal: Arc::clone(journal),
            inner: inner.clone(),
            state: Mutex::new(State::Waits),
        }))
    }
}

impl Drop for OverWaker {
    fn drop(&mut self) {
        let before = std::mem::replace(&mut *self.0.state(), State::Over);
        if let State::Woken(busy) = before {
            busy.ends();
        }
    }
}
