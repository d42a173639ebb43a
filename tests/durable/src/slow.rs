//! A store that takes its time, as a disk does.

use crate::over::{
    Batch, Due, Instance, InstanceKey, InstanceStatus, Loaded, MemoryStore, NewInstance, NewSignal, Session, Store,
    StoreFuture, Timestamp, store_over_memory,
};
use std::time::Duration;

/// A store in memory whose writes take some time to be told of.
#[derive(Clone)]
pub struct SlowStore {
    inner: MemoryStore,
    takes: Duration,
}

impl SlowStore {
    /// On what `inner` holds.
    #[must_use]
    pub fn new(inner: MemoryStore, takes: Duration) -> Self {
        Self { inner, takes }
    }

    fn later<T: Send + 'static>(&self, write: impl FnOnce(&MemoryStore) -> StoreFuture<T>) -> StoreFuture<T> {
        let (done, takes) = (write(&self.inner), self.takes);
        Box::pin(async move {
            tokio::time::sleep(takes).await;
            done.await
        })
    }
}

store_over_memory!(SlowStore, later);
