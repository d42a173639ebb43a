//! Measures by hand and as a workflow in turn, so that whatever else the machine does meets both.

use std::{
    future::Future,
    hint::black_box,
    io,
    time::{Duration, Instant},
};
use tokio::runtime::{Builder, Runtime};
use workflow_benches::{Pairs, median};

/// How long one measurement takes, at least: no more than a small part of what a busy system gives a thread at once.
const SAMPLE: Duration = Duration::from_micros(200);

/// Which of tokio's runtimes.
#[derive(Clone, Copy)]
pub(crate) enum Flavor {
    CurrentThread,
    MultiThread,
}

impl Flavor {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CurrentThread => "current-thread runtime",
            Self::MultiThread => "multi-thread runtime",
        }
    }

    pub(crate) fn runtime(self) -> io::Result<Runtime> {
        match self {
            Self::CurrentThread => Builder::new_current_thread().enable_time().build(),
            Self::MultiThread => Builder::new_multi_thread().enable_time().build(),
        }
    }
}

/// Prints a row for each shape.
pub(crate) struct Table {
    runtime: Runtime,
    count: usize,
}

impl Table {
    pub(crate) fn new(flavor: Flavor, count: usize) -> io::Result<Self> {
        println!("| shape | by hand, ns | workflow, ns | a stage, ns | ratio |");
        println!("| --- | ---: | ---: | ---: | ---: |");
        Ok(Self { runtime: flavor.runtime()?, count })
    }

    /// Seconds a run, in a task, as in a service.
    fn timed<F>(&self, runs: u32, each: impl Fn(u64) -> F + Send + 'static) -> f64
    where
        F: Future + Send + 'static,
    {
        let task = self.runtime.spawn(async move {
            let start = Instant::now();
            for _ in 0..runs {
                black_box(each(black_box(1)).await);
            }
            start.elapsed().as_secs_f64() / f64::from(runs)
        });
        self.runtime.block_on(task).unwrap_or_else(|error| panic!("a run panicked: {error}"))
    }
}

impl Table {
    /// How many runs take that long. Each side has its own number: what is measured longer is interrupted more often.
    fn runs<F>(&self, each: impl Fn(u64) -> F + Clone + Send + 'static) -> u32
    where
        F: Future + Send + 'static,
    {
        let mut runs = 1;
        while self.timed(runs, each.clone()) * f64::from(runs) < SAMPLE.as_secs_f64() {
            runs *= 2;
        }
        runs
    }
}

impl Pairs for Table {
    fn pair<H, W>(
        &mut self,
        name: &str,
        stages: u64,
        by_hand: impl Fn(u64) -> H + Copy + Send + 'static,
        workflow: impl Fn(u64) -> W + Clone + Send + 'static,
    ) where
        H: Future<Output = u64> + Send + 'static,
        W: Future<Output = Result<u64, workflow_runtime::Failure>> + Send + 'static,
    {
        let (of_hand, of_flow) = (self.runs(by_hand), self.runs(workflow.clone()));
        let (mut hands, mut workflows, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..self.count {
            let hand = self.timed(of_hand, by_hand);
            let flow = self.timed(of_flow, workflow.clone());
            hands.push(hand * 1e9);
            workflows.push(flow * 1e9);
            ratios.push(flow / hand);
        }
        let (hand, flow) = (median(&mut hands), median(&mut workflows));
        #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
        let stage = flow / stages as f64;
        println!("| {name} | {hand:.0} | {flow:.0} | {stage:.1} | {:.2} |", median(&mut ratios));
    }
}
