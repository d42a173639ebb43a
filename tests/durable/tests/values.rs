//! Stored values come back unchanged.
#![allow(clippy::option_option, reason = "they are what is tested")]

use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};
use workflow_runtime::{
    engine::{Durable, Engine, EngineError},
    store::{Batch, Change, InstanceStatus, MemoryStore, NewInstance, NewSignal, Record, Store, Timestamp},
    workflow,
};

type Error = Box<dyn std::error::Error>;

/// Whatever waits leaves memory at once.
async fn engine<W: Durable>(workflow: W, store: &MemoryStore) -> Result<Engine, EngineError> {
    Engine::builder().store(store.clone()).workflow(workflow).idle_timeout(Duration::ZERO).start().await
}

/// The result of one instance, which has been out of memory.
async fn result<W: Durable>(workflow: W, input: W::Start) -> Result<W::Output, EngineError> {
    engine(workflow, &MemoryStore::new()).await?.start::<W>("i", input).await?.result().await
}

// Options.

workflow! {
    #[durable]
    workflow Options(nested: Option<Option<u32>>, unit: Option<()>) -> String {
        #[when(nested.is_some())]
        stage paid: Option<()> = { () };
        stage inner: Option<Option<u32>> = Some(None);
        stage rest = sleep(1h);
        #[after(rest)]
        stage seen: String = format!("{nested:?} {unit:?} {paid:?} {inner:?}");
        seen
    }

    #[durable]
    workflow Signalled() -> String {
        signal go: Option<()>;
        stage taken: Option<()> = *go;
        #[after(taken)]
        stage rest = sleep(1h);
        #[after(rest)]
        stage seen: String = format!("{go:?} {taken:?}");
        seen
    }

    /// Decisions, and the values that they depend on.
    #[durable]
    workflow Decided() -> String {
        #[max(2)]
        stage rounds: Option<Option<u8>> = loop state: Option<Option<u8>> = Some(None) {
            stage one = sleep(1h);
            #[after(one)]
            stage over: bool = *state == Some(None);
            if *over { break *state } else { continue None }
        };
        stage most: Vec<Option<()>> = quorum(2) {
            { stage two = sleep(1h); #[after(two)] stage some: Option<()> = Some(()); *some },
            { stage three = sleep(2h); #[after(three)] stage none: Option<()> = None; *none },
        };
        stage head: Option<Option<()>> = select {
            found: Option<()> = Some(()) => Some(*found),
        };
        stage matched: String = match Some(Some(())) {
            Some(Some(())) => { stage four = sleep(1h); #[after(four)] stage some_too: String = "some".to_owned(); some_too.clone() }
            _ => "none".to_owned(),
        };
        #[after(rounds, most, head, matched)]
        stage rest = sleep(9h);
        #[after(rest)]
        stage seen: String = format!("{rounds:?} {most:?} {head:?} {matched}");
        seen
    }
}

#[tokio::test(start_paused = true)]
async fn options_of_options_come_back() -> Result<(), Error> {
    let seen = result(Options::new(), (Some(None), Some(()))).await?;
    assert_eq!(seen, "Some(None) Some(()) Some(()) Some(None)");
    let seen = result(Options::new(), (None, None)).await?;
    assert_eq!(seen, "None None None Some(None)");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_signal_comes_as_it_was_sent() -> Result<(), Error> {
    for (sent, seen) in [(Some(()), "Some(()) Some(())"), (None, "None None")] {
        let engine = engine(Signalled::new(), &MemoryStore::new()).await?;
        let run = engine.start::<Signalled>("i", ()).await?;
        run.signal(SignalledSignal::Go(sent)).await?;
        assert_eq!(run.result().await?, seen);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_decided_comes_back() -> Result<(), Error> {
    let seen = result(Decided::new(), ()).await?;
    assert_eq!(seen, "Some(None) [Some(()), None] Some(Some(())) some");
    Ok(())
}

// Floats.

workflow! {
    #[durable]
    workflow Floats(bits: Vec<u64>) -> (Vec<u64>, Vec<u64>, Vec<u64>) {
        let all: Vec<f64> = bits.iter().copied().map(f64::from_bits).collect();
        stage floats: Vec<f64> = all.clone();
        let copies: Vec<Option<f64>> = floats.iter().map(|&float| Some(float)).collect();
        stage own: Vec<u64> = for copy in copies.clone() {
            stage wait = sleep(1h);
            #[after(wait)]
            stage one: u64 = copy.unwrap_or_default().to_bits();
            *one
        };
        #[after(own)]
        stage again: Vec<u64> = floats.iter().map(|float| float.to_bits()).collect::<Vec<_>>();
        (bits.clone(), own.clone(), again.clone())
    }

    #[durable]
    workflow Infinite() -> (f64, Option<f32>, f64) {
        stage rest = sleep(1h);
        #[after(rest)]
        stage low: f64 = f64::NEG_INFINITY;
        (*low, Some(f32::INFINITY), f64::NAN)
    }
}

#[tokio::test(start_paused = true)]
async fn floats_come_back_to_the_last_bit() -> Result<(), Error> {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    // Any bits, numbers as people have them, and those that are none.
    let mut bits: Vec<u64> = (0..300).map(|_| next()).collect();
    bits.extend((0..300).map(|_| f64::from_bits(next() >> 12 | 1023 << 52).to_bits()));
    bits.extend([f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0].map(f64::to_bits));
    let (bits, own, again) = result(Floats::new(), bits).await?;
    assert_eq!(again, bits);
    assert_eq!(own, bits);

    let (low, high, none) = result(Infinite::new(), ()).await?;
    assert_eq!((low, high, none.to_bits()), (f64::NEG_INFINITY, Some(f32::INFINITY), f64::NAN.to_bits()));
    Ok(())
}

// Maps, variants.

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
enum Place {
    Home,
    At(Option<u8>, char),
    Named { name: String },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Note {
    Numbers(BTreeMap<u32, Option<()>>),
    Flat {
        #[serde(flatten)]
        rest: BTreeMap<String, Option<Option<bool>>>,
    },
}

type Everything = (BTreeMap<(u32, u32), u32>, HashMap<Option<Place>, u128>, Vec<Note>, BTreeMap<String, i128>);

workflow! {
    #[durable]
    workflow Maps(given: Everything) -> Everything {
        stage kept: Everything = given.clone();
        stage rest = sleep(1h);
        #[after(rest)]
        stage same: bool = kept == given;
        if *same { kept.clone() } else { fail "it is another value" }
    }
}

#[tokio::test(start_paused = true)]
async fn maps_from_anything_come_back() -> Result<(), Error> {
    let places = [
        (None, 1),
        (Some(Place::Home), u128::MAX),
        (Some(Place::At(None, '$')), 3),
        (Some(Place::Named { name: "$some".to_owned() }), 4),
    ];
    let notes = vec![
        Note::Numbers(BTreeMap::from([(1, Some(())), (2, None)])),
        Note::Flat { rest: BTreeMap::from([("$".to_owned(), Some(None)), ("a".to_owned(), None)]) },
    ];
    let texts = ["", "$", "$some", "$=1", "$$"].map(|text| (text.to_owned(), i128::MIN));
    let given = (BTreeMap::from([((1, 2), 3)]), HashMap::from(places), notes, BTreeMap::from(texts));
    assert_eq!(result(Maps::new(), given.clone()).await?, given);
    Ok(())
}

// Items, and whatever is told by its fingerprint.

workflow! {
    #[durable]
    workflow Items(count: u32) -> (u32, u32) {
        let maps: Vec<HashMap<u32, HashSet<u32>>> =
            (0..*count).map(|first| (first..first + 20).map(|key| (key, (0..9).collect())).collect()).collect();
        let sets: HashMap<String, HashSet<u32>> = HashMap::from([("all".to_owned(), (0..*count * 9).collect())]);
        stage sizes: Vec<u32> = for map in maps {
            stage rest = sleep(1h);
            #[after(rest)]
            stage size: u32 = map.len() as u32;
            *size
        };
        stage chosen: u32 = match sets.get("all") {
            Some(set) => { stage two = sleep(1h); #[after(two)] stage all: u32 = set.len() as u32; *all }
            None => 0,
        };
        (sizes.iter().sum(), *chosen)
    }
}

#[tokio::test(start_paused = true)]
async fn items_are_told_apart_whatever_the_order_of_what_they_hold() -> Result<(), Error> {
    assert_eq!(result(Items::new(), 5).await?, (100, 45));
    Ok(())
}

// The same start, after a deploy.

mod before {
    use super::{Deserialize, Serialize};
    use workflow_runtime::workflow;

    #[derive(Serialize, Deserialize)]
    pub(super) struct Order {
        pub(super) name: String,
    }

    workflow! {
        #[durable]
        pub(super) workflow Ordered(order: Order) -> usize {
            stage rest = sleep(1h);
            #[after(rest)]
            stage size: usize = order.name.len();
            *size
        }
    }
}

mod after {
    use super::{Deserialize, HashSet, Serialize};
    use workflow_runtime::workflow;

    #[derive(Serialize, Deserialize)]
    pub(super) struct Order {
        #[serde(rename = "title", alias = "name")]
        pub(super) name: String,
        #[serde(default)]
        pub(super) note: Option<String>,
    }

    workflow! {
        #[durable]
        pub(super) workflow Ordered(order: Order) -> usize {
            stage rest = sleep(1h);
            #[after(rest)]
            stage size: usize = order.name.len();
            *size
        }

        #[durable]
        pub(super) workflow Several(set: HashSet<u32>, list: Vec<u32>) -> usize {
            stage rest = sleep(1h);
            #[after(rest)]
            stage size: usize = set.len() + list.len();
            *size
        }

        #[durable]
        pub(super) workflow Listed(list: Vec<u32>) -> usize {
            stage rest = sleep(1h);
            #[after(rest)]
            stage size: usize = list.len();
            *size
        }
    }
}

mod broken {
    use workflow_runtime::workflow;

    workflow! {
        #[durable]
        pub(super) workflow Ordered(order: u32) -> u32 {
            stage rest = sleep(1h);
            #[after(rest)]
            stage size: u32 = *order;
            *size
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_start_after_a_deploy_is_the_same_instance() -> Result<(), Error> {
    let store = MemoryStore::new();
    let old = engine(before::Ordered::new(), &store).await?;
    old.start::<before::Ordered>("i", before::Order { name: "tea".to_owned() }).await?;
    old.shutdown().await?;

    let new = engine(after::Ordered::new(), &store).await?;
    let order = |name: &str, note: Option<&str>| after::Order { name: name.to_owned(), note: note.map(str::to_owned) };
    let run = new.start::<after::Ordered>("i", order("tea", None)).await?;
    for other in [order("tea", Some("hot")), order("coffee", None)] {
        let refused = new.start::<after::Ordered>("i", other).await.unwrap_err();
        assert_eq!(refused.to_string(), "instance 'i' already exists, with another input");
    }
    assert_eq!(run.result().await?, 3);
    // Also once it has ended.
    assert_eq!(new.start::<after::Ordered>("i", order("tea", None)).await?.result().await?, 3);
    new.shutdown().await?;

    let broken = engine(broken::Ordered::new(), &store).await?;
    let refused = broken.start::<broken::Ordered>("i", 7).await.unwrap_err();
    let expected = "instance 'i': it already exists, and its stored input can't be read: invalid type: map, expected u32 at byte 1";
    assert_eq!(refused.to_string(), expected);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_set_is_the_same_input_in_any_order_and_a_list_is_not() -> Result<(), Error> {
    let engine = engine(after::Several::new(), &MemoryStore::new()).await?;
    let set = |last: u32| (0..last).collect::<HashSet<_>>();
    engine.start::<after::Several>("i", (set(9), vec![1, 2])).await?;
    for _ in 0..20 {
        engine.start::<after::Several>("i", (set(9), vec![1, 2])).await?;
    }
    assert!(engine.start::<after::Several>("i", (set(8), vec![1, 2])).await.is_err());
    assert!(engine.start::<after::Several>("i", (set(9), vec![1, 3])).await.is_err());

    let engine = self::engine(after::Listed::new(), &MemoryStore::new()).await?;
    engine.start::<after::Listed>("i", vec![1, 2]).await?;
    assert!(engine.start::<after::Listed>("i", vec![2, 1]).await.is_err(), "a list has its order");
    engine.start::<after::Listed>("i", vec![1, 2]).await?;
    Ok(())
}

// Stores of before.

fn again(value: u32) -> u32 {
    panic!("it has run before: {value}")
}

fn done() -> BTreeMap<String, Option<()>> {
    panic!("it has run before")
}

workflow! {
    #[durable]
    workflow Old(amounts: BTreeMap<u32, f64>, note: Option<()>) -> String {
        signal go: BTreeMap<String, u8>;
        let text: String = "a".to_owned();
        stage given: BTreeMap<String, Option<()>> = done();
        stage items: Vec<u32> = for item in vec![7_u32, 8] { stage one: u32 = if *item == 7 { again(1) } else { *item }; *one };
        stage won: Vec<u32> = quorum(2) { again(1), again(2), again(3) };
        stage seen: String = format!("{amounts:?} {note:?} {text} {given:?} {items:?} {won:?} {go:?}");
        seen
    }
}

fn old(number: i64, kind: u8, payload: &str) -> Record {
    Record { order: number.unsigned_abs(), kind, payload: payload.as_bytes().to_vec() }
}

#[tokio::test(start_paused = true)]
async fn stores_of_before_are_read_as_they_were_meant() -> Result<(), Error> {
    let store = MemoryStore::new();
    let new = NewInstance {
        id: "i".to_owned(),
        workflow: "Old".to_owned(),
        version: 0,
        input: br#"[{"1":0.1,"2":1e300},null]"#.to_vec(),
        created_at: Timestamp::from_millis(0),
    };
    let key = store.create(new).await?;
    let records = [
        // `let text`, by the fingerprint of JSON.
        (":let-text", old(0, 15, "6140332721923923869")),
        ("given", old(1, 1, r#"{"$some":null,"$=1":null}"#)),
        ("items/:items", old(2, 8, "[12638132224974231446,12638144319602141767]")),
        ("items/0", old(3, 1, "70")),
        // What members gave, as the bytes of each.
        ("won/:won", old(4, 5, "[[50],[51]]")),
    ];
    let puts = records.map(|(path, record)| Change::Put { path: path.into(), record });
    let status = Change::Status { status: InstanceStatus::Waiting, wake_at: None, outcome: None };
    store.commit(Batch { instance: key, changes: puts.into_iter().chain([status]).collect() }).await?;
    let signal = NewSignal { name: "go".to_owned(), payload: br#"{"$bytes":1}"#.to_vec(), once: None };
    store.signal(key, signal).await?;

    let engine = engine(Old::new(), &store).await?;
    let run = engine.find::<Old>("i").await?;
    run.state().await?;
    let expected = r#"{1: 0.1, 2: 1e300} None a {"$=1": None, "$some": None} [70, 8] [2, 3] {"$bytes": 1}"#;
    assert_eq!(run.result().await?, expected);
    Ok(())
}
