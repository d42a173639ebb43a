//! Stores that another process has.

use crate::{fixtures::Folder, process};
use std::io::{BufRead, BufReader, Read};
use workflow_sqlite::SqliteStore;
use workflow_store::{Store, StoreErrorKind};

const TEXT: &str = "the store 'PATH' is already open, in another process or in this one";

/// Opens the store, prints a line, and keeps the store until its input ends.
#[test]
#[ignore = "runs in a process of its own"]
fn holds() {
    let Some(path) = process::store() else { return };
    let _store = SqliteStore::open(path).expect("opens");
    println!("opened");
    std::io::stdin().read_to_end(&mut Vec::new()).expect("can be read");
}

#[test]
fn by_another_process() {
    let folder = Folder::new();
    let mut child = process::command(process::this(), "locked::holds", &folder.path()).spawn().expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it writes")).lines();
    assert!(lines.any(|line| line.expect("can be read").contains("opened")), "the other process has it");

    folder.assert_refused(StoreErrorKind::Locked, TEXT);
    child.kill().expect("is killed");
    child.wait().expect("has ended");
    folder.open().expect("a process that was killed leaves no lock");
}

#[tokio::test]
async fn by_this_process() {
    let folder = Folder::new();
    let store = folder.open().expect("opens");
    folder.assert_refused(StoreErrorKind::Locked, TEXT);
    let clone = store.clone();
    drop(store);
    folder.assert_refused(StoreErrorKind::Locked, TEXT);
    clone.close().await.expect("closes");
    folder.open().expect("it was let go of");
}
