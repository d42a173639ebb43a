//! A stage's attempts: its retries, each attempt within the stage's timeout and deadline.

use super::timeout::{AttemptEnd, late, one, past, pause};
use crate::{
    failure::{BoxError, Failure, exit::Exit},
    future::{boxed::BoxFuture, map::then},
    policy::{Retry, duration::later},
    run::{frame::Frame, nested, span::AttemptGuard, state::own_failure, turn::turn},
    undo::scope::record_failed_attempt,
};
use std::{
    convert::{Infallible, identity},
    future::Future,
    time::Duration,
};
use tokio::time::{Instant, sleep_until};

/// The policies of one stage.
pub struct Settings {
    /// Retry rules of the stage, in the order written.
    pub retries: Vec<Attempted>,
    /// Time that each attempt may take.
    pub timeout: Option<Duration>,
    /// Time that all attempts and waits may take.
    pub deadline: Option<Duration>,
}

/// One `#[retry]`.
pub struct Attempted {
    /// The number of further attempts, and the waits between them.
    pub retry: Retry,
    /// Whether the `#[retry]` has an `if`, a condition on the stage's own error or on the source of a failure.
    pub conditional: bool,
}

/// Puts an attempt of a block into a box, where its type ends.
pub fn apart<'a, T>(attempt: impl Future<Output = Result<T, Exit>> + Send + 'a) -> BoxFuture<'a, Result<T, Exit>> {
    Box::pin(attempt)
}

/// Runs attempts until one succeeds or none is left.
///
/// # Errors
/// The last attempt's failure.
pub fn attempts<T, A, F>(
    frame: Frame<'_>,
    stage: u32,
    settings: Settings,
    attempt: A,
) -> impl Future<Output = Result<T, Exit>> + use<'_, T, A, F>
where
    A: FnMut(u32) -> F,
    F: Future<Output = Result<T, Exit>>,
{
    attempts_where(frame, stage, settings, attempt, |_, _| false)
}

/// Runs attempts, with rules that look at the failure: `fits` says which of them apply.
///
/// # Errors
/// The last attempt's failure.
pub fn attempts_where<T, A, F, R>(
    frame: Frame<'_>,
    stage: u32,
    settings: Settings,
    attempt: A,
    fits: R,
) -> impl Future<Output = Result<T, Exit>> + use<'_, T, A, F, R>
where
    A: FnMut(u32) -> F,
    F: Future<Output = Result<T, Exit>>,
    R: Fn(&Failure, usize) -> bool,
{
    let judged = |ended: F::Output| ended.map(Ok::<T, Infallible>);
    let run = attempts_by(frame, stage, settings, attempt, judged, (|_: &Infallible, _: usize| false, fits), untold);
    then(run, |ended: Judged<T, Infallible>| match ended? {
        Ok((value, _)) => Ok(value),
        Err((never, _)) => match never {},
    })
}

/// Either with the number of attempts.
pub(crate) type Judged<T, E> = Result<Result<(T, u32), (E, u32)>, Exit>;

/// Runs attempts of an expression whose own error is at hand: `applies` says whether a rule applies to the error.
///
/// # Errors
/// The last attempt's failure, if that was not the expression's own.
pub fn attempts_judged<T, E, A, F, R>(
    frame: Frame<'_>,
    stage: u32,
    settings: Settings,
    attempt: A,
    applies: R,
    told: fn(E) -> Option<BoxError>,
) -> impl Future<Output = Judged<T, E>> + use<'_, T, E, A, F, R>
where
    A: FnMut(u32) -> F,
    F: Future<Output = Result<Result<T, E>, Exit>>,
    R: Fn(&E, usize) -> bool,
{
    attempts_by(frame, stage, settings, attempt, identity, (applies, |_: &Failure, _: usize| false), told)
}

/// `applies` and `fits` are asked of rules with an `if` only: of the expression's own error, of any other failure.
async fn attempts_by<T, E, A, F>(
    frame: Frame<'_>,
    stage: u32,
    settings: Settings,
    mut attempt: A,
    judged: impl Fn(F::Output) -> Result<Result<T, E>, Exit>,
    (applies, fits): (impl Fn(&E, usize) -> bool, impl Fn(&Failure, usize) -> bool),
    told: fn(E) -> Option<BoxError>,
) -> Judged<T, E>
where
    A: FnMut(u32) -> F,
    F: Future,
{
    let Before { mut number, mut spent, deadline } = before(frame, stage, &settings).await;
    loop {
        let trying = AttemptGuard::start(frame, stage, number);
        let ended = trying.during(|| one(frame, stage, settings.timeout, deadline, attempt(number))).await;
        nested::settled(frame).await;
        let last = |failure: Failure| {
            let failure = failure.after(number, frame.core.stage_name(stage));
            frame.attempt_failed(stage, number, || failure.clone(), None);
            failure.into()
        };
        let ended = match ended {
            AttemptEnd::Given(given) => judged(given),
            AttemptEnd::Late(limit) => Err(late(frame.core, stage, limit).into()),
            AttemptEnd::Past(limit) => return Err(last(past(frame.core, stage, limit))),
        };
        let error = match ended {
            Ok(Ok(value)) => return Ok(Ok((value, number))),
            Ok(Err(error)) => AttemptError::Own(error),
            Err(Exit::Failed(failure)) if failure.may_be_retried() => AttemptError::Failure(failure),
            Err(Exit::Failed(failure)) => return Err(last(failure)),
            Err(stop) => return Err(stop),
        };
        // A stage in its grace period is not tried again.
        let rules = if frame.core.is_abandoned(stage) { &[] } else { &*settings.retries };
        let rule = rules.iter().enumerate().position(|(index, rule)| match &error {
            AttemptError::Own(error) => !rule.conditional || applies(error, index),
            AttemptError::Failure(failure) => !rule.conditional || fits(failure, index),
        });
        let Some(rule) = rule.filter(|&rule| spent[rule] < settings.retries[rule].retry.max_retries()) else {
            return match error {
                AttemptError::Own(error) => Ok(Err((error, number))),
                AttemptError::Failure(failure) => Err(last(failure)),
            };
        };
        let failure = match error {
            AttemptError::Own(error) => own_failure(frame.core, stage, told(error)),
            AttemptError::Failure(failure) => failure,
        };
        if !failure.may_be_retried() {
            // The expression's own error has passed on that of another workflow.
            return Err(last(failure));
        }
        spent[rule] += 1;
        let wait = settings.retries[rule].retry.wait(spent[rule], fastrand::f64);
        record_failed_attempt(frame, (stage, number), &failure);
        let now = Instant::now();
        let until = later(now, wait);
        let cut = deadline.filter(|&(at, _)| if wait.is_zero() { now >= at } else { until > at });
        let failure = || failure.after(number, frame.core.stage_name(stage));
        frame.attempt_failed(stage, number, failure, cut.is_none().then_some(wait));
        if let Some((at, limit)) = cut {
            pause(frame, stage, at).await;
            return Err(past(frame.core, stage, limit).after(number, frame.core.stage_name(stage)).into());
        }
        between(frame, stage, number, &spent, wait, until).await;
        turn(frame.core, 1).await;
        number = number.saturating_add(1);
    }
}

enum AttemptError<E> {
    Own(E),
    Failure(Failure),
}

/// The state before a stage's next attempt.
struct Before {
    number: u32,
    /// Spent part of each `#[retry]`.
    spent: Vec<u32>,
    deadline: Option<(Instant, Duration)>,
}

/// Returns the state before the first attempt, or, in a durable run, after the recorded ones.
#[cfg_attr(not(feature = "durable"), allow(clippy::unused_async, reason = "a run on a store waits here"))]
async fn before(frame: Frame<'_>, stage: u32, settings: &Settings) -> Before {
    #[cfg(feature = "durable")]
    if let Some(journal) = frame.journal() {
        let (number, spent, deadline) =
            super::resume::attempted(frame, journal, stage, settings.retries.len(), settings.deadline).await;
        return Before { number, spent, deadline };
    }
    let _ = (frame, stage);
    Before {
        number: 1,
        spent: vec![0u32; settings.retries.len()],
        deadline: settings.deadline.map(|limit| (later(Instant::now(), limit), limit)),
    }
}

/// Waits between two attempts.
async fn between(frame: Frame<'_>, stage: u32, number: u32, spent: &[u32], wait: Duration, until: Instant) {
    #[cfg(feature = "durable")]
    if let Some(journal) = frame.journal() {
        return super::resume::between(frame, journal, stage, number, spent, wait).await;
    }
    let _ = (frame, stage, number, spent);
    if !wait.is_zero() {
        sleep_until(until).await;
    }
}

/// Returns a failed attempt's own error, for observers.
pub fn told<E: Into<BoxError>>(error: E) -> Option<BoxError> {
    Some(error.into())
}

/// Drops a failed attempt's own error, which need not convert to a boxed error.
#[must_use]
pub fn untold<E>(_: E) -> Option<BoxError> {
    None
}
