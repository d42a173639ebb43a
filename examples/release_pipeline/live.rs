//! Says what happens while it happens.

use std::fmt;
use std::io::{self, Write};
use std::time::Instant;

/// Writes to standard error, each line with the seconds since the start.
#[derive(Debug)]
pub struct Live {
    since: Instant,
}

impl Live {
    /// The clock starts now.
    pub fn start() -> Self {
        Self { since: Instant::now() }
    }

    /// One line about a step.
    pub fn say(&self, step: impl fmt::Display, event: impl fmt::Display) {
        let seconds = self.since.elapsed().as_secs_f64();
        // A closed standard error is no reason to stop.
        drop(writeln!(io::stderr(), "{seconds:6.1} s  {step:8} {event}"));
    }
}
