//! `#[catch]` and `#[fallback]`: a failure that the stage absorbs.

use super::retry::Judged;
use crate::{
    failure::{BoxError, Failure, FailureKind, exit::Exit},
    future::map::then,
    run::{catch_panic::catch_panic, frame::Frame, nested, state::own_failure},
    stage_id::StageId,
};
use std::future::Future;

/// The result of a stage that absorbs failures. The outer error is an absorbed failure, or a stop that can't be
/// absorbed.
pub(crate) type Absorbed<T> = Result<T, Result<Failure, Exit>>;

/// Runs what may fail; a panic is a failure too.
///
/// # Errors
/// The failure; or a `return`, which nothing absorbs.
pub fn catch<T, F: Future<Output = Result<T, Exit>>>(
    frame: Frame<'_>,
    run: F,
) -> impl Future<Output = Absorbed<T>> + use<'_, T, F> {
    then(nested::settling(frame, catch_panic(frame.core, run)), |ended: Result<T, Exit>| {
        ended.map_err(|stop| match stop {
            Exit::Failed(failure) => Ok(failure),
            stop @ Exit::Returned => Err(stop),
        })
    })
}

/// Runs the attempts of a stage with an undo and a `#[fallback]`. In its grace period the stage does not fall back.
///
/// # Errors
/// The failure; or a `return`, or the failure that is not to be absorbed.
pub fn catch_in_flight<T, F: Future<Output = Result<T, Exit>>>(
    frame: Frame<'_>,
    stage: StageId,
    run: F,
) -> impl Future<Output = Absorbed<T>> + use<'_, T, F> {
    then(catch(frame, run), move |ended: Absorbed<T>| match ended {
        Err(Ok(failure)) if frame.core.is_abandoned(stage) => Err(Err(failure.into())),
        ended => ended,
    })
}

/// `#[catch]` of every failure.
///
/// # Errors
/// An end that can't be absorbed.
pub fn every_failure<T>(absorbed: Absorbed<T>) -> Result<Result<T, Failure>, Exit> {
    match absorbed {
        Ok(value) => Ok(Ok(value)),
        Err(Ok(failure)) => Ok(Err(failure)),
        Err(Err(stop)) => Err(stop),
    }
}

/// `#[catch]` of the stage's own error.
///
/// # Errors
/// Every other failure.
pub fn own_error<T, E>(frame: Frame<'_>, stage: StageId, judged: Judged<T, E>) -> Result<Result<T, E>, Exit> {
    let ended = judged?.map(|(value, _)| value);
    Ok(ended.map_err(|(error, number)| {
        let failure = || own_failure(frame.core, stage, None).after(number, frame.core.stage_name(stage));
        frame.attempt_failed(stage, number, failure, None);
        error
    }))
}

/// Turns the expression's own error, once its attempts are spent, into the stage's failure.
///
/// # Errors
/// The stage's failure.
pub fn or_failure<T, E: Into<BoxError>, F: Future<Output = Judged<T, E>>>(
    frame: Frame<'_>,
    stage: StageId,
    run: F,
) -> impl Future<Output = Result<T, Exit>> + use<'_, T, E, F> {
    then(run, move |judged: Judged<T, E>| match judged? {
        Ok((value, _)) => Ok(value),
        Err((error, number)) => {
            let failure = frame.core.failure(stage, FailureKind::Error, Some(error.into()));
            let failure = failure.after(number, frame.core.stage_name(stage));
            frame.attempt_failed(stage, number, || failure.clone(), None);
            Err(failure.into())
        }
    })
}
