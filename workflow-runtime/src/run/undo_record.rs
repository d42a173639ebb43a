//! The record of an undo: an undo that has run does not run again. A run in memory has none.

use crate::{
    failure::{Failure, exit::Exit},
    future::boxed::BoxFuture,
};
#[cfg(feature = "durable")]
use crate::{
    failure::{UndoReport, panic::catch_panics},
    journal::{
        failure::StoredFailure,
        log::Journal,
        path::{UNDO_INTERRUPTED, within},
        record::{RecordKind, decode_record, encode_record},
    },
};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
#[cfg(feature = "durable")]
use std::{panic::resume_unwind, sync::Arc};

/// The record of an undo's result, in a durable run.
#[cfg(feature = "durable")]
pub(crate) struct UndoRecord(Option<UndoPlace>);

#[cfg(feature = "durable")]
struct UndoPlace {
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
        Self(journal.map(|journal| UndoPlace { journal: Arc::clone(journal), path: path(), workflow, stage }))
    }

    /// Records that the stage is in doubt: its effect may or may not have happened.
    pub(crate) fn in_doubt(&self, name: &'static str) {
        if let Some(UndoPlace { journal, path, .. }) = &self.0 {
            journal.not_undone(path, &UndoReport::in_doubt(name));
        }
    }

    /// Returns the place of the stage's completion, which is that of its record; if it has not completed, that of its
    /// arming.
    pub(crate) fn order(&self) -> u64 {
        match &self.0 {
            None => next_order(),
            Some(UndoPlace { journal, path, .. }) => {
                let completed = journal.has(path, &[RecordKind::Done, RecordKind::DoneIdle]);
                if completed { journal.order_of(path) } else { journal.order_of(&within(path, "armed")) }
            }
        }
    }

    /// Returns the place of the arming among the completions.
    pub(crate) fn armed(&self, order: u64) -> u64 {
        match &self.0 {
            None => order,
            Some(UndoPlace { journal, path, .. }) => journal.order_of(&within(path, "armed")),
        }
    }

    /// Returns the recorded result of the undo, if it has run before.
    pub(crate) fn before(&self) -> Option<Result<(), Failure>> {
        let UndoPlace { journal, path, .. } = self.0.as_ref()?;
        let path = within(path, "undone");
        match decode_record::<Option<StoredFailure>>(&journal.record(&path)?) {
            Ok(None) => Some(Ok(())),
            Ok(Some(failure)) => Some(Err(failure.restore())),
            Err(error) => {
                journal.park_now(format!("what is stored of '{path}' can't be read: {error}"));
                Some(Ok(()))
            }
        }
    }

    /// Returns the undo with its record: once it has run, it is never run again.
    pub(crate) fn recording(self, run: BoxFuture<'static, Result<(), Exit>>) -> BoxFuture<'static, Result<(), Exit>> {
        let Some(UndoPlace { journal, path, workflow, stage }) = self.0 else { return run };
        Box::pin(async move {
            let place = within(&path, UNDO_INTERRUPTED);
            if journal.counts() {
                journal.reaches(&place);
            }
            journal.before_user_code(|| place).await;
            let ended = catch_panics(run).await;
            let failed = match &ended {
                Ok(Ok(()) | Err(Exit::Returned)) => None,
                Ok(Err(Exit::Failed(failure))) => Some(StoredFailure::of(failure)),
                Err(payload) => Some(StoredFailure::of_panic(workflow, stage, &**payload)),
            };
            journal.put(within(&path, "undone"), RecordKind::Undone, encode_record(&failed));
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
static COMPLETION_SEQUENCE: AtomicU64 = AtomicU64::new(0);

/// Returns the next number for a completion in memory.
pub(crate) fn next_order() -> u64 {
    COMPLETION_SEQUENCE.fetch_add(1, Relaxed)
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

    pub(crate) fn recording(self, run: BoxFuture<'static, Result<(), Exit>>) -> BoxFuture<'static, Result<(), Exit>> {
        run
    }

    pub(crate) fn in_doubt(&self, _: &'static str) {}
}
