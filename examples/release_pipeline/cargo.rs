//! Runs cargo, one process a step.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;

use crate::live::Live;
use crate::project::Project;
use crate::step::{Step, StepReport, Tail};

/// How cargo is run.
#[derive(Debug)]
pub struct Cargo {
    program: OsString,
    offline: bool,
    tail: usize,
    verbose: bool,
    live: Live,
}

/// A step could not even be tried.
#[derive(Debug, thiserror::Error)]
#[error("'{}' can't be run in '{}'", program.display(), directory.display())]
pub struct NoCargo {
    program: OsString,
    directory: PathBuf,
    source: std::io::Error,
}

impl Cargo {
    /// The cargo that runs this program, or the one on the path. Of each step's output the last `tail` lines are kept;
    /// `verbose` shows all of it as it comes.
    pub fn new(offline: bool, tail: usize, verbose: bool) -> Self {
        let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Self { program, offline, tail, verbose, live: Live::start() }
    }

    /// Returns the program that is run.
    pub fn program(&self) -> &OsStr {
        &self.program
    }

    /// Does a step of the release. A step that fails is a report, so that the others go on.
    ///
    /// # Errors
    ///
    /// When cargo can't be run at all.
    pub async fn run(&self, step: Step, project: &Project) -> Result<StepReport, NoCargo> {
        let (mut arguments, program_arguments) = split(step.arguments());
        if self.offline && step.resolves_dependencies() {
            arguments.push("--offline");
        }
        arguments.extend(program_arguments);
        self.live.say(step, format_args!("started: cargo {}", arguments.join(" ")));

        let started = Instant::now();
        let mut child = Command::new(&self.program)
            .args(&arguments)
            .current_dir(&project.directory)
            .env("CARGO_TARGET_DIR", project.target.join(step.target()))
            .env("CARGO_TERM_COLOR", "never")
            .env("RUSTDOCFLAGS", "-D warnings")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| self.cannot(project, source))?;

        let tail = Mutex::new(Tail::new(self.tail));
        let (output, errors) = (child.stdout.take(), child.stderr.take());
        let ((), (), status) =
            tokio::join!(self.collect(step, output, &tail), self.collect(step, errors, &tail), child.wait());
        let status = status.map_err(|source| self.cannot(project, source))?;

        let took = started.elapsed();
        let failure = (!status.success()).then(|| status.to_string());
        let verb = if failure.is_some() { "FAILED" } else { "passed" };
        self.live.say(step, format_args!("{verb} after {:.1} s", took.as_secs_f64()));
        Ok(StepReport { step, failure, took, tail: tail.into_inner().unwrap_or_else(PoisonError::into_inner) })
    }

    /// Reads one of a step's outputs to its end.
    async fn collect(&self, step: Step, output: Option<impl AsyncRead + Unpin>, tail: &Mutex<Tail>) {
        let Some(output) = output else { return };
        let mut reader = BufReader::new(output);
        let mut bytes = Vec::new();
        // A pipe that breaks says no more than one that ends: the exit status tells how the step went.
        while reader.read_until(b'\n', &mut bytes).await.is_ok_and(|length| length > 0) {
            let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            if self.verbose {
                self.live.say(step, format_args!("| {line}"));
            }
            tail.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            bytes.clear();
        }
    }

    fn cannot(&self, project: &Project, source: std::io::Error) -> NoCargo {
        NoCargo { program: self.program.clone(), directory: project.directory.clone(), source }
    }
}

/// Cargo's own arguments, and those behind `--` that it hands on.
fn split(arguments: &[&'static str]) -> (Vec<&'static str>, Vec<&'static str>) {
    let middle = arguments.iter().position(|argument| *argument == "--").unwrap_or(arguments.len());
    let (own, handed_on) = arguments.split_at(middle);
    (own.to_vec(), handed_on.to_vec())
}
