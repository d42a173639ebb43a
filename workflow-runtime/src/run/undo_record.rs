//! Undoing is as durable as doing.

use super::state::{Core, Cx};
use crate::{
    failure::{Failure, Undone, exit::Stop, panic::unless_panicked},
    future::boxed::Owned,
    journal::{
        failure::StoredFailure,
        log::Journal,
        path::{UNDO_INTERRUPTED, within},
        record::{Kind, own, read_own},
    },
    undo::next_order,
};
use std::{panic::resume_unwind, sync::Arc};

/// What is on record of an undo, in a durable run.
pub(crate) struct UndoRecord(Option<Known>);

struct Known {
    journal: Arc<Journal>,
    path: String,
    workflow: &'static str,
    stage: Option<&'static str>,
}

impl UndoRecord {
    pub(crate) fn of(cx: Cx<'_>, stage: u32) -> Self {
        let known = |journal| {
            let (path, workflow) = (cx.path_of(stage), cx.core.graph().name);
            Known { journal: Arc::clone(journal), path, workflow, stage: cx.core.stage_name(stage) }
        };
        Self(cx.journal().map(known))
    }

    /// Nobody knows whether it took effect.
    pub(crate) fn in_doubt(&self, name: &'static str) {
        if let Some(Known { journal, path, .. }) = &self.0 {
            journal.not_undone(path, &Undone::in_doubt(name));
        }
    }

    /// When the stage completed, among others, its record's place; where it has not, when it was armed.
    pub(crate) fn order(&self) -> u64 {
        match &self.0 {
            None => next_order(),
            Some(Known { journal, path, .. }) => {
                let completed = journal.has(path, &[Kind::Done, Kind::DoneIdle]);
                if completed { journal.order_of(path) } else { journal.order_of(&within(path, "armed")) }
            }
        }
    }

    /// When it was armed, among the completions.
    pub(crate) fn armed(&self, order: u64) -> u64 {
        match &self.0 {
            None => order,
            Some(Known { journal, path, .. }) => journal.order_of(&within(path, "armed")),
        }
    }

    /// How it went, where it has run before.
    pub(crate) fn before(&self, _: &Core) -> Option<Result<(), Failure>> {
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

    /// The undo itself; once it has run, it is never run again.
    pub(crate) fn recording(self, run: Owned<Result<(), Stop>>) -> Owned<Result<(), Stop>> {
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
                // Told as any other panic of an undo.
                Err(payload) => resume_unwind(payload),
            }
        })
    }
}
