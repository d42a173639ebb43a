//! The trait of all stores.

use crate::{
    error::StoreError,
    instance::{Instance, InstanceKey, InstanceStatus, NewInstance},
    record::{Batch, Record},
    session::Session,
    signal::{NewSignal, StoredSignal},
    timestamp::Timestamp,
};
use std::pin::Pin;

/// The future that a function of a [`Store`] returns. Needs no particular runtime.
pub type StoreFuture<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'static>>;

/// A store of durable instances.
///
/// # Futures
///
/// When a future is ready, its work is done. A commit is then on disk: a reader in another process
/// sees it even after a crash, and later calls see it too.
///
/// # Order
///
/// The store applies writes to one instance in the order of the calls. It may group writes to many
/// instances into one transaction. A write that fails takes no other write along, not even later
/// ones to the same instance. A caller that needs one batch before another waits for the first.
///
/// # Other stores
///
/// The module `conformance`, behind the feature of that name, tests an implementation of this
/// trait.
///
/// # Examples
///
/// ```
/// use workflow_store::{Batch, Change, MemoryStore, NewInstance, NewSignal, Record, InstanceStatus, Store, Timestamp};
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
/// // A stage has completed, and the instance now waits for a timer. The store writes both or neither.
/// let done = Record { order: 1, kind: 0, payload: b"true".into() };
/// let until = Timestamp::from_millis(60_000);
/// let changes = vec![
///     Change::Put { path: "charged".into(), record: done.clone() },
///     Change::Status { status: InstanceStatus::Waiting, wake_at: Some(until), outcome: None },
/// ];
/// store.commit(Batch { instance: key, changes }).await?;
/// let signal = NewSignal { name: "approval".into(), payload: b"true".into(), once: Some("mail-7781".into()) };
/// assert_eq!(store.signal(key, signal.clone()).await?, Some(1));
/// assert_eq!(store.signal(key, signal).await?, None); // The mail was delivered twice.
///
/// assert_eq!(store.due(Timestamp::from_millis(0), 10).await?.next, Some(until));
/// assert_eq!(store.due(until, 10).await?.instances[0].id, "order-42");
/// let loaded = store.load(key).await?;
/// assert_eq!(loaded.records, [("charged".to_owned(), done)]);
/// assert_eq!(loaded.signals[0].name, "approval");
/// # Ok(()) }
/// ```
///
/// # Cancel safety
///
/// The call itself queues the work, whether or not the caller polls the future. Dropping the future
/// takes nothing back: the store still does the work, or does none of it.
pub trait Store: Send + Sync + 'static {
    /// Opens the session of an engine. Returns the number of earlier sessions that ended without
    /// [`close`](Self::close), which is how often instances were interrupted.
    ///
    /// # Crash detection
    ///
    /// From then on the store marks each instance that is created or committed to with that number
    /// ([`Instance::interruptions`]). An engine that loads the instance later compares the numbers,
    /// and so learns how often it was interrupted since, although nothing was written for that.
    ///
    /// # Errors
    /// [`Locked`](crate::StoreErrorKind::Locked) if an engine has the store, also through a clone:
    /// two engines would do every effect twice. Otherwise the reason why the store could not write.
    fn begin(&self) -> StoreFuture<Session>;

    /// Creates an instance. Returns the key by which the store knows it from then on.
    ///
    /// # Errors
    /// [`AlreadyExists`](crate::StoreErrorKind::AlreadyExists) if there is an instance with this id, which stays
    /// as it is. Otherwise the reason why the store could not write.
    fn create(&self, instance: NewInstance) -> StoreFuture<InstanceKey>;

    /// Applies the changes of `batch` in their order: all of them or none.
    ///
    /// # Errors
    /// [`NotFound`](crate::StoreErrorKind::NotFound) if there is no such instance. Otherwise the
    /// reason why the store could not write.
    fn commit(&self, batch: Batch) -> StoreFuture<()>;

    /// Stores a signal until the instance consumes it. Returns the number of the signal. Returns
    /// `None`, and stores nothing, if the instance has had a signal with the same
    /// [`once`](NewSignal::once) before, consumed or not.
    ///
    /// # Errors
    /// [`NotFound`](crate::StoreErrorKind::NotFound) if there is no such instance. Otherwise the
    /// reason why the store could not write.
    fn signal(&self, instance: InstanceKey, signal: NewSignal) -> StoreFuture<Option<i64>>;

    /// Returns the instance with this id, without its records.
    ///
    /// # Errors
    /// [`Damaged`](crate::StoreErrorKind::Damaged) if the instance can't be read.
    fn find(&self, id: &str) -> StoreFuture<Option<Instance>>;

    /// Returns everything stored about one instance, as of one moment.
    ///
    /// # Errors
    /// [`NotFound`](crate::StoreErrorKind::NotFound) if there is no such instance.
    /// [`Damaged`](crate::StoreErrorKind::Damaged) if a part of it can't be read or is missing.
    /// Damage of one instance leaves the others readable.
    fn load(&self, key: InstanceKey) -> StoreFuture<Loaded>;

    /// Returns at most `limit` instances with one of the `statuses`, in the order of their keys,
    /// from the first key after `after`. Without `statuses`, returns instances of every status.
    ///
    /// A page may be shorter than `limit` although more instances follow. An empty page is the end.
    ///
    /// # Errors
    /// [`Damaged`](crate::StoreErrorKind::Damaged) if the first instance of the page can't be read.
    /// [`StoreError::instance`] returns its key, after which the next page can begin. A page ends
    /// before a later instance that can't be read.
    fn list(&self, after: Option<InstanceKey>, limit: usize, statuses: &[InstanceStatus])
    -> StoreFuture<Vec<Instance>>;

    /// Returns at most `limit` running instances with everything stored about them, in the order of
    /// their keys, from the first key after `after`.
    ///
    /// An engine calls it when it starts, to go on with the instances of an earlier process. The
    /// result is that of [`list`](Self::list) and [`load`](Self::load), as of one moment, in a
    /// fraction of their time.
    ///
    /// # Errors
    /// The errors of [`list`](Self::list).
    fn running(&self, after: Option<InstanceKey>, limit: usize) -> StoreFuture<Vec<Loaded>>;

    /// Returns at most `limit` waiting instances whose [`wake_at`](Instance::wake_at) has come, the
    /// earliest first, and the time at which the next instance is due.
    ///
    /// # Errors
    /// [`Damaged`](crate::StoreErrorKind::Damaged) if the first of them can't be read.
    /// [`StoreError::instance`] returns its key, so that the caller can give it another status. The
    /// result ends before a later instance that can't be read.
    fn due(&self, now: Timestamp, limit: usize) -> StoreFuture<Due>;

    /// Closes the store: waits for all earlier calls, and then releases the store for other
    /// processes.
    ///
    /// The session of the engine on this store has then ended without an interruption. A store that
    /// is only dropped counts as an interruption. Later calls fail with
    /// [`Closed`](crate::StoreErrorKind::Closed). Closing a closed store does nothing.
    ///
    /// # Errors
    /// The reason why the store could not tidy up. Everything that was committed is on disk all the
    /// same, and the store is released.
    fn close(&self) -> StoreFuture<()>;
}

/// Everything stored about one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The instance itself.
    pub instance: Instance,
    /// The records, each with its path.
    pub records: Vec<(String, Record)>,
    /// The signals that the instance has not consumed, in order of arrival.
    pub signals: Vec<StoredSignal>,
}

/// The instances that are due.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Due {
    /// The instances to be woken.
    pub instances: Vec<Instance>,
    /// The time at which the next instance is due. `None` if no other instance waits for a timer.
    pub next: Option<Timestamp>,
}
