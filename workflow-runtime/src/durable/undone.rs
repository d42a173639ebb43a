//! Undoing is as durable as doing.

use super::{
    Journal, StoredFailure,
    journal::FRESH,
    kept::within,
    own,
    payload::{Kind, read_own},
};
use crate::{
    Failure,
    failure::Stop,
    run::{Core, Cx},
    undo::{Owned, next_order},
};
use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
    task::Poll,
};

/// What is on record of an undo, in a durable run.
pub(crate) struct UndoRecord(Option<(Arc<Journal>, String)>);

impl UndoRecord {
    pub(crate) fn of(cx: Cx<'_>, stage: u32) -> Self {
        Self(cx.journal().map(|journal| (Arc::clone(journal), cx.path_of(stage))))
    }

    /// When the stage completed, among others, its record's place; where it has not, when it was armed.
    pub(crate) fn order(&self) -> u64 {
        match &self.0 {
            None => next_order(),
            Some((journal, path)) => match journal.order_of(path) {
                FRESH => journal.order_of(&within(path, "armed")),
                completed => completed,
            },
        }
    }

    /// How it went, where it has run before.
    pub(crate) fn before(&self, _: &Core) -> Option<Result<(), Failure>> {
        let (journal, path) = self.0.as_ref()?;
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
        let Some((journal, path)) = self.0 else { return run };
        Box::pin(async move {
            let mut run = run;
            let ended = poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| run.as_mut().poll(context))) {
                Ok(polled) => polled.map(Ok),
                Err(payload) => Poll::Ready(Err(payload)),
            })
            .await;
            let failed = match &ended {
                Ok(Ok(()) | Err(Stop::Returned)) => None,
                Ok(Err(Stop::Failed(failure))) => Some(StoredFailure::of(failure)),
                Err(payload) => Some(StoredFailure::of_panic(&**payload)),
            };
            journal.put(within(&path, "undone"), Kind::Undone, own(&failed)).await;
            match ended {
                Ok(ended) => ended,
                // Told as any other panic of an undo.
                Err(payload) => resume_unwind(payload),
            }
        })
    }
}
