//! Scopes that may be rolled back alone: their undos run before their failure goes on.

use super::rollback_record::RolledBack;
use crate::{
    failure::{Failure, FailureKind, UndoReport, exit::Exit, panic::drop_quietly},
    run::{
        frame::Frame,
        nested,
        state::RunState,
        undo_log::{UndoScope, UndoState},
    },
    stage_id::StageId,
};
use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// Runs a scope that may be rolled back alone: on failure, its completed stages are undone before the failure goes on.
///
/// # Errors
/// How the scope ended, with what went wrong while undoing.
pub async fn undoing<T>(
    frame: Frame<'_>,
    place: (StageId, &str),
    log: &UndoScope,
    run: impl Future<Output = Result<T, Exit>>,
) -> Result<T, Exit> {
    let mut run = Box::pin(Some(run));
    let thrown = RolledBack::of(frame, place);
    match run_out(run.as_mut(), &thrown, |run, context| frame.core.catch(|| run.poll(context))).await {
        Ok(value) => {
            log.merge_into(&frame.log());
            Ok(value)
        }
        Err(Exit::Failed(failure)) => {
            thrown.append(&failure, log).await;
            Err(log.unwind(frame.core, failure, &thrown).await.into())
        }
        Err(stop) => Err(stop),
    }
}

/// Polls a scope that may be rolled back until it ends, unless a record says that it was rolled back. When the scope fails, its running
/// stages are dropped.
///
/// # Errors
/// How the scope ended.
pub(crate) async fn run_out<T, E: From<Failure>, F: Future<Output = Result<T, Exit>>>(
    mut run: Pin<&mut Option<F>>,
    thrown: &RolledBack,
    mut poll: impl FnMut(Pin<&mut F>, &mut Context<'_>) -> Poll<Result<T, E>>,
) -> Result<T, E> {
    let known = match run.as_mut().as_pin_mut() {
        Some(run) => thrown.before(run).await,
        None => None,
    };
    let ended = match known {
        Some(failure) => Err(failure.into()),
        None => {
            poll_fn(|context| match run.as_mut().as_pin_mut() {
                Some(run) => poll(run, context),
                None => unreachable!("it is there until it has ended"),
            })
            .await
        }
    };
    if ended.is_ok() {
        run.set(None);
    } else {
        drop_quietly(|| run.set(None));
    }
    ended
}

/// Undoes the losers of a stage's race. The race has been won all the same: undos that failed are reported when the run
/// fails, beside that failure. `decision`: the name of its record.
pub async fn undo_losers(frame: Frame<'_>, stage: StageId, decision: &str, losers: &UndoScope) {
    let why = frame.core().failure(stage, FailureKind::Cancelled, Some("another one won".into()));
    let thrown = RolledBack::losers(frame, stage, decision);
    if let Some(undone) = losers.unwind(frame.core(), why, &thrown).await.undone() {
        report_on_failure(frame, stage, "losers", undone);
    }
}

/// Keeps the report of undos that failed, of a failed attempt that is followed by another. The run reports it when it
/// fails.
pub(crate) fn record_failed_attempt(frame: Frame<'_>, (stage, attempt): (StageId, u32), failure: &Failure) {
    // (It may be another workflow's, passed on by one that has no undo itself.)
    if let (Some(undone), Some(_)) = (failure.clone().undone(), frame.core.log()) {
        report_on_failure(frame, stage, &format!("attempt {attempt}"), undone);
    }
}

/// Keeps the report of undos that failed, of a failure that a `#[fallback]` follows. The run reports it when it fails.
pub fn falls_back(frame: Frame<'_>, stage: StageId, failure: &Failure) {
    let undone = failure.all_undone();
    if !undone.is_nothing() {
        report_on_failure(frame, stage, "fallback", Arc::new(undone));
    }
}

/// Keeps the report of undos that failed, of failed members of a `race` or a `quorum` that goes on without them. The
/// run reports it when it fails.
pub(crate) fn members_failed(frame: Frame<'_>, stage: StageId, failures: &[Failure]) {
    let mut undone = UndoReport::default();
    for failure in failures {
        let UndoReport { failures, in_doubt } = failure.all_undone();
        undone.failures.extend(failures);
        undone.in_doubt.extend(in_doubt);
    }
    if !undone.is_nothing() && frame.core.log().is_some() {
        report_on_failure(frame, stage, &format!("members {}", failures.len()), Arc::new(undone));
    }
}

/// Keeps a report for the failure of the run. `key` tells it from all others of the run in that place.
#[cfg_attr(not(feature = "durable"), allow(unused_variables, reason = "a run on a store tells it apart"))]
fn report_on_failure(frame: Frame<'_>, stage: StageId, key: &str, undone: Arc<UndoReport>) {
    #[cfg(feature = "durable")]
    if let Some(journal) = frame.journal() {
        if journal.is_suspended() {
            // The run goes on later, and comes to it again.
            return;
        }
        // (Stages in doubt are recorded already.)
        return journal.undos_failed(&frame.path_of(stage), key, undone.failures.clone());
    }
    let undone = Arc::unwrap_or_clone(undone);
    frame.log().root_of().take(UndoState { undone, ..UndoState::default() });
}

/// Undoes all completed stages, and returns the failure with its report of undoing.
pub(crate) async fn unwind_and_report(core: &RunState, failure: Failure, thrown: &RolledBack) -> Failure {
    let failure = match core.log() {
        Some(log) => Box::pin(nested::within(core, log.unwind(core, failure, thrown))).await,
        None if core.has_children_left() => {
            failure.with_undone(Box::pin(nested::within(core, nested::undone(core))).await)
        }
        None => failure,
    };
    failure.with_undone_earlier(core.undone_before())
}
