//! Random workflows give what a plain evaluation gives, and nothing in them happens out of order.
#![deny(warnings)]
// Numbers mean nothing here, the code is generated, and an `after` may repeat what the data say already.
#![allow(clippy::unreadable_literal, deprecated)]
use workflow_runtime::workflow;
use workflow_tests::{
    generator::random::{Random, mix},
    leaves::{Log, Turn, fallible, later, later_fallible, much_later, plain, turn},
};

include!(concat!(env!("OUT_DIR"), "/random.rs"));

const INPUTS: [(u64, u64); 6] = [(0, 0), (1, 2), (7, 3), (12, 5), (1 << 40, 77), (u64::MAX, 123_456)];

async fn agrees<F: Future<Output = Result<u64, workflow_runtime::Failure>>>(
    name: &str,
    log: &Log,
    run: impl Fn(u64, u64) -> F,
) {
    let random = Random::named(name).unwrap();
    for (first, second) in INPUTS {
        let output = run(first, second).await;
        let events = log.take();
        assert_eq!(output.unwrap(), random.evaluate(first, second), "{name}({first}, {second})\n{}", random.source());
        if let Some((start, late)) = random.misordered(&events) {
            panic!("{name}({first}, {second}): {start:?} before {late:?}\n{}", random.source());
        }
    }
}

macro_rules! each_on_its_own {
    ($($Random:ident)*) => { $({
        let log = Log::default();
        let workflow = $Random::new(log.clone());
        agrees(stringify!($Random), &log, |first, second| Box::pin(workflow.run(first, second))).await;
        agrees(stringify!($Random), &log, |first, second| workflow.start(first, second)).await;
    })* };
}

#[tokio::test]
async fn on_one_thread() {
    all_random!(each_on_its_own);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_two_threads() {
    all_random!(each_on_its_own);
}

macro_rules! count {
    ($($Random:ident)*) => { [$($Random::GRAPH.stages.len()),*] };
}

#[test]
fn they_are_many_and_not_small() {
    let sizes = all_random!(count);
    assert!(sizes.len() >= 60);
    assert!(sizes.iter().sum::<usize>() > 1_000, "{sizes:?}");
    assert!(sizes.iter().any(|&size| size > 50), "{sizes:?}");
}

#[tokio::test]
async fn a_wrong_order_would_be_seen() {
    let (log, random) = (Log::default(), Random::new(1));
    Box::pin(Random1::new(log.clone()).run(1, 2)).await.unwrap();
    let mut events = log.take();
    assert!(random.misordered(&events).is_none());
    events.reverse();
    assert!(random.misordered(&events).is_some());
}
