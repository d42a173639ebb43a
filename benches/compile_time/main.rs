//! Measures the cost of a workflow to the compiler: CPU seconds and memory of `rustc` for a crate with one workflow.
//! Beside it stand the same crate without the workflow, and with the stages awaited by hand.
//!
//! ```sh
//! cargo run --release -p workflow-benches --bin compile_time -- --quick
//! ```

mod clean;
mod measure;
mod orders;
mod peers;
mod subject;

use measure::{Action, Cost, Laboratory};
use peers::Peer;
use std::{env, error::Error, fmt::Write as _, process::ExitCode};
use subject::{Form, Shape, Subject};

const USAGE: &str = "compile_time [--quick] [--stages 10,100,..] [--shapes chain,layered] [--runs N]
             [--actions check,recheck,debug,release,expansion] [--peers] [--clean] [--orders] [--lines [--keep]]

Prints CPU seconds and peak memory of rustc, compiling one crate with a workflow of so many stages.
The least of N runs counts. --quick: 10, 100 and 300 stages, `cargo check` only.
--peers: the same chain written with other crates, too, which cargo fetches: of 10, 100 and 300 stages, `cargo check` only, once.
--orders: instead, what a further workflow of ten stages takes to build, plain, with policies and durable, beside the same by hand.
--lines: instead, the lines of LLVM's language of such crates; fails if one has grown. --keep: these are the lines from now on.
--clean: instead, `cargo check` from nothing of a user of the core, beside one of tokio, serde and syn: medians of N runs.";

struct Settings {
    stages: Vec<usize>,
    shapes: Vec<Shape>,
    actions: Vec<Action>,
    runs: usize,
    peers: bool,
    clean: bool,
    orders: bool,
    lines: bool,
    keep: bool,
}

impl Settings {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Option<Self>, Box<dyn Error>> {
        use Action::{Check, Debug, Expansion, Recheck, Release};
        let mut settings = Self {
            stages: vec![10, 100, 300, 1_000, 2_000],
            shapes: vec![Shape::Chain, Shape::Layered],
            actions: vec![Check, Recheck, Debug, Release, Expansion],
            runs: 3,
            peers: false,
            clean: false,
            orders: false,
            lines: false,
            keep: false,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} wants a value"));
            match argument.as_str() {
                "--quick" => (settings.stages, settings.actions, settings.runs) = (vec![10, 100, 300], vec![Check], 1),
                "--peers" => {
                    settings.peers = true;
                    (settings.stages, settings.actions, settings.runs) = (vec![10, 100, 300], vec![Check], 1);
                }
                "--clean" => settings.clean = true,
                "--orders" => settings.orders = true,
                "--lines" => settings.lines = true,
                "--keep" => settings.keep = true,
                "--stages" => settings.stages = value()?.split(',').map(str::parse).collect::<Result<_, _>>()?,
                "--runs" => settings.runs = value()?.parse()?,
                "--shapes" => {
                    settings.shapes = listed(&value()?, &[("chain", Shape::Chain), ("layered", Shape::Layered)])?;
                }
                "--actions" => {
                    let all = [
                        ("check", Check),
                        ("recheck", Recheck),
                        ("debug", Debug),
                        ("release", Release),
                        ("expansion", Expansion),
                    ];
                    settings.actions = listed(&value()?, &all)?;
                }
                "--help" => return Ok(None),
                other => return Err(format!("there is no option {other}").into()),
            }
        }
        Ok(Some(settings))
    }
}

fn listed<T: Copy>(text: &str, all: &[(&str, T)]) -> Result<Vec<T>, String> {
    let one = |name: &str| {
        let found = all.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value).ok_or_else(|| format!("there is no '{name}'"))
    };
    text.split(',').map(one).collect()
}

fn main() -> ExitCode {
    if let Some(code) = measure::as_wrapper() {
        return code;
    }
    let done = match Settings::read(env::args().skip(1)) {
        Ok(Some(settings)) if settings.clean => clean::table(settings.runs),
        Ok(Some(settings)) if settings.orders => orders::table(settings.runs),
        Ok(Some(settings)) if settings.lines => orders::lines(settings.keep),
        Ok(Some(settings)) if settings.peers => beside_peers(&settings),
        Ok(Some(settings)) => tables(&settings),
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}\n\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

fn tables(settings: &Settings) -> Result<(), Box<dyn Error>> {
    let laboratory = Laboratory::new()?;
    for &action in &settings.actions {
        for &shape in &settings.shapes {
            println!("\n{}, {}\n", action.title(), shape.name());
            println!("| stages | functions alone | awaited by hand | workflow | workflow over functions |");
            println!("| ---: | ---: | ---: | ---: | ---: |");
            for &stages in &settings.stages {
                row(&laboratory, settings.runs, action, shape, stages)?;
            }
        }
    }
    Ok(())
}

/// The chain alone, which all of them can express.
fn beside_peers(settings: &Settings) -> Result<(), Box<dyn Error>> {
    let laboratory = Laboratory::new()?;
    let forms = [Form::Workflow].into_iter().chain(Peer::ALL.map(Form::Peer));
    let mut refused = Vec::new();
    for &action in &settings.actions {
        println!("\n{}, a chain, over the same crate without it\n", action.title());
        let names: Vec<&str> = forms.clone().map(Form::name).collect();
        println!("| stages | {} |\n| ---: |{}", names.join(" | "), " ---: |".repeat(names.len()));
        for &stages in &settings.stages {
            let of = |form| laboratory.measure(Subject { shape: Shape::Chain, form, stages }, action, settings.runs);
            let functions = of(Form::Functions)?;
            let mut line = format!("| {stages} |");
            for form in forms.clone() {
                match of(form) {
                    Ok(cost) => write!(line, " {} |", shown(cost.over(functions)))?,
                    Err(error) => {
                        line += " does not compile |";
                        refused.push(format!("{} with {stages} stages: {error}", form.name()));
                    }
                }
            }
            println!("{line}");
        }
    }
    for refusal in refused {
        eprintln!("\n{refusal}");
    }
    Ok(())
}

fn shown(cost: Cost) -> String {
    format!("{:.2} s, {:.0} MB", cost.seconds, cost.megabytes)
}

fn row(
    laboratory: &Laboratory,
    runs: usize,
    action: Action,
    shape: Shape,
    stages: usize,
) -> Result<(), Box<dyn Error>> {
    let of = |form| -> Result<Option<Cost>, Box<dyn Error>> {
        let subject = Subject { shape, form, stages };
        let sensible = measure::is_sensible(subject);
        Ok(if sensible { Some(laboratory.measure(subject, action, runs)?) } else { None })
    };
    let functions = of(Form::Functions)?.unwrap_or_default();
    let by_hand = of(Form::ByHand)?;
    let workflow = of(Form::Workflow)?.unwrap_or_default();
    let by_hand = by_hand.map_or_else(|| "–".to_owned(), shown);
    let over = workflow.over(functions);
    println!("| {stages} | {} | {by_hand} | {} | {} |", shown(functions), shown(workflow), shown(over));
    Ok(())
}
