//! Kills the worker's process at random moments.

use crate::{Ended, Place, check};
use anyhow::{Context, bail, ensure};
use std::{
    fmt, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

/// How long a worker that is let alone may take.
const PATIENCE: Duration = Duration::from_mins(3);

/// The work of one drive.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The program that works: called with a folder and how many instances.
    pub worker: PathBuf,
    /// How many instances of each workflow, on one store.
    pub instances: u32,
    /// How many kills in all.
    pub kills: u32,
    /// How many of them a store has to take before its worker is let alone, and the next store begins.
    pub kills_a_store: u32,
    /// A process lives at most this number of milliseconds, from its first progress.
    pub longest: u64,
}

/// The results of one drive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// How many stores were used, one after the other.
    pub stores: u32,
    /// How often a process was killed.
    pub kills: u32,
    /// How many instances ended as they must.
    pub instances: u32,
    /// How many stages ran again since they were cut.
    pub again: usize,
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} kills on {} stores; {} instances ended as they must; {} stages were cut and ran again, with the same key",
            self.kills, self.stores, self.instances, self.again
        )
    }
}

/// Kills, lets end, and checks, until the planned number of kills is reached.
///
/// # Errors
/// The first thing that is not as it must be. The folder with all that is left is kept then, and named.
pub fn drive(plan: &Plan, tell: impl Fn(&Report)) -> anyhow::Result<Report> {
    let mut report = Report::default();
    while report.kills < plan.kills {
        let folder = tempfile::tempdir()?;
        let place = Place::new(folder.path());
        let kills = plan.kills_a_store.min(plan.kills - report.kills);
        if let Err(error) = one_store(plan, &place, kills, &mut report) {
            return Err(error.context(format!("what is left lies in {}", folder.keep().display())));
        }
        tell(&report);
    }
    Ok(report)
}

fn one_store(plan: &Plan, place: &Place, kills: u32, report: &mut Report) -> anyhow::Result<()> {
    for kill in 0..kills {
        // Now and then before it has begun anything. Else it gets on first, since an instance that is interrupted five
        // times without progress is parked.
        let gets_on = fastrand::u8(0..5) != 0;
        let shortest = if gets_on { plan.longest / 4 } else { 0 };
        // Each fourth process lives long enough for all running stages to end.
        let (gets_on, lives) = match kill % 4 {
            3 => (true, plan.longest * 3),
            _ => (gets_on, fastrand::u64(shortest..plan.longest)),
        };
        let lives = Duration::from_millis(lives);
        if !killed(plan, place, lives, gets_on)? {
            break; // All have ended: the next store.
        }
        report.kills += 1;
    }
    let ended = let_end(&plan.worker, place, plan.instances)?;
    report.again += check(place, plan.instances, &ended)?;
    report.stores += 1;
    report.instances += 2 * plan.instances;
    Ok(())
}

fn command(worker: &Path, place: &Place, instances: u32) -> Command {
    let mut command = Command::new(worker);
    command.arg(place.folder()).arg(instances.to_string());
    command
}

/// Whether there was something left to kill.
fn killed(plan: &Plan, place: &Place, lives: Duration, gets_on: bool) -> anyhow::Result<bool> {
    let output = fs::File::create(place.folder().join("output"))?;
    let effects = || fs::metadata(place.effects()).map_or(0, |metadata| metadata.len());
    let before = effects();
    let mut command = command(&plan.worker, place, plan.instances);
    let mut process = command.stdout(output.try_clone()?).stderr(output).spawn()?;
    let begun = Instant::now();
    while gets_on && effects() == before && process.try_wait()?.is_none() {
        ensure!(begun.elapsed() < PATIENCE, "the worker does nothing");
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(lives);
    if let Some(status) = process.try_wait()? {
        let said = fs::read_to_string(place.folder().join("output"))?;
        let why = said.lines().find(|line| !line.starts_with('{'));
        ensure!(status.success(), "the worker failed: {}", why.unwrap_or_default());
        return Ok(false);
    }
    process.kill()?;
    process.wait()?;
    Ok(true)
}

/// Until all have ended.
fn let_end(worker: &Path, place: &Place, instances: u32) -> anyhow::Result<Vec<Ended>> {
    let mut process = command(worker, place, instances).stdout(Stdio::piped()).spawn()?;
    let output = BufReader::new(process.stdout.take().context("it is piped")?);
    let (lines, told) = mpsc::channel();
    let reader = std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| lines.send(line)));
    let begun = Instant::now();
    let mut ended: Vec<Ended> = Vec::new();
    let result = loop {
        match told.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
            Ok(line) if line == "all ended" => break Ok(()),
            Ok(line) => ended.push(serde_json::from_str(&line).context(line)?),
            Err(mpsc::RecvTimeoutError::Disconnected) => break Err("the worker failed"),
            Err(mpsc::RecvTimeoutError::Timeout) => break Err("the worker hangs"),
        }
    };
    if result.is_err() {
        let _ = process.kill();
    }
    process.wait()?;
    drop(reader);
    if let Err(why) = result {
        let ids = (0..instances).flat_map(|number| [format!("i-{number}"), format!("m-{number}")]);
        let missing = ids.filter(|id| ended.iter().all(|ended| ended.id() != *id));
        bail!(
            "{why}; without an end: {}, the first are {:?}",
            missing.clone().count(),
            missing.take(10).collect::<Vec<_>>()
        );
    }
    Ok(ended)
}
