//! The store in one file.

use crate::{
    command::{Begin, SummedBatch, SummedInstance, SummedSignal},
    database, files,
    options::SqliteOptions,
    reader::Reader,
    request::{Asked, Request, Work},
    threads::{self, Threads},
};
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::oneshot;
use workflow_store::{
    Batch, Due, Exclusive, Instance, InstanceKey, Loaded, NewInstance, NewSignal, Session, Status, Store, StoreError,
    Storing, Timestamp,
};

/// A store in one file, which needs no server: SQLite, in WAL mode, with `synchronous = FULL`.
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
/// // Nobody else may have it meanwhile.
/// assert_eq!(SqliteStore::open(&path).unwrap_err().kind(), StoreErrorKind::Locked);
///
/// store.close().await?;
/// let store = SqliteStore::open(&path)?;
/// assert_eq!(store.load(key).await?.instance.id, "order-42");
/// # Ok(()) }
/// ```
///
/// - **Clones** share one store. It is closed by [`close`](Store::close), or when the last clone is dropped, which waits for what
///   is under way (a few milliseconds; not on the store's own threads).
/// - **Writing** is done by one thread, which takes all that waits, of all instances, into one transaction and one flush
///   of the disk: a commit alone takes as long as the disk needs, thousands at once hardly longer. Reading is done
///   by threads of its own and does not wait for it.
/// - **One process** has it at a time, and in it one engine: a lock on the file `PATH-lock` is held as long as it is open. When a
///   process ends, however it ends, the system lets go of it. Beside these two lie, while it is open, `PATH-wal` and `PATH-shm`. If
///   one of the files is removed, moved or replaced meanwhile, nothing more is written
///   ([`StoreErrorKind::Gone`](workflow_store::StoreErrorKind::Gone)).
/// - **A copy** of the store is a copy of `PATH` after [`close`](Store::close), or one that `sqlite3 PATH ".backup COPY"` or
///   `VACUUM INTO` makes at any time. `PATH` alone, copied while the store is open or after its process was killed, lacks what
///   was committed last: that lies in `PATH-wal`. Such a copy is refused
///   ([`StoreErrorKind::LogLost`](workflow_store::StoreErrorKind::LogLost)), unless
///   [`accept_lost_log`](SqliteOptions::accept_lost_log) is set. While a program reads the store in a transaction that began before
///   a checkpoint, this can't be told for what is committed until that transaction ends.
/// - **Permissions**: only the owner of the files may read and write them, unless [`mode`](SqliteOptions::mode) says otherwise.
/// - **Damage** is found: each record, signal and instance has a checksum, and each instance one over all of its records and signals, so
///   that one that is missing is missed. What can't be trusted is an error that names the instance, and the other
///   instances are as they were. What leads to instances is checked when the store is opened, which fails where that
///   is damaged. The keys of [signals that are kept once](workflow_store::NewSignal::once) have no checksum.
/// - **Speed** is the disk's. On Linux it flushes less where SQLite is compiled to use `fdatasync`: build with the environment
///   variable `LIBSQLITE3_FLAGS=-DHAVE_FDATASYNC=1`.
/// - **Room** that was freed is used again; the file does not shrink.
/// - **After an error in the middle of writing** (a broken disk) nothing of the batch is seen, but if the process is then killed
///   it may be there after all.
#[derive(Clone)]
pub struct SqliteStore {
    threads: Arc<Threads>,
    exclusive: Exclusive,
}

impl SqliteOptions {
    /// Opens the store in this file, or makes an empty one there.
    ///
    /// Blocks for as long as the disk takes to check what leads to instances: about a second for a million of them.
    ///
    /// # Errors
    /// `Locked`: it is open elsewhere. `Newer`: a newer version of this crate made it. `Damaged`: it is damaged, or not a store.
    /// `LogLost`: the log that holds what was committed last is not beside it.
    /// `ReadOnly`, `Full`: it, or its folder, can't be written. `Other`: the folder does not exist; whatever else the system says.
    /// The text of each names the path.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        let path: Arc<Path> = files::absolute(path.as_ref())?.into();
        let opened = database::open(&path, self)?;
        let threads = Arc::new(Threads::start(&path, opened)?);
        Ok(SqliteStore { threads, exclusive: Exclusive::default() })
    }
}

impl SqliteStore {
    /// Opens the store in this file, or makes an empty one there. See [`SqliteOptions::open`].
    ///
    /// # Errors
    /// As there.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        SqliteOptions::new().open(path)
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.threads.path()
    }

    fn write<W: Work>(&self, work: W, request: impl FnOnce(Asked<W>) -> Request) -> Storing<W::Given> {
        let (reply, told) = oneshot::channel();
        let asked = self.threads.write(request(Asked::new(work, reply)));
        self.answer(asked, told)
    }

    fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Storing<T> {
        let (reply, told) = oneshot::channel();
        // Who does not wait any more has dropped the other end.
        let asked = self.threads.read(Box::new(move |reader| _ = reply.send(read(reader))));
        self.answer(asked, told)
    }

    fn answer<T: Send + 'static>(
        &self,
        asked: Result<(), StoreError>,
        told: oneshot::Receiver<Result<T, StoreError>>,
    ) -> Storing<T> {
        let path = self.threads.path().clone();
        Box::pin(async move {
            asked?;
            told.await.unwrap_or_else(|_| Err(threads::broken(&path)))
        })
    }
}

impl Store for SqliteStore {
    fn begin(&self) -> Storing<Session> {
        let Some(claim) = self.exclusive.claim() else {
            let error = StoreError::in_use(&format!("the store '{}'", self.path().display()));
            return Box::pin(std::future::ready(Err(error)));
        };
        let begun = self.write(Begin, Request::Begin);
        Box::pin(async move { Ok(Session::new(begun.await?, claim)) })
    }

    fn create(&self, instance: NewInstance) -> Storing<InstanceKey> {
        self.write(SummedInstance::new(instance), Request::Create)
    }

    fn commit(&self, batch: Batch) -> Storing<()> {
        self.write(SummedBatch::new(batch), Request::Commit)
    }

    fn signal(&self, instance: InstanceKey, signal: NewSignal) -> Storing<Option<i64>> {
        self.write(SummedSignal::new(instance, signal), Request::Signal)
    }

    fn find(&self, id: &str) -> Storing<Option<Instance>> {
        let id = id.to_owned();
        self.read(move |reader| reader.find(&id))
    }

    fn load(&self, key: InstanceKey) -> Storing<Loaded> {
        self.read(move |reader| reader.load(key))
    }

    fn list(&self, after: Option<InstanceKey>, limit: usize, statuses: &[Status]) -> Storing<Vec<Instance>> {
        let statuses = statuses.to_owned();
        self.read(move |reader| reader.list(after, limit, &statuses))
    }

    fn running(&self, after: Option<InstanceKey>, limit: usize) -> Storing<Vec<Loaded>> {
        self.read(move |reader| reader.running(after, limit))
    }

    fn due(&self, now: Timestamp, limit: usize) -> Storing<Due> {
        self.read(move |reader| reader.due(now, limit))
    }

    fn close(&self) -> Storing<()> {
        let path = self.threads.path().clone();
        let closed = self.threads.close();
        Box::pin(async move { closed.await.unwrap_or_else(|_| Err(threads::broken(&path))) })
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SqliteStore").field("path", &PathBuf::from(self.path())).finish_non_exhaustive()
    }
}
