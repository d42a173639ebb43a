//! Permissions of the files of a store.
#![cfg(unix)]

use crate::fixtures::{Folder, create};
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};
use workflow_sqlite::SqliteOptions;
use workflow_store::Store;

const SUFFIXES: [&str; 4] = ["", "-wal", "-shm", "-lock"];

fn modes(folder: &Folder) -> [u32; 4] {
    let mode = |suffix| fs::metadata(folder.beside(suffix)).expect("is there").permissions().mode() & 0o777;
    SUFFIXES.map(mode)
}

#[tokio::test]
async fn only_the_owner_has_them_unless_told() {
    let folder = Folder::new();
    let store = folder.open().expect("opens");
    create(&store, "order").await;
    assert_eq!(modes(&folder), [0o600; 4]);
    store.close().await.expect("closes");
    let store = folder.open().expect("opens again");
    create(&store, "other").await;
    assert_eq!(modes(&folder), [0o600; 4]);
}

#[tokio::test]
async fn as_told_whatever_the_process_masks() {
    for mode in [0o660, 0o644, 0o666] {
        let folder = Folder::new();
        let store = SqliteOptions::new().mode(mode).open(folder.path()).expect("opens");
        create(&store, "order").await;
        assert_eq!(modes(&folder), [mode; 4]);
    }
}

#[tokio::test]
async fn files_that_are_there_keep_theirs() {
    let folder = Folder::new();
    drop(folder.open().expect("opens"));
    fs::set_permissions(folder.path(), Permissions::from_mode(0o644)).expect("can be set");
    fs::set_permissions(folder.beside("-lock"), Permissions::from_mode(0o640)).expect("can be set");
    let store = folder.open().expect("opens");
    create(&store, "order").await;
    assert_eq!(modes(&folder), [0o644, 0o644, 0o644, 0o640]);
    drop(store);
    // A file that is created again has the permissions of the store.
    fs::remove_file(folder.beside("-lock")).expect("can be removed");
    let store = folder.open().expect("opens");
    create(&store, "late").await;
    assert_eq!(modes(&folder), [0o644; 4]);

    let folder = Folder::new();
    fs::write(folder.path(), "").expect("can be written");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o640)).expect("can be set");
    let store = folder.open().expect("an empty file becomes a store");
    create(&store, "order").await;
    assert_eq!(modes(&folder), [0o640; 4]);
}
