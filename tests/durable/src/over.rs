//! Stores that are a store in memory but for their writes.

/// Makes a store of a type with the field `inner`, a `MemoryStore`: `$write` is handed what is to be written there.
macro_rules! store_over_memory {
    ($Store:ty, $write:ident) => {
        impl Store for $Store {
            fn begin(&self) -> StoreFuture<Session> {
                self.inner.begin()
            }

            fn create(&self, instance: NewInstance) -> StoreFuture<InstanceKey> {
                self.$write(|store| store.create(instance))
            }

            fn commit(&self, batch: Batch) -> StoreFuture<()> {
                self.$write(|store| store.commit(batch))
            }

            fn signal(&self, instance: InstanceKey, signal: NewSignal) -> StoreFuture<Option<i64>> {
                self.$write(|store| store.signal(instance, signal))
            }

            fn find(&self, id: &str) -> StoreFuture<Option<Instance>> {
                self.inner.find(id)
            }

            fn load(&self, key: InstanceKey) -> StoreFuture<Loaded> {
                self.inner.load(key)
            }

            fn list(
                &self,
                after: Option<InstanceKey>,
                limit: usize,
                statuses: &[InstanceStatus],
            ) -> StoreFuture<Vec<Instance>> {
                self.inner.list(after, limit, statuses)
            }

            fn running(&self, after: Option<InstanceKey>, limit: usize) -> StoreFuture<Vec<Loaded>> {
                self.inner.running(after, limit)
            }

            fn due(&self, now: Timestamp, limit: usize) -> StoreFuture<Due> {
                self.inner.due(now, limit)
            }

            fn close(&self) -> StoreFuture<()> {
                self.inner.close()
            }
        }
    };
}
pub(crate) use store_over_memory;

pub(crate) use workflow_runtime::store::{
    Batch, Due, Instance, InstanceKey, InstanceStatus, Loaded, MemoryStore, NewInstance, NewSignal, Session, Store,
    StoreFuture, Timestamp,
};
