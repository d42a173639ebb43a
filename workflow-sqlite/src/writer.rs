//! The one thread that writes: whatever waits for it, of all instances, goes into one transaction and one flush of the disk.

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

/// So many at most go into one transaction: what comes with the next one costs them little, and the first of them need not wait
/// for a queue of a million.
const GROUP: usize = 4096;

/// How many pages the log may gain before they are moved into the store's own file.
const CHECKPOINT: u32 = 4000;

/// How long a checkpoint that failed, or that another program kept from its end, is not tried again.
const AFTER_FAILED_CHECKPOINT: Duration = Duration::from_secs(1);

pub(crate) struct Writer<'connection> {
    path: &'connection Path,
    connection: &'connection Connection,
    begin: Statement<'connection>,
    commit: Statement<'connection>,
    applier: Applier<'connection>,
    log: Log,
    /// How many pages the log had after the last checkpoint.
    pages: u32,
    /// When the next checkpoint may be tried, after one that failed.
    next_checkpoint: Option<Instant>,
    /// The store's files are gone.
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

    /// Writes whatever is asked, until the queue is closed and empty.
    pub(crate) fn run(&mut self, queue: &Queue<Request>) {
        loop {
            let group = queue.all(GROUP);
            if group.is_empty() {
                return;
            }
            self.write(group);
            self.tend_log();
        }
    }

    /// Returns whether what lies beside the store under the log's name is not its log.
    pub(crate) fn lacks_its_log(&self) -> bool {
        self.log.files.has_moved("-wal")
    }

    /// Moves what the log holds into the store's own file, now and then. Those that wait for what was written are told before.
    fn tend_log(&mut self) {
        let pages = self.log.pages.load(Relaxed);
        // It has begun anew.
        self.pages = self.pages.min(pages);
        let is_due = pages - self.pages >= CHECKPOINT || !self.log.sealed;
        if !is_due || self.gone.is_some() || self.next_checkpoint.is_some_and(|next| Instant::now() < next) {
            return;
        }
        self.log.sealed = wal::seal(self.connection, self.path).unwrap_or(false);
        self.next_checkpoint = (!self.log.sealed).then(|| Instant::now() + AFTER_FAILED_CHECKPOINT);
        self.pages = self.log.pages.load(Relaxed);
    }

    /// The engine that has begun on the store has come to its end.
    pub(crate) fn rest(&mut self) -> rusqlite::Result<()> {
        self.applier.rest()
    }

    /// Writes a group. Where that fails it is halved, until what fails is alone.
    fn write(&mut self, mut group: Vec<Request>) {
        if let Some(gone) = &self.gone {
            return group.into_iter().for_each(|request| request.refused(gone));
        }
        match self.transaction(&mut group) {
            Ok(()) => match self.log.files.check() {
                Ok(()) => group.into_iter().for_each(Request::told),
                Err(gone) => {
                    for request in group {
                        request.refused(&gone);
                    }
                    self.gone = Some(gone);
                }
            },
            Err(error) if group.len() == 1 => {
                if let Some(request) = group.pop() {
                    request.failed(error, &self.applier, self.path);
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
            group.iter_mut().try_for_each(|request| request.apply(&mut self.applier))?;
            self.commit.execute([])
        });
        if written.is_err() {
            // SQLite has done so already after some errors.
            if !self.connection.is_autocommit() {
                self.connection.execute_batch("ROLLBACK")?;
            }
            self.applier.rolled_back()?;
        }
        written.map(drop)
    }
}
