//! Records under paths, and the batches of changes that write them.

use crate::{
    instance::{InstanceKey, InstanceStatus},
    timestamp::Timestamp,
};
use std::{ops::Range, sync::Arc};

/// One fact about an instance, stored under a path. Only the engine knows what kinds and payloads
/// mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The position of the record in the history of its instance, counted up.
    pub order: u64,
    /// The kind of the record.
    pub kind: u8,
    /// The encoded content.
    pub payload: Vec<u8>,
}

/// Changes of one instance that a store writes together, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The key of the instance.
    pub instance: InstanceKey,
    /// The changes, in the order in which the store applies them.
    pub changes: Vec<Change>,
}

/// One change of an instance. Every store implements all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Puts a record under a path, and replaces the one that was there.
    Put {
        /// The path.
        path: Arc<str>,
        /// The record.
        record: Record,
    },
    /// Removes the record under a path, if there is one.
    Remove {
        /// The path.
        path: Arc<str>,
    },
    /// Removes the records under all paths that begin with `prefix`.
    RemoveWithin {
        /// The beginning of the paths. Ends in `/`.
        prefix: Arc<str>,
    },
    /// Sets the status of the instance, with the output, the failure or the reason that goes with
    /// it.
    Status {
        /// The new status.
        status: InstanceStatus,
        /// The time at which an engine has to wake the instance. `None` removes the time that was
        /// set before.
        wake_at: Option<Timestamp>,
        /// The new outcome. `None` leaves the outcome as it is.
        outcome: Option<Vec<u8>>,
    },
    /// Removes the signal with this number, which the instance has consumed. The store goes on to
    /// know its `once` until the instance is deleted.
    ConsumeSignal {
        /// The [number](crate::StoredSignal::number) of the signal.
        number: i64,
    },
    /// Removes all records and all waiting signals, because the instance has ended. The store goes
    /// on to know each `once`.
    Clear,
    /// Deletes the instance with everything stored about it. Later changes of the same batch have
    /// no effect.
    Delete,
}

/// Returns the range of all strings that begin with `prefix`, which ends in `/`. Stores with
/// ordered keys use it for [`Change::RemoveWithin`].
///
/// ```
/// use workflow_store::prefix_range;
///
/// let range = prefix_range("a/");
/// assert!(range.contains(&"a/b".to_owned()) && range.contains(&"a/".to_owned()));
/// assert!(!range.contains(&"a".to_owned()) && !range.contains(&"ab".to_owned()));
/// ```
#[must_use]
pub fn prefix_range(prefix: &str) -> Range<String> {
    // Only one '/' is replaced: the range of "a//" is a part of the range of "a/".
    let mut end = prefix.strip_suffix('/').unwrap_or(prefix).to_owned();
    end.push('0'); // The character that follows '/'.
    prefix.to_owned()..end
}
