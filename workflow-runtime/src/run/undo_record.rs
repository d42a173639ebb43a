//! The record of an undo: an undo that has run does not run again. A run in memory has none.

use crate::{
    failure::{Failure, exit::Stop},
    future::boxed::BoxFuture,
};
#[cfg(feature = "durable")]
use crate::{
    failure::{Undone, panic::unless_panicked},
    journal::{
        failure::StoredFailure,
        log::Journal,
        path::{UNDO_INTERRUPTED, within},
        record::{Kind, own, read_own},
    },
};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
#[cfg(feature = "durable")]
use std::{panic::resume_unwind, sync::Arc};

/// The record of an undo's result, in a durable run.
#[cfg(feature = "durable")]
pub(crate) struct UndoRecord(Option<Known>);

#[cfg(feature = "durable")]
struct Known {
    journal: Arc<Journal>,
    path: String,
    workflow: &'static str,
    stage: Option<&'static str>,
}

#[cfg(feature = "durable")]
impl UndoRecord {
    /// Returns the record of a stage's undo. `journal`: `None` in a run without records.
    pub(crate) fn new(
        journal: Option<&Arc<Journal>>,
        path: impl FnOnce() -> String,
        (workflow, stage): (&'static str, Option<&'static str>),
    ) -> Self {
        Self(journal.map(|journal| Known { journal: Arc::clone(journal), path: path(), workflow, stage }))
    }

    /// Records that the stage is in doubt: its effect may or may not have happened.
    pub(crate) fn in_doubt(&self, name: &'static str) {
        if let Some(Known { journal, path, .. }) = &self.0 {
            journal.not_undone(path, &Undone::in_doubt(name));
        }
    }

    /// Returns the place of the stage's completion, which is that of its record; if it has not completed, that of its
    /// arming.
    pub(crate) fn order(&self) -> u64 {
        match &self.0 {
            None => next_order(),
            Some(Known { journal, path, .. }) => {
                let completed = journal.has(path, &[Kind::Done, Kind::DoneIdle]);
                if completed { journal.order_of(path) } else { journal.order_of(&within(path, "armed")) }
            }
        }
    }

    /// Returns the place of the arming among the completions.
    pub(crate) fn armed(&self, order: u64) -> u64 {
        match &self.0 {
            None => order,
            Some(Known { journal, path, .. }) => journal.order_of(&within(path, "armed")),
        }
    }

    /// Returns the recorded result of the undo, if it has run before.
    pub(crate) fn before(&self) -> Option<Result<(), Failure>> {
        let Known { journal, path, .. } = self.0.as_ref()?;
        let path = within(path, "undone");
        match read_own::<Option<StoredFailure>>(&journal.record(&path)?) {
            Ok(None) => Some(Ok(())),
            Ok(Some(failure)) => Some(Err(failure.restore())),
            Err(error) => {
                journal.park_now(format!("what is stored of '{path}' can't be read: {error}"));
                Some(Ok(()))
            }
        }
    }

    /// Returns the undo with its record: once it has run, it is never run again.
    pub(crate) fn recording(self, run: BoxFuture<'static, Result<(), Stop>>) -> BoxFuture<'static, Result<(), Stop>> {
        let Some(Known { journal, path, workflow, stage }) = self.0 else { return run };
        Box::pin(async move {
            let place = within(&path, UNDO_INTERRUPTED);
            if journal.counts() {
                journal.reaches(&place);
            }
            journal.begins(|| place).await;
            let ended = unless_panicked(run).await;
            let failed = match &ended {
                Ok(Ok(()) | Err(Stop::Returned)) => None,
                Ok(Err(Stop::Failed(failure))) => Some(StoredFailure::of(failure)),
                Err(payload) => Some(StoredFailure::of_panic(workflow, stage, &**payload)),
            };
            journal.put(within(&path, "undone"), Kind::Undone, own(&failed));
            journal.settled().await;
            match ended {
                Ok(ended) => ended,
                // Reported as any other panic of an undo.
                Err(payload) => resume_unwind(payload),
            }
        })
    }
}

/// Completions are counted by one clock for the whole process: only their order is ever looked at.
static ORDER: AtomicU64 = AtomicU64::new(0);

/// Returns the next number for a completion in memory.
pub(crate) fn next_order() -> u64 {
    ORDER.fetch_add(1, Relaxed)
}

/// The record of an undo's result, in a run that can't be durable.
#[cfg(not(feature = "durable"))]
pub(crate) struct UndoRecord;

#[allow(clippy::unused_self, reason = "nothing is on record of a run in memory")]
#[cfg(not(feature = "durable"))]
impl UndoRecord {
    pub(crate) fn order(&self) -> u64 {
        next_order()
    }

    pub(crate) fn armed(&self, order: u64) -> u64 {
        order
    }

    pub(crate) fn before(&self) -> Option<Result<(), Failure>> {
        None
    }

    pub(crate) fn recording(self, run: BoxFuture<'static, Result<(), Stop>>) -> BoxFuture<'static, Result<(), Stop>> {
        run
    }

    pub(crate) fn in_doubt(&self, _: &'static str) {}
}
