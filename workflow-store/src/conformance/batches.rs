//! Cases of batches: the effect of each change, their order, and that a batch is written whole or
//! not at all.

use crate::{
    conformance::{
        fixtures::{
            assert_failed, batch, commit, create, expected_numbers, load_records, put, record, record_numbers, remove,
            remove_within, send, set_status, signal, wait_until, waiting_payloads,
        },
        location::Location,
    },
    error::StoreErrorKind::NotFound,
    instance::{InstanceKey, InstanceStatus},
    record::Change,
    store::Store,
    timestamp::Timestamp,
};
use std::sync::Arc;

pub(super) async fn put_replace_and_remove<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let (key, other) = (create(&store, "order").await, create(&store, "other").await);
    commit(&store, other, [put("a", 9)]).await;
    commit(&store, key, [put("a", 1), put("b", 2)]).await;
    commit(&store, key, [put("a", 3), remove("b"), remove("never there"), put("c", 4)]).await;
    assert_eq!(record_numbers(&store, key).await, expected_numbers([("a", 3), ("c", 4)]));
    commit(&store, key, [remove("a"), remove("a")]).await;
    commit(&store, key, [put("b", 5)]).await;
    assert_eq!(record_numbers(&store, key).await, expected_numbers([("b", 5), ("c", 4)]));
    assert_eq!(record_numbers(&store, other).await, expected_numbers([("a", 9)]), "others are left alone");
}

pub(super) async fn remove_within_a_prefix<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let (key, other) = (create(&store, "order").await, create(&store, "other").await);
    let paths = [
        "a",
        "a!",
        "a.",
        "a/",
        "a/0",
        "a/b",
        "a/b/c",
        "a//",
        "a//b",
        "a/\u{10ffff}",
        "a0",
        "ab",
        "ab/c",
        "b/a/",
        "A/b",
        "",
        "/",
        "/a",
    ];
    let all = || paths.into_iter().zip(1..).map(|(path, number)| put(path, number));
    commit(&store, other, all()).await;
    for prefix in ["a/", "a//", "a/b/", "/", "ab/", "c/", "a/\u{10ffff}/"] {
        commit(&store, key, all()).await;
        commit(&store, key, [remove_within(prefix)]).await;
        let left: Vec<String> = load_records(&store, key).await.into_keys().collect();
        let mut expected: Vec<&str> = paths.into_iter().filter(|path| !path.starts_with(prefix)).collect();
        expected.sort_unstable();
        assert_eq!(left, expected, "after all within '{prefix}' was removed");
    }
    assert_eq!(load_records(&store, other).await.len(), paths.len(), "others are left alone");
}

pub(super) async fn apply_changes_in_order<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let key = create(&store, "order").await;
    commit(&store, key, [put("a", 1), put("a", 2), remove("a"), put("a", 3), put("a", 4)]).await;
    assert_eq!(record_numbers(&store, key).await, expected_numbers([("a", 4)]));
    commit(&store, key, [put("a/1", 1), remove_within("a/"), put("a/2", 2)]).await;
    assert_eq!(record_numbers(&store, key).await, expected_numbers([("a", 4), ("a/2", 2)]));
    commit(&store, key, [put("b", 1), Change::Clear, put("c", 2)]).await;
    assert_eq!(record_numbers(&store, key).await, expected_numbers([("c", 2)]));
    commit(
        &store,
        key,
        [set_status(InstanceStatus::Parked), wait_until(7), set_status(InstanceStatus::Failed), wait_until(8)],
    )
    .await;
    let instance = store.load(key).await.expect("loads").instance;
    assert_eq!((instance.status, instance.wake_at), (InstanceStatus::Waiting, Some(Timestamp::from_millis(8))));
}

pub(super) async fn apply_nothing_after_a_delete<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let key = create(&store, "order").await;
    commit(&store, key, [put("a", 1), Change::Delete, put("b", 2), wait_until(3), Change::Delete]).await;
    assert_failed(store.load(key).await, NotFound);
    assert_eq!(store.find("order").await.expect("finds none"), None);
    assert_eq!(store.due(Timestamp::from_millis(9), 1).await.expect("sees what is due").instances, []);
}

pub(super) async fn set_status_and_outcome<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let key = create(&store, "order").await;
    let until = Some(Timestamp::from_millis(5));
    for (new, wake_at, outcome, then) in [
        (InstanceStatus::Waiting, until, None, ""),
        (InstanceStatus::Parked, None, Some("why"), "why"),
        (InstanceStatus::Running, None, None, "why"), // None leaves it as it is.
        (InstanceStatus::Waiting, None, Some(""), ""),
        (InstanceStatus::Failed, until, Some("failure"), "failure"),
        (InstanceStatus::Completed, None, Some("output"), "output"),
    ] {
        let outcome = outcome.map(|outcome| outcome.as_bytes().to_vec());
        commit(&store, key, [Change::Status { status: new, wake_at, outcome }]).await;
        let found = store.find("order").await.expect("finds").expect("is there");
        assert_eq!((found.status, found.wake_at, found.outcome), (new, wake_at, then.as_bytes().to_vec()));
        assert_eq!(found.input, b"\"order\"");
    }
}

pub(super) async fn clear<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let (key, other) = (create(&store, "order").await, create(&store, "other").await);
    for key in [key, other] {
        commit(&store, key, [put("a", 1), put("a/b", 2)]).await;
        send(&store, key, signal("approval", "yes", Some("mail"))).await;
    }
    let output = Change::Status { status: InstanceStatus::Completed, wake_at: None, outcome: Some(b"output".to_vec()) };
    commit(&store, key, [Change::Clear, output]).await;

    let loaded = store.load(key).await.expect("loads");
    assert!(loaded.records.is_empty() && loaded.signals.is_empty());
    assert_eq!((loaded.instance.status, loaded.instance.outcome), (InstanceStatus::Completed, b"output".to_vec()));
    assert_eq!(store.signal(key, signal("approval", "no", Some("mail"))).await.expect("is known still"), None);
    assert_eq!(record_numbers(&store, other).await, expected_numbers([("a", 1), ("a/b", 2)]), "others are left alone");
    assert_eq!(waiting_payloads(&store, other).await, ["yes"]);
}

pub(super) async fn may_be_empty<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let key = create(&store, "order").await;
    commit(&store, key, []).await;
    commit(&store, key, [Change::Clear]).await;
    assert!(load_records(&store, key).await.is_empty());
    assert_failed(store.commit(batch(InstanceKey(key.0 + 1), [])).await, NotFound);
}

pub(super) async fn of_an_instance_are_applied_in_order<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let key = create(&store, "order").await;
    // All commits are queued before the first is awaited, and awaited in the opposite order.
    let asked: Vec<_> = (1..=500)
        .map(|number| store.commit(batch(key, [put("last", number), put(&format!("each/{number}"), number)])))
        .collect();
    let cleared = store.commit(batch(key, [remove_within("each/")]));
    let after = store.commit(batch(key, [put("each/after", 501)]));
    after.await.expect("is committed");
    cleared.await.expect("is committed");
    for committed in asked.into_iter().rev() {
        committed.await.expect("is committed");
    }
    assert_eq!(record_numbers(&store, key).await, expected_numbers([("each/after", 501), ("last", 500)]));
}

pub(super) async fn are_read_whole<P: Location>(location: P) {
    let store = Arc::new(location.open().await.expect("opens"));
    let key = create(&*store, "order").await;
    let writes = tokio::spawn({
        let store = store.clone();
        async move {
            for number in 1..=200_u64 {
                let wake_at = Some(Timestamp::from_millis(number));
                let changes = [
                    remove_within("pair/"),
                    put(&format!("pair/{number}/a"), number),
                    Change::Status {
                        status: InstanceStatus::Waiting,
                        wake_at,
                        outcome: Some(number.to_string().into_bytes()),
                    },
                    put(&format!("pair/{number}/b"), number),
                ];
                commit(&*store, key, changes).await;
            }
        }
    });
    let mut last = 0;
    while last < 200 {
        let loaded = store.load(key).await.expect("loads");
        let Some(wake_at) = loaded.instance.wake_at else { continue };
        let number = wake_at.as_millis();
        let pair = |half: &str| (format!("pair/{number}/{half}"), record(number));
        assert_eq!(loaded.records, [pair("a"), pair("b")], "what one batch has written is read as a whole");
        assert_eq!(loaded.instance.outcome, number.to_string().into_bytes());
        assert!(number >= last, "what was seen once stays");
        last = number;
        tokio::task::yield_now().await;
    }
    writes.await.expect("all is written");
}

pub(super) async fn are_written_whole_if_the_future_is_dropped<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let key = create(&store, "order").await;
    for number in 0..20 {
        let pair = ["a", "b"].map(|half| put(&format!("{half}/{number}"), number));
        drop(store.commit(batch(key, pair)));
    }
    commit(&store, key, [put("after", 1)]).await;
    let numbers = record_numbers(&store, key).await;
    for number in 0..20 {
        let [first, second] = ["a", "b"].map(|half| numbers.contains_key(&format!("{half}/{number}")));
        assert_eq!(first, second, "a batch whose future was dropped is there as a whole, or not at all");
    }
    assert!(numbers.contains_key("after"));
}

pub(super) async fn fail_alone<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let key = create(&store, "order").await;
    let unknown = InstanceKey(key.0 + 1000);
    let asked: Vec<_> = (0..100_u64)
        .map(|number| {
            let target = if number % 3 == 0 { unknown } else { key };
            store.commit(batch(target, [put(&format!("each/{number}"), number)]))
        })
        .collect();
    for (number, committed) in asked.into_iter().enumerate() {
        match number % 3 {
            0 => assert_failed(committed.await, NotFound),
            _ => committed.await.expect("is committed"),
        }
    }
    assert_eq!(record_numbers(&store, key).await.len(), 66);
}
