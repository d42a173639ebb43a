//! Cases of instances: created, found, deleted.

use crate::{
    conformance::{
        fixtures::{
            assert_failed, batch, commit, create, expected_numbers, new_instance, put, record_numbers, send,
            set_status, signal, wait_until, waiting_payloads,
        },
        location::Location,
    },
    error::StoreErrorKind::{AlreadyExists, NotFound},
    instance::{Instance, InstanceKey, InstanceStatus},
    record::Change,
    store::{Due, Store},
    timestamp::Timestamp,
};

pub(super) async fn are_found_as_created<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let key = create(&store, "order-42").await;
    let expected = Instance {
        key,
        id: "order-42".to_owned(),
        workflow: "Payment".to_owned(),
        version: 3,
        input: b"\"order-42\"".to_vec(),
        created_at: Timestamp::from_millis(1_700_000_000_000),
        status: InstanceStatus::Running,
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

pub(super) async fn have_unique_ids<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let key = create(&store, "order").await;
    commit(&store, key, [put("a", 1), set_status(InstanceStatus::Completed)]).await;

    let mut second = new_instance("order");
    second.input = b"other".to_vec();
    assert_failed(store.create(second).await, AlreadyExists);
    assert_eq!(record_numbers(&store, key).await, expected_numbers([("a", 1)]), "the first one is left alone");
    let found = store.find("order").await.expect("finds").expect("is there");
    assert_eq!((found.key, found.status, found.input), (key, InstanceStatus::Completed, b"\"order\"".to_vec()));

    // A failure between two calls that succeed, all queued before the first is awaited.
    let [one, two, three] = ["one", "order", "three"].map(|id| store.create(new_instance(id)));
    one.await.expect("is made");
    assert_failed(two.await, AlreadyExists);
    three.await.expect("is made");
    assert_eq!(store.list(None, 10, &[]).await.expect("lists").len(), 3);
}

pub(super) async fn are_missing_if_unknown<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    assert_eq!(store.find("order").await.expect("finds none"), None);
    assert_eq!(store.list(None, 10, &[]).await.expect("lists none"), []);
    assert_eq!(store.due(Timestamp::from_millis(u64::MAX), 10).await.expect("none is due"), Due::default());
    let key = create(&store, "order").await;
    for key in [i64::MIN, -1, 0, key.0 + 1, i64::MAX].map(InstanceKey) {
        assert_failed(store.load(key).await, NotFound);
        assert_failed(store.commit(batch(key, [put("a", 1)])).await, NotFound);
        assert_failed(store.commit(batch(key, [Change::Delete])).await, NotFound);
        assert_failed(store.signal(key, signal("approval", "yes", Some("mail"))).await, NotFound);
    }
    assert_eq!(store.find("orde").await.expect("finds none"), None);
    assert_eq!(store.find("order ").await.expect("finds none"), None);
    assert_eq!(store.find("Order").await.expect("finds none"), None, "an id is compared to the letter");
}

pub(super) async fn have_keys_that_are_never_reused<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let first = create(&store, "first").await;
    let second = create(&store, "second").await;
    assert!(first < second, "keys count up");
    for key in [first, second] {
        commit(&store, key, [Change::Delete]).await;
    }
    let third = create(&store, "third").await;
    assert!(second < third, "a key is never used again");
    commit(&store, third, [Change::Delete]).await;
    store.close().await.expect("closes");

    let store = location.open().await.expect("opens again");
    assert!(third < create(&store, "fourth").await, "a key is never used again, not even after a restart");
}

pub(super) async fn are_deleted_whole<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let (stays, goes) = (create(&store, "stays").await, create(&store, "goes").await);
    for (key, until) in [(stays, 5), (goes, 3)] {
        commit(&store, key, [put("a", 1), put("a/b", 2), wait_until(until)]).await;
        send(&store, key, signal("approval", "yes", Some("mail"))).await;
    }
    commit(&store, goes, [Change::Delete]).await;

    assert_eq!(store.find("goes").await.expect("finds none"), None);
    assert_failed(store.load(goes).await, NotFound);
    assert_failed(store.commit(batch(goes, [put("a", 1)])).await, NotFound);
    assert_failed(store.signal(goes, signal("approval", "yes", None)).await, NotFound);
    let listed = store.list(None, 10, &[]).await.expect("lists");
    assert_eq!(listed.iter().map(|instance| instance.key).collect::<Vec<_>>(), [stays]);
    let due = store.due(Timestamp::from_millis(5), 10).await.expect("sees what is due");
    assert_eq!(due.instances.iter().map(|instance| instance.key).collect::<Vec<_>>(), [stays]);
    let next = store.due(Timestamp::from_millis(0), 10).await.expect("sees what is due").next;
    assert_eq!(next, Some(Timestamp::from_millis(5)), "the deleted instance wakes no engine");
    assert_eq!(record_numbers(&store, stays).await, expected_numbers([("a", 1), ("a/b", 2)]));
    assert_eq!(waiting_payloads(&store, stays).await, ["yes"]);
    assert_eq!(store.signal(stays, signal("approval", "no", Some("mail"))).await.expect("is known"), None);
}

pub(super) async fn can_be_created_anew_after_deletion<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let old = create(&store, "order").await;
    commit(&store, old, [put("a", 1), wait_until(5)]).await;
    send(&store, old, signal("approval", "yes", Some("mail"))).await;
    commit(&store, old, [Change::Delete]).await;

    let anew = create(&store, "order").await;
    assert_ne!(old, anew);
    let loaded = store.load(anew).await.expect("loads");
    assert_eq!((loaded.instance.status, loaded.instance.wake_at), (InstanceStatus::Running, None));
    assert!(loaded.records.is_empty() && loaded.signals.is_empty(), "nothing is left of the old one");
    send(&store, anew, signal("approval", "yes", Some("mail"))).await;
}
