//! Logs that end in the middle, because the process or the machine stopped while the log was
//! written.

use crate::fixtures::{Folder, batch, copy_with_change, create, put};
use std::{collections::BTreeMap, fs};
use workflow_sqlite::SqliteStore;
use workflow_store::{Change, InstanceKey, Store};

type Content = BTreeMap<String, u64>;

/// The records of an instance: path and order.
async fn content(store: &SqliteStore, key: InstanceKey) -> Content {
    let records = store.load(key).await.expect("what is left is whole").records;
    records.into_iter().map(|(path, record)| (path, record.order)).collect()
}

/// Returns a store whose log holds everything, with two instances, the first of which has committed
/// `rounds` times. Also returns the records and the length of the log after each commit.
async fn logged(rounds: u64) -> (Folder, InstanceKey, Vec<(u64, Content)>) {
    let folder = Folder::new();
    let store = folder.open().expect("opens");
    create(&store, "other").await;
    let key = create(&store, "order").await;
    let length = || fs::metadata(folder.beside("-wal")).expect("there is a log").len();
    let mut states = vec![(length(), content(&store, key).await)];
    for round in 0..rounds {
        let half = |half: &str| put(&format!("{round}/{half}"), round, vec![b'x'; 100]);
        let old = Change::RemoveWithin { prefix: format!("{}/", round / 2).into() };
        store.commit(batch(key, [old, half("a"), half("b")])).await.expect("is committed");
        states.push((length(), content(&store, key).await));
    }
    (folder.copy(), key, states)
}

#[tokio::test]
async fn what_was_acknowledged_before_the_cut_is_there() {
    let (folder, key, states) = logged(12).await;
    let first = states[0].0;
    let last = states[states.len() - 1].0;
    assert!(first < last, "the log has grown");
    // Some positions, and all around the end of each commit.
    let ends = states.iter().flat_map(|&(end, _)| [end - 1, end, end + 1]);
    for cut in (first..last).step_by(1013).chain(ends.filter(|&cut| cut >= first)) {
        let torn = copy_with_change(&folder, "-wal", |log| log.truncate(usize::try_from(cut).expect("small")));
        let store = torn.open().unwrap_or_else(|error| panic!("cut at {cut}: {error}"));
        let (_, expected) = states.iter().rfind(|&&(end, _)| end <= cut).expect("cut after the first");
        assert_eq!(&content(&store, key).await, expected, "cut at {cut}");
        // The store goes on.
        store.commit(batch(key, [put("after", 99, vec![1])])).await.expect("is committed");
        drop(store);
        let store = torn.open().expect("opens again");
        assert_eq!(content(&store, key).await.len(), expected.len() + 1);
    }
}

#[tokio::test]
async fn a_log_that_is_damaged_ends_there() {
    let (folder, key, states) = logged(8).await;
    let (first, last) = (states[0].0, states[states.len() - 1].0);
    for at in (first..last).step_by(211) {
        let flipped = copy_with_change(&folder, "-wal", |log| log[usize::try_from(at).expect("small")] ^= 4);
        let store = flipped.open().unwrap_or_else(|error| panic!("byte {at}: {error}"));
        let found = content(&store, key).await;
        let end = states.iter().find(|(_, content)| *content == found).map(|&(end, _)| end);
        assert!(end.is_some_and(|end| end <= at), "byte {at}: what was there at one time, before the damage");
    }
}

#[tokio::test]
async fn a_group_may_be_lost_and_its_batches_are_whole() {
    let folder = Folder::new();
    let store = folder.open().expect("opens");
    let mut keys = Vec::new();
    for number in 0..20 {
        keys.push(create(&store, &format!("order-{number}")).await);
    }
    let asked: Vec<_> = (0..10_u64)
        .flat_map(|round| keys.iter().map(move |&key| (round, key)))
        .map(|(round, key)| {
            let half = |half: &str| put(&format!("{round}/{half}"), round, vec![b'x'; 100]);
            store.commit(batch(key, [half("a"), half("b")]))
        })
        .collect();
    for committed in asked {
        committed.await.expect("is committed");
    }
    let whole = folder.copy();
    let length = usize::try_from(fs::metadata(whole.beside("-wal")).expect("there is a log").len()).expect("small");
    let mut lost = 0;
    for cut in (0..length).step_by(3001).skip(1) {
        let torn = copy_with_change(&whole, "-wal", |log| log.truncate(cut));
        let store = torn.open().unwrap_or_else(|error| panic!("cut at {cut}: {error}"));
        for (number, &key) in keys.iter().enumerate() {
            if store.find(&format!("order-{number}")).await.expect("finds").is_none() {
                lost += 1;
                continue;
            }
            let content = content(&store, key).await;
            let rounds = content.len() as u64 / 2;
            let half = |round: u64, half: &str| (format!("{round}/{half}"), round);
            let expected: Content = (0..rounds).flat_map(|round| [half(round, "a"), half(round, "b")]).collect();
            assert_eq!(content, expected, "cut at {cut}: whole batches, the first ones");
        }
    }
    assert!(lost > 0, "some cuts were early");
}
