//! Where durable instances live between two moments of work: the [`Store`] trait, and what goes through it.
//!
//! A store knows nothing of workflows. It keeps *instances*; each has *records* under paths (what its stages made, what
//! was decided, which timers run) and *signals* that wait to be taken. All that happens to an instance in one breath is
//! one [`Batch`], which is on disk as a whole or not at all.

mod memory;

pub use memory::MemoryStore;

use std::{
    error::Error,
    fmt,
    future::Future,
    ops::Range,
    pin::Pin,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// What a store's functions give.
pub type Storing<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'static>>;

/// A store of durable instances.
///
/// What a function returns is done when its future is ready: a commit is on disk then, also for a reader in another
/// process after a crash. Dropping such a future takes nothing back: the work is done all the same, or not at all.
/// Batches of one instance are applied in the order in which [`commit`](Self::commit) was called; a store may group
/// batches of many instances into one write, but a batch that fails does not take others along.
pub trait Store: Send + Sync + 'static {
    /// Makes an instance. The future gives the key by which the store knows it from then on.
    ///
    /// # Errors
    /// [`StoreErrorKind::Exists`] where there is one with this id, which is left alone.
    fn create(&self, instance: NewInstance) -> Storing<InstanceKey>;

    /// Applies the changes of `batch` in their order, atomically.
    ///
    /// # Errors
    /// [`StoreErrorKind::Missing`] where there is no such instance; whatever keeps it from being written.
    fn commit(&self, batch: Batch) -> Storing<()>;

    /// Keeps a signal for an instance until it is taken; gives its number. Where `once` is given and this instance has had a
    /// signal with it before, also one that is taken already, nothing is kept, and there is no number.
    ///
    /// # Errors
    /// [`StoreErrorKind::Missing`] where there is no such instance; whatever keeps it from being written.
    fn signal(&self, instance: InstanceKey, signal: NewSignal) -> Storing<Option<i64>>;

    /// The instance with this id, without its records.
    fn find(&self, id: &str) -> Storing<Option<Instance>>;

    /// All that is stored of one instance.
    ///
    /// # Errors
    /// [`StoreErrorKind::Missing`]; [`StoreErrorKind::Damaged`] where a part of it can't be read.
    fn load(&self, key: InstanceKey) -> Storing<Loaded>;

    /// Instances in the order of their keys, after the key `after`, at most `limit`, of those statuses (all where there
    /// are none).
    fn list(&self, after: Option<InstanceKey>, limit: usize, statuses: &[Status]) -> Storing<Vec<Instance>>;

    /// Waiting instances whose [`wake_at`](Instance::wake_at) has come, the earliest first, at most `limit`; and when the
    /// next one after these is due.
    fn due(&self, now: Timestamp, limit: usize) -> Storing<Due>;

    /// Waits until all that was committed is on disk, and lets go of the store, so that another process can have it. Whatever is
    /// asked afterwards fails with [`StoreErrorKind::Closed`].
    fn close(&self) -> Storing<()>;
}

/// A point in time, in whole milliseconds since 1970 (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// So many milliseconds after 1970 began.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970 began.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// That much later, in whole milliseconds, rounded up; never past the last representable one.
    #[must_use]
    pub fn after(self, time: Duration) -> Self {
        let millis = time.as_nanos().div_ceil(1_000_000);
        Self(self.0.saturating_add(u64::try_from(millis).unwrap_or(u64::MAX)).min(i64::MAX as u64))
    }

    /// How long it is from `earlier` to here; nothing where it is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl From<SystemTime> for Timestamp {
    /// Rounded down; 1970 for whatever lies before.
    fn from(time: SystemTime) -> Self {
        let millis = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        Self(u64::try_from(millis).unwrap_or(u64::MAX).min(i64::MAX as u64))
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        UNIX_EPOCH + Duration::from_millis(time.0)
    }
}

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
}

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

/// A signal that arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSignal {
    /// Which of the workflow's signals.
    pub name: String,
    /// Its value, encoded.
    pub payload: Vec<u8>,
    /// The sender's own key.
    pub once: Option<String>,
}

/// A signal that has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSignal {
    /// In order of arrival, within its store.
    pub number: i64,
    /// Which of the workflow's signals.
    pub name: String,
    /// Its value, encoded.
    pub payload: Vec<u8>,
}

/// All that is stored of one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The instance itself.
    pub instance: Instance,
    /// Its records, by path.
    pub records: Vec<(String, Record)>,
    /// The signals that nobody has taken yet, in order of arrival.
    pub signals: Vec<StoredSignal>,
}

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Due {
    /// Instances to be woken.
    pub instances: Vec<Instance>,
    /// When the next one is due; none: nothing else waits for a timer.
    pub next: Option<Timestamp>,
}

/// What happens to one instance in one breath.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Which instance.
    pub instance: InstanceKey,
    /// In this order.
    pub changes: Vec<Change>,
}

/// One change of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
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
        /// [`StoredSignal::number`]
        number: i64,
    },
    /// Removes all records and all signals that wait: the instance has ended.
    Clear,
    /// Removes the instance with all that is known of it.
    Delete,
}

/// The end of the range of all strings that begin with `prefix`, which ends in `/`: for stores with ordered keys.
#[must_use]
pub fn within(prefix: &str) -> Range<String> {
    let mut end = prefix.trim_end_matches('/').to_owned();
    end.push('0'); // What follows '/'.
    prefix.to_owned()..end
}

/// Why a store could not do what it was asked.
#[derive(Debug, Clone)]
pub struct StoreError {
    kind: StoreErrorKind,
    message: Arc<str>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// What kind of error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// There is an instance with this id already.
    Exists,
    /// There is no such instance.
    Missing,
    /// What is stored can't be read: it is damaged, or not a store at all.
    Damaged,
    /// There is no room left to write.
    Full,
    /// It may be read, but not written.
    ReadOnly,
    /// Another process has it.
    Locked,
    /// It was closed.
    Closed,
    /// A newer version of this crate made it.
    Newer,
    /// Anything else.
    Other,
}

impl StoreError {
    /// An error in the store's own words: what, and where.
    pub fn new(kind: StoreErrorKind, message: impl Into<Arc<str>>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// With what it comes from.
    #[must_use]
    pub fn from_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// What kind of error.
    #[must_use]
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
