//! The writer thread: puts all requests that wait, of all instances, into one transaction and one
//! flush of the disk.

use crate::{
    applier::Applier,
    queue::Queue,
    request::Request,
    statement,
    wal::{self, Log},
};
use rusqlite::{Connection, Statement};
use std::{
    path::Path,
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};
use workflow_store::StoreError;

/// The maximum number of requests in one transaction. Larger groups would save little, and their
/// first requests would wait for a queue of any length.
const GROUP: usize = 4096;

/// The number of pages that the log may gain between two checkpoints.
const CHECKPOINT: u32 = 4000;

/// The pause after a checkpoint that failed, or that another program kept from its end.
const AFTER_FAILED_CHECKPOINT: Duration = Duration::from_secs(1);

/// The state of the writer thread.
pub(crate) struct Writer<'connection> {
    path: &'connection Path,
    connection: &'connection Connection,
    begin: Statement<'connection>,
    commit: Statement<'connection>,
    applier: Applier<'connection>,
    log: Log,
    /// The number of pages in the log after the last checkpoint.
    pages: u32,
    /// The earliest time of the next checkpoint, after one that failed.
    next_checkpoint: Option<Instant>,
    /// The error for all further requests, once a file of the store is gone.
    gone: Option<StoreError>,
}

impl<'connection> Writer<'connection> {
    pub(crate) fn new(
        connection: &'connection Connection,
        log: Log,
        path: &'connection Path,
    ) -> rusqlite::Result<Self> {
        let begin = statement::prepare(connection, "BEGIN IMMEDIATE")?;
        let commit = statement::prepare(connection, "COMMIT")?;
        let (pages, applier) = (log.pages.load(Relaxed), Applier::new(connection)?);
        Ok(Self { path, connection, begin, commit, applier, log, pages, next_checkpoint: None, gone: None })
    }

    /// Writes requests until the queue is closed and empty.
    pub(crate) fn run(&mut self, queue: &Queue<Request>) {
        loop {
            let group = queue.take_up_to(GROUP);
            if group.is_empty() {
                return;
            }
            self.write(group);
            self.checkpoint_if_due();
        }
    }

    /// Returns whether the file beside the store with the name of its log is another file.
    pub(crate) fn has_lost_log(&self) -> bool {
        self.log.files.has_moved("-wal")
    }

    /// Ends the session of the engine, if one is open.
    pub(crate) fn end_session(&mut self) -> rusqlite::Result<()> {
        self.applier.end_session()
    }

    /// Moves the content of the log into the file, if the log is long or the file is not sealed.
    /// Runs after the callers have their results.
    fn checkpoint_if_due(&mut self) {
        let pages = self.log.pages.load(Relaxed);
        // The log has restarted if it is shorter than before.
        self.pages = self.pages.min(pages);
        let is_due = pages - self.pages >= CHECKPOINT || !self.log.is_sealed;
        if !is_due || self.gone.is_some() || self.next_checkpoint.is_some_and(|next| Instant::now() < next) {
            return;
        }
        self.log.is_sealed = wal::seal(self.connection, self.path).unwrap_or(false);
        self.next_checkpoint = (!self.log.is_sealed).then(|| Instant::now() + AFTER_FAILED_CHECKPOINT);
        self.pages = self.log.pages.load(Relaxed);
    }

    /// Writes a group in one transaction. If that fails, halves the group until the request that
    /// fails is alone.
    fn write(&mut self, mut group: Vec<Request>) {
        if let Some(gone) = &self.gone {
            return group.into_iter().for_each(|request| request.refuse(gone));
        }
        match self.transaction(&mut group) {
            Ok(()) => match self.log.files.check() {
                Ok(()) => group.into_iter().for_each(Request::complete),
                Err(gone) => {
                    for request in group {
                        request.refuse(&gone);
                    }
                    self.gone = Some(gone);
                }
            },
            Err(error) if group.len() == 1 => {
                if let Some(request) = group.pop() {
                    request.fail(error, &self.applier, self.path);
                }
            }
            Err(_) => {
                let later = group.split_off(group.len() / 2);
                self.write(group);
                self.write(later);
            }
        }
    }

    fn transaction(&mut self, group: &mut [Request]) -> rusqlite::Result<()> {
        let written = self.begin.execute([]).and_then(|_| {
            group.iter_mut().try_for_each(|request| request.execute(&mut self.applier))?;
            self.commit.execute([])
        });
        if written.is_err() {
            // After some errors SQLite has already rolled back.
            if !self.connection.is_autocommit() {
                self.connection.execute_batch("ROLLBACK")?;
            }
            self.applier.reload_counters()?;
        }
        written.map(drop)
    }
}
