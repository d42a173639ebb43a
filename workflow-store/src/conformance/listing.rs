//! Cases of lists of instances.

use crate::{
    conformance::{
        fixtures::{commit, create, put, send, set_status, signal, wait_until},
        location::Location,
    },
    instance::{InstanceKey, InstanceStatus},
    record::Change,
    store::{Loaded, Store},
};

pub(super) async fn is_in_order_of_keys<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let mut keys = Vec::new();
    for number in 0..30 {
        keys.push(create(&store, &format!("order-{}", (number * 7) % 30)).await);
    }
    assert_eq!(all(&store, None, usize::MAX, &[]).await, keys);
    assert_eq!(all(&store, Some(keys[9]), 100, &[]).await, keys[10..]);
    assert_eq!(all(&store, Some(keys[29]), 100, &[]).await, []);
    assert_eq!(all(&store, Some(InstanceKey(i64::MIN)), 100, &[]).await, keys);
    assert_eq!(all(&store, Some(InstanceKey(i64::MAX)), 100, &[]).await, []);

    commit(&store, keys[4], [Change::Delete]).await;
    keys.remove(4);
    assert_eq!(all(&store, None, 100, &[]).await, keys);
    assert_eq!(all(&store, Some(keys[3]), 2, &[]).await, keys[4..6], "one that has gone leaves no hole");
}

pub(super) async fn is_filtered_by_status<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let mut made_with = Vec::new();
    for number in 0..25 {
        let key = create(&store, &format!("order-{number}")).await;
        let new = InstanceStatus::ALL[(number * 3) % 5];
        // Some wait for a timer, some for a signal.
        commit(
            &store,
            key,
            [if new == InstanceStatus::Waiting && number > 12 { wait_until(9) } else { set_status(new) }],
        )
        .await;
        made_with.push((key, new));
    }
    for bits in 0..32_u32 {
        let statuses: Vec<InstanceStatus> = InstanceStatus::ALL
            .into_iter()
            .enumerate()
            .filter(|(bit, _)| bits >> bit & 1 == 1)
            .map(|(_, status)| status)
            .collect();
        let fits = |status: &InstanceStatus| statuses.is_empty() || statuses.contains(status);
        let expected: Vec<InstanceKey> =
            made_with.iter().filter(|(_, status)| fits(status)).map(|&(key, _)| key).collect();
        assert_eq!(all(&store, None, 100, &statuses).await, expected, "{statuses:?}");
        let after = made_with[11].0;
        let later: Vec<InstanceKey> = expected.iter().copied().filter(|&key| key > after).collect();
        assert_eq!(all(&store, Some(after), 100, &statuses).await, later, "{statuses:?}");
    }
    let twice = [InstanceStatus::Parked, InstanceStatus::Parked];
    assert_eq!(
        all(&store, None, 100, &twice).await,
        all(&store, None, 100, &twice[..1]).await,
        "a status given twice selects each instance once"
    );

    // An instance whose status changes is listed under the new status alone.
    let (key, before) = made_with[0];
    commit(&store, key, [set_status(InstanceStatus::Completed)]).await;
    assert!(!all(&store, None, 100, &[before]).await.contains(&key));
    assert!(all(&store, None, 100, &[InstanceStatus::Completed]).await.contains(&key));
}

pub(super) async fn comes_in_pages<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let mut keys = Vec::new();
    for number in 0..20 {
        let key = create(&store, &format!("order-{number}")).await;
        commit(
            &store,
            key,
            [set_status(if number % 2 == 0 { InstanceStatus::Parked } else { InstanceStatus::Waiting })],
        )
        .await;
        keys.push(key);
    }
    let both = [InstanceStatus::Waiting, InstanceStatus::Parked];
    for limit in [1, 3, 7, 19, 20, 21] {
        for statuses in [&[][..], &both] {
            let mut found = Vec::new();
            loop {
                let page = all(&store, found.last().copied(), limit, statuses).await;
                assert!(page.len() <= limit);
                if page.is_empty() {
                    break;
                }
                found.extend(page);
            }
            assert_eq!(found, keys);
        }
    }
    assert_eq!(all(&store, None, 0, &[]).await, []);
    assert_eq!(all(&store, None, 0, &both).await, []);
}

pub(super) async fn has_running_instances_whole<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    assert!(store.running(None, 10).await.expect("lists").is_empty());
    let mut expected = Vec::new();
    for number in 0..60_u64 {
        let key = create(&store, &format!("order-{number}")).await;
        // Some have no record, some have no signal, some have more than others.
        for record in 0..number % 4 {
            commit(&store, key, [put(&format!("stage-{record}"), record), put(&format!("{record}/:a"), number)]).await;
        }
        for number in 0..(number % 5) / 2 {
            send(&store, key, signal("approval", &number.to_string(), None)).await;
        }
        // Between the running instances lie others, with records and signals.
        let others =
            [InstanceStatus::Waiting, InstanceStatus::Parked, InstanceStatus::Completed, InstanceStatus::Failed];
        match others.into_iter().cycle().nth(expected.len()).filter(|_| number % 3 == 0) {
            Some(other) => commit(&store, key, [set_status(other)]).await,
            None => expected.push(store.load(key).await.expect("loads")),
        }
    }
    for limit in [1, 3, 7, 39, 40, 41, 1000] {
        let mut found: Vec<Loaded> = Vec::new();
        loop {
            let after = found.last().map(|last| last.instance.key);
            let page = store.running(after, limit).await.expect("lists");
            assert!(page.len() <= limit);
            if page.is_empty() {
                break;
            }
            found.extend(page);
        }
        for loaded in found.iter_mut().chain(&mut expected) {
            loaded.records.sort_by(|(one, _), (other, _)| one.cmp(other));
        }
        assert_eq!(found, expected, "{limit} at once");
    }
    assert_eq!(store.running(None, 0).await.expect("lists"), []);
}

async fn all(
    store: &impl Store,
    after: Option<InstanceKey>,
    limit: usize,
    statuses: &[InstanceStatus],
) -> Vec<InstanceKey> {
    let page = store.list(after, limit, statuses).await.expect("lists");
    assert!(page.iter().all(|instance| statuses.is_empty() || statuses.contains(&instance.status)));
    page.iter().map(|instance| instance.key).collect()
}
