//! Stores without their log, which holds the last commits. The file itself says that the log is
//! missing.

use crate::{
    fixtures::{Folder, batch, closed_store, commit, copy_with_change, create, new_instance, put},
    process,
};
use rusqlite::Connection;
use std::{
    fs,
    io::{BufRead, BufReader, Read},
};
use workflow_sqlite::{SqliteOptions, SqliteStore};
use workflow_store::{Store, StoreErrorKind};

fn lost(why: &str) -> String {
    format!(
        "'PATH' lacks its last commits: the log 'PATH-wal' {why}; put the log back beside it, or open the store with \
         SqliteOptions::accept_lost_log to go on without"
    )
}

/// Commits, prints a line, and keeps the store open until the process is killed.
#[tokio::test]
#[ignore = "runs in a process of its own"]
async fn acknowledges() {
    let Some(path) = process::store() else { return };
    let store = SqliteStore::open(path).expect("opens");
    create(&store, "order").await;
    println!("acknowledged");
    std::io::stdin().read_to_end(&mut Vec::new()).expect("can be read");
}

/// Returns what a process leaves that has acknowledged an instance and is killed.
fn killed() -> Folder {
    let folder = Folder::new();
    let mut child = process::command(process::this(), "wal::acknowledges", &folder.path()).spawn().expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it writes")).lines();
    assert!(lines.any(|line| line.expect("can be read").contains("acknowledged")));
    child.kill().expect("is killed");
    child.wait().expect("has ended");
    folder
}

fn remove(folder: &Folder, suffix: &str) {
    fs::remove_file(folder.beside(suffix)).expect("can be removed");
}

async fn has_the_order(folder: &Folder) -> bool {
    let store = folder.open().expect("opens");
    let found = store.find("order").await.expect("finds").is_some();
    store.close().await.expect("closes");
    found
}

#[tokio::test]
async fn a_killed_process_leaves_a_log_that_is_needed() {
    let folder = killed();
    let whole = folder.copy();
    assert!(has_the_order(&whole).await, "with its log it is all there");

    remove(&folder, "-wal");
    folder.assert_refused(StoreErrorKind::LogLost, &lost("is missing"));
    let before = fs::read(folder.path()).expect("can be read");
    folder.assert_refused(StoreErrorKind::LogLost, &lost("is missing"));
    assert_eq!(fs::read(folder.path()).expect("can be read"), before, "it is left as it is");
    assert!(!fs::exists(folder.beside("-wal")).expect("can be seen"), "no log is made");

    let accepting = || SqliteOptions::new().accept_lost_log(true).open(folder.path());
    let store = accepting().expect("who accepts the loss goes on");
    assert_eq!(store.find("order").await.expect("finds"), None);
    create(&store, "other").await;
    store.close().await.expect("closes");
    let store = folder.open().expect("from then on it is a store as any other");
    assert!(store.find("other").await.expect("finds").is_some());
}

#[tokio::test]
async fn a_copy_of_the_file_alone() {
    let folder = Folder::new();
    let store = folder.open().expect("opens");
    let (alone, other) = (Folder::new(), Folder::new());
    let copy = |to: &Folder| fs::copy(folder.path(), to.path()).expect("can be copied");
    copy(&alone);
    alone.assert_refused(StoreErrorKind::LogLost, &lost("is missing"));
    // After further commits, some of which a checkpoint has moved into the file.
    let key = create(&store, "order").await;
    for round in 0..3 {
        for number in 0..300_u64 {
            commit(&store, key, [put(&format!("{round}/{number}"), number, vec![b'x'; 20_000])]).await;
        }
        copy(&other);
        other.assert_refused(StoreErrorKind::LogLost, &lost("is missing"));
    }
    let size = fs::metadata(folder.path()).expect("is there").len();
    assert!(size > 10_000_000, "most of it was moved into the file: {size}");
    store.close().await.expect("closes");
    copy(&alone);
    assert!(has_the_order(&alone).await, "after it was closed, the file is all of it");
}

#[test]
fn a_log_whose_beginning_is_damaged() {
    let folder = killed();
    for cut in [0, 1, 31] {
        let torn = copy_with_change(&folder, "-wal", |log| log.truncate(cut));
        torn.assert_refused(StoreErrorKind::LogLost, &lost("has a corrupt header"));
        let left = fs::metadata(torn.beside("-wal")).expect("is there").len();
        assert_eq!(left, cut as u64, "it is left as it is");
    }
    for at in 0..32 {
        let flipped = copy_with_change(&folder, "-wal", |log| log[at] ^= 8);
        flipped.assert_refused(StoreErrorKind::LogLost, &lost("has a corrupt header"));
    }
}

#[tokio::test]
async fn a_log_of_another_store() {
    let (folder, other) = (killed(), killed());
    fs::copy(other.beside("-wal"), folder.beside("-wal")).expect("can be copied");
    folder.assert_refused(StoreErrorKind::LogLost, &lost("belongs to another store or to another time"));
    let store = SqliteOptions::new().accept_lost_log(true).open(folder.path()).expect("opens without it");
    assert_eq!(store.find("order").await.expect("finds"), None, "what another store's log says is not believed");
    let aside = fs::read(folder.beside("-wal-lost")).expect("it is kept");
    assert_eq!(aside, fs::read(other.beside("-wal")).expect("can be read"));
}

#[tokio::test]
async fn a_log_of_an_earlier_time() {
    let folder = killed();
    let before = folder.copy();
    assert!(has_the_order(&folder).await);
    let store = folder.open().expect("opens");
    create(&store, "late").await;
    let now = folder.copy();
    fs::copy(before.beside("-wal"), now.beside("-wal")).expect("can be copied");
    now.assert_refused(StoreErrorKind::LogLost, &lost("belongs to another store or to another time"));
}

/// Another program that opens and closes what a killed process left moves the log into the file and
/// removes the log.
#[tokio::test]
async fn another_program_has_moved_the_log_into_the_file() {
    let folder = killed();
    let other = Connection::open(folder.path()).expect("opens");
    let many: i64 = other.query_row("SELECT count(*) FROM instances", [], |row| row.get(0)).expect("can be read");
    assert_eq!(many, 1);
    other.close().expect("closes");
    assert!(!fs::exists(folder.beside("-wal")).expect("can be seen"), "it has removed the log");
    assert!(has_the_order(&folder).await);
}

#[tokio::test]
async fn a_backup_is_a_store() {
    let folder = Folder::new();
    let store = folder.open().expect("opens");
    create(&store, "order").await;
    let other = Connection::open(folder.path()).expect("opens");
    let (vacuumed, backed_up) = (Folder::new(), Folder::new());
    other.execute("VACUUM INTO ?1", [vacuumed.path().display().to_string()]).expect("is written");
    other.backup("main", backed_up.path(), None::<fn(rusqlite::backup::Progress)>).expect("is written");
    // Also onto the backup of yesterday.
    other.backup("main", backed_up.path(), None::<fn(rusqlite::backup::Progress)>).expect("is written");
    drop(other);
    for backup in [vacuumed, backed_up] {
        assert!(has_the_order(&backup).await);
        assert!(has_the_order(&backup).await);
    }
    create(&store, "late").await;
}

/// A backup at the moment in which the store is marked has the mark too, and is still a whole
/// store.
#[tokio::test]
async fn a_backup_of_a_store_that_is_marked() {
    let folder = killed();
    // As a process leaves the store if it is killed at that moment.
    let store = folder.open().expect("opens");
    let other = Connection::open(folder.path()).expect("opens");
    let marked: (i64, i64, i64) = {
        let copy = folder.copy_of_the_file();
        let alone = Connection::open(copy.path()).expect("opens");
        let row = alone.query_row("SELECT session, salt, checksum FROM log", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        });
        row.expect("the file alone is marked")
    };
    other.execute("UPDATE log SET salt = ?2, checksum = ?3 WHERE session = ?1", marked).expect("is marked");
    let (vacuumed, backed_up, replaced) = (Folder::new(), Folder::new(), Folder::new());
    other.execute("VACUUM INTO ?1", [vacuumed.path().display().to_string()]).expect("is written");
    for to in [&backed_up, &replaced, &replaced, &replaced] {
        other.backup("main", to.path(), None::<fn(rusqlite::backup::Progress)>).expect("is written");
    }
    for backup in [vacuumed, backed_up, replaced] {
        assert!(has_the_order(&backup).await);
    }
    drop(other);
    let whole = folder.copy();
    assert!(has_the_order(&whole).await, "with its log it is fine, too");
    remove(&whole, "");
    fs::copy(folder.path(), whole.path()).expect("can be copied");
    whole.assert_refused(StoreErrorKind::LogLost, &lost("is missing"));
    store.close().await.expect("closes");
    assert!(has_the_order(&folder).await);
}

/// A program that reads for long keeps the log from being moved. Writes succeed meanwhile, and the
/// log is moved afterwards.
#[tokio::test]
async fn another_program_reads_meanwhile() {
    let folder = closed_store().await;
    let other = Connection::open(folder.path()).expect("opens");
    let count = "BEGIN; SELECT count(*) FROM instances";
    other.query_row("SELECT count(*) FROM instances", [], |row| row.get::<_, i64>(0)).expect("reads");
    other.execute_batch(count).expect("reads for long");
    let store = folder.open().expect("opens meanwhile");
    let key = create(&store, "order").await;
    for number in 0..50_u64 {
        commit(&store, key, [put(&format!("{number}"), number, vec![b'x'; 500_000])]).await;
    }
    other.execute_batch("COMMIT").expect("has read");
    // The next attempt comes a second after the last.
    let copy = loop {
        commit(&store, key, [put("more", 99, vec![1])]).await;
        let copy = folder.copy_of_the_file();
        match copy.open() {
            Err(error) if error.kind() == StoreErrorKind::LogLost => break copy,
            _ => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
        }
    };
    drop(copy);
    drop(other);
    store.close().await.expect("closes");
    assert!(has_the_order(&folder).await);
}

/// A store of the version before has no mark. Opening upgrades it, and it has marks from then on.
#[tokio::test]
async fn a_store_of_the_first_version() {
    let folder = closed_store().await;
    let before = Connection::open(folder.path()).expect("opens");
    before.execute_batch("DROP TABLE log; PRAGMA user_version = 1").expect("as it was made before");
    before.execute_batch("BEGIN; UPDATE engines SET begun = begun; COMMIT").expect("is written");
    // The process was killed, so the log is beside the store.
    let killed = folder.copy();
    drop(before);
    for folder in [folder, killed] {
        let store = folder.open().expect("opens");
        assert!(store.find("large").await.expect("finds").is_some());
        create(&store, "order").await;
        folder.copy_of_the_file().assert_refused(StoreErrorKind::LogLost, &lost("is missing"));
        store.close().await.expect("closes");
        assert!(has_the_order(&folder).await);
    }
}

/// A store at its size limit is sealed too.
#[tokio::test]
async fn a_full_store_of_the_first_version() {
    let folder = closed_store().await;
    let before = Connection::open(folder.path()).expect("opens");
    before.execute_batch("DROP TABLE log; PRAGMA user_version = 1; VACUUM").expect("as it was made before");
    before.close().expect("closes");
    let size = fs::metadata(folder.path()).expect("is there").len();
    let store = SqliteOptions::new().max_bytes(size).open(folder.path()).expect("opens");
    assert!(store.find("large").await.expect("finds").is_some());
}

/// The lock file is removed under an open store. A second opening in this process must not release
/// the locks of SQLite.
#[tokio::test]
async fn a_second_opening_leaves_the_first_one_its_locks() {
    let folder = Folder::new();
    let store = folder.open().expect("opens");
    create(&store, "order").await;
    folder
        .assert_refused(StoreErrorKind::Locked, "the store 'PATH' is already open, in another process or in this one");
    let mut child = process::command(process::this(), "wal::looks", &folder.path()).spawn().expect("starts");
    assert!(child.wait().expect("has ended").success());
    // If the other process had seen no lock, it would have removed the log as the last one to close
    // the store.
    store.create(new_instance("late")).await.expect("its files are still there");
    let whole = folder.copy();
    drop(store);
    let store = whole.open().expect("opens");
    assert!(store.find("late").await.expect("finds").is_some());
}

/// Opens and closes the store as another program does.
#[test]
#[ignore = "runs in a process of its own"]
fn looks() {
    let Some(path) = process::store() else { return };
    let other = Connection::open(path).expect("opens");
    other.query_row("SELECT count(*) FROM instances", [], |row| row.get::<_, i64>(0)).expect("can be read");
    other.close().expect("closes");
}

#[tokio::test]
async fn files_that_go_while_the_store_is_open() {
    for (suffix, which) in
        [("", "the file"), ("-wal", "the '-wal' file"), ("-shm", "the '-shm' file"), ("-lock", "the '-lock' file")]
    {
        for replaced in [false, true] {
            let folder = Folder::new();
            let store = folder.open().expect("opens");
            let key = create(&store, "order").await;
            // From here on the store asks the folder first.
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            create(&store, "second").await;
            let bytes = fs::read(folder.beside(suffix)).expect("can be read");
            let aside = folder.beside("-aside");
            fs::rename(folder.beside(suffix), &aside).expect("can be moved");
            if replaced {
                fs::write(folder.beside(suffix), &bytes).expect("can be written");
            }
            let text = format!(
                "could not write to the store 'PATH': {which} was removed, moved or replaced while the store was open"
            );
            for _ in 0..2 {
                let error = store.create(new_instance("late")).await.expect_err("would be lost");
                assert_eq!((error.kind(), folder.text_of(&error)), (StoreErrorKind::Gone, text.clone()), "{suffix}");
                assert!(error.is_permanent());
            }
            let error = store.commit(batch(key, [put("a", 1, vec![1])])).await.expect_err("would be lost");
            assert_eq!((error.kind(), error.instance()), (StoreErrorKind::Gone, Some(key)));
            assert!(store.find("order").await.expect("what is there can be read").is_some());
            let _ = store.close().await;
            if replaced {
                assert!(
                    fs::exists(folder.beside(suffix)).expect("can be seen") || suffix == "-shm",
                    "{suffix} is left alone"
                );
            }
            if suffix == "-wal" {
                fs::remove_file(folder.beside("-wal")).ok();
                assert!(has_the_order(&folder).await, "what was acknowledged was moved into the file");
            }
        }
    }
}
