//! Kills a worker under load again and again, and checks what is left:
//!
//! ```text
//! cargo build --release -p workflow-killed-tests && target/release/kill_loop --kills 200
//! ```
#![forbid(unsafe_code)]

use anyhow::Context;
use clap::Parser;
use workflow_killed_tests::{Plan, drive};

/// Kills a worker under load again and again.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many kills in all
    #[arg(long, default_value_t = 200)]
    kills: u32,
    /// How many instances, on one store
    #[arg(long, default_value_t = 500)]
    instances: u32,
    /// How many kills a store has to take before its worker is let alone
    #[arg(long, default_value_t = 20)]
    kills_a_store: u32,
    /// How long, in milliseconds, a process lives at most, from when it has got on
    #[arg(long, default_value_t = 600)]
    longest: u64,
}

fn main() -> anyhow::Result<()> {
    let Arguments { kills, instances, kills_a_store, longest } = Arguments::parse();
    let worker = std::env::current_exe()?.parent().context("a program lies in a folder")?.join("worker");
    let plan = Plan { worker, instances, kills, kills_a_store, longest };
    let report = drive(&plan, |so_far| println!("so far {so_far}"))?;
    println!("{report}");
    Ok(())
}
