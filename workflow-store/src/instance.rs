//! Instances, without what is stored under their paths.

use crate::timestamp::Timestamp;
use std::fmt;

/// By what a store knows an instance: small, dense, never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceKey(pub i64);

/// What has become of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// It has work to do, here or after a restart.
    Running,
    /// It waits for a timer or a signal, and is not in memory.
    Waiting,
    /// It can't go on without a person; the reason is in its record.
    Parked,
    /// It has its output.
    Completed,
    /// It has failed, and what it did is undone.
    Failed,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Running, Self::Waiting, Self::Parked, Self::Completed, Self::Failed];

    /// As a store writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Parked => "parked",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// Returns the number of the status, for stores that write numbers. It never changes.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Running => 0,
            Self::Waiting => 1,
            Self::Parked => 2,
            Self::Completed => 3,
            Self::Failed => 4,
        }
    }

    /// It has ended: nothing will be done for it any more.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// An instance to be made. Its status is [`Status::Running`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInstance {
    /// The user's name for it, unique in the store.
    pub id: String,
    /// Its workflow's name.
    pub workflow: String,
    /// The `#[version]` of the workflow that made it.
    pub version: u32,
    /// Its inputs, encoded.
    pub input: Vec<u8>,
    /// When it was asked for.
    pub created_at: Timestamp,
}

/// An instance, without its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The store's name for it.
    pub key: InstanceKey,
    /// The user's name for it.
    pub id: String,
    /// Its workflow's name.
    pub workflow: String,
    /// The `#[version]` of the workflow that made it.
    pub version: u32,
    /// Its inputs, encoded.
    pub input: Vec<u8>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// What has become of it.
    pub status: Status,
    /// The output, the failure, or why it is parked, encoded; empty until then.
    pub outcome: Vec<u8>,
    /// When it has to be woken, where it waits for a timer.
    pub wake_at: Option<Timestamp>,
    /// What [`begin`](crate::Store::begin) had given last when the instance was made or last committed to. (A signal that arrives is no
    /// commit.)
    pub interruptions: u64,
}
