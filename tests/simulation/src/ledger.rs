//! Effects outside of the engine: each begin and end of user code.

use std::collections::HashMap;

/// After how many milliseconds what has ended is on the store.
const COMMITTED: u64 = 400;

/// Returns whether one of those crashes may have come before the store had what happened at that moment and time.
#[must_use]
pub fn may_be_lost(crashes: &[(u64, u64)], moment: u64, at: u64) -> bool {
    crashes.iter().any(|&(crash, when)| crash > moment && when.saturating_sub(at) < COMMITTED)
}

/// The end of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// The call succeeded.
    Done,
    /// The call returned an error.
    Failed,
    /// Its future was dropped.
    Cut,
    /// The process crashed.
    Crashed,
}

/// One call of user code.
#[derive(Debug, Clone)]
pub struct Call {
    /// The attempt's number, as the engine said.
    pub attempt: u32,
    /// When it began: its place among all that happened.
    pub begun: u64,
    /// The wall clock then, in milliseconds.
    pub begun_at: u64,
    /// When it ended, and how.
    pub ended: Option<(u64, u64, End)>,
}

/// The calls under one idempotency key.
#[derive(Debug, Clone)]
pub struct Effect {
    /// The key.
    pub key: String,
    /// Which leaf called.
    pub leaf: u32,
    /// In which round, for which item.
    pub place: u64,
    /// The signal's value that it was given.
    pub took: Option<u64>,
    /// The calls of the stage.
    pub calls: Vec<Call>,
    /// The calls of its undo.
    pub undos: Vec<Call>,
    /// Something began that came of it.
    pub read: bool,
}

impl Effect {
    /// Returns when it succeeded.
    #[must_use]
    pub fn done(&self) -> Option<u64> {
        self.calls.iter().rev().find_map(|call| call.ended.filter(|ended| ended.2 == End::Done).map(|ended| ended.0))
    }

    /// Returns whether its undo has failed.
    #[must_use]
    pub fn undo_failed(&self) -> bool {
        self.undos.last().and_then(|call| call.ended).is_some_and(|ended| ended.2 == End::Failed)
    }

    /// Returns how often its undo succeeded.
    #[must_use]
    pub fn undone(&self) -> usize {
        self.undos.iter().filter(|call| call.ended.is_some_and(|ended| ended.2 == End::Done)).count()
    }
}

/// All that happened.
#[derive(Debug, Default)]
pub struct Ledger {
    /// By the numbers that values hold.
    pub effects: Vec<Effect>,
    /// The effects by their keys.
    pub by_key: HashMap<String, u32>,
    /// Faults that the ledger sees at once.
    pub faults: Vec<String>,
    /// Counts all that happens.
    pub moment: u64,
    /// Each crash and each error of the store: the moment, and the wall clock.
    pub crashes: Vec<(u64, u64)>,
    /// A stage was rewound: running stages were interrupted.
    pub rewound: bool,
    /// A line for each event, if a caller prints them.
    pub lines: Option<Vec<String>>,
}

impl Ledger {
    /// Returns the next moment.
    pub fn tick(&mut self) -> u64 {
        self.moment += 1;
        self.moment
    }

    /// Writes a line.
    pub fn line(&mut self, at: u64, text: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{at:>8} {}", text()));
        }
    }
}
