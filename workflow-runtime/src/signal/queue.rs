//! The queue of one signal: values that have arrived and are not taken yet.

use super::error::SignalError;
use crate::{future::wake_list::WakeList, sync::lock};
use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::Poll,
};

/// A signal that has arrived.
struct Signal<T> {
    /// Number of the signal in the store.
    number: i64,
    /// Place among the signals of all names.
    arrival: u64,
    value: T,
}

/// Arrivals are counted by one clock for the whole process: only their order is ever looked at.
static ARRIVALS: AtomicU64 = AtomicU64::new(1);

/// The signals of one name, in order of arrival, until a wait takes them.
pub struct SignalQueue<T> {
    shared: Mutex<Queue<T>>,
}

impl<T> SignalQueue<T> {
    fn lock(&self) -> MutexGuard<'_, Queue<T>> {
        lock(&self.shared)
    }

    /// Delivers a value from outside.
    ///
    /// # Errors
    /// Nothing can take it any more.
    pub fn deliver(&self, value: T) -> Result<(), SignalError> {
        self.deliver_stored(0, value)
    }

    /// Delivers a signal that the store holds under a number.
    ///
    /// # Errors
    /// Nothing can take it any more.
    pub fn deliver_stored(&self, number: i64, value: T) -> Result<(), SignalError> {
        let mut queue = self.lock();
        if queue.closed {
            return Err(SignalError::Closed);
        }
        queue.arrived.push_back(Signal { number, arrival: ARRIVALS.fetch_add(1, Relaxed), value });
        let waiting = queue.waiting.take();
        drop(queue);
        waiting.wake();
        Ok(())
    }

    /// Closes the queue: no wait takes a value any more.
    pub fn close(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        let left = std::mem::take(&mut queue.arrived);
        drop(queue);
        drop(left);
    }

    /// Records that one of the signal's `consumers` has ended. When all have, later deliveries fail with `Closed`.
    pub fn consumer_done(&self, consumers: u32) {
        let ended = {
            let mut queue = self.lock();
            queue.ended += 1;
            queue.ended
        };
        if ended == consumers {
            self.close();
        }
    }

    /// Returns when the next value arrived, among the values of all queues.
    pub(crate) fn next_arrival(&self) -> Option<u64> {
        self.lock().arrived.front().map(|signal| signal.arrival)
    }

    /// Takes the next value, with its number.
    pub(crate) async fn take(&self) -> (i64, T) {
        poll_fn(|context| {
            let mut queue = self.lock();
            if let Some(Signal { number, value, .. }) = queue.arrived.pop_front() {
                return Poll::Ready((number, value));
            }
            queue.waiting.register(context);
            Poll::Pending
        })
        .await
    }
}

impl<T> Default for SignalQueue<T> {
    fn default() -> Self {
        Self {
            shared: Mutex::new(Queue { arrived: VecDeque::new(), waiting: WakeList::new(), closed: false, ended: 0 }),
        }
    }
}

struct Queue<T> {
    arrived: VecDeque<Signal<T>>,
    waiting: WakeList,
    closed: bool,
    /// Number of consumers that have ended.
    ended: u32,
}
