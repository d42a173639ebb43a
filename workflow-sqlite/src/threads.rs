//! The threads of an open store: one writer and several readers, from their start to their end.

use crate::{
    database::Database,
    error::{into_store_error, system_error},
    files::FileLock,
    queue::Queue,
    reader::Reader,
    request::Request,
    sync::lock,
    wal::{self, Log},
    writer::Writer,
};
use rusqlite::{Connection, FileControl};
use std::{
    mem,
    path::Path,
    sync::{
        Arc, Mutex,
        mpsc::{self, Sender},
    },
    thread::{self, JoinHandle, ThreadId},
};
use tokio::sync::oneshot;
use workflow_store::{StoreError, StoreErrorKind};

/// The maximum number of queries in one transaction. A small number leaves work to the other
/// readers.
const QUERY_GROUP: usize = 16;

/// A query for a reader thread.
pub(crate) type Query = Box<dyn FnOnce(&mut Reader<'_>) + Send>;

/// The threads of an open store. When dropped, waits until they have answered all earlier requests
/// and ended.
pub(crate) struct Threads {
    shared: Arc<Shared>,
    /// The writer thread, which waits for the readers and ends last.
    writer: Option<JoinHandle<()>>,
    /// The ids of all threads. Dropping the store on one of them must not wait for it.
    ids: Vec<ThreadId>,
}

/// State that the threads share with the callers.
struct Shared {
    path: Arc<Path>,
    writes: Queue<Request>,
    reads: Queue<Query>,
    shutdown: Mutex<Shutdown>,
}

/// Whether the threads have ended.
enum Shutdown {
    /// The threads run. The list holds the callers of `close`.
    Pending(Vec<oneshot::Sender<Result<(), StoreError>>>),
    Done,
}

impl Threads {
    pub(crate) fn start(path: &Arc<Path>, database: Database) -> Result<Self, StoreError> {
        let Database { writer, readers, lock, log } = database;
        let shared = Arc::new(Shared {
            path: path.clone(),
            writes: Queue::new(),
            reads: Queue::new(),
            shutdown: Mutex::new(Shutdown::Pending(Vec::new())),
        });
        // If one thread does not start, dropping this closes the queues, so that the others end.
        let mut threads = Self { shared: shared.clone(), writer: None, ids: Vec::new() };
        let (reports, started) = mpsc::channel();

        let mut reading = Vec::new();
        for connection in readers {
            let (shared, reports) = (shared.clone(), reports.clone());
            reading.push(threads.spawn("workflow-reader", move || read(&connection, &shared, reports))?);
        }
        let writing = move || write(writer, (lock, log), reading, &shared, reports);
        threads.writer = Some(threads.spawn("workflow-writer", writing)?);

        // The channel closes when the last thread has reported or ended.
        started.into_iter().collect::<Result<Vec<()>, StoreError>>()?;
        Ok(threads)
    }

    pub(crate) fn path(&self) -> &Arc<Path> {
        &self.shared.path
    }

    /// Queues a request for the writer.
    pub(crate) fn write(&self, request: Request) -> Result<(), StoreError> {
        self.shared.writes.push(request).map_err(|_| self.shared.closed_error())
    }

    /// Queues a query for the readers.
    pub(crate) fn read(&self, query: Query) -> Result<(), StoreError> {
        self.shared.reads.push(query).map_err(|_| self.shared.closed_error())
    }

    /// Closes the queues. The channel receives a message when all earlier requests are answered and
    /// the store is released.
    pub(crate) fn close(&self) -> oneshot::Receiver<Result<(), StoreError>> {
        let (reply, closed) = oneshot::channel();
        // The caller is added before the queues close: the writer ends the session only if a caller
        // waits.
        match &mut *lock(&self.shared.shutdown) {
            Shutdown::Pending(callers) => callers.push(reply),
            Shutdown::Done => _ = reply.send(Ok(())),
        }
        self.shared.close_queues();
        closed
    }

    fn spawn(&mut self, name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
        let started = thread::Builder::new().name(name.to_owned()).spawn(run);
        let started =
            started.map_err(|error| system_error(error, "start the threads of the store", &self.shared.path))?;
        self.ids.push(started.thread().id());
        Ok(started)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.shared.close_queues();
        if let Some(writer) = self.writer.take()
            && !self.ids.contains(&thread::current().id())
        {
            let _ = writer.join();
        }
    }
}

impl Shared {
    fn close_queues(&self) {
        self.writes.close();
        self.reads.close();
    }

    fn closed_error(&self) -> StoreError {
        StoreError::new(StoreErrorKind::Closed, format!("the store '{}' is closed", self.path.display()))
    }

    /// Returns whether a caller waits for the store to close.
    fn is_closing(&self) -> bool {
        match &*lock(&self.shutdown) {
            Shutdown::Pending(callers) => !callers.is_empty(),
            Shutdown::Done => false,
        }
    }

    /// Sends the result to all callers of `close`.
    fn shut_down(&self, result: &Result<(), StoreError>) {
        let before = mem::replace(&mut *lock(&self.shutdown), Shutdown::Done);
        if let Shutdown::Pending(callers) = before {
            for reply in callers {
                let _ = reply.send(result.clone());
            }
        }
    }
}

/// Creates the error for callers whose request a thread dropped when it panicked.
pub(crate) fn worker_panicked(path: &Path) -> StoreError {
    let message = format!("the store '{}' failed: a worker thread panicked before replying", path.display());
    StoreError::new(StoreErrorKind::Other, message)
}

/// A guard that answers all callers if its thread panics, so that none of them waits for ever.
struct PanicGuard<'shared>(&'shared Shared);

impl Drop for PanicGuard<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.writes.abandon();
            self.0.reads.abandon();
            self.0.shut_down(&Err(worker_panicked(&self.0.path)));
        }
    }
}

/// Runs a reader thread.
fn read(connection: &Connection, shared: &Shared, reports: Sender<Result<(), StoreError>>) {
    let _guard = PanicGuard(shared);
    let reader = Reader::new(connection, shared.path.clone());
    if let Some(mut reader) = report(reader, shared, reports) {
        loop {
            let queries = shared.reads.take_up_to(QUERY_GROUP);
            if queries.is_empty() {
                return;
            }
            reader.transaction(|reader| queries.into_iter().for_each(|query| query(reader)));
        }
    }
}

/// Runs the writer thread, and closes the store at its end.
fn write(
    connection: Connection,
    (lock, log): (FileLock, Log),
    readers: Vec<JoinHandle<()>>,
    shared: &Shared,
    reports: Sender<Result<(), StoreError>>,
) {
    let _guard = PanicGuard(shared);
    let (mut session_ended, mut keeps_log) = (Ok(()), false);
    if let Some(mut writer) = report(Writer::new(&connection, log, &shared.path), shared, reports) {
        writer.run(&shared.writes);
        if shared.is_closing() {
            session_ended = writer.end_session();
        }
        keeps_log = writer.has_lost_log();
    }
    shared.close_queues();
    for reader in readers {
        let _ = reader.join();
    }
    let closed = checkpoint_and_close(connection, keeps_log)
        .and(session_ended)
        .map_err(|error| into_store_error(error, "tidy up", &shared.path));
    drop(lock);
    shared.shut_down(&closed);
}

/// Reports whether a thread could prepare its statements. The sender is dropped, since a thread
/// reports once.
fn report<T>(prepared: rusqlite::Result<T>, shared: &Shared, reports: Sender<Result<(), StoreError>>) -> Option<T> {
    let (prepared, result) = match prepared {
        Ok(prepared) => (Some(prepared), Ok(())),
        Err(error) => (None, Err(into_store_error(error, "open the store", &shared.path))),
    };
    let _ = reports.send(result);
    drop(reports);
    prepared
}

/// Moves the content of the log into the file, so that the file is complete, and closes the
/// connection. With `keeps_log`, leaves the file with the name of the log alone, because it is not
/// the log of this store.
fn checkpoint_and_close(connection: Connection, keeps_log: bool) -> rusqlite::Result<()> {
    let unmarked = wal::set_mark(&connection, None);
    let moved = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    if keeps_log {
        connection.file_control(None::<&str>, FileControl::PersistWal(&mut 1))?;
    }
    connection.close().map_err(|(_, error)| error).and(unmarked).and(moved)
}
