//! Where instances wait until all may go on.

use std::{
    future::poll_fn,
    sync::{Mutex, PoisonError},
    task::{Poll, Waker},
};

/// A gate that is closed at first. One allocation for all waiting instances, so that the allocations of the workflows
/// show.
#[derive(Default)]
pub struct Gate(Mutex<(bool, Vec<Waker>)>);

impl Gate {
    /// Creates a gate with room for `count` waiting instances.
    #[must_use]
    pub fn for_instances(count: usize) -> Self {
        Self(Mutex::new((false, Vec::with_capacity(count))))
    }

    /// Gives its argument once the gate is open.
    pub async fn wait(&self, before: &u64) -> u64 {
        poll_fn(|context| {
            let mut gate = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if gate.0 {
                return Poll::Ready(*before);
            }
            gate.1.push(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// How many wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.len()
    }

    /// Lets all go on.
    pub fn open(&self) {
        let waiting = {
            let mut gate = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            gate.0 = true;
            std::mem::take(&mut gate.1)
        };
        waiting.into_iter().for_each(Waker::wake);
    }
}
