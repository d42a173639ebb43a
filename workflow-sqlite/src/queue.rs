//! The queue between the callers and the threads of a store.

use crate::sync::lock;
use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

/// A queue that callers fill and threads empty. A closed queue takes nothing more in, and still
/// gives out its items.
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
}

struct State<T> {
    items: VecDeque<T>,
    /// The number of threads that wait. Waking none of them would still cost a system call.
    idle: usize,
    is_closed: bool,
}

impl<T> Queue<T> {
    pub(crate) fn new() -> Self {
        let state = State { items: VecDeque::new(), idle: 0, is_closed: false };
        Self { state: Mutex::new(state), filled: Condvar::new() }
    }

    /// Appends an item, and wakes a thread.
    ///
    /// # Errors
    /// The item, if the queue is closed.
    pub(crate) fn push(&self, item: T) -> Result<(), T> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(item);
        }
        state.items.push_back(item);
        let wake = state.idle > 0;
        drop(state);
        if wake {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Waits for an item, and takes at most `limit` items. Returns none if the queue is closed and
    /// empty.
    pub(crate) fn take_up_to(&self, limit: usize) -> Vec<T> {
        let mut state = self.wait_for_item();
        let count = state.items.len().min(limit);
        state.items.drain(..count).collect()
    }

    /// Closes the queue, and wakes all threads.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.filled.notify_all();
    }

    /// Closes the queue, and drops all items in it. Their reply channels close, so the callers
    /// receive an error.
    pub(crate) fn abandon(&self) {
        self.close();
        let abandoned = std::mem::take(&mut self.lock().items);
        drop(abandoned);
    }

    fn wait_for_item(&self) -> MutexGuard<'_, State<T>> {
        let mut state = self.lock();
        state.idle += 1;
        let is_idle = |state: &mut State<T>| state.items.is_empty() && !state.is_closed;
        let mut state = self.filled.wait_while(state, is_idle).unwrap_or_else(PoisonError::into_inner);
        state.idle -= 1;
        state
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        lock(&self.state)
    }
}
