//! The cases whose instructions are counted.

use crate::driven;
use std::{
    future::{Future, ready},
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
};
use workflow_benches::{
    chain_5, chain_10, chain_16, chain_100,
    constructs::{Branch, Policies5, Policies10, Rounds, branch_by_hand, rounds_by_hand},
    fan_10, fan_100, random_100,
};
use workflow_runtime::__private::{Exit, OwnedOrShared, Slot, fill};

/// A row of the table: the instructions of a run of `case`, less those of `less`, by unit.
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) case: &'static str,
    pub(crate) less: Option<&'static str>,
    pub(crate) units: f64,
    /// How many runs are counted, less those before.
    pub(crate) runs: (u32, u32),
}

const fn row(what: &'static str, case: &'static str, less: Option<&'static str>, units: f64) -> Row {
    Row { what, case, less, units, runs: (100, 1_100) }
}

const fn large(what: &'static str, case: &'static str, stages: f64) -> Row {
    Row { what, case, less: None, units: stages, runs: (1, 11) }
}

pub(crate) const ROWS: &[Row] = &[
    row("by hand: a chain of 5", "by_hand_5", None, 1.0),
    row("by hand: a stage of a chain", "by_hand_10", Some("by_hand_5"), 5.0),
    row("by hand: 1→10→1", "by_hand_fan_10", None, 1.0),
    row("a run of a chain of 5", "chain_5", None, 1.0),
    row("a piece of 16: a run of a chain of 16", "chain_16", None, 1.0),
    row("a stage of a piece", "chain_10", Some("chain_5"), 5.0),
    row("the same where another stage has policies", "policies_10", Some("policies_5"), 5.0),
    row("a run of 1→10→1", "fan_10", None, 1.0),
    row("by hand: a stage of 1→100→1", "by_hand_fan_100", None, 102.0),
    row("a stage of 1→100→1", "fan_100", None, 102.0),
    row("by hand: a branch", "by_hand_branch", None, 1.0),
    row("a run with a branch", "branch", None, 1.0),
    row("by hand: a round of a loop", "by_hand_rounds", None, 999.0),
    row("a round of a loop", "rounds", None, 999.0),
    row("a step of the driver: a stage of a random graph of 100", "random_100", None, 100.0),
    row("a stage of a chain of 100, in seven pieces", "chain_100", None, 100.0),
    row("a slot is made, written and dropped", "slot", None, 1.0),
    large("the driver alone: each of a chain of 1,000", "driven_chain_1000", 1_000.0),
    large("the driver alone: each of a chain of 2,000", "driven_chain_2000", 2_000.0),
    large("the driver alone: each of 1,000 that one waits for", "driven_fan_in_1000", 1_000.0),
    large("the driver alone: each of 2,000 that one waits for", "driven_fan_in_2000", 2_000.0),
    large("the driver alone: each of a random graph of 1,000", "driven_random_1000", 1_000.0),
    large("the driver alone: each of a random graph of 2,000", "driven_random_2000", 2_000.0),
];

/// Runs one so often.
pub(crate) fn repeat(case: &str, times: u32) {
    macro_rules! runs {
        ($($name:literal $workflow:ident)*) => {
            match case {
                $( $name => {
                    let workflow = $workflow::new();
                    for _ in 0..times {
                        assert!(black_box(ended(workflow.run(black_box(1)))).is_ok(), "{case} fails");
                    }
                } )*
                "by_hand_5" => (0..times).for_each(|_| { black_box(ended(chain_5::by_hand(black_box(1)))); }),
                "by_hand_10" => (0..times).for_each(|_| { black_box(ended(chain_10::by_hand(black_box(1)))); }),
                "by_hand_fan_100" => (0..times).for_each(|_| { black_box(ended(fan_100::by_hand(black_box(1)))); }),
                "by_hand_branch" => (0..times).for_each(|_| { black_box(ended(branch_by_hand(black_box(1)))); }),
                "by_hand_rounds" => (0..times).for_each(|_| { black_box(ended(rounds_by_hand(black_box(1)))); }),
                "by_hand_fan_10" => (0..times).for_each(|_| { black_box(ended(fan_10::by_hand(black_box(1)))); }),
                "slot" => {
                    for _ in 0..times {
                        let slot = black_box(Slot::new());
                        let written = ended(fill(&slot, false, ready(Ok::<_, Exit>(OwnedOrShared::Owned(black_box(1_u64))))));
                        black_box((written.is_ok(), slot.get()));
                    }
                }
                other => match driven::graph(other) {
                    Some(graph) => (0..times).for_each(|_| driven::run(graph)),
                    None => panic!("there is no case {case}"),
                },
            }
        };
    }
    use chain_5::Shape as Chain5;
    use chain_10::Shape as Chain10;
    use chain_16::Shape as Chain16;
    use chain_100::Shape as Chain100;
    use fan_10::Shape as Fan10;
    use fan_100::Shape as Fan100;
    use random_100::Shape as Random100;
    runs! {
        "chain_5" Chain5
        "chain_10" Chain10
        "chain_16" Chain16
        "chain_100" Chain100
        "fan_10" Fan10
        "fan_100" Fan100
        "branch" Branch
        "rounds" Rounds
        "random_100" Random100
        "policies_5" Policies5
        "policies_10" Policies10
    }
}

/// Returns the output of a future that waits for nothing.
fn ended<F: Future>(run: F) -> F::Output {
    match pin!(run).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits for something"),
    }
}
