//! Helpers of the cases.

use crate::{
    error::{StoreError, StoreErrorKind},
    instance::{InstanceKey, InstanceStatus, NewInstance},
    record::{Batch, Change, Record},
    signal::NewSignal,
    store::Store,
    timestamp::Timestamp,
};
use std::{collections::BTreeMap, fmt::Debug};

/// Returns an instance to be created.
pub(super) fn new_instance(id: &str) -> NewInstance {
    NewInstance {
        id: id.to_owned(),
        workflow: "Payment".to_owned(),
        version: 3,
        input: format!("\"{id}\"").into_bytes(),
        created_at: Timestamp::from_millis(1_700_000_000_000),
    }
}

/// Creates an instance.
pub(super) async fn create(store: &impl Store, id: &str) -> InstanceKey {
    store.create(new_instance(id)).await.expect("an instance is created")
}

/// Returns a record that a number identifies.
pub(super) fn record(number: u64) -> Record {
    Record { order: number, kind: 7, payload: number.to_string().into_bytes() }
}

pub(super) fn put(path: &str, number: u64) -> Change {
    Change::Put { path: path.into(), record: record(number) }
}

pub(super) fn remove(path: &str) -> Change {
    Change::Remove { path: path.into() }
}

pub(super) fn remove_within(prefix: &str) -> Change {
    Change::RemoveWithin { prefix: prefix.into() }
}

pub(super) fn set_status(status: InstanceStatus) -> Change {
    Change::Status { status, wake_at: None, outcome: None }
}

pub(super) fn wait_until(until: u64) -> Change {
    Change::Status { status: InstanceStatus::Waiting, wake_at: Some(Timestamp::from_millis(until)), outcome: None }
}

pub(super) fn batch(instance: InstanceKey, changes: impl IntoIterator<Item = Change>) -> Batch {
    Batch { instance, changes: changes.into_iter().collect() }
}

/// Commits, and waits until the batch is on disk.
pub(super) async fn commit(store: &impl Store, instance: InstanceKey, changes: impl IntoIterator<Item = Change>) {
    store.commit(batch(instance, changes)).await.expect("a batch is committed");
}

pub(super) fn signal(name: &str, payload: &str, once: Option<&str>) -> NewSignal {
    NewSignal { name: name.to_owned(), payload: payload.as_bytes().to_vec(), once: once.map(str::to_owned) }
}

/// Sends a signal that the store does not know yet. Returns its number.
pub(super) async fn send(store: &impl Store, instance: InstanceKey, signal: NewSignal) -> i64 {
    store.signal(instance, signal).await.expect("a signal is stored").expect("a new signal has a number")
}

/// Returns the records of an instance, by path.
pub(super) async fn load_records(store: &impl Store, instance: InstanceKey) -> BTreeMap<String, Record> {
    let records = store.load(instance).await.expect("an instance is loaded").records;
    let count = records.len();
    let records: BTreeMap<_, _> = records.into_iter().collect();
    assert_eq!(records.len(), count, "each path occurs once");
    records
}

/// Returns the numbers of the [`record`]s of an instance, by path.
pub(super) async fn record_numbers(store: &impl Store, instance: InstanceKey) -> BTreeMap<String, u64> {
    let numbered = |(path, found): (String, Record)| {
        assert_eq!(found, record(found.order), "the record under '{path}' is the one that was put there");
        (path, found.order)
    };
    load_records(store, instance).await.into_iter().map(numbered).collect()
}

/// Returns what [`record_numbers`] should return.
pub(super) fn expected_numbers<const N: usize>(numbers: [(&str, u64); N]) -> BTreeMap<String, u64> {
    numbers.into_iter().map(|(path, number)| (path.to_owned(), number)).collect()
}

/// Returns the payloads of the waiting signals, in order of arrival.
pub(super) async fn waiting_payloads(store: &impl Store, instance: InstanceKey) -> Vec<String> {
    let signals = store.load(instance).await.expect("an instance is loaded").signals;
    signals.into_iter().map(|signal| String::from_utf8_lossy(&signal.payload).into_owned()).collect()
}

/// Asserts that a call failed with an error of this kind.
#[track_caller]
pub(super) fn assert_failed<T: Debug>(result: Result<T, StoreError>, kind: StoreErrorKind) {
    match result {
        Ok(given) => panic!("should have failed as {kind:?}, but gave {given:?}"),
        Err(error) => {
            assert_eq!(error.kind(), kind, "{error}");
            assert!(!error.to_string().is_empty(), "an error says what is wrong");
        }
    }
}
