//! Pays: reads orders as JSON lines, runs each through the workflow in `workflow.rs`, and prints the path it took: what
//! each step said and when, what was tried again, and what was undone.
//!
//! ```text
//! cargo run --release --example payment
//! cargo run --release --example payment -- cases.jsonl --quiet
//! generate | cargo run --release --example payment -- -
//! ```
//!
//! An approval may take days. By default the clock is paused, as tokio has it for tests: it jumps to the next timer
//! whenever all that is under way waits for one, so that the times are exact and days take no time. `--real-time` waits.
#![forbid(unsafe_code)]

mod bank;
#[path = "../shared/clock.rs"]
mod clock;
mod domain;
#[path = "../shared/input.rs"]
mod input;
#[path = "../shared/journal.rs"]
mod journal;
#[path = "../shared/output.rs"]
mod output;
#[path = "../shared/panics.rs"]
mod panics;
mod path;
mod problem;
mod report;
mod script;
#[path = "../shared/wait.rs"]
mod wait;
mod workflow;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::clock::Clock;
use crate::input::Source;
use crate::workflow::Payment;

/// Carries out the payments that are ordered in a file of JSON lines.
#[derive(Debug, Parser)]
#[command(name = "payment")]
struct Arguments {
    /// The cases, one JSON object a line; `-` reads standard input [default: the file that comes with the example]
    path: Option<PathBuf>,
    #[command(flatten)]
    clock: Clock,
    /// How many payments are in work at once
    #[arg(long, default_value = "64")]
    concurrency: NonZeroUsize,
    /// Print the table of outcomes only, without each payment's path
    #[arg(long)]
    quiet: bool,
    /// Print the workflow as a Mermaid diagram, and do nothing else
    #[arg(long)]
    graph: bool,
}

fn main() -> ExitCode {
    panics::keep_short();
    output::exit(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.graph {
        return output::print(&Payment::GRAPH.to_mermaid());
    }
    let source = Source::from_argument(arguments.path.clone(), "payment/cases.jsonl");
    let lines = input::lines(&source.read()?, "a case");
    arguments.clock.run(report::pay_all(lines, arguments.concurrency, arguments.quiet))?
}
