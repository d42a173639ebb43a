//! What the core costs its user's compiler once: `cargo check` of a package that depends on it and has nothing yet, beside
//! one that depends on tokio, serde and syn.

use crate::measure::{FromNothing, Laboratory};
use std::{collections::BTreeMap, error::Error};

/// With the features that the core's own manifests ask for.
const BESIDE: &str = r#"
tokio = { version = "1.54", default-features = false, features = ["rt", "sync", "time"] }
serde = { version = "1.0.229", features = ["derive"] }
syn = { version = "3", default-features = false, features = ["full", "parsing", "printing", "proc-macro", "visit"] }
"#;

/// Crates that take less are added up.
const SMALL: f64 = 0.25;

/// Runs both in turn, so that whatever else the machine does is added to both.
pub(crate) fn table(runs: usize) -> Result<(), Box<dyn Error>> {
    let laboratory = Laboratory::new()?;
    let core = format!("workflow-runtime = {{ path = \"{}\" }}\n", laboratory.runtime());
    let (mut cores, mut besides) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        besides.push(laboratory.check_from_nothing("beside", BESIDE)?);
        cores.push(laboratory.check_from_nothing("core", &core)?);
    }
    println!("| CPU s | the core | tokio, serde and syn | ratio |\n| --- | ---: | ---: | ---: |");
    let (core, beside) = (whole(&cores), whole(&besides));
    println!("| all | {:.2} | {:.2} | {:.2} |", median(&core), median(&beside), median(&core) / median(&beside));
    println!("| all, at least | {:.2} | {:.2} | {:.2} |", least(&core), least(&beside), least(&core) / least(&beside));
    let (cores, besides) = (crates(&cores), crates(&besides));
    let mut names: Vec<&String> = cores.keys().chain(besides.keys()).collect();
    let of = |crates: &BTreeMap<String, f64>, name: &str| crates.get(name).copied().unwrap_or_default();
    names.sort_by(|one, other| {
        let weight = |name: &str| of(&cores, name).max(of(&besides, name));
        weight(other).total_cmp(&weight(one)).then(one.cmp(other))
    });
    names.dedup();
    let (large, small): (Vec<&String>, Vec<&String>) =
        names.into_iter().partition(|name| of(&cores, name).max(of(&besides, name)) >= SMALL);
    let shown = |seconds: f64| if seconds > 0.0 { format!("{seconds:.2}") } else { "–".to_owned() };
    for name in large {
        println!("| {name} | {} | {} | |", shown(of(&cores, name)), shown(of(&besides, name)));
    }
    let rest = |crates| small.iter().map(|name| of(crates, name)).sum::<f64>();
    println!("| others, each below {SMALL} | {:.2} | {:.2} | |", rest(&cores), rest(&besides));
    Ok(())
}

fn whole(runs: &[FromNothing]) -> Vec<f64> {
    runs.iter().map(|run| run.seconds).collect()
}

/// Each crate's median. Crates of one name, such as build scripts, count together.
fn crates(runs: &[FromNothing]) -> BTreeMap<String, f64> {
    let mut each: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for run in runs {
        let mut together: BTreeMap<&String, f64> = BTreeMap::new();
        for (name, seconds) in &run.crates {
            *together.entry(name).or_default() += seconds;
        }
        for (name, seconds) in together {
            each.entry(name.clone()).or_default().push(seconds);
        }
    }
    each.into_iter().map(|(name, seconds)| (name, median(&seconds))).collect()
}

fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn least(numbers: &[f64]) -> f64 {
    numbers.iter().copied().fold(f64::INFINITY, f64::min)
}
