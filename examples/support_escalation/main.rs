//! Supports customers: reads tickets as JSON lines, takes each through the workflow in `workflow.rs`, and prints the
//! path it took. The path has the answers with their times, the customer's replies, and the timers that ran out.
//!
//! ```text
//! cargo run --release --example support_escalation
//! cargo run --release --example support_escalation -- cases.jsonl --quiet
//! generate | cargo run --release --example support_escalation -- -
//! ```
//!
//! A ticket may take weeks. By default the clock is paused, as tokio has it for tests. It jumps to the next timer
//! whenever all tasks wait for one, so that the times are exact and weeks take no time. `--real-time` waits.
#![forbid(unsafe_code)]

#[path = "../shared/cases.rs"]
mod cases;
#[path = "../shared/clock.rs"]
mod clock;
mod desk;
mod domain;
#[path = "../shared/input.rs"]
mod input;
#[path = "../shared/journal.rs"]
mod journal;
#[path = "../shared/output.rs"]
mod output;
mod path;
mod script;
#[path = "../shared/wait.rs"]
mod wait;
mod workflow;

use std::process::ExitCode;

use clap::Parser;

use crate::cases::Options;
use crate::workflow::SupportEscalation;

/// Supports the customers whose tickets are in a file of JSON lines.
#[derive(Debug, Parser)]
#[command(name = "support_escalation")]
struct Arguments {
    #[command(flatten)]
    options: Options,
    /// Print the workflow as a Mermaid diagram, and do nothing else
    #[arg(long)]
    graph: bool,
}

fn main() -> ExitCode {
    output::exit(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.graph {
        return output::print(&SupportEscalation::GRAPH.to_mermaid());
    }
    arguments.options.follow_all("support_escalation/cases.jsonl", ["Outcome", "Level", "Tickets"], path::follow)
}
