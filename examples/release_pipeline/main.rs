//! Takes a cargo project to the point where it can be published: formatting, lint, build, tests, documentation,
//! package, side by side where one does not need the other.
//!
//! ```text
//! cargo run --release --example release_pipeline
//! cargo run --release --example release_pipeline -- path/to/any/cargo/project
//! ```
#![forbid(unsafe_code)]

mod cargo;
mod live;
#[path = "../shared/output.rs"]
mod output;
mod project;
mod release;
mod step;
mod workflow;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use crate::cargo::Cargo;
use crate::release::Release;
use crate::workflow::ReleasePipeline;

/// Checks a cargo project and packs it. What it builds goes to `release-pipeline` in the project's target folder.
#[derive(Debug, Parser)]
#[command(name = "release_pipeline")]
struct Arguments {
    /// The folder of a cargo project
    #[arg(default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/release_pipeline/project"))]
    path: PathBuf,
    /// Let cargo download what the project depends on
    #[arg(long)]
    online: bool,
    /// How many lines to show of what failed
    #[arg(long, default_value_t = 40, value_name = "LINES")]
    tail: usize,
    /// Show all that the steps write, as they write it
    #[arg(long)]
    verbose: bool,
    /// Print the workflow as a Mermaid diagram, and do nothing else
    #[arg(long)]
    graph: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    output::exit(run(Arguments::parse()).await)
}

/// Gives success when the project can be released.
async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if arguments.graph {
        output::print(&ReleasePipeline::GRAPH.to_mermaid())?;
        return Ok(ExitCode::SUCCESS);
    }
    let cargo = Cargo::new(!arguments.online, arguments.tail, arguments.verbose);
    let release = release(&ReleasePipeline::new(cargo), arguments.path).await?;
    output::print(&release.to_string())?;
    Ok(if release.is_ready() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the workflow to its end, or until someone presses control and C.
async fn release(pipeline: &ReleasePipeline, directory: PathBuf) -> anyhow::Result<Release> {
    let mut run = pipeline.start(directory);
    tokio::select! {
        release = &mut run => return Ok(release?),
        interrupted = tokio::signal::ctrl_c() => interrupted.context("control and C can't be listened for")?,
    }
    run.cancel();
    let ended = (&mut run).await;
    let state = run.state();
    let stages = [
        ("project", state.project.status()),
        ("format", state.format.status()),
        ("lint", state.lint.status()),
        ("build", state.build.status()),
        ("tests", state.tests.status()),
        ("docs", state.docs.status()),
        ("package", state.package.status()),
    ];
    let stages = stages.map(|(name, status)| format!("{name} {status}"));
    ended.with_context(|| format!("interrupted, with {}", stages.join(", ")))
}
