//! Cases of unusual input: odd names, extreme numbers, large payloads.

use crate::{
    conformance::{
        fixtures::{commit, create, load_records, record, signal},
        location::Location,
    },
    instance::{InstanceStatus, NewInstance},
    record::{Change, Record},
    store::Store,
    timestamp::Timestamp,
};

const MEGABYTE: usize = 1 << 20;

fn odd_names() -> Vec<String> {
    let odd = [
        "",
        " ",
        "\0",
        "a\0b",
        "a",
        "A",
        "'",
        "''",
        "\"",
        "`",
        "';--",
        "%",
        "_",
        "*",
        "?",
        "\\",
        "/",
        "//",
        "a/b",
        "\n",
        "\r\n",
        "\t",
        "ä",
        "a\u{308}",
        "\u{212b}",
        "å",
        "🦀",
        "\u{202e}",
        "\u{feff}",
        "\u{7f}",
        "\u{e000}",
        "\u{10ffff}",
        "NULL",
        "0",
        "1.0",
        "0x1",
    ];
    let long = ["x".repeat(100_000), format!("{}y", "x".repeat(99_999)), "🦀".repeat(10_000)];
    odd.into_iter().map(str::to_owned).chain(long).collect()
}

pub(super) async fn names<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let names = odd_names();
    let mut keys = Vec::new();
    for name in &names {
        let input = name.as_bytes().to_vec();
        let new = NewInstance {
            id: name.clone(),
            workflow: name.clone(),
            version: 0,
            input,
            created_at: Timestamp::default(),
        };
        let key = store.create(new).await.expect("an id may be any text");
        let once = Some(name.as_str());
        assert!(store.signal(key, signal(name, name, once)).await.expect("is kept").is_some());
        assert_eq!(store.signal(key, signal(name, name, once)).await.expect("is known"), None);
        keys.push(key);
    }
    let all =
        names.iter().zip(1..).map(|(name, number)| Change::Put { path: name.as_str().into(), record: record(number) });
    commit(&store, keys[0], all).await;
    store.close().await.expect("closes");

    let store = location.open().await.expect("opens again");
    for (name, &key) in names.iter().zip(&keys) {
        let found = store.find(name).await.expect("finds").expect("is there");
        assert_eq!((found.key, &found.id, &found.workflow), (key, name, name));
        let signals = store.load(key).await.expect("loads").signals;
        assert_eq!(signals.iter().map(|signal| &signal.name).collect::<Vec<_>>(), [name]);
    }
    let mut found = load_records(&store, keys[0]).await;
    assert_eq!(found.len(), names.len());
    for (name, number) in names.iter().zip(1..) {
        assert_eq!(found.remove(name), Some(record(number)));
        commit(&store, keys[0], [Change::Remove { path: name.as_str().into() }]).await;
    }
    assert!(load_records(&store, keys[0]).await.is_empty());
}

pub(super) async fn numbers<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let new = NewInstance {
        id: "order".to_owned(),
        workflow: String::new(),
        version: u32::MAX,
        input: Vec::new(),
        created_at: Timestamp::from_millis(u64::MAX),
    };
    let key = store.create(new).await.expect("is made");
    let i64_max = i64::MAX.cast_unsigned();
    let orders = [0, 1, i64_max - 1, i64_max, i64_max + 1, u64::MAX - 1, u64::MAX];
    let all = || orders.into_iter().flat_map(|order| [0, 1, 127, 128, 255].map(|kind| (order, kind)));
    let record = |(order, kind): (u64, u8)| Record { order, kind, payload: (0..=255).collect() };
    let path = |(order, kind): (u64, u8)| format!("{order}/{kind}");
    let wake_at = Some(Timestamp::from_millis(i64_max));
    let puts = all().map(|each| Change::Put { path: path(each).into(), record: record(each) });
    commit(&store, key, puts.chain([Change::Status { status: InstanceStatus::Waiting, wake_at, outcome: None }])).await;
    store.close().await.expect("closes");

    let store = location.open().await.expect("opens again");
    let loaded = store.load(key).await.expect("loads");
    assert_eq!(loaded.instance.version, u32::MAX);
    assert_eq!(loaded.instance.created_at, Timestamp::from_millis(u64::MAX));
    assert_eq!(loaded.instance.wake_at, wake_at);
    let mut found = load_records(&store, key).await;
    for each in all() {
        assert_eq!(found.remove(&path(each)), Some(record(each)));
    }
}

pub(super) async fn large_payloads<P: Location>(location: P) {
    let store = location.open().await.expect("opens");
    let payload = |salt| {
        let mut pattern: Vec<u8> = (0..=250).collect();
        pattern.rotate_left(salt);
        pattern.repeat(16 * MEGABYTE / pattern.len())
    };
    let (input, outcome) = (payload(1), payload(2));
    let new = NewInstance {
        id: "large".to_owned(),
        workflow: "Payment".to_owned(),
        version: 1,
        input: input.clone(),
        created_at: Timestamp::default(),
    };
    let key = store.create(new).await.expect("is made");
    let small = create(&store, "small").await;
    let put =
        |path: &str, payload: Vec<u8>| Change::Put { path: path.into(), record: Record { order: 1, kind: 1, payload } };
    commit(&store, key, [put("a", payload(3)), put("b", Vec::new()), put("c", vec![0; MEGABYTE])]).await;
    let ends = Change::Status { status: InstanceStatus::Completed, wake_at: None, outcome: Some(outcome.clone()) };
    commit(&store, key, [put("a", payload(4)), ends]).await;
    let mut sent = signal("approval", "", None);
    sent.payload = payload(5);
    store.signal(key, sent).await.expect("is kept");
    store.close().await.expect("closes");

    let store = location.open().await.expect("opens again");
    let loaded = store.load(key).await.expect("loads");
    assert!(loaded.instance.input == input && loaded.instance.outcome == outcome);
    assert!(loaded.signals.len() == 1 && loaded.signals[0].payload == payload(5));
    let found = load_records(&store, key).await;
    assert!(
        found["a"].payload == payload(4) && found["b"].payload.is_empty() && found["c"].payload == vec![0; MEGABYTE]
    );
    commit(&store, key, [Change::Delete]).await;
    assert_eq!(store.list(None, 10, &[]).await.expect("lists").iter().map(|one| one.key).collect::<Vec<_>>(), [small]);
}
