//! Instructions of the hot paths, counted under valgrind: the same each time, however busy the machine is. Fails when
//! one has grown by more than a few percent over what is kept for this compiler.
//!
//! ```sh
//! cargo run --release -p workflow-benches --bin counts
//! cargo run --release -p workflow-benches --bin counts -- --keep   # these are the counts from now on
//! ```

mod cases;
mod driven;
mod kept;

use std::{env, error::Error, io::ErrorKind, process::Command, process::ExitCode};

/// Percentage by which a count may grow.
const TOLERANCE: f64 = 5.0;
/// Instructions by which a count may grow besides, because a run may take a few more or less depending on the position
/// of its memory.
const SLACK: f64 = 4.0;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        [] => compare(false),
        ["--keep"] => compare(true),
        ["case", case, times] => times.parse().map(|times| cases::repeat(case, times)).map_err(Into::into),
        _ => Err("counts [--keep]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(keep: bool) -> Result<(), Box<dyn Error>> {
    if let Err(error) = Command::new("valgrind").arg("--version").output() {
        if error.kind() != ErrorKind::NotFound {
            return Err(error.into());
        }
        println!("SKIPPED: valgrind is not installed, so no instructions were counted and none were compared");
        return Ok(());
    }
    let before = kept::read()?;
    if before.is_none() && !keep {
        println!("no counts are kept for {}: nothing is compared, and nothing can fail\n", kept::COMPILER);
    }
    println!("| what | instructions | kept |");
    println!("| --- | ---: | ---: |");
    let (mut counts, mut grown) = (Vec::new(), Vec::new());
    for row in cases::ROWS {
        let mut count = per_run(row.case, row.runs)?;
        if let Some(less) = row.less {
            count -= per_run(less, row.runs)?;
        }
        count /= row.units;
        let known = before.as_ref().and_then(|kept| kept.get(row.what).copied());
        println!(
            "| {} | {count:.1} | {} |",
            row.what,
            known.map_or_else(|| "–".to_owned(), |known| format!("{known:.1}"))
        );
        if let Some(known) = known.filter(|known| count > known * (1.0 + TOLERANCE / 100.0) + SLACK) {
            grown.push(format!("{}: {count:.1} instructions instead of {known:.1}", row.what));
        }
        counts.push((row.what, count));
    }
    if keep {
        return Ok(kept::write(&counts)?);
    }
    if grown.is_empty() {
        return Ok(());
    }
    let grown = grown.join("\n");
    Err(format!("more than {TOLERANCE} % over what is kept for {}:\n{grown}\nif that is right: --keep", kept::COMPILER)
        .into())
}

/// Instructions of one run of that case: what is the same in few and in many is no part of it.
fn per_run(case: &str, (few, many): (u32, u32)) -> Result<f64, Box<dyn Error>> {
    Ok((counted(case, many)? - counted(case, few)?) / f64::from(many - few))
}

/// Instructions of this program when it runs that case so often.
fn counted(case: &str, times: u32) -> Result<f64, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args(["case", case, &times.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    // ==1== I refs:        1,689,678
    let line = said.lines().find(|line| line.contains("I   refs:") || line.contains("I refs:"));
    let number = line.and_then(|line| line.rsplit(' ').next()).map(|number| number.replace(',', ""));
    match number.map(|number| number.parse()) {
        Some(Ok(count)) if output.status.success() => Ok(count),
        _ => Err(format!("valgrind counted nothing for {case}:\n{said}").into()),
    }
}
