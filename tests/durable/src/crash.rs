//! A store that crashes: from one of its commits on, nothing comes back from it.

use crate::over::{
    Batch, Due, Instance, InstanceKey, InstanceStatus, Loaded, MemoryStore, NewInstance, NewSignal, Session, Store,
    StoreFuture, Timestamp, store_over_memory,
};
use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
};
use tokio::sync::Notify;

/// Where a [`CrashingStore`] crashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// Never.
    Never,
    /// The commit with this number, from 0, is not on disk.
    Before(u64),
    /// The commit with this number is on disk, but its caller gets no answer.
    After(u64),
}

/// A store in memory that crashes at one of its commits.
#[derive(Clone)]
pub struct CrashingStore {
    inner: MemoryStore,
    crash: Crash,
    commits: Arc<AtomicU64>,
    crashed: Arc<(AtomicBool, Notify)>,
}

impl CrashingStore {
    /// On what `inner` holds.
    #[must_use]
    pub fn new(inner: MemoryStore, crash: Crash) -> Self {
        Self { inner, crash, commits: Arc::default(), crashed: Arc::default() }
    }

    /// How many commits there were.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.commits.load(SeqCst)
    }

    /// Ends when it has crashed.
    pub async fn crashed(&self) {
        loop {
            let crashed = self.crashed.1.notified();
            if self.crashed.0.load(SeqCst) {
                return;
            }
            crashed.await;
        }
    }

    fn commit_of<T: Send + 'static>(&self, commit: impl FnOnce(&MemoryStore) -> StoreFuture<T>) -> StoreFuture<T> {
        if self.crashed.0.load(SeqCst) {
            return Box::pin(pending());
        }
        let number = self.commits.fetch_add(1, SeqCst);
        let (crashes, applied) = match self.crash {
            Crash::Never => (false, true),
            Crash::Before(at) => (at == number, at != number),
            Crash::After(at) => (at == number, true),
        };
        let done = applied.then(|| commit(&self.inner));
        if crashes {
            self.crashed.0.store(true, SeqCst);
            self.crashed.1.notify_waiters();
            return Box::pin(pending());
        }
        match done {
            Some(done) => done,
            None => Box::pin(pending()),
        }
    }
}

store_over_memory!(CrashingStore, commit_of);
