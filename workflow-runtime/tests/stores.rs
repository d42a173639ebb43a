//! The stores that come with this crate, and what every store has to do.
#![cfg(feature = "durable")]

use workflow_runtime::store::{MemoryStore, StoreError, conformance};

struct Memory(MemoryStore);

impl conformance::Place for Memory {
    type Store = MemoryStore;

    async fn open(&self) -> Result<MemoryStore, StoreError> {
        Ok(self.0.clone())
    }

    async fn crash(self, store: MemoryStore) -> Self {
        Self(store.snapshot())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory() {
    conformance::all(|| Memory(MemoryStore::new())).await;
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use std::{fs, io};
    use tempfile::TempDir;
    use workflow_runtime::store::{SqliteStore, StoreError, conformance};

    struct Folder(TempDir);

    impl conformance::Place for Folder {
        type Store = SqliteStore;

        async fn open(&self) -> Result<SqliteStore, StoreError> {
            SqliteStore::open(self.0.path().join("store.db"))
        }

        /// What lies on the disk now.
        async fn crash(self, store: SqliteStore) -> Self {
            let left = TempDir::new().expect("a folder");
            for file in ["store.db", "store.db-wal", "store.db-lock"] {
                match fs::copy(self.0.path().join(file), left.path().join(file)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => panic!("{error}"),
                    _ => {}
                }
            }
            drop(store);
            Self(left)
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn conforms() {
        conformance::all(|| Folder(TempDir::new().expect("a folder"))).await;
    }
}
