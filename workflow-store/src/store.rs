//! The trait of all stores.

use crate::{
    error::StoreError,
    instance::{Instance, InstanceKey, NewInstance, Status},
    record::{Batch, Record},
    session::Session,
    signal::{NewSignal, StoredSignal},
    timestamp::Timestamp,
};
use std::pin::Pin;

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
    /// [`StoreErrorKind::Locked`](crate::StoreErrorKind::Locked) if an engine has the store; whatever keeps it from being written.
    fn begin(&self) -> Storing<Session>;

    /// Makes an instance. The future gives the key by which the store knows it from then on.
    ///
    /// # Errors
    /// [`StoreErrorKind::Exists`](crate::StoreErrorKind::Exists) where there is one with this id, which is left alone; whatever keeps it from being written.
    fn create(&self, instance: NewInstance) -> Storing<InstanceKey>;

    /// Applies the changes of `batch` in their order: all of them or none.
    ///
    /// # Errors
    /// [`StoreErrorKind::Missing`](crate::StoreErrorKind::Missing) where there is no such instance; whatever keeps it from being written.
    fn commit(&self, batch: Batch) -> Storing<()>;

    /// Keeps a signal for an instance until it is taken; gives its number. Where `once` is given and this instance has had a
    /// signal with it before, also one that is taken already, nothing is kept, and there is no number.
    ///
    /// # Errors
    /// [`StoreErrorKind::Missing`](crate::StoreErrorKind::Missing) where there is no such instance; whatever keeps it from being written.
    fn signal(&self, instance: InstanceKey, signal: NewSignal) -> Storing<Option<i64>>;

    /// The instance with this id, without its records.
    ///
    /// # Errors
    /// [`StoreErrorKind::Damaged`](crate::StoreErrorKind::Damaged) where it can't be read.
    fn find(&self, id: &str) -> Storing<Option<Instance>>;

    /// All that is stored of one instance, as it was at one moment.
    ///
    /// # Errors
    /// [`StoreErrorKind::Missing`](crate::StoreErrorKind::Missing); [`StoreErrorKind::Damaged`](crate::StoreErrorKind::Damaged) where a part of it can't be read or has gone. Damage of one
    /// instance leaves the others readable.
    fn load(&self, key: InstanceKey) -> Storing<Loaded>;

    /// Instances in the order of their keys, after the key `after`, at most `limit`, of those statuses (all where there
    /// are none). There are no more where none is given; a page may be shorter than `limit` before that.
    ///
    /// # Errors
    /// [`StoreErrorKind::Damaged`](crate::StoreErrorKind::Damaged) where the first of the page can't be read: [`StoreError::instance`] tells which, so that
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
    /// [`StoreErrorKind::Damaged`](crate::StoreErrorKind::Damaged) where the first of them can't be read: [`StoreError::instance`] tells which, so that it may
    /// be given another status. What is due ends before one that can't be read.
    fn due(&self, now: Timestamp, limit: usize) -> Storing<Due>;

    /// Waits until all that was asked before is done, and lets go of the store, so that another process can have it. Whatever
    /// is asked afterwards fails with [`StoreErrorKind::Closed`](crate::StoreErrorKind::Closed); only to close it once more does nothing. An engine that has
    /// begun on this store has ended in peace then. One whose store is dropped has not.
    ///
    /// # Errors
    /// Where putting things in order failed. What was committed is on disk all the same, and the store is let go of.
    fn close(&self) -> Storing<()>;
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
