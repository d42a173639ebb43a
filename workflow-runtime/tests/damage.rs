//! An engine on a store with a damaged instance reports it, and the other instances go on.
#![cfg(feature = "sqlite")]

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};
use tempfile::TempDir;
use workflow_runtime::{
    engine::{Engine, EngineError},
    store::{InstanceStatus, SqliteStore, Store, StoreError, StoreErrorKind},
    workflow,
};

workflow! {
    /// Pays, and reports it on the next day.
    #[durable]
    workflow Payment(order: String) -> String {
        stage paid: String = format!("paid for {order}");
        #[after(paid)]
        stage rest = sleep(1d);
        #[after(rest)]
        stage reported: String = format!("reported: {paid}");
        reported
    }
}

const ORDERS: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];

/// A folder with a store in it.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("payments.db")
    }

    fn open(&self) -> Result<SqliteStore, StoreError> {
        SqliteStore::open(self.path())
    }
}

fn edit(file: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(file).expect("can be read");
    change(&mut bytes);
    fs::write(file, bytes).expect("can be written");
}

/// Returns a store in which all instances wait for the next day.
async fn waiting() -> Folder {
    let folder = Folder::new();
    let engine = Engine::builder()
        .store(folder.open().expect("opens"))
        .workflow(Payment::new())
        .starting_at(SystemTime::UNIX_EPOCH)
        .start()
        .await
        .expect("starts");
    for order in ORDERS {
        engine.start::<Payment>(order, format!("the {order} order")).await.expect("starts");
    }
    // Not with paused time, which would run ahead while the disk is at work.
    while engine.resident_instances() > 0 {
        tokio::task::yield_now().await;
    }
    engine.shutdown().await.expect("shuts down");
    folder
}

/// Returns the position of a text that occurs once in the file.
fn position(folder: &Folder, text: &str) -> usize {
    let bytes = fs::read(folder.path()).expect("can be read");
    let found: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(text.as_bytes())).collect();
    assert_eq!(found.len(), 1, "'{text}' is in the file once");
    found[0]
}

/// Asserts that on the next day all instances end but the damaged one, which has this error.
async fn all_but_one_go_on(folder: &Folder, damaged: &str, text: &str) {
    let store = folder.open().expect("opens");
    let engine = Engine::builder()
        .store(store.clone())
        .workflow(Payment::new())
        .starting_at(SystemTime::UNIX_EPOCH + std::time::Duration::from_hours(25))
        .start()
        .await
        .expect("starts");
    for order in ORDERS.into_iter().filter(|&order| order != damaged) {
        let run = engine.find::<Payment>(order).await.expect("is found");
        assert_eq!(run.result().await.expect("ends"), format!("reported: paid for the {order} order"));
    }
    let key = store.list(None, 10, &[InstanceStatus::Running, InstanceStatus::Waiting, InstanceStatus::Parked]).await;
    let error = match key {
        Ok(left) => store.load(left[0].key).await.expect_err("it is damaged"),
        Err(error) => error,
    };
    assert_eq!((error.kind(), error.to_string().as_str()), (StoreErrorKind::Damaged, text));
    match engine.find::<Payment>(damaged).await {
        Err(EngineError::Store(error)) => assert_eq!(error.to_string(), text),
        Err(error) => panic!("{error}"),
        Ok(run) => {
            let error = run.state().await.expect_err("it is damaged");
            assert_eq!(error.to_string(), format!("the store failed: {text}"));
        }
    }
    engine.shutdown().await.expect("shuts down");
}

#[tokio::test]
async fn a_damaged_record() {
    let folder = waiting().await;
    let at = position(&folder, "paid for the third order");
    edit(&folder.path(), |bytes| bytes[at] ^= 1);
    all_but_one_go_on(
        &folder,
        "third",
        "the instance 'third' (key 3) is damaged: its record 'paid' does not match the checksum",
    )
    .await;
}

#[tokio::test]
async fn a_damaged_instance() {
    for damaged in ["first", "third", "fifth"] {
        let folder = waiting().await;
        // A byte of the input, which no record contains.
        let at = position(&folder, &format!("\"the {damaged} order\""));
        edit(&folder.path(), |bytes| bytes[at + 2] ^= 1);
        let key = 1 + ORDERS.iter().position(|&order| order == damaged).expect("is one of them");
        let text = format!(
            "the instance '{damaged}' (key {key}) is damaged: its input, id or workflow does not match the checksum"
        );
        all_but_one_go_on(&folder, damaged, &text).await;
    }
}
