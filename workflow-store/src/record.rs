//! Records, and the batches of changes that put and remove them.

use crate::{
    instance::{InstanceKey, Status},
    timestamp::Timestamp,
};
use std::{ops::Range, sync::Arc};

/// One thing that is known of an instance, under its path. What the kinds and the payloads mean is the engine's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Counted up within an instance: the order in which things happened.
    pub order: u64,
    /// What kind of record.
    pub kind: u8,
    /// What it says.
    pub payload: Vec<u8>,
}

/// What happens to one instance in one breath.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Which instance.
    pub instance: InstanceKey,
    /// In this order.
    pub changes: Vec<Change>,
}

/// One change of an instance. A store has to know each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Puts a record under a path, in the place of what was there.
    Put {
        /// Where.
        path: Arc<str>,
        /// What.
        record: Record,
    },
    /// Removes the record under a path, if there is one.
    Remove {
        /// Where.
        path: Arc<str>,
    },
    /// Removes the records under all paths that begin with `prefix`, which ends in `/`.
    RemoveWithin {
        /// The beginning of their paths.
        prefix: Arc<str>,
    },
    /// What has become of the instance; the output, the failure or the reason that goes with it.
    Status {
        /// Its status from now on.
        status: Status,
        /// When it has to be woken.
        wake_at: Option<Timestamp>,
        /// Its outcome from now on; none leaves it as it is.
        outcome: Option<Vec<u8>>,
    },
    /// The signal with this number has been taken. Its `once` stays known until the instance is removed.
    Take {
        /// [`StoredSignal::number`](crate::StoredSignal::number)
        number: i64,
    },
    /// Removes all records and all signals that wait: the instance has ended. Each `once` stays known.
    Clear,
    /// Removes the instance with all that is known of it. What comes after it in its batch has no effect.
    Delete,
}

/// The range of all strings that begin with `prefix`, which ends in `/`: for stores with ordered keys.
///
/// ```
/// use workflow_store::within;
///
/// let within = within("a/");
/// assert!(within.contains(&"a/b".to_owned()) && within.contains(&"a/".to_owned()));
/// assert!(!within.contains(&"a".to_owned()) && !within.contains(&"ab".to_owned()));
/// ```
#[must_use]
pub fn within(prefix: &str) -> Range<String> {
    // One '/' and no more: within "a//" is not what is within "a/".
    let mut end = prefix.strip_suffix('/').unwrap_or(prefix).to_owned();
    end.push('0'); // What follows '/'.
    prefix.to_owned()..end
}
