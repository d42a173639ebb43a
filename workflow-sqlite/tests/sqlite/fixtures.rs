//! Helpers of the tests.

use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;
use workflow_sqlite::SqliteStore;
use workflow_store::{
    Batch, Change, InstanceKey, InstanceStatus, NewInstance, NewSignal, Record, Store, StoreError, StoreErrorKind,
    Timestamp,
};

/// A folder with a store in it.
pub(crate) struct Folder(pub(crate) TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("payments.db")
    }

    pub(crate) fn beside(&self, suffix: &str) -> PathBuf {
        self.0.path().join(format!("payments.db{suffix}"))
    }

    pub(crate) fn open(&self) -> Result<SqliteStore, StoreError> {
        SqliteStore::open(self.path())
    }

    /// Copies all files to a new folder, as a crash would leave them if no request is pending.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new();
        for suffix in ["", "-wal", "-lock"] {
            if fs::exists(self.beside(suffix)).expect("can be seen") {
                fs::copy(self.beside(suffix), copy.beside(suffix)).expect("can be copied");
            }
        }
        copy
    }

    /// Copies the file of the store to a new folder, without the files beside it.
    pub(crate) fn copy_of_the_file(&self) -> Self {
        let copy = Self::new();
        fs::copy(self.path(), copy.path()).expect("can be copied");
        copy
    }

    /// Returns the error with which opening the store fails. Asserts that the error names the path.
    pub(crate) fn open_error(&self) -> StoreError {
        let error = self.open().expect_err("it can't be opened");
        let path = fs::canonicalize(self.0.path()).expect("the folder is there").join("payments.db");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        error
    }

    /// Asserts that opening the store fails with this error, in whose text `PATH` stands for the
    /// path.
    #[track_caller]
    pub(crate) fn assert_refused(&self, kind: StoreErrorKind, text: &str) {
        let error = self.open_error();
        assert_eq!((error.kind(), self.text_of(&error).as_str()), (kind, text));
    }

    /// Returns the text of an error, with `PATH` for the path of the store.
    pub(crate) fn text_of(&self, error: &StoreError) -> String {
        let folder = fs::canonicalize(self.0.path()).expect("the folder is there");
        error.to_string().replace(&folder.join("payments.db").display().to_string(), "PATH")
    }
}

pub(crate) fn new_instance(id: &str) -> NewInstance {
    NewInstance {
        id: id.to_owned(),
        workflow: "Payment".to_owned(),
        version: 1,
        input: format!("the input of {id}").into_bytes(),
        created_at: Timestamp::from_millis(1_700_000_000_000),
    }
}

pub(crate) async fn create(store: &SqliteStore, id: &str) -> InstanceKey {
    store.create(new_instance(id)).await.expect("is made")
}

pub(crate) fn put(path: &str, order: u64, payload: Vec<u8>) -> Change {
    Change::Put { path: path.into(), record: Record { order, kind: 1, payload } }
}

pub(crate) fn batch(instance: InstanceKey, changes: impl IntoIterator<Item = Change>) -> Batch {
    Batch { instance, changes: changes.into_iter().collect() }
}

pub(crate) async fn commit(store: &SqliteStore, instance: InstanceKey, changes: impl IntoIterator<Item = Change>) {
    store.commit(batch(instance, changes)).await.expect("is committed");
}

/// Returns a closed store with some of everything.
pub(crate) async fn closed_store() -> Folder {
    let folder = Folder::new();
    let store = folder.open().expect("opens");
    for number in 0..12_u64 {
        let key = create(&store, &format!("order-{number}")).await;
        for stage in 0..number % 5 {
            commit(&store, key, [put(&format!("stage-{stage}/made"), stage, vec![b'x'; 150])]).await;
        }
        let wake_at = Some(Timestamp::from_millis(1000 + number));
        let status = InstanceStatus::ALL[usize::try_from(number).expect("small") % 5];
        let outcome = status.has_ended().then(|| format!("the outcome of {number}").into_bytes());
        commit(&store, key, [Change::Status { status, wake_at, outcome }]).await;
        if number % 2 == 0 {
            let signal = NewSignal {
                name: "approval".to_owned(),
                payload: b"granted".to_vec(),
                once: Some(format!("mail-{number}")),
            };
            store.signal(key, signal).await.expect("is kept");
        }
    }
    let large = create(&store, "large").await;
    commit(&store, large, [put("large", 1, (0..=255).cycle().take(20_000).collect()), put("small", 2, vec![1])]).await;
    let gone = create(&store, "gone").await;
    commit(&store, gone, [put("gone", 1, vec![b'y'; 20_000])]).await;
    commit(&store, gone, [Change::Delete]).await;
    store.close().await.expect("closes");
    folder
}

/// Copies the store to a new folder, and changes one of the files there.
pub(crate) fn copy_with_change(folder: &Folder, suffix: &str, change: impl FnOnce(&mut Vec<u8>)) -> Folder {
    let copy = folder.copy();
    edit(&copy.beside(suffix), change);
    copy
}

pub(crate) fn edit(file: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(file).expect("can be read");
    change(&mut bytes);
    fs::write(file, bytes).expect("can be written");
}
