//! Onboards customers: reads applications as JSON lines, runs each through the workflow in `workflow.rs`, many at a
//! time, and says what became of them.
//!
//! ```text
//! cargo run --release --example customer_onboarding
//! cargo run --release --example customer_onboarding -- applications.jsonl --concurrency 100
//! generate | cargo run --release --example customer_onboarding -- -
//! ```
#![forbid(unsafe_code)]

mod batch;
mod domain;
#[path = "../shared/input.rs"]
mod input;
#[path = "../shared/output.rs"]
mod output;
mod progress;
mod refusal;
mod report;
mod services;
mod timings;
mod workflow;

use std::fs::File;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Parser;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::batch::Batch;
use crate::input::Source;
use crate::services::Services;
use crate::timings::Timings;
use crate::workflow::CustomerOnboarding;

/// Onboards the customers who apply in a file of JSON lines.
#[derive(Debug, Parser)]
#[command(name = "customer_onboarding")]
struct Arguments {
    /// The applications, one JSON object a line; `-` reads standard input [default: the file that comes with the
    /// example]
    path: Option<PathBuf>,
    /// How many applications are in work at once
    #[arg(long, default_value = "16")]
    concurrency: NonZeroUsize,
    /// How long, in milliseconds, a simulated service takes at most
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(0..=60_000))]
    latency: u64,
    /// Write the accounts that were opened to this file, one JSON object a line
    #[arg(long, value_name = "FILE")]
    accounts: Option<PathBuf>,
    /// Print the workflow as a Mermaid diagram, and do nothing else
    #[arg(long)]
    graph: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    output::exit(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    if arguments.graph {
        return output::print(&CustomerOnboarding::GRAPH.to_mermaid());
    }
    let timings = Timings::default();
    tracing_subscriber::registry().with(timings.clone()).try_init()?;

    let lines = input::lines(
        &Source::from_argument(arguments.path, "customer_onboarding/applications.jsonl").read()?,
        "an application",
    );
    let create = |path: PathBuf| File::create(&path).with_context(|| format!("'{}' can't be written", path.display()));
    let accounts = arguments.accounts.map(create).transpose()?;

    let started = Instant::now();
    let services = Services::new(Duration::from_millis(arguments.latency));
    let trouble = services.trouble();
    let onboarding = CustomerOnboarding::new(services);
    let batch = Batch::new(lines.len(), accounts);
    let report = batch.run(&onboarding, lines, arguments.concurrency).await?;

    let stages = CustomerOnboarding::GRAPH.stages.iter().map(|stage| stage.name);
    let times = report::times(&timings.summary(stages));
    output::print(&format!(
        "{}\n{times}\n{} questions without an answer, {} accounts closed again.\nDone in {:.1?}.\n",
        report.outcomes(),
        trouble.unanswered(),
        trouble.closed(),
        started.elapsed()
    ))
}
