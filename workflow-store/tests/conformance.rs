//! The store in memory, and what every store has to do.
#![cfg(feature = "conformance")]

use workflow_store::{MemoryStore, StoreError, conformance};

struct Memory(MemoryStore);

impl conformance::Location for Memory {
    type Store = MemoryStore;

    async fn open(&self) -> Result<MemoryStore, StoreError> {
        Ok(self.0.clone())
    }

    async fn crash(self, store: MemoryStore) -> Self {
        Self(store.snapshot())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_store_conforms() {
    conformance::all(|| Memory(MemoryStore::new())).await;
}
