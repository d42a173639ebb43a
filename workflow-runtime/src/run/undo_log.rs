//! The log of a scope: the undos of its completed stages, and its running attempts.

use super::{grace::GracePeriod, undo_record::UndoRecord};
use crate::{
    failure::{Failure, UndoReport, exit::Exit},
    future::boxed::BoxFuture,
    stage_id::StageId,
    sync::lock,
};
use std::{
    future::Future,
    mem,
    ops::Deref,
    sync::{Arc, Mutex, OnceLock},
};

/// The undo of one completed stage.
pub(crate) struct UndoEntry {
    order: u64,
    /// Armed before the stage completed: its place once it has.
    completed: Option<Arc<OnceLock<u64>>>,
    pub(crate) stage: StageId,
    /// Rounds and items of the stage, in an observed run.
    pub(crate) places: Vec<(u32, u32)>,
    /// Record of the undo's result.
    pub(crate) record: UndoRecord,
    pub(crate) run: UndoFn,
}

impl UndoEntry {
    pub(crate) fn new(
        (stage, places, record): (StageId, Vec<(u32, u32)>, UndoRecord),
        run: impl FnOnce(Failure) -> BoxFuture<'static, Result<(), Exit>> + Send + 'static,
    ) -> Self {
        Self { order: record.order(), completed: None, stage, places, record, run: Box::new(run) }
    }

    /// Returns the place of the undo among the completions; that of its arming, if its stage never completed.
    pub(crate) fn order(&self) -> u64 {
        match &self.completed {
            None => self.order,
            Some(completed) => completed.get().copied().unwrap_or_else(|| self.record.armed(self.order)),
        }
    }
}

type UndoFn = Box<dyn FnOnce(Failure) -> BoxFuture<'static, Result<(), Exit>> + Send>;

pub(crate) struct PendingAttempt {
    pub(crate) stage: StageId,
    /// Record of its undo's result, if it has an undo.
    pub(crate) record: Option<UndoRecord>,
    pub(crate) grace: GracePeriod,
    pub(crate) run: BoxFuture<'static, Result<Option<UndoEntry>, Exit>>,
}

/// The log of a scope: the stages that must be undone if the scope fails.
#[derive(Default)]
pub struct UndoLog {
    pub(crate) content: Mutex<UndoState>,
    /// Log that receives the remaining entries when the scope is dropped.
    parent: Option<Arc<UndoLog>>,
}

impl UndoLog {
    pub(crate) fn root() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn child(parent: &Arc<Self>) -> UndoScope {
        UndoScope { log: Arc::new(Self { content: Mutex::default(), parent: Some(Arc::clone(parent)) }) }
    }

    /// Returns the root log, which belongs to the run.
    pub(crate) fn root_of(&self) -> &Self {
        let mut log = self;
        while let Some(parent) = &log.parent {
            log = parent;
        }
        log
    }

    pub(crate) fn push(&self, entry: UndoEntry) {
        self.take(UndoState { entries: vec![entry], ..UndoState::default() });
    }

    pub(crate) fn take(&self, more: UndoState) {
        if more.is_empty() {
            return;
        }
        let mut content = lock(&self.content);
        if !content.closed {
            content.append(more);
            return;
        }
        drop(content);
        // Where the run itself is gone, nothing can be undone any more.
        if let Some(parent) = &self.parent {
            parent.take(more);
        }
    }

    /// Adds a cancelled task, which lives until its next await. Nothing is undone before it has ended, and its running
    /// stages may finish.
    pub(crate) fn await_end(&self, stage: StageId, ended: impl Future<Output = ()> + Send + 'static) {
        let run = Box::pin(async move {
            ended.await;
            Ok(None)
        });
        let in_flight = vec![PendingAttempt { stage, record: None, grace: GracePeriod::OwnTimeout, run }];
        self.take(UndoState { in_flight, ..UndoState::default() });
    }

    /// Moves the entries into another log, because the scope has succeeded.
    pub(crate) fn merge_into(&self, other: &Self) {
        let content = mem::take(&mut *lock(&self.content));
        other.take(content);
    }

    /// Whether there is an undo, or a running attempt.
    pub(crate) fn holds_something(&self) -> bool {
        !lock(&self.content).is_empty()
    }

    /// Drops the entries: nothing will be undone any more.
    pub(crate) fn forget(&self) {
        let content = mem::take(&mut *lock(&self.content));
        drop(content);
    }

    /// Drops the entries, and refuses those that still come, because the run is gone.
    pub(crate) fn close(&self) {
        let content = mem::replace(&mut *lock(&self.content), UndoState { closed: true, ..UndoState::default() });
        drop(content);
    }
}

#[derive(Default)]
pub(crate) struct UndoState {
    pub(crate) entries: Vec<UndoEntry>,
    pub(crate) in_flight: Vec<PendingAttempt>,
    /// Undos that have begun, and whose unwinding was dropped: they go on first.
    pub(crate) begun: Vec<RunningUndo>,
    /// Report of the undos that have run.
    pub(crate) undone: UndoReport,
    /// The scope is gone: whatever still comes goes on to its parent.
    pub(crate) closed: bool,
}

impl UndoState {
    pub(crate) fn append(&mut self, mut more: Self) {
        self.entries.append(&mut more.entries);
        self.in_flight.append(&mut more.in_flight);
        self.begun.append(&mut more.begun);
        self.undone.append(more.undone);
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.in_flight.is_empty() && self.begun.is_empty() && self.undone.is_nothing()
    }
}

/// A running undo.
pub(crate) struct RunningUndo {
    pub(crate) stage: StageId,
    pub(crate) places: Vec<(u32, u32)>,
    pub(crate) run: BoxFuture<'static, Result<(), Exit>>,
}

/// The log of a scope that may be rolled back alone, for as long as the scope lives. Running attempts in a log hold on
/// to it, so this guard tells when the scope is gone, and not the count of references.
pub struct UndoScope {
    log: Arc<UndoLog>,
}

impl Deref for UndoScope {
    type Target = Arc<UndoLog>;
    fn deref(&self) -> &Arc<UndoLog> {
        &self.log
    }
}

impl Drop for UndoScope {
    fn drop(&mut self) {
        let left = mem::replace(&mut *lock(&self.log.content), UndoState { closed: true, ..UndoState::default() });
        if let Some(parent) = &self.log.parent {
            parent.take(left);
        }
    }
}

/// `on = attempt`: what reverses a stage, before its first attempt.
pub(crate) struct ArmedUndo {
    pub(crate) log: Arc<UndoLog>,
    pub(crate) stage: StageId,
    pub(crate) places: Vec<(u32, u32)>,
    pub(crate) record: UndoRecord,
    pub(crate) completed: Arc<OnceLock<u64>>,
    pub(crate) run: UndoFn,
}

impl ArmedUndo {
    /// Adds the undo to the log, when the first attempt begins.
    pub(crate) fn arm(self) {
        let Self { log, stage, places, record, completed, run } = self;
        log.push(UndoEntry { order: record.order(), completed: Some(completed), stage, places, record, run });
    }
}
