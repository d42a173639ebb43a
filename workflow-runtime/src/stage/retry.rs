//! A stage's attempts: its retries, each attempt within the stage's timeout and deadline.

use super::timeout::{AttemptEnd, deadline_failure, pause, timed_attempt, timeout_failure};
use crate::{
    failure::{BoxError, Failure, exit::Exit},
    future::{boxed::BoxFuture, map::then},
    policy::{
        Deadline, Next, Retry, TimedOut,
        attempts::{Attempts, Fault, Further, Rules},
    },
    run::{frame::Frame, nested, span::AttemptGuard, state::own_failure, turn::turn},
    stage_id::StageId,
    undo::scope::record_failed_attempt,
};
use std::{
    convert::{Infallible, identity},
    future::Future,
    time::Duration,
};
use tokio::time::sleep_until;

/// The policies of one stage.
pub struct StagePolicies {
    /// Retry rules of the stage, in the order written.
    pub retries: Vec<RetryRule>,
    /// Time that each attempt may take.
    pub timeout: Option<Duration>,
    /// Time that all attempts and waits may take.
    pub deadline: Option<Duration>,
}

/// One `#[retry]`.
pub struct RetryRule {
    /// The number of further attempts, and the waits between them.
    pub retry: Retry,
    /// Whether the `#[retry]` has an `if`, a condition on the stage's own error or on the source of a failure.
    pub conditional: bool,
}

/// Puts an attempt of a block into a box, where its type ends.
pub fn boxed_attempt<'a, T>(
    attempt: impl Future<Output = Result<T, Exit>> + Send + 'a,
) -> BoxFuture<'a, Result<T, Exit>> {
    Box::pin(attempt)
}

/// Runs attempts until one succeeds or none is left.
///
/// # Errors
/// The last attempt's failure.
pub fn retry<T, A, F>(
    frame: Frame<'_>,
    stage: StageId,
    policies: StagePolicies,
    attempt: A,
) -> impl Future<Output = Result<T, Exit>> + use<'_, T, A, F>
where
    A: FnMut(u32) -> F,
    F: Future<Output = Result<T, Exit>>,
{
    retry_if_failure(frame, stage, policies, attempt, |_, _| false)
}

/// Runs attempts, with rules that look at the failure: `fits` says which of them apply.
///
/// # Errors
/// The last attempt's failure.
pub fn retry_if_failure<T, A, F, R>(
    frame: Frame<'_>,
    stage: StageId,
    policies: StagePolicies,
    attempt: A,
    fits: R,
) -> impl Future<Output = Result<T, Exit>> + use<'_, T, A, F, R>
where
    A: FnMut(u32) -> F,
    F: Future<Output = Result<T, Exit>>,
    R: Fn(&Failure, usize) -> bool,
{
    let judgement = Judgement {
        judged: |ended: F::Output| ended.map(Ok::<T, Infallible>),
        applies: |_: &Infallible, _: usize| false,
        fits,
        source: omit_source,
    };
    let run = run_attempts(frame, stage, policies, attempt, judgement);
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
pub fn retry_if_error<T, E, A, F, R>(
    frame: Frame<'_>,
    stage: StageId,
    policies: StagePolicies,
    attempt: A,
    applies: R,
    source: fn(E) -> Option<BoxError>,
) -> impl Future<Output = Judged<T, E>> + use<'_, T, E, A, F, R>
where
    A: FnMut(u32) -> F,
    F: Future<Output = Result<Result<T, E>, Exit>>,
    R: Fn(&E, usize) -> bool,
{
    let judgement = Judgement { judged: identity, applies, fits: |_: &Failure, _: usize| false, source };
    run_attempts(frame, stage, policies, attempt, judgement)
}

/// The rules by which an ended attempt is judged.
struct Judgement<J, O, F, E> {
    /// Turns the end of an attempt into a value, the expression's own error, or an exit.
    judged: J,
    /// Whether a rule's `if` holds for the expression's own error.
    applies: O,
    /// Whether a rule's `if` holds for any other failure.
    fits: F,
    /// Turns the expression's own error into the source of a failure, for observers.
    source: fn(E) -> Option<BoxError>,
}

/// Runs attempts, judged by `judgement`.
async fn run_attempts<T, E, A, F, J, P, R>(
    frame: Frame<'_>,
    stage: StageId,
    policies: StagePolicies,
    mut attempt: A,
    Judgement { judged, applies, fits, source }: Judgement<J, P, R, E>,
) -> Judged<T, E>
where
    A: FnMut(u32) -> F,
    F: Future,
    J: Fn(F::Output) -> Result<Result<T, E>, Exit> + Copy,
    P: Fn(&E, usize) -> bool,
    R: Fn(&Failure, usize) -> bool,
{
    let StagePolicies { retries, timeout, deadline } = policies;
    let (number, spent, deadline) = first_attempt(frame, stage, retries.len(), deadline).await;
    let rules = StageRules { frame, stage, retries, spent, applies, fits };
    let begin = |number, _: &mut Option<()>| {
        let trying = AttemptGuard::start(frame, stage, number);
        let run = trying.during(|| timed_attempt(frame, stage, timeout, deadline, attempt(number)));
        Ok(nested::settling(frame, run))
    };
    let judge = move |number, ended, _| match ended {
        AttemptEnd::Ended(ended) => match judged(ended) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(Fault::Failed(AttemptError::Own(error))),
            Err(stop) => Err(fault_of((frame, stage, number), stop)),
        },
        AttemptEnd::TimedOut(timed_out) => Err(timeout_fault((frame, stage, number), timed_out)),
        AttemptEnd::DeadlinePassed(passed) => {
            let failure = deadline_failure(frame.core, stage, passed);
            Err(Fault::Over(Err(last_failure((frame, stage, number), failure))))
        }
    };
    let failed = |number, error, further: Option<Further>| {
        let failure = match (error, further) {
            (AttemptError::Own(error), None) => return Err(Ok((error, number))),
            (AttemptError::Own(error), Some(_)) => own_failure(frame.core, stage, source(error)),
            (AttemptError::Failure(failure), _) => failure,
        };
        match attempt_failed((frame, stage, number), failure, further) {
            Ok(further) => Ok(((), further)),
            Err(stop) => Err(Err(stop)),
        }
    };
    let pause = |number, (), rules: &StageRules<'_, _, _>, further: Further| {
        let spent = rules.spent_on_record();
        then(wait_for_attempt((frame, stage, number), spent, further), |ended: Result<(), Exit>| ended.map_err(Err))
    };
    match (Attempts { number, rules, deadline }).run(begin, judge, failed, pause).await {
        Ok(given) => Ok(Ok(given)),
        Err(Ok(own)) => Ok(Err(own)),
        Err(Err(stop)) => Err(stop),
    }
}

/// An attempt of a stage. The functions of an attempt's end do not depend on the type of its value, so that rustc
/// compiles them once.
type AttemptPlace<'a> = (Frame<'a>, StageId, u32);

fn with_attempts((frame, stage, number): AttemptPlace<'_>, failure: Failure) -> Failure {
    failure.after(number, frame.core.stage_name(stage))
}

/// Emits the failure of the last attempt, and returns it as the end of all.
fn last_failure(place: AttemptPlace<'_>, failure: Failure) -> Exit {
    let failure = with_attempts(place, failure);
    let (frame, stage, number) = place;
    frame.attempt_failed(stage, number, || failure.clone(), None);
    failure.into()
}

/// Returns what a failure that is not the expression's own means for further attempts.
fn fault_of<E, X>(place: AttemptPlace<'_>, stop: Exit) -> Fault<AttemptError<E>, Result<X, Exit>> {
    match judge_exit(place, stop) {
        Ok(failure) => Fault::Failed(AttemptError::Failure(failure)),
        Err(stop) => Fault::Over(Err(stop)),
    }
}

fn timeout_fault<E, X>(place: AttemptPlace<'_>, timed_out: TimedOut) -> Fault<AttemptError<E>, Result<X, Exit>> {
    let (frame, stage, _) = place;
    fault_of(place, timeout_failure(frame.core, stage, timed_out).into())
}

/// Returns a failure that may be retried.
fn judge_exit(place: AttemptPlace<'_>, stop: Exit) -> Result<Failure, Exit> {
    match stop {
        Exit::Failed(failure) if failure.may_be_retried() => Ok(failure),
        Exit::Failed(failure) => Err(last_failure(place, failure)),
        stop @ Exit::Returned => Err(stop),
    }
}

/// Reports a failed attempt, and returns the further one that follows it.
fn attempt_failed(place: AttemptPlace<'_>, failure: Failure, further: Option<Further>) -> Result<Further, Exit> {
    let (frame, stage, number) = place;
    // (The expression's own error may have passed on that of another workflow, which is not retried.)
    let Some(further) = further.filter(|_| failure.may_be_retried()) else {
        return Err(last_failure(place, failure));
    };
    record_failed_attempt(frame, (stage, number), &failure);
    let delay = further.cut_by.is_none().then_some(further.wait);
    frame.attempt_failed(stage, number, || with_attempts(place, failure), delay);
    Ok(further)
}

/// Waits for a further attempt, or for the deadline that cuts the wait.
async fn wait_for_attempt(place: AttemptPlace<'_>, spent: Vec<u32>, further: Further) -> Result<(), Exit> {
    let (frame, stage, number) = place;
    if let Some(deadline) = further.cut_by {
        pause(frame, stage, deadline.at()).await;
        return Err(with_attempts(place, deadline_failure(frame.core, stage, deadline.error())).into());
    }
    between(frame, stage, number, spent, further).await;
    turn(frame.core, 1).await;
    Ok(())
}

enum AttemptError<E> {
    Own(E),
    Failure(Failure),
}

/// The `#[retry]`s of a stage, and how much of each is spent.
struct StageRules<'a, O, F> {
    frame: Frame<'a>,
    stage: StageId,
    retries: Vec<RetryRule>,
    spent: Vec<u32>,
    /// Whether a rule's `if` holds for the expression's own error.
    applies: O,
    /// Whether a rule's `if` holds for any other failure.
    fits: F,
}

impl<E, O, F> Rules<AttemptError<E>> for StageRules<'_, O, F>
where
    O: Fn(&E, usize) -> bool,
    F: Fn(&Failure, usize) -> bool,
{
    fn next(&mut self, error: &AttemptError<E>) -> Next {
        if self.frame.core.is_abandoned(self.stage) {
            // A stage in its grace period is not tried again.
            return Next::Spent;
        }
        let first = self.retries.iter().enumerate().position(|(index, rule)| match error {
            AttemptError::Own(error) => !rule.conditional || (self.applies)(error, index),
            AttemptError::Failure(failure) => !rule.conditional || (self.fits)(failure, index),
        });
        first.map_or(Next::Spent, |first| self.retries[first].retry.next(&mut self.spent[first], fastrand::f64))
    }
}

impl<O, F> StageRules<'_, O, F> {
    /// Returns how much is spent, for the record of a durable run.
    #[cfg_attr(not(feature = "durable"), allow(clippy::unused_self, reason = "a run on a store records it"))]
    fn spent_on_record(&self) -> Vec<u32> {
        #[cfg(feature = "durable")]
        if self.frame.journal().is_some() {
            return self.spent.clone();
        }
        Vec::new()
    }
}

/// Returns the state before the first attempt or, in a durable run, after the recorded ones. The state is the number of
/// the next attempt, the spent part of each `#[retry]`, and the deadline.
#[cfg_attr(not(feature = "durable"), allow(clippy::unused_async, reason = "a run on a store waits here"))]
async fn first_attempt(
    frame: Frame<'_>,
    stage: StageId,
    rules: usize,
    deadline: Option<Duration>,
) -> (u32, Vec<u32>, Option<Deadline>) {
    #[cfg(feature = "durable")]
    if let Some(journal) = frame.journal() {
        return super::resume::resumed_attempts(frame, journal, stage, rules, deadline).await;
    }
    let _ = (frame, stage);
    (1, vec![0; rules], deadline.map(Deadline::after))
}

/// Waits between two attempts.
async fn between(frame: Frame<'_>, stage: StageId, number: u32, spent: Vec<u32>, further: Further) {
    #[cfg(feature = "durable")]
    if let Some(journal) = frame.journal() {
        return super::resume::between(frame, journal, stage, number, spent, further.wait).await;
    }
    let _ = (frame, stage, number, spent);
    if !further.wait.is_zero() {
        sleep_until(further.until).await;
    }
}

/// Returns a failed attempt's own error, for observers.
pub fn keep_source<E: Into<BoxError>>(error: E) -> Option<BoxError> {
    Some(error.into())
}

/// Drops a failed attempt's own error, which need not convert to a boxed error.
#[must_use]
pub fn omit_source<E>(_: E) -> Option<BoxError> {
    None
}
