//! A store that takes its time, as a disk does.

use std::time::Duration;
use workflow_runtime::store::{
    Batch, Due, Instance, InstanceKey, Loaded, MemoryStore, NewInstance, NewSignal, Status, Store, Storing, Timestamp,
};

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

    fn later<T: Send + 'static>(&self, done: Storing<T>) -> Storing<T> {
        let takes = self.takes;
        Box::pin(async move {
            tokio::time::sleep(takes).await;
            done.await
        })
    }
}

impl Store for SlowStore {
    fn begin(&self) -> Storing<u64> {
        self.later(self.inner.begin())
    }

    fn create(&self, instance: NewInstance) -> Storing<InstanceKey> {
        self.later(self.inner.create(instance))
    }

    fn commit(&self, batch: Batch) -> Storing<()> {
        self.later(self.inner.commit(batch))
    }

    fn signal(&self, instance: InstanceKey, signal: NewSignal) -> Storing<Option<i64>> {
        self.later(self.inner.signal(instance, signal))
    }

    fn find(&self, id: &str) -> Storing<Option<Instance>> {
        self.inner.find(id)
    }

    fn load(&self, key: InstanceKey) -> Storing<Loaded> {
        self.inner.load(key)
    }

    fn list(&self, after: Option<InstanceKey>, limit: usize, statuses: &[Status]) -> Storing<Vec<Instance>> {
        self.inner.list(after, limit, statuses)
    }

    fn running(&self, after: Option<InstanceKey>, limit: usize) -> Storing<Vec<Loaded>> {
        self.inner.running(after, limit)
    }

    fn due(&self, now: Timestamp, limit: usize) -> Storing<Due> {
        self.inner.due(now, limit)
    }

    fn close(&self) -> Storing<()> {
        self.inner.close()
    }
}
