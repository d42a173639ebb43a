//! Read-only files. Root can write every file, so the tests run as the user `nobody`.
#![cfg(unix)]

use crate::{
    fixtures::{Folder, new_instance},
    process,
};
use std::{
    fs,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
};
use workflow_sqlite::SqliteStore;
use workflow_store::{Store, StoreErrorKind};

/// The id of the user `nobody` on most systems.
const NOBODY: u32 = 65534;

fn permit(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("who owns it may do so");
}

#[tokio::test]
#[ignore = "runs in a process of its own"]
async fn as_nobody() {
    let Some(folder) = process::store() else { return };
    let path = folder.join("payments.db");
    let store = SqliteStore::open(&path).expect("opens");
    let key = store.create(new_instance("order")).await.expect("is made");
    store.close().await.expect("closes");

    let refused = |text: &str| {
        let error = SqliteStore::open(&path).expect_err("the file is read-only");
        let text = text.replace("PATH", &path.display().to_string());
        assert_eq!((error.kind(), error.to_string()), (StoreErrorKind::ReadOnly, text));
    };
    permit(&path, 0o444);
    refused("could not open the store 'PATH': the file is read-only");
    permit(&path, 0o000);
    refused("could not read the store 'PATH': permission denied");
    permit(&path, 0o644);
    permit(&folder.join("payments.db-lock"), 0o444);
    refused("could not lock the store with 'PATH-lock': permission denied");
    permit(&folder.join("payments.db-lock"), 0o644);
    permit(&folder, 0o555);
    refused("could not open the store in 'PATH': the file is read-only");
    fs::read(&path).expect("it is left as it is");
    permit(&folder, 0o755);

    let empty = folder.join("empty");
    fs::create_dir(&empty).expect("a folder");
    permit(&empty, 0o555);
    let error = SqliteStore::open(empty.join("payments.db")).expect_err("nothing can be made there");
    let text = format!("could not lock the store with '{}/payments.db-lock': permission denied", empty.display());
    assert_eq!((error.kind(), error.to_string()), (StoreErrorKind::ReadOnly, text));

    let store = SqliteStore::open(&path).expect("now it may be written");
    store.load(key).await.expect("nothing is lost");
    println!("all is refused as it should be");
}

#[test]
fn is_refused() {
    let folder = Folder::new();
    let path = fs::canonicalize(folder.0.path()).expect("the folder is there");
    permit(&path, 0o777);
    // The user `nobody` may have no access to the folder of this program.
    let program = path.join("test");
    fs::copy(process::this(), &program).expect("can be copied");
    permit(&program, 0o755);
    let stores = path.join("stores");
    fs::create_dir(&stores).expect("a folder");
    let mut command = process::command(&program, "read_only::as_nobody", &stores);
    if fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0) {
        std::os::unix::fs::chown(&stores, Some(NOBODY), Some(NOBODY)).expect("root may do so");
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.stderr(std::process::Stdio::piped()).output().expect("runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("all is refused as it should be"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
