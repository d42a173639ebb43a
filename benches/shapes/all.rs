//! The shapes that are measured beside what is written by hand, in the order of the tables.

use crate::{
    chain_5, chain_5_busy, chain_10, chain_10_busy, chain_100, chain_100_busy,
    constructs::{
        Branch, BranchBusy, ITEMS, Items, ROUNDS, Rounds, branch_busy_by_hand, branch_by_hand, items_by_hand,
        rounds_by_hand,
    },
    diamond, diamond_busy, fan_10, fan_10_busy, fan_100, fan_100_busy, random_100, random_100_busy,
};
use std::future::Future;

/// Takes one shape after the other: its name, how many stages of it run, and how a run of each kind begins.
pub trait Pairs {
    /// One shape.
    fn pair<H, W>(
        &mut self,
        name: &str,
        stages: u64,
        by_hand: impl Fn(u64) -> H + Copy + Send + 'static,
        workflow: impl Fn(u64) -> W + Clone + Send + 'static,
    ) where
        H: Future<Output = u64> + Send + 'static,
        W: Future<Output = Result<u64, workflow_runtime::Failure>> + Send + 'static;
}

macro_rules! graphs {
    ($pairs:ident: $($name:literal $stages:literal $module:ident),* $(,)?) => {
        $( {
            let workflow = $module::Shape::new();
            $pairs.pair($name, $stages, $module::by_hand, move |seed| workflow.run(seed));
        } )*
    };
}

/// All shapes, of trivial stages.
pub fn trivial(pairs: &mut impl Pairs) {
    graphs!(pairs: "chain of 5" 5 chain_5, "chain of 10" 10 chain_10, "chain of 100" 100 chain_100, "diamond" 4 diamond,
        "1→10→1" 12 fan_10, "1→100→1" 102 fan_100, "random 10×10" 100 random_100);
    let workflow = Branch::new();
    pairs.pair("branch", 4, branch_by_hand, move |seed| workflow.run(seed));
    let workflow = Rounds::new();
    pairs.pair("loop of 1,000 rounds", ROUNDS, rounds_by_hand, move |seed| workflow.run(seed));
    let workflow = Items::new();
    pairs.pair("`for` over 10,000 items", ITEMS, items_by_hand, move |seed| workflow.run(seed));
}

/// The graphs, of stages that are busy for a microsecond.
pub fn busy(pairs: &mut impl Pairs) {
    graphs!(pairs: "chain of 5" 5 chain_5_busy, "chain of 10" 10 chain_10_busy, "chain of 100" 100 chain_100_busy,
        "diamond" 4 diamond_busy, "1→10→1" 12 fan_10_busy, "1→100→1" 102 fan_100_busy, "random 10×10" 100 random_100_busy);
    let workflow = BranchBusy::new();
    pairs.pair("branch", 4, branch_busy_by_hand, move |seed| workflow.run(seed));
}
