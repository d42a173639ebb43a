//! Measures five recorded stages of 200 bytes each, with other crates that survive a crash.
//!
//! ```sh
//! cargo run --release --manifest-path benches/durable/peers/Cargo.toml
//! cargo run --release --manifest-path benches/durable/peers/Cargo.toml -- --postgres postgres://postgres@localhost:5433/peers
//! ```
#![forbid(unsafe_code)]

mod cano;
mod dbos;
mod harness;
mod memable;
mod once;
mod ours;

use harness::{Failed, Rate};
use once::once;
use std::{
    env,
    path::PathBuf,
    process::{Command, Stdio},
};

/// How many instances are in flight.
const IN_FLIGHT: [u64; 4] = [1, 64, 512, 4096];
/// Rounds, of which the best counts, since disks have other work too. All crates are measured in turn, so that it meets
/// each of them.
const ROUNDS: u64 = 2;

/// Name, what a commit waits for, and its rate.
type Row = (String, String, Rate);

fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let postgres = match &*arguments {
        [] => None,
        [option, url] if option == "--postgres" => Some(url.as_str()),
        _ => return Err("--postgres URL, or nothing".into()),
    };
    let postgres = postgres.map(|url| settings(url).map(|settings| (url, settings))).transpose()?;
    println!("| in flight | | a commit waits for | instances/s | stages/s | of `workflow!` |");
    println!("| ---: | --- | --- | ---: | ---: | ---: |");
    for in_flight in IN_FLIGHT {
        let mut best = round(in_flight, postgres.as_ref())?;
        for _ in 1..ROUNDS {
            let again = round(in_flight, postgres.as_ref())?;
            for ((_, _, rate), (_, _, again)) in best.iter_mut().zip(again) {
                if again.stages > rate.stages {
                    *rate = again;
                }
            }
        }
        let ours = best.first().map_or(f64::NAN, |(_, _, rate)| rate.stages);
        for (name, sync, Rate { instances, stages }) in best {
            // With thousands in flight some have not ended a single one in the time.
            let instances = if instances > 0.0 { format!("{instances:.0}") } else { "–".to_owned() };
            println!("| {in_flight} | {name} | {sync} | {instances} | {stages:.0} | {:.3} |", stages / ours);
        }
    }
    Ok(())
}

fn round(in_flight: u64, postgres: Option<&(&str, String)>) -> Result<Vec<Row>, Failed> {
    let mut rows = Vec::new();
    let mut row = |name: &str, sync: &str, rate: Rate| rows.push((name.to_owned(), sync.to_owned(), rate));
    row("`workflow!`", ours::SYNC, once(|folder| Box::pin(ours::rate(folder, in_flight)))?);
    row("cano 0.15.2, values in memory", cano::SYNC, once(|folder| Box::pin(cano::rate(folder, in_flight)))?);
    row("cano 0.15.2, values on record", cano::SYNC, once(|folder| Box::pin(cano::recorded(folder, in_flight)))?);
    row("memable 0.1.5", memable::SYNC, once(|folder| Box::pin(memable::rate(folder, in_flight)))?);
    if let Some((url, settings)) = postgres {
        row("dbos 0.5.0", settings, once(|_| Box::pin(dbos::rate(url, in_flight)))?);
    }
    rows.extend(through_sqlx(in_flight, postgres)?);
    Ok(rows)
}

fn settings(url: &str) -> Result<String, Failed> {
    let asked = "SELECT 'Postgres, fsync = ' || current_setting('fsync') || ', synchronous_commit = ' || \
                 current_setting('synchronous_commit')";
    let output = Command::new("psql").args([url, "--tuples-only", "--no-align", "--command", asked]).output()?;
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout)?.trim().to_owned()),
        false => Err(String::from_utf8(output.stderr)?.into()),
    }
}

/// Runs the crates that link another SQLite. They are a program of their own, which prints a line for each.
fn through_sqlx(in_flight: u64, postgres: Option<&(&str, String)>) -> Result<Vec<Row>, Failed> {
    let manifest: PathBuf = [env!("CARGO_MANIFEST_DIR"), "sqlx", "Cargo.toml"].iter().collect();
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What cargo tells this program of its own package would make it compile others again.
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PKG_")) {
        cargo.env_remove(name);
    }
    let output = cargo
        .env_remove("CARGO_MANIFEST_DIR")
        .env_remove("CARGO_MANIFEST_PATH")
        .args(["run", "--release", "--quiet", "--manifest-path"])
        .arg(manifest)
        .args(["--", &in_flight.to_string()])
        .args(postgres.map(|(url, _)| url))
        .stderr(Stdio::inherit())
        .output()?;
    let mut rows = Vec::new();
    for line in String::from_utf8(output.stdout)?.lines() {
        // duroxide writes its log there, too.
        let [name, sync, instances, stages] = *line.split('\t').collect::<Vec<_>>() else { continue };
        let sync = match (sync, postgres) {
            ("Postgres", Some((_, settings))) => settings,
            _ => sync,
        };
        let rate = Rate { instances: instances.parse()?, stages: stages.parse()? };
        rows.push((name.to_owned(), sync.to_owned(), rate));
    }
    match output.status.success() {
        true => Ok(rows),
        false => Err("those of sqlx failed".into()),
    }
}
