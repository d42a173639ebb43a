//! Where durable instances live between two moments of work: the [`Store`] trait, and what goes through it.
//!
//! A store knows nothing of workflows. It keeps *instances*; each has *records* under paths (what its stages made, what
//! was decided, which timers run) and *signals* that wait to be taken. All that happens to an instance in one breath is
//! one [`Batch`], which is on disk as a whole or not at all.
#![forbid(unsafe_code)]

#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod memory;
mod session;

pub use error::{StoreError, StoreErrorKind};
pub use memory::MemoryStore;
pub use session::{Claim, Exclusive, Session};

use std::{
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
/// process after a crash, and whatever is asked later sees it. The work is queued by the call itself, polled or not; dropping
/// the future takes nothing back: the work is done all the same, or not at all. The futures need no particular runtime.
///
/// What writes to one instance is applied in the order of the calls. A store may group what is written to many instances into
/// one write, but what fails does not take others along, also not those of the same instance that were called later: who needs
/// one batch before another waits for the first.
///
/// Another store proves itself with the module `conformance`.
///
/// ```
/// use workflow_store::{Batch, Change, MemoryStore, NewInstance, NewSignal, Record, Status, Store, Timestamp};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), workflow_store::StoreError> {
/// let store = MemoryStore::new();
/// let key = store
///     .create(NewInstance {
///         id: "order-42".into(),
///         workflow: "Payment".into(),
///         version: 1,
///         input: b"{}".into(),
///         created_at: Timestamp::from_millis(0),
///     })
///     .await?;
///
/// // A stage is done, and now the instance waits for a timer: both are on disk, or neither.
/// let done = Record { order: 1, kind: 0, payload: b"true".into() };
/// let until = Timestamp::from_millis(60_000);
/// let changes = vec![
///     Change::Put { path: "charged".into(), record: done.clone() },
///     Change::Status { status: Status::Waiting, wake_at: Some(until), outcome: None },
/// ];
/// store.commit(Batch { instance: key, changes }).await?;
/// let signal = NewSignal { name: "approval".into(), payload: b"true".into(), once: Some("mail-7781".into()) };
/// assert_eq!(store.signal(key, signal.clone()).await?, Some(1));
/// assert_eq!(store.signal(key, signal).await?, None); // The same mail once more.
///
/// assert_eq!(store.due(Timestamp::from_millis(0), 10).await?.next, Some(until));
/// assert_eq!(store.due(until, 10).await?.instances[0].id, "order-42");
/// let loaded = store.load(key).await?;
/// assert_eq!(loaded.records, [("charged".to_owned(), done)]);
/// assert_eq!(loaded.signals[0].name, "approval");
/// # Ok(()) }
/// ```
pub trait Store: Send + Sync + 'static {
    /// Opens the session of an engine. It tells how many of the sessions before it have not come to [`close`](Self::close): how
    /// often instances were interrupted. From then on what is written to an instance is marked with that number
    /// ([`Instance::interruptions`]), which is how an instance that is read again knows how often it has been interrupted
    /// since, though nothing was written for that.
    ///
    /// One engine has the store at a time, also among its clones: two would do every effect twice.
    ///
    /// # Errors
    /// [`StoreErrorKind::Locked`] if an engine has the store; whatever keeps it from being written.
    fn begin(&self) -> Storing<Session>;

    /// Makes an instance. The future gives the key by which the store knows it from then on.
    ///
    /// # Errors
    /// [`StoreErrorKind::Exists`] where there is one with this id, which is left alone; whatever keeps it from being written.
    fn create(&self, instance: NewInstance) -> Storing<InstanceKey>;

    /// Applies the changes of `batch` in their order: all of them or none.
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
    ///
    /// # Errors
    /// [`StoreErrorKind::Damaged`] where it can't be read.
    fn find(&self, id: &str) -> Storing<Option<Instance>>;

    /// All that is stored of one instance, as it was at one moment.
    ///
    /// # Errors
    /// [`StoreErrorKind::Missing`]; [`StoreErrorKind::Damaged`] where a part of it can't be read or has gone. Damage of one
    /// instance leaves the others readable.
    fn load(&self, key: InstanceKey) -> Storing<Loaded>;

    /// Instances in the order of their keys, after the key `after`, at most `limit`, of those statuses (all where there
    /// are none). There are no more where none is given; a page may be shorter than `limit` before that.
    ///
    /// # Errors
    /// [`StoreErrorKind::Damaged`] where the first of the page can't be read: [`StoreError::instance`] tells which, so that
    /// the next page may begin after it. A page ends before one that can't be read.
    fn list(&self, after: Option<InstanceKey>, limit: usize, statuses: &[Status]) -> Storing<Vec<Instance>>;

    /// Running instances in the order of their keys, after the key `after`, at most `limit`, each with all that is stored of it:
    /// what [`list`](Self::list) and [`load`](Self::load) give, of one moment, in a fraction of their time. It is how an engine
    /// goes on with whatever an earlier process left.
    ///
    /// # Errors
    /// As those of [`list`](Self::list).
    fn running(&self, after: Option<InstanceKey>, limit: usize) -> Storing<Vec<Loaded>>;

    /// Waiting instances whose [`wake_at`](Instance::wake_at) has come, the earliest first, at most `limit`; and when the
    /// next one after these is due.
    ///
    /// # Errors
    /// [`StoreErrorKind::Damaged`] where the first of them can't be read: [`StoreError::instance`] tells which, so that it may
    /// be given another status. What is due ends before one that can't be read.
    fn due(&self, now: Timestamp, limit: usize) -> Storing<Due>;

    /// Waits until all that was asked before is done, and lets go of the store, so that another process can have it. Whatever
    /// is asked afterwards fails with [`StoreErrorKind::Closed`]; only to close it once more does nothing. An engine that has
    /// begun on this store has ended in peace then. One whose store is dropped has not.
    ///
    /// # Errors
    /// Where putting things in order failed. What was committed is on disk all the same, and the store is let go of.
    fn close(&self) -> Storing<()>;
}

/// A point in time, in whole milliseconds since 1970 (UTC).
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use workflow_store::Timestamp;
///
/// let start = Timestamp::from_millis(1_000);
/// let due = start.after(Duration::from_micros(1_500)); // Rounded up: never too early.
/// assert_eq!(due.as_millis(), 1_002);
/// assert_eq!(due.since(start), Duration::from_millis(2));
/// assert_eq!(start.since(due), Duration::ZERO);
/// assert_eq!(Timestamp::from(SystemTime::from(due)), due);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The last one there is: what a store keeps as a signed number of 64 bits.
    const LAST: u64 = i64::MAX.cast_unsigned();

    /// So many milliseconds after 1970 began; never past the last representable one, which is 292 million years away.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(if millis > Self::LAST { Self::LAST } else { millis })
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
        Self::from_millis(self.0.saturating_add(u64::try_from(millis).unwrap_or(u64::MAX)))
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
        Self::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
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
    /// What [`begin`](Store::begin) had given last when the instance was made or last committed to. (A signal that arrives is no
    /// commit.)
    pub interruptions: u64,
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
    /// In order of arrival, within its instance; no two signals of an instance ever have the same.
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
        /// [`StoredSignal::number`]
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
