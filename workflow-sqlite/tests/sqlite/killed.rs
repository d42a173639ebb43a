//! Processes that are killed while they commit.

use crate::{
    fixtures::{Folder, batch, put},
    process,
};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
};
use tempfile::TempDir;
use workflow_sqlite::SqliteStore;
use workflow_store::Store;

/// The number of instances that commit at once.
const COMMITTERS: u64 = 32;

/// Commits for ever, and prints a line after each acknowledged commit.
#[tokio::test]
#[ignore = "runs in a process of its own"]
async fn commits() {
    let Some(path) = process::store() else { return };
    let store = SqliteStore::open(path).expect("no other process has it");
    let mut tasks = tokio::task::JoinSet::new();
    for committer in 0..COMMITTERS {
        let store = store.clone();
        tasks.spawn(async move {
            let id = format!("order-{committer}");
            let (key, mut next) = match store.find(&id).await.expect("finds") {
                Some(instance) => {
                    (instance.key, store.load(instance.key).await.expect("loads").records.len() as u64 / 2)
                }
                None => (store.create(crate::fixtures::new_instance(&id)).await.expect("is made"), 0),
            };
            loop {
                let half = |half: &str| put(&format!("{next:09}/{half}"), next, vec![b'x'; 100]);
                store.commit(batch(key, [half("a"), half("b")])).await.expect("is committed");
                // The test has ended, and no longer reads the lines.
                if writeln!(std::io::stdout(), "acknowledged {committer} {next}").is_err() {
                    return;
                }
                next += 1;
            }
        });
    }
    tasks.join_all().await;
}

/// Creates one store after the other.
#[test]
#[ignore = "runs in a process of its own"]
fn makes_stores() {
    let Some(folder) = process::store() else { return };
    for number in 0.. {
        drop(SqliteStore::open(folder.join(format!("{number}.db"))).expect("opens"));
        // The test has ended, and no longer reads the lines.
        if writeln!(std::io::stdout(), "made {number}").is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn while_a_store_is_made() {
    for round in 0..8 {
        let folder = TempDir::new().expect("a folder");
        let mut child =
            process::command(process::this(), "killed::makes_stores", folder.path()).spawn().expect("starts");
        let lines = BufReader::new(child.stdout.take().expect("it writes")).lines();
        let made = lines.filter(|line| line.as_ref().is_ok_and(|line| line.contains("made")));
        assert_eq!(made.take(1 + round).count(), 1 + round);
        // The next store is being created now.
        child.kill().expect("is killed");
        child.wait().expect("has ended");
        for number in 0..round + 3 {
            let path = folder.path().join(format!("{number}.db"));
            let store = SqliteStore::open(&path).unwrap_or_else(|error| panic!("{error}"));
            store.create(crate::fixtures::new_instance("order")).await.expect("is made");
            store.close().await.expect("closes");
            SqliteStore::open(&path).expect("opens again");
        }
    }
}

#[tokio::test]
async fn nothing_that_was_acknowledged_is_lost() {
    let folder = Folder::new();
    for round in 0..6 {
        let mut child = process::command(process::this(), "killed::commits", &folder.path()).spawn().expect("starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it writes")).lines();
        let mut acknowledged = BTreeMap::<u64, u64>::new();
        let mut note = |line: &str| {
            let mut words = line.split_once("acknowledged ").map_or("", |(_, rest)| rest).split(' ');
            if let (Some(Ok(committer)), Some(Ok(number))) =
                (words.next().map(str::parse), words.next().map(str::parse))
            {
                acknowledged.insert(committer, number);
            }
        };
        for line in lines.by_ref().take(300 + round * 177) {
            note(&line.expect("can be read"));
        }
        child.kill().expect("is killed");
        child.wait().expect("has ended");
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        // The number in the last line may be cut off.
        rest.iter().rev().skip(1).rev().for_each(|line| note(line));
        assert!(!acknowledged.is_empty());

        let store = folder.open().expect("no lock is left by who was killed");
        for (committer, last) in acknowledged {
            let instance = store.find(&format!("order-{committer}")).await.expect("finds").expect("was acknowledged");
            let records = store.load(instance.key).await.expect("loads").records;
            let rounds = records.len() as u64 / 2;
            assert!(rounds > last, "{last} was acknowledged, {rounds} are there");
            let expected = (0..rounds).flat_map(|number| ["a", "b"].map(|half| format!("{number:09}/{half}")));
            assert!(records.iter().map(|(path, _)| path).eq(&expected.collect::<Vec<_>>()), "whole batches, in order");
        }
        store.close().await.expect("closes");
    }
}
