//! Pays: reads orders as JSON lines, runs each through the workflow in `workflow.rs`, and prints the path it took. The
//! path has what each step said and when, what was tried again, and what was undone.
//!
//! ```text
//! cargo run --release --example payment
//! cargo run --release --example payment -- cases.jsonl --quiet
//! generate | cargo run --release --example payment -- -
//! ```
//!
//! An approval may take days. By default the clock is paused, as tokio has it for tests. It jumps to the next timer
//! whenever all tasks wait for one, so that the times are exact and days take no time. `--real-time` waits.
#![forbid(unsafe_code)]

mod bank;
#[path = "../shared/cases.rs"]
mod cases;
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
mod script;
#[path = "../shared/wait.rs"]
mod wait;
mod workflow;

use std::process::ExitCode;

use clap::Parser;

use crate::cases::Options;
use crate::workflow::Payment;

/// Carries out the payments that are ordered in a file of JSON lines.
#[derive(Debug, Parser)]
#[command(name = "payment")]
struct Arguments {
    #[command(flatten)]
    options: Options,
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
    arguments.options.follow_all("payment/cases.jsonl", ["Outcome", "Stage", "Payments"], path::follow)
}
