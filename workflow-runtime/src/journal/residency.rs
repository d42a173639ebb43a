//! Reasons for which an instance stays in memory; waiting for timers, for which it need not stay.

use super::log::{DUE, Journal};
use crate::future::{boxed::BoxFuture, timeout::until};
use std::{
    future::Future,
    sync::{Arc, atomic::Ordering::Relaxed},
};
use tokio::time::Instant;
use workflow_store::Timestamp;

/// Keeps the instance in memory.
pub(crate) struct ResidencyGuard(Arc<Journal>);

impl ResidencyGuard {
    /// Returns a future that waits until the instance has restored its records, if it restores them now.
    pub(crate) fn until_restored(&self) -> Option<BoxFuture<'static, ()>> {
        let journal = Arc::clone(&self.0);
        journal.is_restoring().then(|| Box::pin(async move { journal.await_turn(DUE).await }) as _)
    }

    /// Ends it. Where nothing else keeps the instance in memory, the driver looks at what it waits for now.
    pub(crate) fn ends(self) {
        let journal = Arc::clone(&self.0);
        drop(self);
        if journal.busy.load(Relaxed) == 0 {
            journal.lock().wake_driver();
        }
    }
}

impl Drop for ResidencyGuard {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Relaxed);
    }
}

/// A wait for a signal.
pub(crate) struct Listening(Arc<Journal>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.lock().listening -= 1;
    }
}

struct TimerWait<'a> {
    journal: &'a Journal,
    key: (Timestamp, u64),
}

impl Drop for TimerWait<'_> {
    fn drop(&mut self) {
        self.journal.lock().timers.remove(&self.key);
    }
}

impl Journal {
    /// Waits until `at`; while it does, the instance need not be in memory.
    pub(crate) async fn wait_until(&self, at: Timestamp) {
        // Timers fire only when every record is restored.
        self.await_turn(DUE).await;
        if at <= self.now() {
            return;
        }
        let _waiting = {
            let mut content = self.lock();
            content.next_timer += 1;
            let key = (at, content.next_timer);
            content.timers.insert(key, ());
            TimerWait { journal: self, key }
        };
        self.clock.until(at.into()).await;
    }

    /// Waits until `at` by tokio's clock.
    pub(crate) async fn wait_until_instant(&self, at: Instant) {
        let left = at.saturating_duration_since(Instant::now());
        self.wait_until(self.now().after(left)).await;
    }

    /// Runs until `at`, and not before every record is restored.
    pub(crate) fn by<T>(&self, at: Timestamp, run: impl Future<Output = T>) -> impl Future<Output = Option<T>> {
        until(self.wait_until(at), run)
    }

    pub(crate) fn instant(&self, at: Timestamp) -> Instant {
        self.clock.instant(at.into())
    }

    /// Marks a wait for a signal, for as long as what it gives lives.
    pub(crate) fn listening(self: &Arc<Self>) -> Listening {
        self.lock().listening += 1;
        Listening(Arc::clone(self))
    }

    /// Marks user code as running, or a time that only this process knows, for as long as the guard lives.
    pub(crate) fn busy(self: &Arc<Self>) -> ResidencyGuard {
        self.busy.fetch_add(1, Relaxed);
        ResidencyGuard(Arc::clone(self))
    }

    /// Returns when the first timer is due, if the instance only waits.
    #[allow(clippy::option_option, reason = "whether it only waits, and until when")]
    pub(crate) fn idle_until(&self) -> Option<Option<Timestamp>> {
        let content = self.lock();
        let waits = !content.timers.is_empty() || content.listening > 0;
        if content.restoring || !waits || self.busy.load(Relaxed) > 0 || !content.outbox.is_idle() {
            return None;
        }
        Some(content.timers.first_key_value().map(|(&(at, _), ())| at))
    }
}
