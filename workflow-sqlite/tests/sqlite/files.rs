//! Files that are no store, or not a whole one.

use crate::fixtures::{Folder, closed_store, copy_with_change, edit};
use rusqlite::Connection;
use std::fs;
use workflow_sqlite::SqliteStore;
use workflow_store::{Store, StoreErrorKind};

#[test]
fn no_folder() {
    let folder = Folder::new();
    let path = folder.0.path().join("nowhere").join("payments.db");
    let error = SqliteStore::open(&path).expect_err("there is no such folder");
    let expected = format!("could not open the store '{}': its folder does not exist", path.display());
    assert_eq!((error.kind(), error.to_string()), (StoreErrorKind::Other, expected));
}

#[test]
fn a_folder() {
    let folder = Folder::new();
    fs::create_dir(folder.path()).expect("a folder");
    folder.assert_refused(StoreErrorKind::Other, "could not open the store 'PATH': it is a folder");
    let error = SqliteStore::open("").expect_err("no name");
    assert_eq!(error.to_string(), "'' names no file for a store");
}

#[test]
fn a_text() {
    let folder = Folder::new();
    for text in ["x", "SQLite format 3\0", &"Dear reader, ".repeat(1000)] {
        fs::write(folder.path(), text).expect("can be written");
        folder.assert_refused(StoreErrorKind::Damaged, "'PATH' is not a workflow store, or its header is corrupt");
        assert_eq!(fs::read_to_string(folder.path()).expect("can be read"), text, "it is left as it is");
        assert_eq!(fs::read_dir(folder.0.path()).expect("can be listed").count(), 1, "nothing is made beside it");
    }
}

#[tokio::test]
async fn another_program_s_database() {
    // The application id in SQLite's header.
    let folder = copy_with_change(&closed_store().await, "", |bytes| bytes[68..72].fill(0));
    let before = fs::read(folder.path()).expect("can be read");
    folder.assert_refused(StoreErrorKind::Damaged, "'PATH' is a database, but not a workflow store");
    assert!(before == fs::read(folder.path()).expect("can be read"), "it is left as it is");
}

#[tokio::test]
async fn a_newer_program_s_store() {
    let folder = copy_with_change(&closed_store().await, "", |bytes| bytes[63] = 3);
    let before = fs::read(folder.path()).expect("can be read");
    folder.assert_refused(
        StoreErrorKind::UnsupportedVersion,
        "could not open the store 'PATH': a newer program created it (its version is 3, this program knows 2)",
    );
    assert!(before == fs::read(folder.path()).expect("can be read"), "it is left as it is");
    edit(&folder.path(), |bytes| bytes[63] = 0);
    folder.assert_refused(StoreErrorKind::Damaged, "'PATH' has version 0, which does not exist");
}

#[test]
fn an_empty_file() {
    // As a program creates one to reserve the name.
    let folder = Folder::new();
    fs::write(folder.path(), "").expect("can be written");
    let store = folder.open().expect("an empty file becomes a store");
    drop(store);
    folder.open().expect("opens again");
}

#[tokio::test]
async fn an_emptied_store() {
    let folder = copy_with_change(&closed_store().await, "", Vec::clear);
    let text = "'PATH' is empty or missing, although its '-lock' file says that a store was here";
    folder.assert_refused(StoreErrorKind::Damaged, text);
    folder.assert_refused(StoreErrorKind::Damaged, text);
    fs::remove_file(folder.path()).expect("can be removed");
    folder.assert_refused(StoreErrorKind::Damaged, text);
    fs::remove_file(folder.beside("-lock")).expect("can be removed");
    let store = folder.open().expect("who removes both begins anew");
    assert_eq!(store.list(None, 10, &[]).await.expect("lists"), []);
}

#[test]
fn only_the_log_is_left() {
    let folder = Folder::new();
    let store = folder.open().expect("opens");
    let left = folder.copy();
    drop(store);
    fs::write(left.beside("-wal"), vec![1; 5000]).expect("can be written");
    for suffix in ["-lock", ""] {
        fs::remove_file(left.beside(suffix)).expect("can be removed");
    }
    let text = "'PATH' is empty or missing, although its '-wal' file holds commits";
    left.assert_refused(StoreErrorKind::Damaged, text);
    assert_eq!(fs::metadata(left.beside("-wal")).expect("is there").len(), 5000, "what was committed is left as it is");
}

#[tokio::test]
async fn a_truncated_file() {
    let whole = closed_store().await;
    let size = fs::metadata(whole.path()).expect("is there").len();
    for cut in (100..size).step_by(997).chain([size - 1, size - 4096, 4096, 4095, 4097]) {
        let folder = copy_with_change(&whole, "", |bytes| bytes.truncate(usize::try_from(cut).expect("small")));
        let text = format!("'PATH' is truncated: it has {cut} bytes of {size}");
        folder.assert_refused(StoreErrorKind::Damaged, &text);
    }
    for cut in [1, 15, 16, 50, 99] {
        let folder = copy_with_change(&whole, "", |bytes| bytes.truncate(cut));
        folder.assert_refused(StoreErrorKind::Damaged, "'PATH' is not a workflow store, or its header is corrupt");
    }
    drop(whole.open().expect("the whole one is fine"));
}

#[tokio::test]
async fn a_link_is_what_it_leads_to() {
    let folder = Folder::new();
    let store = folder.open().expect("opens");
    let link = folder.0.path().join("link.db");
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path(), &link).expect("a link");
    #[cfg(unix)]
    assert_eq!(SqliteStore::open(&link).expect_err("is open by its other name").kind(), StoreErrorKind::Locked);
    store.close().await.expect("closes");
}

/// A store whose creation broke off while the pages of its one transaction were written.
#[tokio::test]
async fn a_store_that_was_being_made() {
    let folder = Folder::new();
    let making = Connection::open(folder.path()).expect("opens");
    making
        .execute_batch(
            "PRAGMA cache_size = 1;
             BEGIN EXCLUSIVE;
             CREATE TABLE instances (content BLOB);
             CREATE TABLE inputs (content BLOB);
             INSERT INTO instances VALUES (randomblob(1000000));",
        )
        .expect("is begun");
    let left = folder.copy();
    fs::copy(folder.beside("-journal"), left.beside("-journal")).expect("there is a journal");
    assert!(fs::metadata(left.path()).expect("is there").len() > 0, "some of it is written");
    let store = left.open().expect("the broken transaction is rolled back, and the store created again");
    store.create(crate::fixtures::new_instance("order")).await.expect("is made");
}

#[tokio::test]
async fn is_locked_by_another_program_for_a_moment() {
    let folder = Folder::new();
    let store = folder.open().expect("opens");
    let key = crate::fixtures::create(&store, "order").await;
    let other = Connection::open(folder.path()).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("locks");
    let error = store.commit(crate::fixtures::batch(key, [])).await.expect_err("it is locked");
    let text = "could not commit to the instance with the key 1 in 'PATH': another process has locked the database";
    assert_eq!((error.kind(), folder.text_of(&error).as_str()), (StoreErrorKind::Locked, text));
    store.load(key).await.expect("who reads does not wait");
    other.execute_batch("COMMIT").expect("lets go");
    crate::fixtures::commit(&store, key, []).await;
}
