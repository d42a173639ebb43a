//! Instances: made, found, deleted.

use crate::{
    conformance::{
        fixtures::{batch, commit, expected, failed, made, new, numbers, put, sent, signal, status, waiting, waits},
        location::Place,
    },
    error::StoreErrorKind::{Exists, Missing},
    instance::{Instance, InstanceKey, Status},
    record::Change,
    store::{Due, Store},
    timestamp::Timestamp,
};

pub(super) async fn is_what_it_was_made_as<P: Place>(place: P) {
    let store = place.open().await.expect("opens");
    let key = made(&store, "order-42").await;
    let expected = Instance {
        key,
        id: "order-42".to_owned(),
        workflow: "Payment".to_owned(),
        version: 3,
        input: b"\"order-42\"".to_vec(),
        created_at: Timestamp::from_millis(1_700_000_000_000),
        status: Status::Running,
        outcome: Vec::new(),
        wake_at: None,
        interruptions: 0,
    };
    assert_eq!(store.find("order-42").await.expect("finds"), Some(expected.clone()));
    assert_eq!(store.list(None, 10, &[]).await.expect("lists"), std::slice::from_ref(&expected));
    let loaded = store.load(key).await.expect("loads");
    assert_eq!(loaded.instance, expected);
    assert!(loaded.records.is_empty() && loaded.signals.is_empty());
}

pub(super) async fn is_made_once<P: Place>(place: P) {
    let store = place.open().await.expect("opens");
    let key = made(&store, "order").await;
    commit(&store, key, [put("a", 1), status(Status::Completed)]).await;

    let mut second = new("order");
    second.input = b"other".to_vec();
    failed(store.create(second).await, Exists);
    assert_eq!(numbers(&store, key).await, expected([("a", 1)]), "the first one is left alone");
    let found = store.find("order").await.expect("finds").expect("is there");
    assert_eq!((found.key, found.status, found.input), (key, Status::Completed, b"\"order\"".to_vec()));

    // A failure between two that succeed, asked for in one breath.
    let [one, two, three] = ["one", "order", "three"].map(|id| store.create(new(id)));
    one.await.expect("is made");
    failed(two.await, Exists);
    three.await.expect("is made");
    assert_eq!(store.list(None, 10, &[]).await.expect("lists").len(), 3);
}

pub(super) async fn unknown_ones_are_missing<P: Place>(place: P) {
    let store = place.open().await.expect("opens");
    assert_eq!(store.find("order").await.expect("finds none"), None);
    assert_eq!(store.list(None, 10, &[]).await.expect("lists none"), []);
    assert_eq!(store.due(Timestamp::from_millis(u64::MAX), 10).await.expect("none is due"), Due::default());
    let key = made(&store, "order").await;
    for key in [i64::MIN, -1, 0, key.0 + 1, i64::MAX].map(InstanceKey) {
        failed(store.load(key).await, Missing);
        failed(store.commit(batch(key, [put("a", 1)])).await, Missing);
        failed(store.commit(batch(key, [Change::Delete])).await, Missing);
        failed(store.signal(key, signal("approval", "yes", Some("mail"))).await, Missing);
    }
    assert_eq!(store.find("orde").await.expect("finds none"), None);
    assert_eq!(store.find("order ").await.expect("finds none"), None);
    assert_eq!(store.find("Order").await.expect("finds none"), None, "an id is what it is, to the letter");
}

pub(super) async fn has_a_key_of_its_own<P: Place>(place: P) {
    let store = place.open().await.expect("opens");
    let first = made(&store, "first").await;
    let second = made(&store, "second").await;
    assert!(first < second, "later ones come later");
    for key in [first, second] {
        commit(&store, key, [Change::Delete]).await;
    }
    let third = made(&store, "third").await;
    assert!(second < third, "a key is never used again");
    commit(&store, third, [Change::Delete]).await;
    store.close().await.expect("closes");

    let store = place.open().await.expect("opens again");
    assert!(third < made(&store, "fourth").await, "a key is never used again, by nobody");
}

pub(super) async fn is_deleted_with_all_of_it<P: Place>(place: P) {
    let store = place.open().await.expect("opens");
    let (stays, goes) = (made(&store, "stays").await, made(&store, "goes").await);
    for (key, until) in [(stays, 5), (goes, 3)] {
        commit(&store, key, [put("a", 1), put("a/b", 2), waits(until)]).await;
        sent(&store, key, signal("approval", "yes", Some("mail"))).await;
    }
    commit(&store, goes, [Change::Delete]).await;

    assert_eq!(store.find("goes").await.expect("finds none"), None);
    failed(store.load(goes).await, Missing);
    failed(store.commit(batch(goes, [put("a", 1)])).await, Missing);
    failed(store.signal(goes, signal("approval", "yes", None)).await, Missing);
    let listed = store.list(None, 10, &[]).await.expect("lists");
    assert_eq!(listed.iter().map(|instance| instance.key).collect::<Vec<_>>(), [stays]);
    let due = store.due(Timestamp::from_millis(5), 10).await.expect("sees what is due");
    assert_eq!(due.instances.iter().map(|instance| instance.key).collect::<Vec<_>>(), [stays]);
    let next = store.due(Timestamp::from_millis(0), 10).await.expect("sees what is due").next;
    assert_eq!(next, Some(Timestamp::from_millis(5)), "nobody is woken for it");
    assert_eq!(numbers(&store, stays).await, expected([("a", 1), ("a/b", 2)]));
    assert_eq!(waiting(&store, stays).await, ["yes"]);
    assert_eq!(store.signal(stays, signal("approval", "no", Some("mail"))).await.expect("is known"), None);
}

pub(super) async fn is_made_anew_after_it_was_deleted<P: Place>(place: P) {
    let store = place.open().await.expect("opens");
    let old = made(&store, "order").await;
    commit(&store, old, [put("a", 1), waits(5)]).await;
    sent(&store, old, signal("approval", "yes", Some("mail"))).await;
    commit(&store, old, [Change::Delete]).await;

    let anew = made(&store, "order").await;
    assert_ne!(old, anew);
    let loaded = store.load(anew).await.expect("loads");
    assert_eq!((loaded.instance.status, loaded.instance.wake_at), (Status::Running, None));
    assert!(loaded.records.is_empty() && loaded.signals.is_empty(), "nothing is left of the old one");
    sent(&store, anew, signal("approval", "yes", Some("mail"))).await;
}
