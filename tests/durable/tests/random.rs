//! Random workflows on a store that crashes at one of its commits, for each of these. They give what a plain evaluation
//! gives, and nothing happens again that something else has come of.
#![deny(warnings)]
// Numbers mean nothing here, the code is generated, and an `after` may repeat what the data say already.
#![allow(clippy::unreadable_literal, deprecated)]
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use workflow_durable_tests::{Crash, CrashingStore};
use workflow_runtime::{
    engine::{Durable, Engine, EngineError},
    store::{MemoryStore, Store},
    workflow,
};
use workflow_tests::{
    generator::random::{Event, Random, mix},
    leaves::{Log, Turn, fallible, later, later_fallible, much_later, plain, turn},
};

include!(concat!(env!("OUT_DIR"), "/random.rs"));

fn process() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

async fn result<W: Durable<Input = (u64, u64), Output = u64>>(
    workflow: W,
    store: impl Store,
    input: (u64, u64),
) -> Result<u64, EngineError> {
    let engine = Engine::builder().store(store).workflow(workflow).start().await?;
    let run = engine.start_with::<W>("one", input).await?;
    let day = Duration::from_hours(24);
    tokio::time::timeout(day, run.result()).await.unwrap_or_else(|_| panic!("it hangs"))
}

/// Gives whether it crashed, the output, and all that happened.
fn crashing<W: Durable<Input = (u64, u64), Output = u64>>(
    new: &impl Fn(Log) -> W,
    input: (u64, u64),
    crash: Crash,
) -> (bool, Result<u64, EngineError>, Vec<Event>) {
    let (log, store) = (Log::default(), MemoryStore::new());
    let crashes = CrashingStore::new(store.clone(), crash);
    let first = process().block_on(async {
        tokio::select! {
            output = result(new(log.clone()), crashes.clone(), input) => Some(output),
            () = crashes.crashed() => None,
        }
    });
    let crashed = first.is_none();
    let output = first.unwrap_or_else(|| process().block_on(result(new(log.clone()), store, input)));
    (crashed, output, log.take())
}

fn survives<W: Durable<Input = (u64, u64), Output = u64>>(name: &str, new: impl Fn(Log) -> W) {
    let number = name.trim_start_matches("Random").parse().unwrap();
    let random = Random::new(number);
    let (first, second) = if number.is_multiple_of(2) { (7, 3) } else { (12, 5) };
    for kind in [Crash::Before as fn(u64) -> Crash, Crash::After] {
        for at in 0.. {
            let told = || format!("{name}({first}, {second}), {:?}\n{}", kind(at), random.source());
            let (crashed, output, events) = crashing(&new, (first, second), kind(at));
            let output = output.unwrap_or_else(|error| panic!("{error}: {}", told()));
            assert_eq!(output, random.evaluate(first, second), "{}", told());
            if let Some((start, late)) = random.misordered(&events) {
                panic!("{start:?} before {late:?}: {}", told());
            }
            if !crashed {
                break;
            }
        }
    }
}

macro_rules! each {
    ($($Random:ident)*) => { $(survives(stringify!($Random), $Random::new);)* };
}

#[test]
fn a_crash_at_any_commit_changes_nothing() {
    all_random!(each);
}
