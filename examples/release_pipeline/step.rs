//! The steps of a release, and what becomes of them.

use std::fmt;
use std::time::Duration;

/// A step of the pipeline, which is a call of cargo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Is it formatted?
    Format,
    /// Does the linter find anything?
    Lint,
    /// Does it compile?
    Build,
    /// Do its tests pass?
    Tests,
    /// Is its documentation whole?
    Docs,
    /// Can it be packed?
    Package,
}

impl Step {
    /// Cargo's arguments. They name no package, so that cargo takes the one in the folder, or the workspace's defaults.
    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Format => &["fmt", "--", "--check", "--color", "never"],
            Self::Lint => &["clippy", "--all-targets", "--", "-D", "warnings"],
            Self::Build => &["build"],
            Self::Tests => &["test"],
            Self::Docs => &["doc", "--no-deps"],
            Self::Package => &["package", "--allow-dirty", "--no-verify"],
        }
    }

    /// The folder, below the project's own, that cargo locks for the time of the step. Tests use what the build made.
    pub fn target(self) -> &'static str {
        match self {
            Self::Format | Self::Build | Self::Tests => "build",
            Self::Lint => "lint",
            Self::Docs => "docs",
            Self::Package => "package",
        }
    }

    /// Whether cargo may need the network for it.
    pub fn resolves_dependencies(self) -> bool {
        self != Self::Format
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Format => "format",
            Self::Lint => "lint",
            Self::Build => "build",
            Self::Tests => "tests",
            Self::Docs => "docs",
            Self::Package => "package",
        })
    }
}

/// The report of a step.
#[derive(Debug, Clone)]
pub struct StepReport {
    /// Which.
    pub step: Step,
    /// How it ended: `exit status: 101`. None where it succeeded.
    pub failure: Option<String>,
    /// How long it took.
    pub took: Duration,
    /// The last lines that it wrote.
    pub tail: Tail,
}

impl StepReport {
    /// Whether it succeeded.
    pub fn passed(&self) -> bool {
        self.failure.is_none()
    }
}

/// The last lines of an output, which may be endless.
#[derive(Debug, Clone)]
pub struct Tail {
    lines: std::collections::VecDeque<String>,
    limit: usize,
    dropped: usize,
}

impl Tail {
    /// Keeps up to `limit` lines.
    pub fn new(limit: usize) -> Self {
        Self { lines: std::collections::VecDeque::new(), limit, dropped: 0 }
    }

    /// One more line.
    pub fn push(&mut self, line: String) {
        self.lines.push_back(line);
        if self.lines.len() > self.limit {
            self.lines.pop_front();
            self.dropped += 1;
        }
    }
}

impl fmt::Display for Tail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.dropped > 0 {
            writeln!(formatter, "    ({} lines before these)", self.dropped)?;
        }
        self.lines.iter().try_for_each(|line| writeln!(formatter, "    {line}"))
    }
}
