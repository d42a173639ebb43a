//! Stages of random workflows start when their graphs say.
#![deny(warnings)]
#![allow(clippy::unreadable_literal, clippy::trivially_copy_pass_by_ref, deprecated, reason = "no hand wrote them")]

mod told;

use std::{sync::Arc, time::Duration};
use told::{Clock, assert_told};
use workflow_runtime::workflow;
use workflow_tests::{
    generator::random::mix,
    leaves::{Turn, turn},
};

// The leaves. Each takes a time of its own.

type Log = ();

fn plain<const P: usize, const N: usize>(_: &Log, _: u64, salt: u64, _: [u64; P], inputs: [&u64; N]) -> u64 {
    mix(salt, &inputs.map(|input| *input))
}

fn fallible<const P: usize, const N: usize>(
    log: &Log,
    leaf: u64,
    salt: u64,
    path: [u64; P],
    inputs: [&u64; N],
) -> Result<u64, String> {
    if salt == 0 { Err("no stage has that number".to_owned()) } else { Ok(plain(log, leaf, salt, path, inputs)) }
}

async fn later<const P: usize, const N: usize>(
    log: &Log,
    leaf: u64,
    salt: u64,
    path: [u64; P],
    inputs: [&u64; N],
) -> u64 {
    let more: u64 = path.iter().sum();
    tokio::time::sleep(Duration::from_millis(1 + (leaf * 37 + more * 11) % 101)).await;
    plain(log, leaf, salt, path, inputs)
}

async fn later_fallible<const P: usize, const N: usize>(
    log: &Log,
    leaf: u64,
    salt: u64,
    path: [u64; P],
    inputs: [&u64; N],
) -> Result<u64, String> {
    later(log, leaf, salt, path, inputs).await;
    fallible(log, leaf, salt, path, inputs)
}

async fn much_later<const P: usize, const N: usize>(
    log: &Log,
    leaf: u64,
    salt: u64,
    path: [u64; P],
    inputs: [&u64; N],
) -> u64 {
    tokio::time::sleep(Duration::from_millis(200)).await;
    later(log, leaf, salt, path, inputs).await
}

include!(concat!(env!("OUT_DIR"), "/random.rs"));

macro_rules! as_told {
    ($($Random:ident)*) => { $({
        let clock = Arc::new(Clock::default());
        let workflow = $Random::new(()).observed_by(Arc::clone(&clock));
        for (first, second) in [(0, 0), (1, 2), (7, 3), (12, 5)] {
            Box::pin(workflow.run(first, second)).await.unwrap();
            assert_told(&clock, $Random::GRAPH, stringify!($Random));
        }
    })* };
}

#[tokio::test(start_paused = true)]
async fn random_stages_start_when_the_graph_says() {
    all_random!(as_told);
}
