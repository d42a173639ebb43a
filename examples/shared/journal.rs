//! The journal of one case: events with their times. Its services write it, so the workflow does not know of it.

use std::fmt::{self, Write};
use std::mem;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;

/// Everything that happened to one case, in order.
#[derive(Debug)]
pub struct Journal {
    start: Instant,
    entries: Mutex<Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    at: Duration,
    who: &'static str,
    what: String,
}

impl Journal {
    /// Of a case that begins now.
    pub fn start() -> Self {
        Self { start: Instant::now(), entries: Mutex::default() }
    }

    /// When the case began.
    pub fn started(&self) -> Instant {
        self.start
    }

    /// Something that takes no time.
    pub fn note(&self, who: &'static str, what: impl Into<String>) {
        let entry = Entry { at: self.start.elapsed(), who, what: what.into() };
        // A list of entries is whole after any panic, so a poisoned lock is no reason to give up.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    /// Something begins that takes time. It is written down when it ends; when it is dropped before, that is.
    pub fn visit(&self, who: &'static str, attempt: u32) -> Visit<'_> {
        Visit { journal: self, who, attempt, since: Instant::now(), ended: None }
    }
}

/// The case's path: a line for each entry.
impl fmt::Display for Journal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Entry { at, who, what } in &*self.entries.lock().unwrap_or_else(PoisonError::into_inner) {
            writeln!(formatter, "  {}  {who:<20}  {what}", Clock(*at))?;
        }
        Ok(())
    }
}

/// A running visit.
#[derive(Debug)]
pub struct Visit<'a> {
    journal: &'a Journal,
    who: &'static str,
    attempt: u32,
    since: Instant,
    ended: Option<String>,
}

impl Visit<'_> {
    /// Ends the journal with a result.
    pub fn end(mut self, what: impl Into<String>) {
        self.ended = Some(what.into());
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        let otherwise = if std::thread::panicking() { "panicked" } else { "cut off" };
        let mut what = mem::take(&mut self.ended).unwrap_or_else(|| otherwise.to_owned());
        // Text in memory takes all that is written to it.
        if self.attempt > 1 {
            let _ = write!(what, ", attempt {}", self.attempt);
        }
        let _ = write!(what, ", after {}", Short(self.since.elapsed()));
        self.journal.note(self.who, what);
    }
}

/// `2d 04:00:12.250`.
struct Clock(Duration);

impl fmt::Display for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
        write!(formatter, "{days:>3}d {hours:02}:{minutes:02}:{:02}.{:03}", seconds % 60, self.0.subsec_millis())
    }
}

/// `1h 30m`, to the millisecond.
struct Short(Duration);

impl fmt::Display for Short {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = i64::try_from(self.0.as_millis()).unwrap_or(i64::MAX);
        write!(formatter, "{:#}", SignedDuration::from_millis(milliseconds))
    }
}
