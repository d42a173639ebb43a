//! Ten thousand instances that wait at once.

use std::{future::Future, sync::Arc, time::Instant};
use tokio::runtime::Runtime;
use workflow_benches::{
    Gate,
    constructs::{Waiting, waiting_by_hand},
    median,
};

const INSTANCES: usize = 10_000;

/// Prints the times by hand and as workflows.
pub(crate) fn row(runtime: &Runtime, count: usize) {
    println!("| | by hand, ms | workflow, ms | `start`, ms | ratio | ratio of `start` |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    let (mut hands, mut runs, mut starts) = (Vec::new(), Vec::new(), Vec::new());
    let (mut ratios, mut start_ratios) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let hand = all(runtime, |gate, _| tokio::spawn(waiting_by_hand(Arc::clone(gate), 1)));
        let run = all(runtime, |_, workflow| tokio::spawn(workflow.run(1)));
        let start = all(runtime, |_, workflow| workflow.start(1));
        hands.push(hand);
        runs.push(run);
        starts.push(start);
        ratios.push(run / hand);
        start_ratios.push(start / hand);
    }
    println!(
        "| from the first start to the last end | {:.1} | {:.1} | {:.1} | {:.2} | {:.2} |",
        median(&mut hands),
        median(&mut runs),
        median(&mut starts),
        median(&mut ratios),
        median(&mut start_ratios),
    );
}

/// Milliseconds until all have begun, wait, go on, and have ended.
fn all<F: Future>(runtime: &Runtime, begin: impl Fn(&Arc<Gate>, &Waiting) -> F) -> f64 {
    runtime.block_on(async {
        let gate = Arc::new(Gate::for_instances(INSTANCES));
        let workflow = Waiting::new(Arc::clone(&gate));
        let start = Instant::now();
        let running: Vec<F> = (0..INSTANCES).map(|_| begin(&gate, &workflow)).collect();
        // On one thread nothing has begun before this yields; on several, most have.
        tokio::task::yield_now().await;
        gate.open();
        for run in running {
            run.await;
        }
        start.elapsed().as_secs_f64() * 1e3
    })
}
