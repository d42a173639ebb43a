//! Shapes that are more than a graph of single calls: a branch, a loop, items, instances that wait, policies.

use crate::{
    Gate,
    steps::{step, work},
};
use futures_util::{StreamExt as _, stream};
use std::sync::Arc;
use workflow_runtime::workflow;

workflow! {
    /// One of two arms runs.
    pub workflow Branch(seed: u64) -> u64 {
        stage first: u64 = step(seed);
        stage chosen: u64 = if *first > 10 {
            stage large: u64 = step(first);
            large
        } else {
            stage small: u64 = step(first);
            stage more: u64 = step(small);
            more
        };
        stage last: u64 = step(chosen);
        last
    }
}

/// [`Branch`] by hand.
pub async fn branch_by_hand(seed: u64) -> u64 {
    let first = step(&seed).await;
    let chosen = if first > 10 { step(&first).await } else { step(&step(&first).await).await };
    step(&chosen).await
}

workflow! {
    /// [`Branch`] with a microsecond of work a stage.
    pub workflow BranchBusy(seed: u64) -> u64 {
        stage first: u64 = work(seed);
        stage chosen: u64 = if *first > 10 {
            stage large: u64 = work(first);
            large
        } else {
            stage small: u64 = work(first);
            stage more: u64 = work(small);
            more
        };
        stage last: u64 = work(chosen);
        last
    }
}

/// [`BranchBusy`] by hand.
pub async fn branch_busy_by_hand(seed: u64) -> u64 {
    let first = work(&seed).await;
    let chosen = if first > 10 { work(&first).await } else { work(&work(&first).await).await };
    work(&chosen).await
}

/// Rounds of [`Rounds`].
pub const ROUNDS: u64 = 1_000;

workflow! {
    /// A loop of a thousand rounds with one stage each.
    pub workflow Rounds(seed: u64) -> u64 {
        stage last: u64 = loop count: u64 = *seed {
            stage next: u64 = step(count);
            if *next >= ROUNDS { break next } else { continue next }
        };
        last
    }
}

/// [`Rounds`] by hand.
pub async fn rounds_by_hand(seed: u64) -> u64 {
    let mut count = seed;
    loop {
        count = step(&count).await;
        if count >= ROUNDS {
            return count;
        }
    }
}

/// Items of [`Items`].
pub const ITEMS: u64 = 10_000;

workflow! {
    /// One stage for each of ten thousand items, 32 at once.
    pub workflow Items(seed: u64) -> u64 {
        stage all: Vec<u64> = for item in *seed..ITEMS {
            stage one: u64 = step(item);
            one
        };
        all.iter().sum::<u64>()
    }
}

/// [`Items`] by hand, with the stream that keeps 32 futures running and their results in order.
pub async fn items_by_hand(seed: u64) -> u64 {
    let all: Vec<u64> =
        stream::iter(seed..ITEMS).map(|item| async move { step(&item).await }).buffered(32).collect().await;
    all.iter().sum::<u64>()
}

workflow! {
    /// Five stages; the third waits.
    pub workflow Waiting(seed: u64) -> u64 with gate: Arc<Gate> {
        stage a: u64 = step(seed);
        stage b: u64 = step(a);
        stage c: u64 = gate.wait(b);
        stage d: u64 = step(c);
        stage e: u64 = step(d);
        e
    }
}

/// [`Waiting`] by hand.
pub async fn waiting_by_hand(gate: Arc<Gate>, seed: u64) -> u64 {
    let a = step(&seed).await;
    let b = step(&a).await;
    let c = gate.wait(&b).await;
    let d = step(&c).await;
    step(&d).await
}

workflow! {
    /// A chain of five, the first of which has policies.
    pub workflow Policies5(seed: u64) -> u64 {
        #[retry(3)]
        #[fallback(0)]
        stage a: u64 = step(seed);
        stage b: u64 = step(a);
        stage c: u64 = step(b);
        stage d: u64 = step(c);
        stage e: u64 = step(d);
        e
    }
}

workflow! {
    /// A chain of ten, the first of which has policies.
    pub workflow Policies10(seed: u64) -> u64 {
        #[retry(3)]
        #[fallback(0)]
        stage a: u64 = step(seed);
        stage b: u64 = step(a);
        stage c: u64 = step(b);
        stage d: u64 = step(c);
        stage e: u64 = step(d);
        stage f: u64 = step(e);
        stage g: u64 = step(f);
        stage h: u64 = step(g);
        stage i: u64 = step(h);
        stage j: u64 = step(i);
        j
    }
}
