//! Measures the cost of workflows at run time: each shape beside the same functions awaited or joined by hand.
//!
//! ```sh
//! cargo run --release -p workflow-benches --bin overhead -- --quick
//! ```

mod instances;
mod pairs;

use pairs::{Flavor, Table};
use std::{env, error::Error, process::ExitCode};
use workflow_benches::{busy, steps, trivial};

const USAGE: &str = "overhead [--quick]

Prints nanoseconds a run and a stage: medians of pairs, each of which is measured by hand and as a workflow, one right after
the other. --quick: fewer pairs.";

fn main() -> ExitCode {
    let quick = match env::args().nth(1).as_deref() {
        None => false,
        Some("--quick") => true,
        Some(_) => {
            println!("{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match tables(if quick { 11 } else { 101 }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn tables(count: usize) -> Result<(), Box<dyn Error>> {
    steps::calibrate();
    for flavor in [Flavor::CurrentThread, Flavor::MultiThread] {
        println!("\nTrivial stages, {}\n", flavor.name());
        trivial(&mut Table::new(flavor, count)?);
        println!("\nStages of a microsecond, {}\n", flavor.name());
        busy(&mut Table::new(flavor, count)?);
        println!("\n10,000 instances in flight, {}\n", flavor.name());
        instances::row(&flavor.runtime()?, count.div_ceil(4));
    }
    Ok(())
}
