//! Instances of workflows: their keys, their status, and the row of each without its records.

use crate::timestamp::Timestamp;
use std::fmt;

/// The key of an instance in its store: a small number that is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceKey(pub i64);

/// The status of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InstanceStatus {
    /// The instance has work to do, in this process or after a restart.
    Running,
    /// The instance waits for a timer or a signal, and is not in memory.
    Waiting,
    /// The instance needs a person to go on. The reason is its [outcome](Instance::outcome).
    Parked,
    /// The instance has its output.
    Completed,
    /// The instance has failed, and its undos have run.
    Failed,
}

impl InstanceStatus {
    /// All statuses.
    pub const ALL: [Self; 5] = [Self::Running, Self::Waiting, Self::Parked, Self::Completed, Self::Failed];

    /// Returns the name of the status, for stores that write names. The name never changes.
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

    /// Returns the number of the status, for stores that write numbers. The number never changes.
    ///
    /// ```
    /// use workflow_store::InstanceStatus;
    ///
    /// let numbers = InstanceStatus::ALL.map(InstanceStatus::number);
    /// assert_eq!(numbers, [0, 1, 2, 3, 4]);
    /// ```
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

    /// Returns whether the instance has ended, so that no engine does anything for it any more.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

impl fmt::Display for InstanceStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// An instance to be created. Its first status is [`InstanceStatus::Running`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInstance {
    /// The id that the user gives the instance, unique in the store.
    pub id: String,
    /// The name of the workflow.
    pub workflow: String,
    /// The `#[version]` of the workflow that creates the instance.
    pub version: u32,
    /// The encoded inputs.
    pub input: Vec<u8>,
    /// The time at which the caller requested the instance.
    pub created_at: Timestamp,
}

/// An instance, without its records and signals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The key that the store gave the instance.
    pub key: InstanceKey,
    /// The id that the user gave the instance.
    pub id: String,
    /// The name of the workflow.
    pub workflow: String,
    /// The `#[version]` of the workflow that created the instance.
    pub version: u32,
    /// The encoded inputs.
    pub input: Vec<u8>,
    /// The time at which the caller requested the instance.
    pub created_at: Timestamp,
    /// The status.
    pub status: InstanceStatus,
    /// The encoded output, failure, or reason for parking. Empty until there is one.
    pub outcome: Vec<u8>,
    /// The time at which an engine has to wake the instance, if it waits for a timer.
    pub wake_at: Option<Timestamp>,
    /// The number that [`begin`](crate::Store::begin) had returned last when the instance was
    /// created or last committed to. A signal that arrives is no commit.
    pub interruptions: u64,
}
