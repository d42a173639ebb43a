//! Measures the allocations of workflows: each shape beside the same functions awaited or joined by hand; and the
//! memory of ten thousand waiting instances. Counts, not times: they are the same each time.
//!
//! ```sh
//! cargo run --release -p workflow-benches --bin memory
//! ```

use allocation_counter::{AllocationInfo, measure};
use std::{
    error::Error,
    future::Future,
    mem::size_of_val,
    pin::pin,
    sync::Arc,
    task::{Context, Waker},
};
use workflow_benches::{
    Gate, Pairs,
    constructs::{Waiting, waiting_by_hand},
    trivial,
};

/// Prints a row for each shape.
struct Table;

impl Pairs for Table {
    fn pair<H, W>(
        &mut self,
        name: &str,
        _: u64,
        by_hand: impl Fn(u64) -> H + Copy + Send + 'static,
        workflow: impl Fn(u64) -> W + Clone + Send + 'static,
    ) where
        H: Future<Output = u64> + Send + 'static,
        W: Future<Output = Result<u64, workflow_runtime::Failure>> + Send + 'static,
    {
        let bytes = (size_of_val(&by_hand(1)), size_of_val(&workflow(1)));
        // The first run may set things up for all others.
        ended(workflow(1));
        let hand = measure(|| ended(by_hand(1)));
        let flow = measure(|| ended(workflow(1)));
        println!(
            "| {name} | {} | {} | {} | {} | {} | {} |",
            bytes.0, bytes.1, hand.count_total, flow.count_total, hand.bytes_max, flow.bytes_max
        );
    }
}

/// Runs what waits for nothing but what it does itself.
fn ended(run: impl Future) {
    let mut run = pin!(run);
    for _ in 0..100_000 {
        if run.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            return;
        }
    }
    panic!("it waits for something");
}

fn main() -> Result<(), Box<dyn Error>> {
    println!(
        "| shape | future by hand, bytes | workflow's | allocations by hand | workflow's | peak of live bytes by hand | workflow's |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    trivial(&mut Table);
    println!("\n10,000 instances of five stages, the third of which waits; by instance\n");
    println!("| | allocations | live bytes | ratio |");
    println!("| --- | ---: | ---: | ---: |");
    let hand = waiting(|gate, _| tokio::spawn(waiting_by_hand(Arc::clone(gate), 1)))?;
    row("by hand, spawned", &hand, &hand);
    row("`run`, spawned", &waiting(|_, workflow| tokio::spawn(workflow.run(1)))?, &hand);
    row("`start`", &waiting(|_, workflow| workflow.start(1))?, &hand);
    Ok(())
}

const INSTANCES: usize = 10_000;

fn row(name: &str, info: &AllocationInfo, hand: &AllocationInfo) {
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    let each = |count: i64| count as f64 / INSTANCES as f64;
    println!(
        "| {name} | {:.1} | {:.0} | {:.2} |",
        each(info.count_current),
        each(info.bytes_current),
        each(info.bytes_current) / each(hand.bytes_current)
    );
}

/// Returns the allocations that are held while all instances wait.
fn waiting<F: Future + Unpin>(begin: impl Fn(&Arc<Gate>, &Waiting) -> F) -> Result<AllocationInfo, Box<dyn Error>> {
    // All on this thread, whose allocations are counted.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let _entered = runtime.enter();
    let gate = Arc::new(Gate::for_instances(INSTANCES));
    let workflow = Waiting::new(Arc::clone(&gate));
    let mut running = Vec::with_capacity(INSTANCES);
    let info = measure(|| {
        running.extend((0..INSTANCES).map(|_| begin(&gate, &workflow)));
        runtime.block_on(async {
            while gate.waiting() < INSTANCES {
                tokio::task::yield_now().await;
            }
        });
    });
    gate.open();
    runtime.block_on(async {
        for run in &mut running {
            run.await;
        }
    });
    Ok(info)
}
