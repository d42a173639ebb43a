//! Measures the core's cost to its user's compiler from nothing: `cargo check` of a package that depends on the core,
//! beside one that depends on tokio, serde and syn.

use crate::measure::{FromNothing, Laboratory};
use std::{collections::BTreeMap, error::Error};
use workflow_benches::median;

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
    let whole = |runs: &[FromNothing]| median(&mut runs.iter().map(|run| run.seconds).collect::<Vec<_>>());
    let row = |name, core: f64, beside: f64| println!("| {name} | {core:.2} | {beside:.2} | {:.2} |", core / beside);
    row("all", whole(&cores), whole(&besides));
    row("the least of each crate, added up", undisturbed(&cores), undisturbed(&besides));
    let (cores, besides) = (crates(&cores, median), crates(&besides, median));
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

/// Returns the seconds of a run without disturbance, put together from the least of each crate. Hardly any run is
/// undisturbed throughout, but each crate is in one of them.
fn undisturbed(runs: &[FromNothing]) -> f64 {
    let others = |run: &FromNothing| run.seconds - run.crates.iter().map(|(_, seconds)| seconds).sum::<f64>();
    let mut others: Vec<f64> = runs.iter().map(others).collect();
    crates(runs, least).values().sum::<f64>() + least(&mut others)
}

/// Of each crate the median or the least. Crates of one name, such as build scripts, count together.
fn crates(runs: &[FromNothing], of: fn(&mut [f64]) -> f64) -> BTreeMap<String, f64> {
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
    each.into_iter().map(|(name, mut seconds)| (name, of(&mut seconds))).collect()
}

fn least(numbers: &mut [f64]) -> f64 {
    numbers.iter().copied().fold(f64::INFINITY, f64::min)
}
