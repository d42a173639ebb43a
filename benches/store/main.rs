//! Measures the store: records a second at 1, 64, 512 and 4,096 committers. Each waits until its record is on disk
//! before it commits the next one. Beside it stands SQLite alone, with as many rows to a transaction.
//!
//! ```sh
//! cargo run --release -p workflow-benches --features store --bin store            # in a folder of its own below the system's temporary one
//! cargo run --release -p workflow-benches --features store --bin store -- FOLDER  # on another disk
//! ```

mod alone;
mod committers;
mod reading;

use std::{env, error::Error, path::PathBuf, time::Duration};

/// How many commit at once.
const COMMITTERS: [i64; 4] = [1, 64, 512, 4096];
/// How long each measurement takes; the best of several counts, since disks have other work too.
const TIME: Duration = Duration::from_secs(1);
const ROUNDS: usize = 5;
/// Records of an instance; to make it is a commit of its own.
const STAGES: u64 = 5;
/// Bytes in a record's payload.
const PAYLOAD: usize = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let below = env::args_os().nth(1).map_or_else(env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(&below)?;
    println!("{PAYLOAD}-byte records, journal_mode=WAL, synchronous=FULL, in {}", below.display());
    println!("{} cores; the best of {ROUNDS}\n", std::thread::available_parallelism()?);
    println!("{:>10}  {:>14}  {:>14}  {:>6}", "committers", "SQLite alone/s", "SqliteStore/s", "ratio");
    for committers in COMMITTERS {
        let (mut alone, mut store) = (0.0_f64, 0.0_f64);
        for round in 0..ROUNDS {
            let path = |name| folder.path().join(format!("{name}-{committers}-{round}.db"));
            alone = alone.max(alone::measure(&path("alone"), committers)?);
            store = store.max(committers::measure(&path("store"), committers)?);
        }
        println!("{committers:>10}  {alone:>14.0}  {store:>14.0}  {:>6.2}", store / alone);
    }
    reading::measure(&folder.path().join("reading.db"))
}
