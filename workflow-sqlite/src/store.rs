//! The store in one file.

use crate::{
    command::{BeginSession, CommitBatch, CreateInstance, StoreSignal},
    database, files,
    options::SqliteOptions,
    reader::Reader,
    request::{Command, PendingRequest, Request},
    threads::{self, Threads},
};
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::oneshot;
use workflow_store::{
    Batch, Due, Exclusive, Instance, InstanceKey, InstanceStatus, Loaded, NewInstance, NewSignal, Session, Store,
    StoreError, StoreFuture, Timestamp,
};

/// A store in one file, without a server: SQLite in WAL mode, with `synchronous = FULL`.
///
/// ```
/// use workflow_sqlite::SqliteStore;
/// use workflow_store::{NewInstance, Store, StoreErrorKind, Timestamp};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("payments.db");
/// let store = SqliteStore::open(&path)?;
/// let order = NewInstance {
///     id: "order-42".into(),
///     workflow: "Payment".into(),
///     version: 1,
///     input: b"{}".into(),
///     created_at: Timestamp::from_millis(0),
/// };
/// let key = store.create(order).await?;
///
/// // No other opening succeeds meanwhile.
/// assert_eq!(SqliteStore::open(&path).unwrap_err().kind(), StoreErrorKind::Locked);
///
/// store.close().await?;
/// let store = SqliteStore::open(&path)?;
/// assert_eq!(store.load(key).await?.instance.id, "order-42");
/// # Ok(()) }
/// ```
///
/// # Threads
///
/// One thread writes. It puts all requests that wait, of all instances, into one transaction and
/// one flush of the disk. A commit alone takes as long as the disk needs, and thousands at once
/// hardly longer. Other threads read, and do not wait for the writer.
///
/// Clones share one store. [`close`](Store::close) closes it, and so does dropping the last clone.
/// The last drop blocks until pending requests are done, which takes a few milliseconds. On a thread of
/// the store itself it does not block.
///
/// # Files
///
/// | file | content |
/// | --- | --- |
/// | `PATH` | the store |
/// | `PATH-wal`, `PATH-shm` | the write-ahead log with the last commits, and its index; there while the store is open |
/// | `PATH-lock` | the lock |
///
/// - **Lock**: one process has the store at a time, and in it one engine. The system releases the
///   lock when the process ends, however it ends.
/// - **Moved files**: if a file is removed, moved or replaced while the store is open, further
///   writes fail with [`StoreErrorKind::Gone`](workflow_store::StoreErrorKind::Gone).
/// - **Permissions**: only the owner of the files can read and write them, unless
///   [`mode`](SqliteOptions::mode) says otherwise.
/// - **Size**: freed space is used again. The file does not shrink.
///
/// # Backups
///
/// Copy `PATH` after [`close`](Store::close), or run `sqlite3 PATH ".backup COPY"` or `VACUUM INTO`
/// at any time.
///
/// A copy of `PATH` alone lacks the last commits if the store is open or its process was killed:
/// they lie in `PATH-wal`. Such a copy is refused with
/// [`StoreErrorKind::LogLost`](workflow_store::StoreErrorKind::LogLost), unless
/// [`accept_lost_log`](SqliteOptions::accept_lost_log) is set. There is one gap. While another
/// program reads the store in a transaction that began before a checkpoint, a copy that lacks the
/// commits of that time is not recognised.
///
/// # Damage
///
/// Each record, signal and instance has a checksum. Each instance has one more over all its records
/// and signals, so that a missing one is noticed. Damaged data is an error that names the instance,
/// and other instances stay readable. Opening the store checks the indexes that lead to instances,
/// and fails if they are damaged. The keys of [`NewSignal::once`](workflow_store::NewSignal::once)
/// have no checksum.
///
/// After a failed write (a broken disk) no reader sees the batch. If the process is then killed,
/// the batch may be there after all.
///
/// # Performance
///
/// The disk limits the speed of commits. On Linux, SQLite flushes less if it is compiled to use
/// `fdatasync`: build with the environment variable `LIBSQLITE3_FLAGS=-DHAVE_FDATASYNC=1`.
#[derive(Clone)]
pub struct SqliteStore {
    threads: Arc<Threads>,
    exclusive: Exclusive,
}

impl SqliteOptions {
    /// Opens the store at `path`, or creates an empty one there.
    ///
    /// Blocks while the disk reads the indexes that lead to instances: about a second for a million
    /// instances.
    ///
    /// # Errors
    ///
    /// | kind | reason |
    /// | --- | --- |
    /// | `Locked` | the store is open, in another process or in this one |
    /// | `UnsupportedVersion` | a newer version of the program created the store |
    /// | `Damaged` | the store is damaged, or the file is no store |
    /// | `LogLost` | the log that holds the last commits is missing |
    /// | `ReadOnly`, `Full` | the file or its folder can't be written |
    /// | `Other` | the folder does not exist, or the system reports another error |
    ///
    /// The text of each error names the path.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        let path: Arc<Path> = files::absolute(path.as_ref())?.into();
        let database = database::open(&path, self)?;
        let threads = Arc::new(Threads::start(&path, database)?);
        Ok(SqliteStore { threads, exclusive: Exclusive::default() })
    }
}

impl SqliteStore {
    /// Opens the store at `path` with the default options, or creates an empty one there.
    ///
    /// # Errors
    /// The errors of [`SqliteOptions::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        SqliteOptions::new().open(path)
    }

    /// Returns the absolute path of the store.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.threads.path()
    }

    /// Queues a command for the writer.
    fn write<C: Command>(
        &self,
        command: C,
        into_request: impl FnOnce(PendingRequest<C>) -> Request,
    ) -> StoreFuture<C::Output> {
        let (reply, result) = oneshot::channel();
        let queued = self.threads.write(into_request(PendingRequest::new(command, reply)));
        self.wait_for(queued, result)
    }

    /// Queues a query for the readers.
    fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Reader<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> StoreFuture<T> {
        let (reply, result) = oneshot::channel();
        // Sending fails if the caller no longer waits.
        let queued = self.threads.read(Box::new(move |reader| _ = reply.send(query(reader))));
        self.wait_for(queued, result)
    }

    fn wait_for<T: Send + 'static>(
        &self,
        queued: Result<(), StoreError>,
        result: oneshot::Receiver<Result<T, StoreError>>,
    ) -> StoreFuture<T> {
        let path = self.threads.path().clone();
        Box::pin(async move {
            queued?;
            result.await.unwrap_or_else(|_| Err(threads::worker_panicked(&path)))
        })
    }
}

impl Store for SqliteStore {
    fn begin(&self) -> StoreFuture<Session> {
        let Some(claim) = self.exclusive.claim() else {
            let error = StoreError::in_use(&format!("the store '{}'", self.path().display()));
            return Box::pin(std::future::ready(Err(error)));
        };
        let interruptions = self.write(BeginSession, Request::Begin);
        Box::pin(async move { Ok(Session::new(interruptions.await?, claim)) })
    }

    fn create(&self, instance: NewInstance) -> StoreFuture<InstanceKey> {
        self.write(CreateInstance::new(instance), Request::Create)
    }

    fn commit(&self, batch: Batch) -> StoreFuture<()> {
        self.write(CommitBatch::new(batch), Request::Commit)
    }

    fn signal(&self, instance: InstanceKey, signal: NewSignal) -> StoreFuture<Option<i64>> {
        self.write(StoreSignal::new(instance, signal), Request::Signal)
    }

    fn find(&self, id: &str) -> StoreFuture<Option<Instance>> {
        let id = id.to_owned();
        self.read(move |reader| reader.find(&id))
    }

    fn load(&self, key: InstanceKey) -> StoreFuture<Loaded> {
        self.read(move |reader| reader.load(key))
    }

    fn list(
        &self,
        after: Option<InstanceKey>,
        limit: usize,
        statuses: &[InstanceStatus],
    ) -> StoreFuture<Vec<Instance>> {
        let statuses = statuses.to_owned();
        self.read(move |reader| reader.list(after, limit, &statuses))
    }

    fn running(&self, after: Option<InstanceKey>, limit: usize) -> StoreFuture<Vec<Loaded>> {
        self.read(move |reader| reader.running(after, limit))
    }

    fn due(&self, now: Timestamp, limit: usize) -> StoreFuture<Due> {
        self.read(move |reader| reader.due(now, limit))
    }

    fn close(&self) -> StoreFuture<()> {
        let path = self.threads.path().clone();
        let closed = self.threads.close();
        Box::pin(async move { closed.await.unwrap_or_else(|_| Err(threads::worker_panicked(&path))) })
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SqliteStore").field("path", &PathBuf::from(self.path())).finish_non_exhaustive()
    }
}
