//! Values whose leaks are detected.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};
use tokio::task::yield_now;

/// How many guards there are now, and how many there have been.
#[derive(Clone, Default)]
pub struct Live(Arc<(AtomicUsize, AtomicUsize)>);

/// One thing that must not leak. Not `Clone`.
pub struct Guard(pub Live, pub u32);

impl Live {
    /// One more.
    #[must_use]
    pub fn guard(&self, number: u32) -> Guard {
        self.0.0.fetch_add(1, SeqCst);
        self.0.1.fetch_add(1, SeqCst);
        Guard(self.clone(), number)
    }

    /// Returns the number of guards that exist.
    #[must_use]
    pub fn now(&self) -> usize {
        self.0.0.load(SeqCst)
    }

    /// Returns the number of guards ever created.
    #[must_use]
    pub fn ever(&self) -> usize {
        self.0.1.load(SeqCst)
    }

    /// Ends when all are gone: what runs elsewhere ends at its next await.
    pub async fn gone(&self) {
        while self.now() > 0 {
            yield_now().await;
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.0.fetch_sub(1, SeqCst);
    }
}

/// Holds a guard for as long as it runs.
pub async fn hold(live: &Live, polls: u32, number: u32) -> u32 {
    let _guard = live.guard(number);
    for _ in 0..polls {
        yield_now().await;
    }
    number
}
