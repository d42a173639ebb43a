//! Runs many seeds: `workflow-simulation --seeds 0..200000`, `--minutes 2`, `--seed 7` for one with all that happens.

use std::{
    collections::BTreeMap,
    env,
    process::ExitCode,
    time::{Duration, Instant},
};
use workflow_simulation::{
    batch,
    schedule::Schedule,
    shrink::{findings, kind, shrink, story},
    world::quiet_planned_panics,
};

struct Asked {
    from: u64,
    to: u64,
    limit: Option<Duration>,
    one: Option<u64>,
    most: usize,
}

fn asked() -> Result<Asked, String> {
    let mut asked = Asked { from: 0, to: 2_000, limit: None, one: None, most: 8 };
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{argument} has no value"))?;
        let number = |text: &str| text.parse::<u64>().map_err(|error| format!("{argument} {text}: {error}"));
        match argument.as_str() {
            "--seeds" => {
                let (from, to) = value.split_once("..").ok_or("seeds are given as FROM..TO")?;
                (asked.from, asked.to) = (number(from)?, number(to)?);
            }
            "--minutes" => (asked.limit, asked.to) = (Some(Duration::from_secs(60 * number(&value)?)), u64::MAX),
            "--seed" => asked.one = Some(number(&value)?),
            "--findings" => asked.most = usize::try_from(number(&value)?).unwrap_or(usize::MAX),
            _ => return Err(format!("there is no option {argument}")),
        }
    }
    Ok(asked)
}

fn main() -> ExitCode {
    let asked = match asked() {
        Ok(asked) => asked,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    quiet_planned_panics();
    let batch = batch();
    if let Some(seed) = asked.one {
        println!("{}", story(&Schedule::new(seed, &batch), &batch));
        return ExitCode::SUCCESS;
    }
    let began = Instant::now();
    let (mut runs, mut failed) = (0u64, 0u64);
    let mut told = 0;
    let mut kinds: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for seed in asked.from..asked.to {
        if asked.limit.is_some_and(|limit| began.elapsed() > limit) {
            break;
        }
        runs += 1;
        let schedule = Schedule::new(seed, &batch);
        let found = findings(&schedule, &batch);
        let Some(first) = found.first() else { continue };
        failed += 1;
        let entry = kinds.entry(kind(first)).or_insert((0, seed));
        entry.0 += 1;
        println!("seed {seed}: {first}");
        if entry.0 == 1 && told < asked.most {
            told += 1;
            println!("{}", story(&shrink(schedule, &batch), &batch));
        }
    }
    let took = began.elapsed().as_secs_f64();
    for (kind, (count, seed)) in &kinds {
        println!("{count} × {kind} (first: seed {seed})");
    }
    #[allow(clippy::cast_precision_loss)]
    let rate = runs as f64 / took.max(0.001);
    println!("{runs} seeds of {} workflows, {failed} with findings, {took:.1} s, {rate:.0} a second", batch.len());
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
