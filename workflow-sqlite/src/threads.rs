//! The threads of an open store, from the first that is asked of them to the last.

use crate::{
    database::Opened,
    error::{fault, system},
    files::Lock,
    queue::Queue,
    reader::Reader,
    request::Request,
    wal::{self, Log},
    writer::Writer,
};
use rusqlite::{Connection, FileControl};
use std::{
    mem,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Sender},
    },
    thread::{self, JoinHandle, ThreadId},
};
use tokio::sync::oneshot;
use workflow_store::{StoreError, StoreErrorKind};

/// So many queries at most share a transaction, so that the other readers have some too.
const TOGETHER: usize = 16;

/// What a reader is asked.
pub(crate) type Query = Box<dyn FnOnce(&mut Reader<'_>) + Send>;

type Told = Result<(), StoreError>;

/// An open store. When it is dropped its threads end, after what they were asked before.
pub(crate) struct Threads {
    shared: Arc<Shared>,
    /// It ends last, and waits for the others.
    writer: Option<JoinHandle<()>>,
    /// All of them. None of them may wait for itself.
    ids: Vec<ThreadId>,
}

/// What the threads share with who asks them.
struct Shared {
    path: Arc<Path>,
    writes: Queue<Request>,
    reads: Queue<Query>,
    end: Mutex<End>,
}

enum End {
    /// Who waits for it.
    Awaited(Vec<oneshot::Sender<Told>>),
    Come,
}

impl Threads {
    pub(crate) fn start(path: &Arc<Path>, opened: Opened) -> Result<Self, StoreError> {
        let Opened { writer, readers, lock, log } = opened;
        let shared = Arc::new(Shared {
            path: path.clone(),
            writes: Queue::new(),
            reads: Queue::new(),
            end: Mutex::new(End::Awaited(Vec::new())),
        });
        // Where one does not start, the queues are closed, so that the others end.
        let mut threads = Self { shared: shared.clone(), writer: None, ids: Vec::new() };
        let (tells, told) = mpsc::channel();

        let mut reading = Vec::new();
        for connection in readers {
            let (shared, tells) = (shared.clone(), tells.clone());
            reading.push(threads.spawn("workflow-reader", move || read(&connection, &shared, tells))?);
        }
        let writing = move || write(writer, (lock, log), reading, &shared, tells);
        threads.writer = Some(threads.spawn("workflow-writer", writing)?);

        // Until the last of them has said that it is ready, or has ended.
        told.into_iter().collect::<Result<Vec<()>, StoreError>>()?;
        Ok(threads)
    }

    pub(crate) fn path(&self) -> &Arc<Path> {
        &self.shared.path
    }

    pub(crate) fn write(&self, request: Request) -> Told {
        self.shared.writes.push(request).map_err(|_| self.shared.closed())
    }

    pub(crate) fn read(&self, query: Query) -> Told {
        self.shared.reads.push(query).map_err(|_| self.shared.closed())
    }

    /// Lets nothing more in. What is given is ready when all that was asked before is done, and the store let go of.
    pub(crate) fn close(&self) -> oneshot::Receiver<Told> {
        let (tell, told) = oneshot::channel();
        // Who waits is known before the end comes: that it was asked for is what makes it a peaceful one.
        match &mut *self.shared.end.lock().unwrap_or_else(PoisonError::into_inner) {
            End::Awaited(waiting) => waiting.push(tell),
            End::Come => _ = tell.send(Ok(())),
        }
        self.shared.close();
        told
    }

    fn spawn(&mut self, name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
        let started = thread::Builder::new().name(name.to_owned()).spawn(run);
        let started = started.map_err(|error| system(error, "start the threads of the store", &self.shared.path))?;
        self.ids.push(started.thread().id());
        Ok(started)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.shared.close();
        if let Some(writer) = self.writer.take()
            && !self.ids.contains(&thread::current().id())
        {
            let _ = writer.join();
        }
    }
}

impl Shared {
    fn close(&self) {
        self.writes.close();
        self.reads.close();
    }

    fn closed(&self) -> StoreError {
        StoreError::new(StoreErrorKind::Closed, format!("the store '{}' is closed", self.path.display()))
    }

    /// Somebody has asked for the end.
    fn is_asked_to_end(&self) -> bool {
        match &*self.end.lock().unwrap_or_else(PoisonError::into_inner) {
            End::Awaited(waiting) => !waiting.is_empty(),
            End::Come => false,
        }
    }

    fn ended(&self, how: &Told) {
        let end = mem::replace(&mut *self.end.lock().unwrap_or_else(PoisonError::into_inner), End::Come);
        if let End::Awaited(waiting) = end {
            for tell in waiting {
                let _ = tell.send(how.clone());
            }
        }
    }
}

/// What is said where a thread of the store has broken off.
pub(crate) fn broken(path: &Path) -> StoreError {
    StoreError::new(StoreErrorKind::Other, format!("the store '{}' broke off before it had an answer", path.display()))
}

/// Where a thread panics nobody is left waiting.
struct Broken<'shared>(&'shared Shared);

impl Drop for Broken<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.writes.abandon();
            self.0.reads.abandon();
            self.0.ended(&Err(broken(&self.0.path)));
        }
    }
}

fn read(connection: &Connection, shared: &Shared, tells: Sender<Told>) {
    let _broken = Broken(shared);
    let reader = Reader::new(connection, shared.path.clone());
    if let Some(mut reader) = ready(reader, shared, tells) {
        loop {
            let queries = shared.reads.all(TOGETHER);
            if queries.is_empty() {
                return;
            }
            reader.together(|reader| queries.into_iter().for_each(|query| query(reader)));
        }
    }
}

fn write(
    connection: Connection,
    (lock, log): (Lock, Log),
    readers: Vec<JoinHandle<()>>,
    shared: &Shared,
    tells: Sender<Told>,
) {
    let _broken = Broken(shared);
    let (mut rested, mut keeps_log) = (Ok(()), false);
    if let Some(mut writer) = ready(Writer::new(&connection, log, &shared.path), shared, tells) {
        writer.run(&shared.writes);
        if shared.is_asked_to_end() {
            rested = writer.rest();
        }
        keeps_log = writer.lacks_its_log();
    }
    shared.close();
    for reader in readers {
        let _ = reader.join();
    }
    let closed = tidy(connection, keeps_log).and(rested).map_err(|error| fault(error, "tidy up", &shared.path));
    drop(lock);
    shared.ended(&closed);
}

/// Tells that a thread has what it needs, or what it lacks; and that it will tell no more.
fn ready<T>(made: rusqlite::Result<T>, shared: &Shared, tells: Sender<Told>) -> Option<T> {
    let (made, told) = match made {
        Ok(made) => (Some(made), Ok(())),
        Err(error) => (None, Err(fault(error, "open the store", &shared.path))),
    };
    let _ = tells.send(told);
    drop(tells);
    made
}

/// Moves what the log holds into the store's own file, so that it is all of it. What lies under the log's name is left alone if it
/// is not the log.
fn tidy(connection: Connection, keeps_log: bool) -> rusqlite::Result<()> {
    let unmarked = wal::set_mark(&connection, None);
    let moved = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    if keeps_log {
        connection.file_control(None::<&str>, FileControl::PersistWal(&mut 1))?;
    }
    connection.close().map_err(|(_, error)| error).and(unmarked).and(moved)
}
