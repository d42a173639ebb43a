//! Cases of signals: stored, once, until they are consumed.

use crate::{
    conformance::{
        fixtures::{commit, create, send, signal, waiting_payloads},
        location::Location,
    },
    instance::InstanceKey,
    record::Change,
    signal::StoredSignal,
    store::Store,
};

pub(super) async fn wait_in_order_of_arrival<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let (key, other) = (create(&store, "order").await, create(&store, "other").await);
    let first = send(&store, key, signal("approval", "1", None)).await;
    send(&store, other, signal("approval", "other", None)).await;
    let second = send(&store, key, signal("cancel", "2", None)).await;
    let third = send(&store, key, signal("approval", "3", None)).await;
    assert!(first < second && second < third);

    let stored = |number, name: &str, payload: &str| StoredSignal {
        number,
        name: name.to_owned(),
        payload: payload.as_bytes().to_vec(),
    };
    let loaded = store.load(key).await.expect("loads").signals;
    assert_eq!(loaded, [stored(first, "approval", "1"), stored(second, "cancel", "2"), stored(third, "approval", "3")]);

    let asked: Vec<_> =
        (4..40).map(|number| store.signal(key, signal("approval", &number.to_string(), None))).collect();
    for kept in asked {
        kept.await.expect("is kept");
    }
    let expected: Vec<String> = (1..40).map(|number| number.to_string()).collect();
    assert_eq!(waiting_payloads(&store, key).await, expected);
    assert_eq!(waiting_payloads(&store, other).await, ["other"]);
}

pub(super) async fn are_consumed_by_number<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let (key, other) = (create(&store, "order").await, create(&store, "other").await);
    let mut numbers = Vec::new();
    for payload in ["1", "2", "3"] {
        numbers.push(send(&store, key, signal("approval", payload, None)).await);
        send(&store, other, signal("approval", payload, None)).await;
    }
    commit(&store, key, [take(numbers[1])]).await;
    assert_eq!(waiting_payloads(&store, key).await, ["1", "3"]);
    commit(&store, key, [take(numbers[1]), take(i64::MIN), take(-1), take(i64::MAX)]).await; // No signal has one of these numbers.
    assert_eq!(waiting_payloads(&store, key).await, ["1", "3"]);
    commit(&store, key, [take(numbers[0]), take(numbers[2])]).await;
    assert!(waiting_payloads(&store, key).await.is_empty());
    assert_eq!(waiting_payloads(&store, other).await, ["1", "2", "3"], "an instance consumes its own signals alone");
}

pub(super) async fn are_kept_once<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let (key, other) = (create(&store, "order").await, create(&store, "other").await);
    let first = send(&store, key, signal("approval", "1", Some("mail"))).await;
    assert_eq!(again(&store, key, "mail").await, None);
    assert_eq!(
        store.signal(key, signal("cancel", "x", Some("mail"))).await.expect("is known"),
        None,
        "by whatever name"
    );
    send(&store, key, signal("approval", "2", Some("Mail"))).await;
    send(&store, key, signal("approval", "3", Some(""))).await;
    assert_eq!(again(&store, key, "").await, None);
    send(&store, key, signal("approval", "4", None)).await;
    send(&store, key, signal("approval", "5", None)).await;
    send(&store, other, signal("approval", "1", Some("mail"))).await;
    assert_eq!(waiting_payloads(&store, key).await, ["1", "2", "3", "4", "5"]);
    assert_eq!(waiting_payloads(&store, other).await, ["1"], "each instance knows its own");

    commit(&store, key, [take(first)]).await;
    assert_eq!(again(&store, key, "mail").await, None, "also after it was taken");
}

pub(super) async fn are_kept_once_after_a_clear<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let key = create(&store, "order").await;
    send(&store, key, signal("approval", "1", Some("mail"))).await;
    commit(&store, key, [Change::Clear]).await;
    assert_eq!(again(&store, key, "mail").await, None);
    store.close().await.expect("closes");
    let store = location.open().await.expect("opens again");
    assert_eq!(again(&store, key, "mail").await, None);
    assert!(waiting_payloads(&store, key).await.is_empty());
}

pub(super) async fn never_have_a_number_twice<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let key = create(&store, "order").await;
    let first = send(&store, key, signal("approval", "1", None)).await;
    commit(&store, key, [take(first)]).await;
    let second = send(&store, key, signal("approval", "2", None)).await;
    assert!(first < second);
    commit(&store, key, [Change::Clear]).await;
    store.close().await.expect("closes");

    let store = location.open().await.expect("opens again");
    assert!(second < send(&store, key, signal("approval", "3", None)).await);
}

fn take(number: i64) -> Change {
    Change::ConsumeSignal { number }
}

async fn again(store: &impl Store, key: InstanceKey, once: &str) -> Option<i64> {
    store.signal(key, signal("approval", "again", Some(once))).await.expect("what is known is no error")
}
