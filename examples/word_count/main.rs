//! Counts the lines, words and bytes of every file in a tree, many files at a time, and prints what `wc` would.
//!
//! ```text
//! cargo run --release --example word_count
//! cargo run --release --example word_count -- src --check
//! ```
#![forbid(unsafe_code)]

mod check;
mod counts;
mod report;
mod tree;
mod workflow;

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
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
    run(Arguments::parse()).await.unwrap_or_else(|error| {
        complain(&format!("error: {error:#}"));
        ExitCode::FAILURE
    })
}

/// Gives success when every file was counted, and `wc` agrees where it was asked.
async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if arguments.graph {
        print(&WordCount::GRAPH.to_mermaid())?;
        return Ok(ExitCode::SUCCESS);
    }
    let Arguments { path: root, concurrency, check, all, graph: _ } = arguments;
    let counts = WordCount::new().run(Request { root, all, concurrency: concurrency.get(), check }).await?;

    print(&counts.to_string())?;
    let problems = counts.problems();
    for problem in &problems {
        complain(problem);
    }
    if let Some(verdict) = counts.verdict() {
        complain(&verdict);
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn complain(message: &str) {
    // A closed standard error is no reason to stop.
    drop(writeln!(io::stderr(), "{message}"));
}

/// Writes the result. A reader that has had enough, as in `| head`, is no error.
fn print(text: &str) -> anyhow::Result<()> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("the result can't be written"),
    }
}
