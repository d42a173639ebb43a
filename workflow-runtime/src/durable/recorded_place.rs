//! The place of a stage's or an item's record. Nothing here depends on the type of a value, so that rustc compiles the
//! records of all stages once.

use crate::{
    failure::{BoxError, Failure, UndoReport, exit::Exit},
    future::boxed::BoxFuture,
    journal::{
        failure::StoredFailure,
        log::{Journal, LAST, UNRECORDED},
        path::{INTERRUPTED, REVERSIBLE, within},
        payload::{NotStorable, WrittenValue},
        record::{RecordKind, decode_record, encode_record},
        restore::{InEnded, restore_nested},
    },
    run::{catch_panic::catch_panic, frame::Frame},
    stage_id::StageId,
};
use std::{iter, sync::Arc};
use workflow_store::Record;

/// The records of a stage that are retained after its end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// A user's expression: what it ends with.
    Outcome,
    /// A construct: what it gives. What lies inside is forgotten then.
    Output,
    /// The output of a construct, and all records inside, since a stage in there may have to be undone.
    Nested,
}

/// The content of a stage or an item, which holds the value.
pub(super) trait RecordedContent<'a, 'p>: Send {
    /// Begins the content. The future's output says whether there is something to undo. A recalled value stays.
    fn begin(&mut self, frame: Frame<'a>) -> BoxFuture<'p, Result<bool, Exit>>;
    /// Takes the value from a record.
    fn recall(&mut self, record: &Record) -> Result<(), BoxError>;
    /// Returns the bytes of the value.
    fn encode(&self) -> Result<Vec<u8>, NotStorable>;
}

/// The place of the record of a stage or of one of its items.
pub(super) struct RecordedPlace<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) journal: &'a Arc<Journal>,
    pub(super) stage: StageId,
    /// Whether the record is that of the stage, not of an item.
    pub(super) whole: bool,
    pub(super) keeps: Retention,
    pub(super) path: String,
}

impl<'a> RecordedPlace<'a> {
    /// Restores the recorded value, or runs the content and records its value. Returns whether there is something to
    /// undo.
    ///
    /// # Errors
    /// The content's failure, or the recorded one.
    pub(super) async fn restore_or_run(&self, content: &mut dyn RecordedContent<'a, '_>) -> Result<bool, Exit> {
        let &Self { frame, journal, ref path, .. } = self;
        if let Some(record) = journal.record(path) {
            return self.restore(&record, content).await;
        }
        let attempt = self.begin().await;
        // A panic is a failure here already: what it throws away is known before anything is undone.
        match catch_panic(frame.core, content.begin(frame.starting_at(attempt))).await {
            Ok(ran) => {
                let kind = if ran { RecordKind::Done } else { RecordKind::DoneIdle };
                let written = WrittenValue::new(content.encode(), kind, &|| format!("what '{path}' gave"));
                self.complete(written, ran).await;
                Ok(ran)
            }
            Err(exit) => Err(self.fail(exit).await),
        }
    }

    /// Restores the recorded value or failure, with the records inside.
    async fn restore(&self, record: &Record, content: &mut dyn RecordedContent<'a, '_>) -> Result<bool, Exit> {
        let &Self { frame, journal, stage, whole, keeps, ref path } = self;
        let restores_nested = keeps == Retention::Nested && journal.is_restoring();
        if record.kind == RecordKind::Failed as u8 {
            let failure = match decode_record::<StoredFailure>(record) {
                Ok(failure) => failure.restore(),
                Err(error) => return journal.undecodable(path, error).await,
            };
            if restores_nested {
                // Stages completed inside are restored, for their undos; so are the stages that were running when it
                // failed.
                restore_nested(journal, (path, record.order), content.begin(frame)).await;
            }
            if journal.record(&within(path, "armed")).is_some() {
                frame.core.arm_again(stage);
            }
            journal.takes_up_undo(path);
            journal.settles_within(path, record.order);
            journal.hold_failure(record.order).await;
            journal.mark_restored();
            return Err(failure.into());
        }
        if let Err(error) = content.recall(record) {
            return journal.undecodable(path, error).await;
        }
        if restores_nested {
            // Stages completed inside are restored, for their undos; the output itself is known.
            restore_nested(journal, (path, record.order), InEnded::new(journal, content.begin(frame))).await;
        }
        if whole {
            frame.core.arm_again(stage);
        }
        journal.takes_up_undo(path);
        journal.settles_within(path, record.order);
        journal.mark_restored();
        Ok(record.kind == RecordKind::Done as u8)
    }

    /// Waits until the stage may begin, and returns the number of its attempt.
    async fn begin(&self) -> u32 {
        let &Self { frame, journal, stage, whole, keeps, ref path } = self;
        if !journal.is_fresh() {
            journal.park_if_recorded_elsewhere(path).await;
            if whole && journal.record(&within(path, "armed")).is_some() {
                // The stage may have to be undone, whether another attempt begins or not.
                frame.core.arm_again(stage);
            }
            self.unless_left_behind().await;
        }
        let interrupted = match keeps {
            Retention::Outcome if journal.counts() => journal.reaches(&within(path, INTERRUPTED)),
            _ => 0,
        };
        if keeps == Retention::Outcome && frame.core.observes_stages() {
            frame.attempt_goes_on(stage, interrupted + 1);
        }
        if keeps == Retention::Outcome && self.has_undo() && interrupted == 0 {
            // Others have `await_restored` before their expression. One that was interrupted is in flight from the
            // start.
            journal.settled().await;
        }
        interrupted + 1
    }

    /// Records what the stage gave. `ran`: it has something to undo.
    async fn complete(&self, written: WrittenValue, ran: bool) {
        let &Self { frame, journal, stage, keeps, ref path, .. } = self;
        journal.park_if_left_inside(path).await;
        let undoes = ran && self.has_undo();
        // After a new build it may no longer be known otherwise.
        let reversible = undoes.then(|| (within(path, REVERSIBLE).into(), RecordKind::NeedsUndo, Vec::new()));
        let path: Arc<str> = path.as_str().into();
        let put = iter::once((Arc::clone(&path), written.kind, written.bytes)).chain(reversible);
        let forget = match keeps {
            Retention::Nested => None,
            Retention::Outcome | Retention::Output => Some(&*path),
        };
        journal.enter(put, forget, Vec::new());
        if undoes {
            frame.core.settles(stage);
        }
        // Observers receive the end when it is on the store, and the stages that depend on it begin then.
        journal.settled().await;
        journal.park_if_refused(written.refused).await;
    }

    /// Records the end of a stage that gave nothing.
    async fn fail(&self, exit: Exit) -> Exit {
        let &Self { frame, journal, stage, keeps, ref path, .. } = self;
        let Exit::Failed(failure) = &exit else {
            journal.await_turn(LAST).await;
            return exit;
        };
        if keeps != Retention::Outcome {
            self.fail_construct(failure).await;
            return exit;
        }
        let failed = (Arc::from(path.as_str()), RecordKind::Failed, encode_record(&StoredFailure::of(failure)));
        // Whether it took effect is not known.
        let late = frame.core.stage_name(stage).filter(|_| failure.is_late() && frame.core.is_abandoned(stage));
        let doubt = late.and_then(|name| journal.doubt(path, &UndoReport::in_doubt(name)));
        journal.enter(iter::once(failed).chain(doubt), None, Vec::new());
        journal.settled().await;
        // A stage that ran once more fails after the earlier records.
        journal.hold_failure(journal.order_of(path)).await;
        exit
    }

    /// Handles the failure of a construct, which rolls its scope back. Failures inside are recorded there. A failure of
    /// the construct's own, a timeout or too few members, is recorded here.
    async fn fail_construct(&self, failure: &Failure) {
        let &Self { frame, journal, stage, ref path, .. } = self;
        // Another stage that fails at the same time may end the run, which then reports the undos that have failed in
        // here.
        journal.undos_failed(path, "failed", failure.all_undone().failures);
        // Not before all that there is to undo in there is known.
        journal.await_turn(LAST).await;
        if failure.stage().is_some_and(|name| Some(name) == frame.core.stage_name(stage)) {
            note(journal, path, failure).await;
        }
    }

    fn has_undo(&self) -> bool {
        self.whole
            && self.frame.core.graph().stages[self.stage.index()].policies.iter().any(|policy| policy.name == "undo")
    }

    /// Holds back, while the instance catches up, a stage that what is around it has completed without: a new build has
    /// added it, or it was given up.
    async fn unless_left_behind(&self) {
        let Self { journal, keeps, path, .. } = self;
        if journal.is_restoring()
            && (*keeps == Retention::Outcome || !journal.has_within(path))
            && (journal.has_completed_around(path) || journal.is_in_doubt(path))
        {
            journal.await_turn(UNRECORDED).await;
        }
    }
}

/// Records the failure of an expression that is a part of a stage, before it has any effect.
pub(super) async fn note_failure(journal: &Journal, path: String, failure: &Failure) {
    note(journal, &path, failure).await;
    journal.await_turn(LAST).await;
}

async fn note(journal: &Journal, path: &str, failure: &Failure) {
    journal.enter([(path.into(), RecordKind::Failed, encode_record(&StoredFailure::of(failure)))], None, Vec::new());
    journal.settled().await;
}
