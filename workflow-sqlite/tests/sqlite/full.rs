//! Stores without space.

use crate::{
    fixtures::{Folder, batch, commit, create, put},
    process,
};
use std::fs;
use workflow_sqlite::{SqliteOptions, SqliteStore};
use workflow_store::{Change, InstanceStatus, Store, StoreErrorKind};

#[tokio::test]
async fn goes_on_once_there_is_room() {
    let folder = Folder::new();
    let store = SqliteOptions::new().max_bytes(300_000).open(folder.path()).expect("opens");
    let (goes, stays) = (create(&store, "goes").await, create(&store, "stays").await);
    commit(&store, stays, [put("a", 1, vec![b'x'; 1000])]).await;
    let mut stored = 0;
    let error = loop {
        match store.commit(batch(goes, [put(&format!("stage/{stored}"), stored, vec![b'x'; 9000])])).await {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
    };
    assert!(stored > 10, "{stored}");
    let text = format!("could not commit to the instance with the key {} in 'PATH': no space is left", goes.0);
    assert_eq!((error.kind(), folder.text_of(&error)), (StoreErrorKind::Full, text));
    assert_eq!(error.instance(), Some(goes));
    let error = store.commit(batch(stays, [put("large", 2, vec![b'x'; 100_000])])).await.expect_err("there is no room");
    assert_eq!(error.kind(), StoreErrorKind::Full);

    // Reads succeed, and so do writes that need no space.
    assert_eq!(store.load(goes).await.expect("loads").records.len() as u64, stored);
    assert_eq!(store.load(stays).await.expect("loads").records.len(), 1, "nothing of a batch that failed is there");
    let status = Change::Status { status: InstanceStatus::Parked, wake_at: None, outcome: None };
    commit(&store, stays, [status]).await;

    commit(&store, goes, [Change::Delete]).await;
    commit(&store, stays, [put("large", 2, vec![b'x'; 100_000])]).await;
    store.close().await.expect("closes");
    let store = folder.open().expect("opens again");
    assert_eq!(store.load(stays).await.expect("loads").records.len(), 2);
}

#[tokio::test]
async fn what_does_not_fit_does_not_take_others_along() {
    let folder = Folder::new();
    let store = SqliteOptions::new().max_bytes(400_000).open(folder.path()).expect("opens");
    let mut keys = Vec::new();
    for number in 0..40 {
        keys.push(create(&store, &format!("order-{number}")).await);
    }
    // All are queued before the first is awaited. Two are larger than the limit.
    let asked: Vec<_> = (0..)
        .zip(&keys)
        .map(|(number, &key)| {
            let size = if number == 7 || number == 30 { 1_000_000 } else { 100 };
            store.commit(batch(key, [put("small", 0, vec![1]), put("stage", 1, vec![b'x'; size])]))
        })
        .collect();
    let late = store.create(crate::fixtures::new_instance("late"));
    for (number, committed) in asked.into_iter().enumerate() {
        let expected = match number {
            7 | 30 => Err(StoreErrorKind::TooLarge),
            _ => Ok(()),
        };
        assert_eq!(committed.await.map_err(|error| error.kind()), expected, "{number}");
        let records = store.load(keys[number]).await.expect("loads").records;
        assert_eq!(records.len(), if expected.is_ok() { 2 } else { 0 }, "{number}");
    }
    let late = late.await.expect("is made");
    assert!(keys.iter().all(|&key| key < late), "a key that was taken back is not given twice");
    commit(&store, late, [put("a", 1, vec![1])]).await;
}

#[tokio::test]
async fn an_instance_that_does_not_fit_is_not_made() {
    let folder = Folder::new();
    let store = SqliteOptions::new().max_bytes(200_000).open(folder.path()).expect("opens");
    let mut large = crate::fixtures::new_instance("large");
    large.input = vec![b'x'; 1_000_000];
    let error = store.create(large.clone()).await.expect_err("there is no room");
    let text =
        "could not create the instance 'large' in 'PATH': it is larger than the size limit of the store (196608 bytes)";
    assert_eq!((error.kind(), folder.text_of(&error).as_str()), (StoreErrorKind::TooLarge, text));
    assert!(error.is_permanent());
    assert_eq!(store.find("large").await.expect("finds none"), None);
    drop(store);

    let store = folder.open().expect("opens, without a limit");
    let key = store.create(large.clone()).await.expect("is made");
    assert_eq!(store.load(key).await.expect("loads").instance.input, large.input);
}

#[tokio::test]
async fn what_can_never_fit_is_told_from_what_may_fit_later() {
    let folder = Folder::new();
    let store = SqliteOptions::new().max_bytes(400_000).open(folder.path()).expect("opens");
    let (first, second) = (create(&store, "first").await, create(&store, "second").await);
    commit(&store, first, [put("a", 1, vec![b'x'; 200_000])]).await;
    let kind = async |changes: Vec<Change>| {
        let error = store.commit(batch(second, changes)).await.expect_err("there is no room");
        (error.kind(), error.is_permanent())
    };
    // Beside the first signal there is no space. Alone this one fits.
    assert_eq!(kind(vec![put("a", 1, vec![b'x'; 200_000])]).await, (StoreErrorKind::Full, false));
    assert_eq!(kind(vec![put("a", 1, vec![b'x'; 1_000_000])]).await, (StoreErrorKind::TooLarge, true));
    let halves = ["a", "b"].map(|path| put(path, 1, vec![b'x'; 200_000]));
    assert_eq!(kind(halves.into()).await, (StoreErrorKind::TooLarge, true));
    let outcome = Some(vec![b'x'; 399_000]);
    let end = Change::Status { status: InstanceStatus::Completed, wake_at: None, outcome };
    assert_eq!(kind(vec![end]).await, (StoreErrorKind::TooLarge, true), "the tables need room too");
    let payload = vec![b'x'; 500_000];
    let signal = workflow_store::NewSignal { name: "large".to_owned(), payload, once: None };
    let error = store.signal(second, signal).await.expect_err("there is no room");
    assert_eq!(error.kind(), StoreErrorKind::TooLarge);

    commit(&store, first, [Change::Delete]).await;
    commit(&store, second, [put("a", 1, vec![b'x'; 200_000])]).await;
    // With an input, which stays as long as the instance.
    let mut new = crate::fixtures::new_instance("third");
    new.input = vec![b'x'; 100_000];
    let third = store.create(new).await.expect("is made");
    let error = store.commit(batch(third, [put("a", 1, vec![b'x'; 280_000])])).await.expect_err("there is no room");
    assert_eq!(error.kind(), StoreErrorKind::TooLarge);
}

/// A record larger than SQLite can keep in a row, on a disk with enough space.
#[tokio::test]
async fn more_than_a_gigabyte() {
    let folder = Folder::new();
    let store = folder.open().expect("opens");
    let key = create(&store, "order").await;
    let error = store.commit(batch(key, [put("a", 1, vec![0; 1_000_000_001])])).await.expect_err("is refused");
    let text = "could not commit to the instance with the key 1 in 'PATH': \
                larger than a store can hold (a gigabyte)";
    assert_eq!((error.kind(), folder.text_of(&error).as_str()), (StoreErrorKind::TooLarge, text));
    assert!(error.is_permanent());
    commit(&store, key, [put("a", 1, vec![0; 1])]).await;
}

/// A commit on a disk that is really full:
///
/// ```sh
/// mount -t tmpfs -o size=8M none /mnt
/// WORKFLOW_TEST_STORE=/mnt/payments.db cargo test -p workflow-sqlite --test sqlite a_full_disk -- --ignored
/// ```
#[tokio::test]
#[ignore = "wants a small disk"]
async fn a_full_disk() {
    let Some(path) = process::store() else { return };
    let ballast = path.with_extension("ballast");
    fs::write(&ballast, vec![0; 2 << 20]).expect("there is room for ballast");
    let store = SqliteStore::open(&path).expect("opens");
    let key = create(&store, "order").await;
    let mut stored = 0_u64;
    let large = |number: u64| put(&format!("stage/{number}"), number, vec![b'x'; 50_000]);
    let error = loop {
        match store.commit(batch(key, [large(stored)])).await {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), StoreErrorKind::Full, "{error}");
    assert!(stored > 5, "{stored}");
    // Later commits fail too, also many at once, and reads succeed.
    let asked: Vec<_> = (0..20).map(|number| store.commit(batch(key, [large(stored + number)]))).collect();
    for committed in asked {
        assert_eq!(committed.await.expect_err("there is no room").kind(), StoreErrorKind::Full);
    }
    assert_eq!(store.load(key).await.expect("loads").records.len() as u64, stored);

    fs::remove_file(ballast).expect("can be removed");
    for number in 0..10 {
        commit(&store, key, [large(stored + number)]).await;
    }
    // There may be no space to move everything from the log into the file. The commits are on disk
    // all the same.
    if let Err(error) = store.close().await {
        assert_eq!(error.kind(), StoreErrorKind::Full, "{error}");
    }
    let store = SqliteStore::open(&path).expect("opens again");
    assert_eq!(store.load(key).await.expect("loads").records.len() as u64, stored + 10);
}
