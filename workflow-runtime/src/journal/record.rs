//! The kinds of records, and the engine's own records as bytes.

use crate::failure::BoxError;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use workflow_store::{Record, Timestamp};

/// The kinds of records. Their numbers are on disk, so they never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecordKind {
    /// A stage has completed; its output.
    Done = 1,
    /// A stage has completed, and has nothing to undo: its condition did not hold, or its value came from a cache.
    DoneIdle = 2,
    /// A stage has failed; its failure.
    Failed = 3,
    /// Attempts have failed, and another one comes.
    Retrying = 4,
    /// A choice; in words.
    Decided = 5,
    /// A value that something was decided on.
    Value = 6,
    /// A point in time: a timer is due, a deadline ends.
    Due = 7,
    /// Fingerprints of a `for`'s items.
    Items = 8,
    /// A signal that a scope has taken.
    Signal = 9,
    /// A stage's undo has run.
    Undone = 10,
    /// An `on = attempt` undo has been armed.
    Armed = 11,
    /// Number of interruptions of a stage.
    Interrupted = 12,
    /// Number of interruptions of the instance without progress.
    CrashCount = 13,
    /// A caller has cancelled the instance.
    Cancelled = 14,
    /// A fingerprint of a value that is evaluated again.
    Fingerprint = 15,
    /// Undos that failed while the run went on, and stages in doubt.
    NotUndone = 16,
    /// An operator has requested a rewind; the names of the stages.
    Rewind = 17,
    /// Number of rewinds of a stage.
    Rewound = 18,
    /// A stage that has completed would have to be undone.
    NeedsUndo = 19,
    /// User code gave a value that can't be kept; why.
    Unkept = 20,
    /// The names of the completed stages in a block whose records were dropped.
    Inside = 21,
    /// All running stages of a rolled-back scope have ended.
    Landed = 22,
    /// Key names of the instance.
    Keys = 30,
}

/// Encodes a record of the engine's own.
pub(crate) fn encode_record<T: Serialize>(value: &T) -> Vec<u8> {
    match serde_json::to_vec(value) {
        Ok(bytes) => bytes,
        Err(error) => unreachable!("numbers and texts can be written: {error}"),
    }
}

pub(crate) fn decode_record<T: DeserializeOwned>(record: &Record) -> Result<T, BoxError> {
    Ok(serde_json::from_slice(&record.payload)?)
}

/// Failed attempts of a stage.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RetryProgress {
    pub(crate) attempts: u32,
    /// Spent part of each `#[retry]`.
    pub(crate) spent: Vec<u32>,
    /// Start of the next attempt, in milliseconds since 1970.
    pub(crate) next: u64,
}

impl RetryProgress {
    pub(crate) fn next(&self) -> Timestamp {
        Timestamp::from_millis(self.next)
    }
}
