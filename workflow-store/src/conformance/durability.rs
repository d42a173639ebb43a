//! Cases of what is there after the store is opened again.

use crate::{
    conformance::{
        fixtures::{
            assert_failed, batch, commit, create, expected_numbers, new_instance, put, record_numbers, send, signal,
            wait_until, waiting_payloads,
        },
        location::Location,
    },
    error::StoreErrorKind::{Closed, Locked},
    instance::{InstanceKey, InstanceStatus},
    record::Change,
    store::Store,
    timestamp::Timestamp,
};

pub(super) async fn after_close<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let keys = write(&store, 0).await;
    store.close().await.expect("closes");
    drop(store);

    let store = location.open().await.expect("opens again");
    check(&store, 0, keys).await;
    let more = write(&store, 1).await;
    store.close().await.expect("closes");

    let store = location.open().await.expect("opens a third time, with the closed one still there");
    check(&store, 0, keys).await;
    check(&store, 1, more).await;
}

pub(super) async fn after_drop<P: Location>(location: P) {
    let mut written = Vec::new();
    for round in 0..3 {
        let store = location.open().await.expect("opens as soon as the one before is dropped");
        for (round, &keys) in written.iter().enumerate() {
            check(&store, round, keys).await;
        }
        written.push(write(&store, round).await);
    }
}

pub(super) async fn after_a_crash<P: Location>(location: P) {
    let mut location = location;
    let mut written = Vec::new();
    for round in 0..3 {
        let store = location.open().await.expect("opens after a crash");
        for (round, &keys) in written.iter().enumerate() {
            check(&store, round, keys).await;
        }
        written.push(write(&store, round).await);
        location = location.crash(store).await;
    }
    let store = location.open().await.expect("opens after a crash");
    for (round, &keys) in written.iter().enumerate() {
        check(&store, round, keys).await;
    }
}

pub(super) async fn interruptions_are_counted<P: Location>(location: P) {
    let begin = async |location: &P, expected: u64, why: &str| {
        let store = location.open().await.expect("opens");
        assert_eq!(store.begin().await.expect("notes that an engine begins").interruptions(), expected, "{why}");
        store
    };
    let store = begin(&location, 0, "the first engine").await;
    store.close().await.expect("closes");
    drop(store);
    drop(begin(&location, 0, "the one before was closed").await);
    let store = begin(&location, 1, "the one before was dropped").await;
    assert_eq!(
        store.begin().await.expect("notes it").interruptions(),
        2,
        "another one on the same store, which was not closed"
    );
    let location = location.crash(store).await;

    let store = begin(&location, 3, "the one before has crashed").await;
    store.close().await.expect("closes");
    drop(store);
    // A store that is opened without an engine does not count.
    drop(location.open().await.expect("opens"));
    let store = location.open().await.expect("opens");
    let location = location.crash(store).await;
    begin(&location, 3, "the last one was closed").await.close().await.expect("closes");
}

pub(super) async fn one_engine_at_a_time<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let session = store.begin().await.expect("begins");
    assert_failed(store.begin().await, Locked);
    create(&store, "order").await;
    assert_failed(store.begin().await, Locked);
    session.end();
    assert_eq!(store.begin().await.expect("begins").interruptions(), 1, "what was refused is not counted");

    // A session may outlive the store.
    let session = store.begin().await.expect("the session was dropped");
    store.close().await.expect("closes");
    drop((store, session));
    let store = location.open().await.expect("opens again");
    assert_eq!(store.begin().await.expect("begins").interruptions(), 2, "the last one was closed");
}

pub(super) async fn instances_carry_the_interruptions<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    assert_eq!(store.begin().await.expect("begins").interruptions(), 0);
    let [written, sent, idle] = [create(&store, "a").await, create(&store, "b").await, create(&store, "c").await];
    let location = location.crash(store).await;

    let store = location.open().await.expect("opens after a crash");
    assert_eq!(store.begin().await.expect("begins").interruptions(), 1);
    let later = create(&store, "d").await;
    commit(&store, written, [put("a", 1)]).await;
    send(&store, sent, signal("approval", "", None)).await;
    let location = location.crash(store).await;

    let store = location.open().await.expect("opens after a crash");
    assert_eq!(store.begin().await.expect("begins").interruptions(), 2);
    for (key, expected) in [(written, 1), (sent, 0), (idle, 0), (later, 1)] {
        let loaded = store.load(key).await.expect("loads").instance;
        assert_eq!(loaded.interruptions, expected, "{}", loaded.id);
        assert_eq!(store.find(&loaded.id).await.expect("finds"), Some(loaded));
    }
    // Every commit counts, also one of a mere status.
    commit(&store, idle, [wait_until(1000)]).await;
    let due = store.due(Timestamp::from_millis(1000), 10).await.expect("sees what is due");
    assert_eq!(due.instances.iter().map(|due| (due.key, due.interruptions)).collect::<Vec<_>>(), [(idle, 2)]);
    let running = store.running(None, 10).await.expect("lists");
    let running: Vec<_> = running.iter().map(|running| running.instance.interruptions).collect();
    assert_eq!(running, [1, 0, 1]);
}

pub(super) async fn calls_after_close_fail<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let key = create(&store, "order").await;
    store.close().await.expect("closes");

    assert_failed(store.begin().await, Closed);
    assert_failed(store.create(new_instance("other")).await, Closed);
    assert_failed(store.commit(batch(key, [put("a", 1)])).await, Closed);
    assert_failed(store.signal(key, signal("approval", "yes", None)).await, Closed);
    assert_failed(store.find("order").await, Closed);
    assert_failed(store.load(key).await, Closed);
    assert_failed(store.list(None, 10, &[]).await, Closed);
    assert_failed(store.running(None, 10).await, Closed);
    assert_failed(store.due(Timestamp::default(), 10).await, Closed);
    store.close().await.expect("to close once more does nothing");

    let store = location.open().await.expect("opens again");
    assert!(record_numbers(&store, key).await.is_empty(), "what was refused was not done");
    assert_eq!(store.list(None, 10, &[]).await.expect("lists").len(), 1);
}

pub(super) async fn close_waits_for_earlier_calls<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let key = create(&store, "order").await;
    let asked: Vec<_> =
        (0..200_u64).map(|number| store.commit(batch(key, [put(&format!("stage/{number}"), number)]))).collect();
    let loaded = store.load(key);
    store.close().await.expect("closes");
    for committed in asked {
        committed.await.expect("is committed: the call came before");
    }
    loaded.await.expect("is loaded: the call came before");

    let store = location.open().await.expect("opens again");
    assert_eq!(record_numbers(&store, key).await.len(), 200);
}

/// Writes one instance in the middle of its work, one that waits, and one that has ended.
async fn write(store: &impl Store, round: usize) -> [InstanceKey; 3] {
    let runs = create(store, &format!("runs-{round}")).await;
    commit(store, runs, [put("a", 1), put("b", 2), put("b/c", 3)]).await;
    commit(store, runs, [put("a", 4), Change::Remove { path: "b".into() }]).await;
    let taken = send(store, runs, signal("approval", "taken", Some("mail-1"))).await;
    send(store, runs, signal("approval", "waits", Some("mail-2"))).await;
    commit(store, runs, [Change::ConsumeSignal { number: taken }]).await;

    let waits_for_a_timer = create(store, &format!("waits-{round}")).await;
    commit(store, waits_for_a_timer, [put("timer", 1), wait_until(1000 + round as u64)]).await;

    let ended = create(store, &format!("ended-{round}")).await;
    let output = Change::Status { status: InstanceStatus::Completed, wake_at: None, outcome: Some(b"output".to_vec()) };
    commit(store, ended, [put("a", 1)]).await;
    commit(store, ended, [Change::Clear, output]).await;
    [runs, waits_for_a_timer, ended]
}

async fn check(store: &impl Store, round: usize, [runs, waits, ended]: [InstanceKey; 3]) {
    assert_eq!(record_numbers(store, runs).await, expected_numbers([("a", 4), ("b/c", 3)]));
    assert_eq!(waiting_payloads(store, runs).await, ["waits"]);
    for once in ["mail-1", "mail-2"] {
        let again = store.signal(runs, signal("approval", "again", Some(once))).await;
        assert_eq!(again.expect("is known"), None);
    }
    let found = store.find(&format!("waits-{round}")).await.expect("finds").expect("is there");
    let at = Timestamp::from_millis(1000 + round as u64);
    assert_eq!((found.key, found.status, found.wake_at), (waits, InstanceStatus::Waiting, Some(at)));
    let due = store.due(at, 100).await.expect("sees what is due");
    assert!(due.instances.contains(&found));
    let loaded = store.load(ended).await.expect("loads");
    assert_eq!((loaded.instance.status, loaded.instance.outcome), (InstanceStatus::Completed, b"output".to_vec()));
    assert!(loaded.records.is_empty());
    for (id, key) in [("runs", runs), ("ended", ended)] {
        let found = store.find(&format!("{id}-{round}")).await.expect("finds");
        assert_eq!(found.map(|instance| instance.key), Some(key));
    }
}
