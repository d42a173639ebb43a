//! Checkpoints: a stage's output is recorded before any other stage sees it.

use crate::{
    failure::{Failure, UndoReport, exit::Exit},
    future::boxed::BoxFuture,
    journal::{
        failure::StoredFailure,
        log::{Journal, LAST, UNRECORDED},
        path::{INTERRUPTED, REVERSIBLE, within},
        payload::{Payload, WrittenValue},
        record::{RecordKind, decode_record, encode_record},
        residency::ResidencyGuard,
        restore::{InEnded, restore_nested},
    },
    run::{catch_panic::catch_panic, frame::Frame},
    stage::catch::Absorbed,
    stage_id::StageId,
};
use std::{
    future::Future,
    iter,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

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

/// Returns whether a `#[lazy]` stage is recorded: the stage that requested it may have ended, and does not request it
/// again.
#[must_use]
pub fn has_begun(frame: Frame<'_>, stage: StageId) -> bool {
    frame.journal().filter(|journal| journal.is_restoring()).is_some_and(|journal| {
        let path = frame.path_of(stage);
        journal.record(&path).is_some() || journal.has_within(&path)
    })
}

/// The future of a stage's or an item's content. Boxed, so that futures do not grow with each level of nesting, and
/// rustc need not look through all levels to see that they are `Send`.
pub type Part<'p, T> = BoxFuture<'p, Result<T, Exit>>;

/// Boxes a future.
pub fn part<'p, T>(run: impl Future<Output = Result<T, Exit>> + Send + 'p) -> Part<'p, T> {
    Box::pin(run)
}

/// Restores a stage's recorded output, or runs the stage and records its output. `run` returns an output, and whether
/// it has something to undo.
///
/// # Errors
/// The stage's failure, or the recorded one.
pub async fn checkpoint<'a, 'p, T>(
    frame: Frame<'a>,
    stage: StageId,
    payload: Payload<T>,
    keeps: Retention,
    run: impl FnOnce(Frame<'a>) -> Part<'p, (T, bool)>,
) -> Result<(T, bool), Exit> {
    kept_in_place(frame, (stage, true), payload, keeps, run).await
}

/// Restores a stage or an item of one, or runs and records it. `whole`: it is the stage.
pub(crate) async fn kept_in_place<'a, 'p, T>(
    frame: Frame<'a>,
    (stage, whole): (StageId, bool),
    payload: Payload<T>,
    keeps: Retention,
    run: impl FnOnce(Frame<'a>) -> Part<'p, (T, bool)>,
) -> Result<(T, bool), Exit> {
    let Some(journal) = frame.journal() else { return run(frame).await };
    let path = frame.path_of(stage);
    if let Some(record) = journal.record(&path) {
        if record.kind == RecordKind::Failed as u8 {
            let failure = match decode_record::<StoredFailure>(&record) {
                Ok(failure) => failure.restore(),
                Err(error) => return journal.undecodable(&path, error).await,
            };
            if keeps == Retention::Nested && journal.is_restoring() {
                // Stages completed inside are restored, for their undos; so are the stages that were running when it
                // failed.
                restore_nested(journal, (&path, record.order), run(frame)).await;
            }
            if journal.record(&within(&path, "armed")).is_some() {
                frame.core.arm_again(stage);
            }
            journal.takes_up_undo(&path);
            journal.settles_within(&path, record.order);
            journal.hold_failure(record.order).await;
            journal.mark_restored();
            return Err(failure.into());
        }
        let value = match payload.recall(&record) {
            Ok(value) => value,
            Err(error) => return journal.undecodable(&path, error).await,
        };
        if keeps == Retention::Nested && journal.is_restoring() {
            // Stages completed inside are restored, for their undos; the output itself is known.
            restore_nested(journal, (&path, record.order), InEnded::new(journal, run(frame))).await;
        }
        if whole {
            frame.core.arm_again(stage);
        }
        journal.takes_up_undo(&path);
        journal.settles_within(&path, record.order);
        journal.mark_restored();
        return Ok((value, record.kind == RecordKind::Done as u8));
    }
    if !journal.is_fresh() {
        journal.park_if_recorded_elsewhere(&path).await;
        if whole && journal.record(&within(&path, "armed")).is_some() {
            // The stage may have to be undone, whether another attempt begins or not.
            frame.core.arm_again(stage);
        }
        unless_left_behind(journal, &path, keeps).await;
    }
    let has_undo =
        || whole && frame.core.graph().stages[stage.index()].policies.iter().any(|policy| policy.name == "undo");
    let interrupted = match keeps {
        Retention::Outcome if journal.counts() => journal.reaches(&within(&path, INTERRUPTED)),
        _ => 0,
    };
    if keeps == Retention::Outcome && frame.core.observes_stages() {
        frame.attempt_goes_on(stage, interrupted + 1);
    }
    if keeps == Retention::Outcome && has_undo() && interrupted == 0 {
        // Others have `await_restored` before their expression. One that was interrupted is in flight from the start.
        journal.settled().await;
    }
    // A panic is a failure here already: what it throws away is known before anything is undone.
    let ended = catch_panic(frame.core, run(frame.starting_at(interrupted + 1))).await;
    match ended {
        Ok((value, ran)) => {
            journal.park_if_left_inside(&path).await;
            let kind = if ran { RecordKind::Done } else { RecordKind::DoneIdle };
            let written = WrittenValue::new(payload.encode(&value), kind, || format!("what '{path}' gave"));
            let undoes = ran && has_undo();
            // After a new build it may no longer be known otherwise.
            let reversible = undoes.then(|| (within(&path, REVERSIBLE).into(), RecordKind::NeedsUndo, Vec::new()));
            let path: Arc<str> = path.into();
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
            Ok((value, ran))
        }
        Err(Exit::Failed(failure)) if keeps == Retention::Outcome => {
            let failed = (Arc::from(path.as_str()), RecordKind::Failed, encode_record(&StoredFailure::of(&failure)));
            // Whether it took effect is not known.
            let late = frame.core.stage_name(stage).filter(|_| failure.is_late() && frame.core.is_abandoned(stage));
            let doubt = late.and_then(|name| journal.doubt(&path, &UndoReport::in_doubt(name)));
            journal.enter(iter::once(failed).chain(doubt), None, Vec::new());
            journal.settled().await;
            // A stage that ran once more fails after the earlier records.
            journal.hold_failure(journal.order_of(&path)).await;
            Err(failure.into())
        }
        Err(stop) => {
            construct_failed(frame, journal, (stage, path), &stop).await;
            Err(stop)
        }
    }
}

/// Handles the failure of a construct, which rolls its scope back. Failures inside are recorded there. A failure of the
/// construct's own, a timeout or too few members, is recorded here.
async fn construct_failed(frame: Frame<'_>, journal: &Journal, (stage, path): (StageId, String), stop: &Exit) {
    let Exit::Failed(failure) = stop else { return journal.await_turn(LAST).await };
    // Another stage that fails at the same time may end the run, which then reports the undos that have failed in here.
    journal.undos_failed(&path, "failed", failure.all_undone().failures);
    // Not before all that there is to undo in there is known.
    journal.await_turn(LAST).await;
    if failure.stage().is_some_and(|name| Some(name) == frame.core.stage_name(stage)) {
        journal.enter(
            [(path.into(), RecordKind::Failed, encode_record(&StoredFailure::of(failure)))],
            None,
            Vec::new(),
        );
        journal.settled().await;
    }
}

/// Holds back, while the instance restores its records, a stage that its surroundings have completed without. A new
/// build has added such a stage, or it was given up.
async fn unless_left_behind(journal: &Journal, path: &str, keeps: Retention) {
    if journal.is_restoring()
        && (keeps == Retention::Outcome || !journal.has_within(path))
        && (journal.has_completed_around(path) || journal.is_in_doubt(path))
    {
        journal.await_turn(UNRECORDED).await;
    }
}

/// Waits, before an expression of the user's is evaluated, until all records are restored. `site`: the key of the
/// expression, empty for the stage's own.
pub async fn await_restored(frame: Frame<'_>, stage: StageId, site: &str) {
    if let Some(journal) = frame.journal() {
        begins_in(frame, journal, (stage, site), true, true).await;
    }
}

/// Waits until user code of a stage with an undo may begin. An interrupted stage runs again, whatever else is recorded.
pub async fn before_user_code(frame: Frame<'_>, stage: StageId, site: &str) {
    let Some(journal) = frame.journal() else { return };
    let is_held_back = frame.is_held_back(stage);
    begins_in(frame, journal, (stage, site), !is_held_back, is_held_back || frame.stands_still(stage)).await;
}

/// Lets user code of a place begin. `may_have_begun`: before an interruption, which counts then. `waits`: until all
/// records are restored.
async fn begins_in(
    frame: Frame<'_>,
    journal: &Arc<Journal>,
    (stage, site): (StageId, &str),
    may_have_begun: bool,
    waits: bool,
) {
    let place = || frame.begins_at(stage, site);
    if may_have_begun && journal.counts() {
        journal.reaches(&place());
    }
    if waits {
        journal.await_turn(UNRECORDED).await;
    }
    if journal.lacks_homes() {
        journal.park_if_left_around(&frame.path_of(stage), site.is_empty()).await;
    }
    journal.before_user_code(place).await;
}

pin_project_lite::pin_project! {
    /// A running expression of the user's.
    pub struct Working<F> {
        busy: Option<ResidencyGuard>,
        #[pin]
        run: F,
    }
}

/// Marks user code as running for as long as `run` lives.
pub fn busy<F: Future>(frame: Frame<'_>, run: F) -> Working<F> {
    Working { busy: frame.journal().map(Journal::busy), run }
}

impl<F: Future> Future for Working<F> {
    type Output = F::Output;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let polled = this.run.poll(context);
        if polled.is_ready() {
            *this.busy = None;
        }
        polled
    }
}

/// Returns the path of the failure of an expression that is a part of a stage.
fn failure_of_part(frame: Frame<'_>, stage: StageId, site: &str) -> String {
    within(&frame.path_of(stage), &format!("failed-{site}"))
}

/// Returns the recorded failure of an expression that is a part of a stage: the expression does not run again.
///
/// # Errors
/// The recorded failure.
pub async fn failed_before(frame: Frame<'_>, stage: StageId, site: &str) -> Result<(), Exit> {
    let Some(journal) = frame.journal() else { return Ok(()) };
    let path = failure_of_part(frame, stage, site);
    let Some(record) = journal.record(&path) else { return Ok(()) };
    let failure = match decode_record::<StoredFailure>(&record) {
        Ok(failure) => failure.restore(),
        Err(error) => return journal.undecodable(&path, error).await,
    };
    journal.hold_failure(record.order).await;
    journal.mark_restored();
    Err(failure.into())
}

/// Runs an expression that is a part of a stage, an arm's or a member's. Its failure is recorded before it has any
/// effect.
///
/// # Errors
/// The expression's.
pub async fn noting<T>(
    frame: Frame<'_>,
    stage: StageId,
    site: &str,
    run: impl Future<Output = Result<T, Exit>>,
) -> Result<T, Exit> {
    // A panic is a failure here already: a member that panics is out, and its race goes on.
    let ended = catch_panic(frame.core, run).await;
    if let (Some(journal), Err(Exit::Failed(failure))) = (frame.journal(), &ended) {
        let path = failure_of_part(frame, stage, site);
        journal.enter(
            [(path.into(), RecordKind::Failed, encode_record(&StoredFailure::of(failure)))],
            None,
            Vec::new(),
        );
        journal.settled().await;
        journal.await_turn(LAST).await;
    }
    ended
}

/// As [`catch`](crate::stage::catch::catch). Once all attempts have failed, the failure is recorded.
///
/// # Errors
/// As there.
pub async fn absorbed_kept<T>(
    frame: Frame<'_>,
    (stage, site): (StageId, &str),
    in_flight: bool,
    run: impl Future<Output = Result<T, Exit>>,
) -> Absorbed<T> {
    // Boxed, so that futures do not grow with each level of nesting.
    let run = Box::pin(run);
    let run = async move {
        match in_flight {
            true => crate::stage::catch::catch_in_flight(frame, stage, run).await,
            false => crate::stage::catch::catch(frame, run).await,
        }
    };
    let Some(journal) = frame.journal() else { return run.await };
    let path = frame.path_within(stage, site);
    if let Some(record) = journal.record(&path) {
        let failure: Failure = match decode_record::<StoredFailure>(&record) {
            Ok(failure) => failure.restore(),
            Err(error) => return journal.undecodable(&path, error).await,
        };
        journal.mark_restored();
        return Err(Ok(failure));
    }
    let ended = run.await;
    if let Err(Ok(failure)) = &ended {
        // Nothing inside is needed any more.
        let forget = frame.path_of(stage);
        let put = [(path.into(), RecordKind::Failed, encode_record(&StoredFailure::of(failure)))];
        journal.enter(put, Some(&forget), Vec::new());
    }
    ended
}

/// Settles the records that an interrupted process has left of a stage that takes its value out of a cache.
pub fn found_in_cache(frame: Frame<'_>, stage: StageId) {
    if let Some(journal) = frame.journal() {
        journal.settles_within(&frame.path_of(stage), UNRECORDED);
    }
}

/// `on = attempt`: recorded before the first attempt.
pub async fn armed(frame: Frame<'_>, stage: StageId) {
    if let Some(journal) = frame.journal() {
        if frame.is_held_back(stage) {
            journal.await_turn(UNRECORDED).await;
        }
        let path = frame.path_within(stage, "armed");
        if journal.record(&path).is_none() {
            journal.put(path, RecordKind::Armed, Vec::new());
        }
        journal.settled().await;
    }
}

pub(crate) async fn kept_part<T>(
    frame: Frame<'_>,
    path: String,
    kind: RecordKind,
    keeps: bool,
    payload: Payload<T>,
    run: impl Future<Output = Result<T, Exit>>,
) -> Result<T, Exit> {
    let Some(journal) = frame.journal() else { return run.await };
    if let Some(record) = journal.record(&path) {
        return match payload.recall(&record) {
            Ok(value) => {
                if journal.is_restoring() && (keeps || journal.lacks_homes_around(&path)) {
                    // Stages completed inside are restored, for their undos, and so that their records have a home.
                    restore_nested(journal, (&path, record.order), InEnded::new(journal, run)).await;
                } else {
                    journal.await_turn(record.order).await;
                }
                journal.mark_restored();
                Ok(value)
            }
            Err(error) => journal.undecodable(&path, error).await,
        };
    }
    let value = run.await?;
    // Recorded ends come first.
    journal.await_turn(LAST).await;
    let written = WrittenValue::new(payload.encode(&value), kind, || format!("what '{path}' gave"));
    journal.put(path, written.kind, written.bytes);
    journal.park_if_refused(written.refused).await;
    Ok(value)
}
