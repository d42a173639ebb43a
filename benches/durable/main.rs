//! Measures durable execution: the engine beside its store, in one run, and the time until all unfinished instances are
//! running again. Measures also the memory of waiting instances, and whether the file grows with rounds or signals.
//!
//! ```sh
//! cargo run --release -p workflow-benches --features store --bin durable                        # records a second
//! cargo run --release -p workflow-benches --features store --bin durable -- --instances 512     # of so many in flight only
//! cargo run --release -p workflow-benches --features store --bin durable -- --engine 512        # for profilers
//! cargo run --release -p workflow-benches --features store --bin durable -- --resume 100000
//! cargo run --release -p workflow-benches --features store --bin durable -- --waiting 100000    # a million takes some minutes
//! cargo run --release -p workflow-benches --features store --bin durable -- --rounds 1000000
//! cargo run --release -p workflow-benches --features store --bin durable -- --signals 1000000
//! ```

#[path = "../store/alone.rs"]
mod alone;
#[path = "../store/committers.rs"]
mod committers;
mod engine;
mod growth;
mod unfinished;

use std::{
    env,
    error::Error,
    fs,
    time::{Duration, Instant},
};

/// How many instances are in flight.
const INSTANCES: [i64; 4] = [1, 64, 512, 4096];
/// How long each measurement takes; the best of several counts, since disks have other work too.
const TIME: Duration = Duration::from_secs(1);
const ROUNDS: usize = 5;
/// Stages of an instance; to start it is a commit of its own.
const STAGES: u64 = 5;
/// Bytes that each of them gives.
const PAYLOAD: usize = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => rates(&path, &INSTANCES),
        ["--instances", count] => rates(&path, &[count.parse()?]),
        ["--engine", count] => engine_alone(&path, count.parse()?),
        ["--resume", count] => unfinished::resume(&path("resume.db"), count.parse()?),
        ["--waiting", count] => unfinished::waiting(&path("waiting.db"), count.parse()?),
        ["--waiting-again", path] => unfinished::waiting_again(path.as_ref()),
        ["--rounds", count] => growth::rounds(&path("rounds.db"), count.parse()?),
        ["--signals", count] => growth::signals(&path("signals.db"), count.parse()?),
        _ => {
            Err("one of --instances N, --engine N, --resume N, --waiting N, --rounds N, --signals N; or nothing".into())
        }
    }
}

/// The engine without what it is compared with: for profilers, and for two builds in turn.
fn engine_alone(path: &impl Fn(&str) -> std::path::PathBuf, instances: i64) -> Result<(), Box<dyn Error>> {
    let mut engine = Best::NONE;
    for round in 0..ROUNDS {
        engine.take(|| engine::measure(&path(&format!("engine-{round}.db")), instances))?;
    }
    println!("{:.0} records a second, {:.1} µs of the cores each", engine.rate, engine.work);
    Ok(())
}

fn rates(path: &impl Fn(&str) -> std::path::PathBuf, counts: &[i64]) -> Result<(), Box<dyn Error>> {
    println!("{STAGES} stages that give {PAYLOAD} bytes each, journal_mode=WAL, synchronous=FULL");
    println!("{} cores; the best of {ROUNDS}\n", std::thread::available_parallelism()?);
    println!(
        "{:>9}  {:>14}  {:>14}  {:>9}  {:>12}  {:>12}  {:>21}",
        "instances", "SQLite alone/s", "SqliteStore/s", "engine/s", "of the store", "of SQLite", "CPU a record, µs"
    );
    for &instances in counts {
        let (mut alone, mut store, mut engine) = (Best::NONE, Best::NONE, Best::NONE);
        for round in 0..ROUNDS {
            let file = |name: &str| path(&format!("{name}-{instances}-{round}.db"));
            alone.take(|| Ok(alone::measure(&file("alone"), instances)?))?;
            store.take(|| committers::measure(&file("store"), instances))?;
            engine.take(|| engine::measure(&file("engine"), instances))?;
        }
        println!(
            "{instances:>9}  {:>14.0}  {:>14.0}  {:>9.0}  {:>12.2}  {:>12.2}  {:>5.1}  {:>5.1}  {:>5.1}",
            alone.rate,
            store.rate,
            engine.rate,
            engine.rate / store.rate,
            engine.rate / alone.rate,
            alone.work,
            store.work,
            engine.work
        );
    }
    Ok(())
}

/// The best of some rounds.
struct Best {
    /// Records a second.
    rate: f64,
    /// Microseconds of all cores for a record: it varies less with what else they do.
    work: f64,
}

impl Best {
    const NONE: Self = Self { rate: 0.0, work: f64::INFINITY };

    fn take(&mut self, measure: impl FnOnce() -> Result<f64, Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
        let (started, worked) = (Instant::now(), worked()?);
        let rate = measure()?;
        let records = rate * started.elapsed().as_secs_f64();
        self.rate = self.rate.max(rate);
        self.work = self.work.min((crate::worked()? - worked) / records * 1e6);
        Ok(())
    }
}

/// Seconds that the cores have worked for this process; in steps of a hundredth, as Linux tells it.
fn worked() -> Result<f64, Box<dyn Error>> {
    let told = fs::read_to_string("/proc/self/stat")?;
    // After the program's name, which may hold anything, "user" is the 12th and "system" the 13th.
    let numbers = told.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    let ticks = numbers.map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    Ok(ticks / 100.0)
}
