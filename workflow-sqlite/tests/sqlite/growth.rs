//! The size of a store in which a workflow loops for ever.

use crate::fixtures::{Folder, batch, create, put};
use std::fs;
use workflow_store::{Change, NewSignal, Store};

/// Runs rounds of a loop. Each puts a record for the round and one for its state, consumes a
/// signal, and removes the records of the round before.
async fn size_after(folder: &Folder, from: u64, to: u64) -> u64 {
    let store = folder.open().expect("opens");
    let key = match store.find("loops").await.expect("finds") {
        Some(instance) => instance.key,
        None => create(&store, "loops").await,
    };
    let mut asked = Vec::new();
    for round in from..to {
        let signal = NewSignal { name: "next".to_owned(), payload: vec![b'x'; 100], once: None };
        let sent = store.signal(key, signal);
        let taken = Change::ConsumeSignal { number: i64::try_from(round + 1).expect("small") };
        let before = Change::RemoveWithin { prefix: format!("loop/{}/", round.wrapping_sub(1)).into() };
        let changes = [
            before,
            taken,
            put(&format!("loop/{round}/stage"), round, vec![b'x'; 200]),
            put("loop/state", round, vec![b'x'; 200]),
        ];
        asked.push((sent, store.commit(batch(key, changes))));
        if asked.len() == 500 {
            for (sent, committed) in asked.drain(..) {
                sent.await.expect("is kept");
                committed.await.expect("is committed");
            }
        }
    }
    for (sent, committed) in asked {
        sent.await.expect("is kept");
        committed.await.expect("is committed");
    }
    let loaded = store.load(key).await.expect("loads");
    assert_eq!((loaded.records.len(), loaded.signals.len()), (2, 0));
    let log = fs::metadata(folder.beside("-wal")).expect("there is a log").len();
    assert!(log < 80 << 20, "the log is moved into the file now and then: {log}");
    store.close().await.expect("closes");
    fs::metadata(folder.path()).expect("is there").len()
}

#[tokio::test]
async fn ten_thousand_rounds() {
    let folder = Folder::new();
    let early = size_after(&folder, 0, 1000).await;
    let late = size_after(&folder, 1000, 10_000).await;
    assert!(late <= early + 8192, "{early} bytes after a thousand rounds, {late} after ten thousand");
}

#[tokio::test]
#[ignore = "takes some minutes"]
async fn a_million_rounds() {
    let folder = Folder::new();
    let early = size_after(&folder, 0, 1000).await;
    let late = size_after(&folder, 1000, 1_000_000).await;
    assert!(late <= early + 8192, "{early} bytes after a thousand rounds, {late} after a million");
}
