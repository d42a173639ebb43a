//! Every construct of the language, in small.
#![deny(warnings)]
#![allow(
    clippy::large_futures,
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_async,
    clippy::let_underscore_untyped,
    reason = "what users write is not the point here"
)]
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};
use workflow_runtime::{Failure, FailureKind, StageContext, StageStatus, workflow};

async fn double(number: &u32) -> u32 {
    tokio::task::yield_now().await;
    number * 2
}
fn checked(number: &u32) -> Result<u32, String> {
    if *number > 100 { Err(format!("{number} is too much")) } else { Ok(*number) }
}
async fn later(number: u32, times: usize) -> Result<u32, String> {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
    if number == 0 { Err("zero".into()) } else { Ok(number) }
}

workflow! {
    /// All shapes of graph.
    workflow Shapes(number: u32, text: String) -> (u32, u32, String) {
        stage a: u32 = double(number);
        stage b: u32 = double(a);
        stage c: u32 = checked(a);
        let sum: u32 = b + c;
        stage d: u32 = double(sum);
        // An N: no nest of joins.
        stage n1: u32 = *number;
        stage n2: u32 = n1 + 1;
        stage n3: u32 = n1 + b;
        stage n4: u32 = n2 + n3;
        #[after(block)]
        stage e: String = format!("{text} {d} {}", n4);
        stage block: u32 = {
            stage inner: u32 = a + 1;
            let twice: u32 = *inner * 2;
            stage more: u32 = *twice + 1;
            more
        };
        (*d, *block, e.clone())
    }
}

#[tokio::test]
async fn shapes() {
    let output = Shapes::new().run(3, "x".into()).await.unwrap();
    // a 6, b 12, c 6, sum 18, d 36, n4 = 4 + 15
    assert_eq!(output, (36, 15, "x 36 19".into()));
    let output = Shapes::default().start(3, "x".into()).await.unwrap();
    assert_eq!(output, (36, 15, "x 36 19".into()));
}

workflow! {
    workflow Branches(number: u32, maybe: Option<u32>) -> String {
        stage big: bool = *number > 10;
        stage size: &'static str = if *big { "big" } else if *number > 5 { "medium" } else { "small" };
        stage named: String = match maybe {
            Some(value) if *value > 3 => format!("{value}!"),
            Some(value) => {
                stage half: u32 = double(value);
                half.to_string()
            }
            None => "nothing".to_owned(),
        };
        stage inside: u32 = if let Some(value) = maybe && *value > 3 { *value } else { 0 };
        #[when(*big)]
        stage extra: Option<u32> = double(number);
        #[when(let Some(value) = maybe)]
        stage other: Option<u32> = double(value);
        #[when(*big)]
        stage discarded = number.checked_add(1).map(|_| ()).ok_or("never");
        format!("{size} {named} {inside} {extra:?} {other:?}")
    }
}

#[tokio::test]
async fn branches() {
    let run = |number, maybe| Branches::new().run(number, maybe);
    assert_eq!(run(11, Some(4)).await.unwrap(), "big 4! 4 Some(22) Some(8)");
    assert_eq!(run(6, Some(2)).await.unwrap(), "medium 4 0 None Some(4)");
    assert_eq!(run(1, None).await.unwrap(), "small nothing 0 None None");
    let handle = Branches::new().start(1, None);
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    assert_eq!(handle.state().extra.status(), StageStatus::Skipped);
}

workflow! {
    workflow Loops(number: u32) -> u32 {
        #[max(3)]
        stage few: u32 = loop round: u32 = *number {
            stage next: u32 = double(round);
            if *next > 100 { break next } else { continue next }
        };
        few
    }
    workflow Otherwise(number: u32) -> u32 {
        #[max(2, else = *round + 1000)]
        stage few: u32 = loop round: u32 = *number {
            stage next: u32 = double(round);
            if *next > 100 { break next } else { continue next }
        };
        few
    }
    workflow Stateless(counter: Arc<AtomicUsize>) -> usize {
        stage rounds: usize = loop {
            stage count: usize = counter.fetch_add(1, Ordering::Relaxed);
            match count {
                5 => break count,
                _ => continue,
            }
        };
        loop {
            stage more: usize = counter.fetch_add(1, Ordering::Relaxed);
            if *more > 10 { break rounds + more }
        }
    }
}

#[tokio::test]
async fn loops() {
    assert_eq!(Loops::new().run(20).await.unwrap(), 160);
    let failure = Loops::new().run(1).await.unwrap_err();
    assert_eq!((failure.stage(), failure.kind()), (Some("few"), FailureKind::RoundLimit));
    assert_eq!(Otherwise::new().run(1).await.unwrap(), 1004);
    assert_eq!(Stateless::new().run(Arc::default()).await.unwrap(), 16);
}

workflow! {
    workflow Many(numbers: Vec<u32>, names: Vec<(String, u32)>) -> (Vec<u32>, usize) {
        #[concurrency(2)]
        stage doubled: Vec<u32> = for number in numbers {
            stage one: u32 = double(number);
            stage two: u32 = double(one);
            two
        };
        stage lengths: Vec<usize> = for (name, times) in names {
            stage repeated: String = name.repeat(*times as usize);
            repeated.len()
        };
        stage owned: Vec<u32> = for number in 0..3u32 { double(number) };
        stage nested: Vec<Vec<u32>> = for number in numbers {
            for other in numbers { *number * *other }
        };
        stage discarded = for number in doubled { async { assert!(*number > 0) } };
        (doubled.iter().chain(owned).copied().collect::<Vec<_>>(), lengths.iter().sum::<usize>() + nested.len())
    }
}

#[tokio::test]
async fn many() {
    let names = vec![("ab".to_owned(), 2), ("c".to_owned(), 3)];
    let (numbers, total) = Many::new().run(vec![1, 2, 3], names.clone()).await.unwrap();
    assert_eq!(numbers, [4, 8, 12, 0, 2, 4]);
    assert_eq!(total, 10);
    let mut handle = Many::new().start(vec![1, 2, 3], names);
    (&mut handle).await.unwrap();
    let state = handle.state();
    assert_eq!(state.one.len(), 3);
    assert_eq!(state.one.get(2).unwrap().get().as_deref(), Some(&6));
}

workflow! {
    workflow Races(number: u32, numbers: Vec<u32>) -> (u32, Vec<u32>, u32, Vec<u32>) {
        stage fastest: u32 = race { later(1, 5), later(2, 1), { stage slow: u32 = later(3, 9); slow } };
        stage two: Vec<u32> = quorum(2) { later(1, 5), later(0, 1), later(3, 3) };
        stage one_of: u32 = race for any in numbers { later(*any, 3) };
        stage some_of: Vec<u32> = quorum(2) for other in numbers { later(*other, *number as usize) };
        (*fastest, two.clone(), *one_of, some_of.clone())
    }
}

#[tokio::test]
async fn races() {
    let output = Races::new().run(1, vec![0, 5, 6]).await.unwrap();
    assert_eq!(output, (2, vec![3, 1], 5, vec![5, 6]));
    let failure = Races::new().run(1, vec![0, 5]).await.unwrap_err();
    assert_eq!((failure.stage(), failure.kind()), (Some("some_of"), FailureKind::QuorumFailed));
}

workflow! {
    workflow Ends(number: u32) -> u32 {
        stage checked: u32 = match *number {
            0 => return 7,
            1 => fail "one is not allowed",
            2 => panic!("two"),
            other => double(other),
        };
        checked
    }
}

#[tokio::test]
async fn ends() {
    let ends = Ends::new();
    assert_eq!(ends.run(0).await.unwrap(), 7);
    let failure: Failure = ends.run(1).await.unwrap_err();
    assert_eq!(format!("{failure:#}"), "stage 'checked' of workflow 'Ends' failed: one is not allowed");
    let failure = ends.run(2).await.unwrap_err();
    assert_eq!(format!("{failure:#}"), "stage 'checked' of workflow 'Ends' panicked: two");
    assert_eq!(ends.run(5).await.unwrap(), 10);
}

static ASKED: Mutex<Vec<&str>> = Mutex::new(Vec::new());
fn note(what: &'static str) -> u32 {
    ASKED.lock().unwrap().push(what);
    1
}

workflow! {
    workflow Lazies(number: u32) -> u32 {
        #[lazy]
        stage costly: u32 = note("costly");
        #[lazy]
        stage dearer: u32 = *costly + note("dearer");
        stage chosen: u32 = match *number {
            0 => 0,
            1 => *costly,
            _ => *dearer + 5,
        };
        chosen
    }
}

#[tokio::test]
async fn lazies() {
    assert_eq!(Lazies::new().run(0).await.unwrap(), 0);
    assert!(ASKED.lock().unwrap().is_empty());
    assert_eq!(Lazies::new().run(1).await.unwrap(), 1);
    assert_eq!(*ASKED.lock().unwrap(), ["costly"]);
    assert_eq!(Lazies::new().run(2).await.unwrap(), 7);
    assert_eq!(*ASKED.lock().unwrap(), ["costly", "costly", "dearer"]);
}

struct Offset(u32);
async fn keyed(ctx: &StageContext, number: &u32) -> String {
    format!("{}:{}:{}", ctx.stage(), number, ctx.idempotency_key().split_once('/').unwrap().1)
}

workflow! {
    workflow Tasks(number: u32) -> (u32, u32, String, Vec<u32>) with offset: Offset, factor: u32 {
        let half: u32 = *number / 2;
        #[spawn]
        stage elsewhere: u32 = double(number);
        #[blocking]
        stage blocking: u32 = number + offset.0 + *elsewhere + half;
        #[spawn]
        stage block: Vec<u32> = for index in 0..*elsewhere {
            stage item: u32 = *index * *factor + blocking;
            item
        };
        stage key: String = keyed(ctx, number);
        (*elsewhere, *blocking, key.clone(), block.clone())
    }
}

#[tokio::test]
async fn tasks() {
    let tasks = Tasks::new(Offset(10), 3);
    let expected = (4, 17, "key:2:key".to_owned(), vec![17, 20, 23, 26]);
    assert_eq!(tasks.run(2).await.unwrap(), expected);
    assert_eq!(tasks.clone().start(2).await.unwrap(), expected);
}

workflow! {
    pub(crate) workflow Generic<T: Clone, const N: usize>(item: T) -> Vec<T> where T: std::fmt::Debug {
        stage copies: Vec<T> = std::iter::repeat_n(item, N).cloned().collect::<Vec<_>>();
        copies
    }
    workflow Nothing() {}
    workflow Unit() { stage only = async {}; }
}

#[tokio::test]
async fn generic() {
    assert_eq!(Generic::<String, 2>::new().run("x".into()).await.unwrap(), ["x", "x"]);
    Nothing::new().run().await.unwrap();
    Unit::new().run().await.unwrap();
    assert_eq!(Nothing::GRAPH.stages.len(), 0);
}

#[tokio::test]
async fn inside_a_function() {
    struct Local(u32);
    workflow! {
        workflow Inner(local: Local) -> u32 {
            stage doubled: u32 = double(&local.0);
            doubled
        }
    }
    assert_eq!(Inner::new().run(Local(2)).await.unwrap(), 4);
    assert_eq!(InnerStage::Doubled.to_string(), "doubled");
    assert_eq!("doubled".parse(), Ok(InnerStage::Doubled));
}

#[derive(Clone)]
struct Order {
    kind: Option<String>,
}
fn length(text: &str) -> usize {
    text.len()
}

workflow! {
    workflow TasksInPatterns(orders: Vec<Order>, words: Vec<(String, u32)>) -> (Vec<usize>, Vec<usize>, usize, Vec<u32>) {
        stage borrowed: Vec<usize> = for order in orders {
            match &order.kind {
                Some(kind) => {
                    #[blocking]
                    stage size: usize = length(kind);
                    size
                }
                None => 0,
            }
        };
        stage owned: Vec<usize> = for (word, times) in words.clone() {
            #[spawn]
            stage spawned: usize = async { length(word) * *times as usize };
            spawned
        };
        stage of_owned: usize = match words.first().cloned() {
            Some((word, _)) => {
                let twice: usize = length(word) * 2;
                #[spawn]
                stage first: usize = { stage inner: usize = length(word) + twice; inner };
                first
            }
            None => 0,
        };
        stage chained: Vec<u32> = for (word, times) in words.iter() {
            if let Some(c) = word.as_str().strip_prefix('a') && *times > 0 {
                stage other: u32 = u32::try_from(c.len()).unwrap_or(0);
                other
            } else {
                #[blocking]
                #[when(*times > 1)]
                stage last: Option<u32> = *times + 1;
                last.unwrap_or(0)
            }
        };
        (borrowed.clone(), owned.clone(), *of_owned, chained.clone())
    }
}

#[tokio::test]
async fn tasks_in_patterns() {
    let orders = vec![Order { kind: None }, Order { kind: Some("abc".into()) }];
    let words = vec![("ab".to_owned(), 2), ("c".to_owned(), 3)];
    let expected = (vec![0, 3], vec![4, 3], 6, vec![1, 4]);
    assert_eq!(TasksInPatterns::new().run(orders.clone(), words.clone()).await.unwrap(), expected);
    assert_eq!(TasksInPatterns::new().start(orders, words).await.unwrap(), expected);
}
