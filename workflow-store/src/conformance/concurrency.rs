//! Cases of concurrent calls.

use crate::{
    conformance::{
        fixtures::{assert_failed, batch, commit, create, new_instance, put, record_numbers, signal},
        location::Location,
    },
    error::StoreErrorKind::AlreadyExists,
    store::Store,
};
use std::sync::Arc;
use tokio::task::JoinSet;

pub(super) async fn many_instances<P: Location>(location: P) {
    let store = Arc::new(location.open().await.expect("opens"));
    let mut tasks = JoinSet::new();
    for task in 0..200_u64 {
        let store = store.clone();
        tasks.spawn(async move {
            let key = create(&*store, &format!("order-{task}")).await;
            for number in 0..10 {
                commit(&*store, key, [put(&format!("stage/{number}"), task * 100 + number), put("last", number)]).await;
                if number % 4 == 0 {
                    let found = record_numbers(&*store, key).await;
                    assert_eq!(found.len() as u64, number + 2, "what is committed is seen at once");
                }
            }
            key
        });
    }
    let keys = tasks.join_all().await;
    for key in &keys {
        let found = record_numbers(&*store, *key).await;
        assert_eq!((found.len(), found["last"]), (11, 9));
        let task = found["stage/0"] / 100;
        assert!((0..10).all(|number| found[&format!("stage/{number}")] == task * 100 + number));
    }
    let mut listed: Vec<_> = store.list(None, 1000, &[]).await.expect("lists").iter().map(|one| one.key).collect();
    let mut keys = keys;
    keys.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, keys);
}

pub(super) async fn one_instance<P: Location>(location: P) {
    let store = Arc::new(location.open().await.expect("opens"));
    let key = create(&*store, "order").await;
    let mut tasks = JoinSet::new();
    for task in 0..50_u64 {
        let store = store.clone();
        tasks.spawn(async move {
            for number in 0..4 {
                commit(&*store, key, [put(&format!("{task}/{number}"), number), put("shared", task)]).await;
                store.signal(key, signal("arrived", &task.to_string(), None)).await.expect("is kept");
                // All tasks send it. The store keeps one.
                store.signal(key, signal("once", "", Some(&number.to_string()))).await.expect("is kept or known");
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(record_numbers(&*store, key).await.len(), 201);
    let signals = store.load(key).await.expect("loads").signals;
    assert!(signals.is_sorted_by(|one, next| one.number < next.number));
    assert_eq!(signals.iter().filter(|signal| signal.name == "arrived").count(), 200);
    assert_eq!(signals.iter().filter(|signal| signal.name == "once").count(), 4);
}

pub(super) async fn one_id<P: Location>(location: P) {
    let store = Arc::new(location.open().await.expect("opens"));
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let store = store.clone();
        tasks.spawn(async move { store.create(new_instance("order")).await });
    }
    let mut keys = Vec::new();
    for made in tasks.join_all().await {
        match made {
            Ok(key) => keys.push(key),
            Err(error) => assert_failed(Err::<(), _>(error), AlreadyExists),
        }
    }
    assert_eq!(keys.len(), 1, "one call creates it");
    store.commit(batch(keys[0], [put("a", 1)])).await.expect("it is there");
}
