//! Lists of instances.

use super::{
    Place,
    given::{commit, made, status, waits},
};
use crate::store::{Change, InstanceKey, Status, Store};

pub(super) async fn is_in_order_of_keys<P: Place>(place: P) {
    let store = place.open().await.expect("opens");
    let mut keys = Vec::new();
    for number in 0..30 {
        keys.push(made(&store, &format!("order-{}", (number * 7) % 30)).await);
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

pub(super) async fn is_of_the_statuses_asked_for<P: Place>(place: P) {
    let store = place.open().await.expect("opens");
    let mut made_with = Vec::new();
    for number in 0..25 {
        let key = made(&store, &format!("order-{number}")).await;
        let new = Status::ALL[(number * 3) % 5];
        // Those that wait do so for a timer or for a signal.
        commit(&store, key, [if new == Status::Waiting && number > 12 { waits(9) } else { status(new) }]).await;
        made_with.push((key, new));
    }
    for bits in 0..32_u32 {
        let statuses: Vec<Status> = Status::ALL
            .into_iter()
            .enumerate()
            .filter(|(bit, _)| bits >> bit & 1 == 1)
            .map(|(_, status)| status)
            .collect();
        let fits = |status: &Status| statuses.is_empty() || statuses.contains(status);
        let expected: Vec<InstanceKey> =
            made_with.iter().filter(|(_, status)| fits(status)).map(|&(key, _)| key).collect();
        assert_eq!(all(&store, None, 100, &statuses).await, expected, "{statuses:?}");
        let after = made_with[11].0;
        let later: Vec<InstanceKey> = expected.iter().copied().filter(|&key| key > after).collect();
        assert_eq!(all(&store, Some(after), 100, &statuses).await, later, "{statuses:?}");
    }
    let twice = [Status::Parked, Status::Parked];
    assert_eq!(
        all(&store, None, 100, &twice).await,
        all(&store, None, 100, &twice[..1]).await,
        "asked for twice, given once"
    );

    // One that changes is found where it is now, and no longer where it was.
    let (key, before) = made_with[0];
    commit(&store, key, [status(Status::Completed)]).await;
    assert!(!all(&store, None, 100, &[before]).await.contains(&key));
    assert!(all(&store, None, 100, &[Status::Completed]).await.contains(&key));
}

pub(super) async fn comes_in_pages<P: Place>(place: P) {
    let store = place.open().await.expect("opens");
    let mut keys = Vec::new();
    for number in 0..20 {
        let key = made(&store, &format!("order-{number}")).await;
        commit(&store, key, [status(if number % 2 == 0 { Status::Parked } else { Status::Waiting })]).await;
        keys.push(key);
    }
    let both = [Status::Waiting, Status::Parked];
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

async fn all(store: &impl Store, after: Option<InstanceKey>, limit: usize, statuses: &[Status]) -> Vec<InstanceKey> {
    let page = store.list(after, limit, statuses).await.expect("lists");
    assert!(page.iter().all(|instance| statuses.is_empty() || statuses.contains(&instance.status)));
    page.iter().map(|instance| instance.key).collect()
}
