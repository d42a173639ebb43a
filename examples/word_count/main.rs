//! Counts the lines, words and bytes of every file in a tree, many files at a time, and prints what `wc` would.
//!
//! ```text
//! cargo run --release --example word_count
//! cargo run --release --example word_count -- src --check
//! ```
#![forbid(unsafe_code)]

mod check;
mod counts;
#[path = "../shared/output.rs"]
mod output;
mod report;
mod tree;
mod workflow;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::report::Request;
use crate::workflow::WordCount;

/// Counts lines, words and bytes of the files in a tree, as `wc` does.
#[derive(Debug, Parser)]
#[command(name = "word_count")]
struct Arguments {
    /// A folder, or a file
    #[arg(default_value = env!("CARGO_MANIFEST_DIR"))]
    path: PathBuf,
    /// How many files are in work at once
    #[arg(long, default_value = "8")]
    concurrency: NonZeroUsize,
    /// Compare with what the system's own `wc` says
    #[arg(long)]
    check: bool,
    /// Count hidden files and caches (such as cargo's target folders) too
    #[arg(long)]
    all: bool,
    /// Print the workflow as a Mermaid diagram, and do nothing else
    #[arg(long)]
    graph: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    output::exit(run(Arguments::parse()).await)
}

/// Gives success when every file was counted, and `wc` agrees where it was asked.
async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if arguments.graph {
        output::print(&WordCount::GRAPH.to_mermaid())?;
        return Ok(ExitCode::SUCCESS);
    }
    let Arguments { path: root, concurrency, check, all, graph: _ } = arguments;
    let counts = WordCount::new().run(Request { root, all, concurrency: concurrency.get(), check }).await?;

    output::print(&counts.to_string())?;
    let problems = counts.problems();
    for problem in &problems {
        output::complain(problem);
    }
    if let Some(verdict) = counts.verdict() {
        output::complain(&verdict);
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
