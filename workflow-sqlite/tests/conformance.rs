//! The store in one file, and what every store has to do.

use std::{fs, io};
use tempfile::TempDir;
use workflow_sqlite::SqliteStore;
use workflow_store::{StoreError, conformance};

struct Folder(TempDir);

impl conformance::Location for Folder {
    type Store = SqliteStore;

    async fn open(&self) -> Result<SqliteStore, StoreError> {
        SqliteStore::open(self.0.path().join("store.db"))
    }

    /// Copies what lies on the disk now.
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
async fn sqlite_store_conforms() {
    conformance::all(|| Folder(TempDir::new().expect("a folder"))).await;
}
