//! Cases of instances that are due.

use crate::{
    conformance::{
        fixtures::{commit, create, set_status, wait_until},
        location::Location,
    },
    instance::{InstanceKey, InstanceStatus},
    record::Change,
    store::Store,
    timestamp::Timestamp,
};

pub(super) async fn is_sorted_by_time<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let mut waiting = Vec::new();
    for (number, at) in [50, 10, 40, 10, 30, 20].into_iter().enumerate() {
        let key = create(&store, &format!("order-{number}")).await;
        commit(&store, key, [wait_until(at)]).await;
        waiting.push((at, key));
    }
    waiting.sort_unstable();
    for now in 0..60 {
        let due = store.due(Timestamp::from_millis(now), 100).await.expect("sees what is due");
        let found: Vec<(u64, InstanceKey)> = due
            .instances
            .iter()
            .map(|instance| (instance.wake_at.expect("it waits for a timer").as_millis(), instance.key))
            .collect();
        assert!(found.is_sorted_by_key(|&(at, _)| at), "the earliest first");
        let mut sorted = found;
        sorted.sort_unstable();
        let expected: Vec<_> = waiting.iter().copied().filter(|&(at, _)| at <= now).collect();
        assert_eq!(sorted, expected, "at {now}");
    }
}

pub(super) async fn has_the_time_of_the_next_instance<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let mut keys = Vec::new();
    for at in [10, 20, 30] {
        keys.push(create(&store, &format!("order-{at}")).await);
        commit(&store, keys[keys.len() - 1], [wait_until(at)]).await;
    }
    for (now, limit, expected, next) in [
        (0, 10, 0, Some(10)),
        (9, 10, 0, Some(10)),
        (10, 10, 1, Some(20)),
        (25, 10, 2, Some(30)),
        (25, 1, 1, Some(20)), // The next one is due already, beyond the limit.
        (25, 0, 0, Some(10)),
        (30, 3, 3, None),
        (30, usize::MAX, 3, None),
        (99, 2, 2, Some(30)),
    ] {
        let due = store.due(Timestamp::from_millis(now), limit).await.expect("sees what is due");
        let found: Vec<InstanceKey> = due.instances.iter().map(|instance| instance.key).collect();
        assert_eq!(found, keys[..expected], "at {now}, at most {limit}");
        assert_eq!(due.next, next.map(Timestamp::from_millis), "at {now}, at most {limit}");
    }
}

pub(super) async fn has_only_instances_that_wait_for_a_timer<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let now = Timestamp::from_millis(100);
    for (number, new) in InstanceStatus::ALL.into_iter().enumerate() {
        let key = create(&store, &format!("with-time-{number}")).await;
        commit(&store, key, [Change::Status { status: new, wake_at: Some(Timestamp::from_millis(5)), outcome: None }])
            .await;
        let key = create(&store, &format!("without-{number}")).await;
        commit(&store, key, [set_status(new)]).await;
    }
    let due = store.due(now, 100).await.expect("sees what is due");
    assert_eq!(due.instances.iter().map(|instance| instance.status).collect::<Vec<_>>(), [InstanceStatus::Waiting]);
    assert_eq!(due.next, None);

    // Its time is moved, and then removed.
    let key = due.instances[0].key;
    commit(&store, key, [wait_until(200)]).await;
    let due = store.due(now, 100).await.expect("sees what is due");
    assert_eq!((due.instances.len(), due.next), (0, Some(Timestamp::from_millis(200))));
    commit(&store, key, [set_status(InstanceStatus::Running)]).await;
    assert_eq!(store.due(now, 100).await.expect("sees what is due").next, None);
}

pub(super) async fn reaches_from_the_first_moment_to_the_last<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let (first, last) = (create(&store, "first").await, create(&store, "last").await);
    commit(&store, first, [wait_until(0)]).await;
    commit(&store, last, [wait_until(u64::MAX)]).await;
    let due = store.due(Timestamp::default(), 10).await.expect("sees what is due");
    assert_eq!(due.instances.iter().map(|instance| instance.key).collect::<Vec<_>>(), [first]);
    assert_eq!(due.next, Some(Timestamp::from_millis(u64::MAX)));
    let due = store.due(Timestamp::from_millis(u64::MAX), 10).await.expect("sees what is due");
    assert_eq!(due.instances.iter().map(|instance| instance.key).collect::<Vec<_>>(), [first, last]);
}
