//! Stages of random workflows start when their graphs say.
#![deny(warnings)]
#![allow(clippy::unreadable_literal, clippy::trivially_copy_pass_by_ref, deprecated, reason = "no hand wrote them")]

mod told;

use std::sync::Arc;
use told::{Clock, assert_told};
use workflow_runtime::workflow;
use workflow_tests::{
    generator::random::mix,
    leaves::{Log, Turn, fallible, later, later_fallible, much_later, plain, turn},
};

include!(concat!(env!("OUT_DIR"), "/random.rs"));

macro_rules! as_told {
    ($($Random:ident)*) => { $({
        let clock = Arc::new(Clock::default());
        let workflow = $Random::new(Log::timed()).observed_by(Arc::clone(&clock));
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
