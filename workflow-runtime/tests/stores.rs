//! The stores under the paths of this crate: each is a store, and the conformance suite takes it. That they conform is tested
//! in the crates that they come from.
#![cfg(feature = "durable")]

use workflow_runtime::store::{MemoryStore, StoreError, conformance};

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
async fn the_suite_takes_a_store() {
    conformance::case(conformance::CASES[0], Memory(MemoryStore::new())).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn sqlite_opens() {
    use workflow_runtime::store::{SqliteOptions, SqliteStore, Store};

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let store: SqliteStore = SqliteOptions::new().open(&path).expect("opens");
    store.close().await.expect("closes");
    SqliteStore::open(&path).expect("opens again");
}
