//! The rollback of a scope: its reason is recorded before anything is undone. So no event that an interruption repeats
//! is taken for the reason.
//!
//! All running stages of the scope end before anything is undone, and then that is recorded too. Until then a stage
//! with an undo and without a record may have been running when the instance was interrupted, and begins again. After
//! that the stage has not begun at all: a new build of the program has added it.

#[cfg(feature = "durable")]
use crate::journal::{
    failure::StoredFailure,
    log::Journal,
    path::{THROWN, landed_at},
    record::{RecordKind, decode_record, encode_record},
    restore::catch_up_thrown,
};
use crate::{
    failure::{Failure, exit::Exit},
    run::{frame::Frame, undo_log::UndoLog},
    stage_id::StageId,
};
#[cfg(feature = "durable")]
use std::sync::Arc;
use std::{future::Future, pin::Pin};

/// The record of a rolled-back scope, in a durable run.
#[cfg(feature = "durable")]
pub(crate) struct RolledBack(Option<RollbackPlace>);

#[cfg(feature = "durable")]
struct RollbackPlace {
    journal: Arc<Journal>,
    /// Path of the record with the reason.
    path: String,
    /// Whether the scope is the whole run, which ends with the failure. Without undos such a scope needs no record.
    is_whole: bool,
}

#[cfg(feature = "durable")]
impl RolledBack {
    /// Creates the rollback of a run in memory, which has no record.
    pub(crate) const fn in_memory() -> Self {
        Self(None)
    }

    /// Creates the rollback of one of a stage's scopes.
    pub(crate) fn of(frame: Frame<'_>, (stage, site): (StageId, &str)) -> Self {
        Self::within(frame, stage, &format!("thrown-{site}"))
    }

    /// Creates the rollback of the losers of a decision. `decision`: the name of its record.
    pub(crate) fn losers(frame: Frame<'_>, stage: StageId, decision: &str) -> Self {
        Self::within(frame, stage, decision)
    }

    fn within(frame: Frame<'_>, stage: StageId, name: &str) -> Self {
        let known = |journal| {
            let (journal, path) = (Arc::clone(journal), frame.path_within(stage, name));
            RollbackPlace { journal, path, is_whole: false }
        };
        Self(frame.journal().map(known))
    }

    /// Creates the rollback of the whole run.
    pub(crate) fn whole(journal: &Arc<Journal>) -> Self {
        Self(Some(RollbackPlace { journal: Arc::clone(journal), path: THROWN.to_owned(), is_whole: true }))
    }

    /// Creates the rollback of stages that are rewound. `path`: the path of this rewind's record.
    pub(crate) fn taken_back(journal: &Arc<Journal>, path: String) -> Self {
        Self(Some(RollbackPlace { journal: Arc::clone(journal), path, is_whole: false }))
    }

    /// Returns the recorded reason, once all undos of the scope are known. `None` if the scope was not rolled back.
    pub(crate) async fn before<T>(&self, run: Pin<&mut impl Future<Output = Result<T, Exit>>>) -> Option<Failure> {
        let RollbackPlace { journal, path, .. } = self.0.as_ref()?;
        let record = journal.record(path)?;
        let failure = match decode_record::<StoredFailure>(&record) {
            Ok(failure) => failure.restore(),
            Err(error) => return journal.undecodable(path, error).await,
        };
        catch_up_thrown(journal, record.order, path, run).await;
        journal.mark_restored();
        Some(failure)
    }

    /// Records that all running stages of the scope have ended: no stage begins in there any more.
    pub(crate) fn landed(&self) {
        if let Some(RollbackPlace { journal, path, is_whole }) = &self.0
            && !(*is_whole && journal.record(path).is_none())
        {
            let landed = landed_at(path);
            if journal.record(&landed).is_none() {
                journal.put(landed, RecordKind::Landed, Vec::new());
            }
        }
    }

    /// Records the reason of the rollback.
    pub(crate) async fn append(&self, failure: &Failure, log: &UndoLog) {
        let Some(RollbackPlace { journal, path, is_whole }) = &self.0 else { return };
        journal.park_if_undo_is_gone(path.rsplit_once('/').map_or("", |(stage, _)| stage)).await;
        if (!is_whole || log.holds_something()) && journal.record(path).is_none() {
            journal.put(path.as_str(), RecordKind::Failed, encode_record(&StoredFailure::of(failure)));
        }
    }
}

/// The record of a rolled-back scope, in a run that can't be durable.
#[cfg(not(feature = "durable"))]
pub(crate) struct RolledBack;

#[allow(clippy::unused_self, clippy::unused_async, reason = "nothing is on record of a run in memory")]
#[cfg(not(feature = "durable"))]
impl RolledBack {
    pub(crate) const fn in_memory() -> Self {
        Self
    }

    pub(crate) const fn of(_: Frame<'_>, _: (StageId, &str)) -> Self {
        Self
    }

    pub(crate) const fn losers(_: Frame<'_>, _: StageId, _: &str) -> Self {
        Self
    }

    pub(crate) const fn landed(&self) {}

    pub(crate) async fn before<T>(&self, _: Pin<&mut impl Future<Output = Result<T, Exit>>>) -> Option<Failure> {
        None
    }

    pub(crate) async fn append(&self, _: &Failure, _: &UndoLog) {}
}
