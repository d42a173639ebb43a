//! A store that does not do what it is asked, for a time.

use std::sync::{Arc, Mutex, PoisonError};
use workflow_runtime::store::{
    Batch, Due, Instance, InstanceKey, Loaded, MemoryStore, NewInstance, NewSignal, Status, Store, StoreError,
    StoreErrorKind, Storing, Timestamp,
};

/// A store in memory whose writes can be made to fail.
#[derive(Clone, Default)]
pub struct FailingStore {
    inner: MemoryStore,
    fails: Arc<Mutex<Option<StoreErrorKind>>>,
}

impl FailingStore {
    /// From now on writes fail like that; with none, they do what they should.
    pub fn fail(&self, kind: Option<StoreErrorKind>) {
        *self.fails.lock().unwrap_or_else(PoisonError::into_inner) = kind;
    }

    fn written<T: Send + 'static>(&self, write: impl FnOnce(&MemoryStore) -> Storing<T>) -> Storing<T> {
        match *self.fails.lock().unwrap_or_else(PoisonError::into_inner) {
            None => write(&self.inner),
            Some(kind) => Box::pin(async move { Err(StoreError::new(kind, format!("it is {kind:?}"))) }),
        }
    }
}

impl Store for FailingStore {
    fn begin(&self) -> Storing<u64> {
        self.inner.begin()
    }

    fn create(&self, instance: NewInstance) -> Storing<InstanceKey> {
        self.written(|store| store.create(instance))
    }

    fn commit(&self, batch: Batch) -> Storing<()> {
        self.written(|store| store.commit(batch))
    }

    fn signal(&self, instance: InstanceKey, signal: NewSignal) -> Storing<Option<i64>> {
        self.written(|store| store.signal(instance, signal))
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
