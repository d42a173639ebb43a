//! A stage's attempts: deadline, retries, and the timeout of each.

use super::timeout::{Ended, Pause, Timed};
use crate::{
    failure::{BoxError, Failure, FailureKind, exit::Stop},
    future::{map::then, timeout},
    policy::{Retry, Written, duration::later},
    run::{
        catch::caught,
        frame::Cx,
        nested,
        span::Trying,
        state::{Core, TAIL, own_failure},
        turn::turn,
    },
    scope::for_each::Member,
    undo::scope::tried_again,
};
use std::{
    convert::{Infallible, identity},
    future::Future,
    time::Duration,
};
use tokio::time::{Instant, sleep_until};

/// The policies of one stage.
pub struct Settings {
    /// Its `#[retry]`s, in the order written.
    pub retries: Vec<Attempted>,
    /// How long each attempt may take.
    pub timeout: Option<Duration>,
    /// How long all attempts and waits may take.
    pub deadline: Option<Duration>,
}

/// One `#[retry]`.
pub struct Attempted {
    /// How many further attempts, and the waits between them.
    pub retry: Retry,
    /// It has an `if`, which speaks of an error: the stage's own, or what a failure comes of.
    pub conditional: bool,
}

/// Puts an attempt of a block into a box, where its type ends.
pub fn apart<'a, T>(attempt: impl Future<Output = Result<T, Stop>> + Send + 'a) -> Member<'a, T> {
    Box::pin(attempt)
}

/// Runs attempts until one succeeds or none is left.
///
/// # Errors
/// The last attempt's failure.
pub fn attempts<T, A, F>(
    cx: Cx<'_>,
    stage: u32,
    settings: Settings,
    attempt: A,
) -> impl Future<Output = Result<T, Stop>> + use<'_, T, A, F>
where
    A: FnMut(u32) -> F,
    F: Future<Output = Result<T, Stop>>,
{
    attempts_where(cx, stage, settings, attempt, |_, _| false)
}

/// The same where some rules look at the failure: `fits` says which speak of it.
///
/// # Errors
/// The last attempt's failure.
pub fn attempts_where<T, A, F, R>(
    cx: Cx<'_>,
    stage: u32,
    settings: Settings,
    attempt: A,
    fits: R,
) -> impl Future<Output = Result<T, Stop>> + use<'_, T, A, F, R>
where
    A: FnMut(u32) -> F,
    F: Future<Output = Result<T, Stop>>,
    R: Fn(&Failure, usize) -> bool,
{
    let judged = |ended: F::Output| ended.map(Ok::<T, Infallible>);
    let run = attempts_by(cx, stage, settings, attempt, judged, (|_: &Infallible, _: usize| false, fits), untold);
    then(run, |ended: Judged<T, Infallible>| match ended? {
        Ok((value, _)) => Ok(value),
        Err((never, _)) => match never {},
    })
}

/// Either with the number of attempts.
type Judged<T, E> = Result<Result<(T, u32), (E, u32)>, Stop>;

/// The same for an expression whose own error is at hand: `applies` says whether a rule speaks of it.
///
/// # Errors
/// The last attempt's failure, if that was not the expression's own.
pub fn attempts_judged<T, E, A, F, R>(
    cx: Cx<'_>,
    stage: u32,
    settings: Settings,
    attempt: A,
    applies: R,
    told: fn(E) -> Option<BoxError>,
) -> impl Future<Output = Judged<T, E>> + use<'_, T, E, A, F, R>
where
    A: FnMut(u32) -> F,
    F: Future<Output = Result<Result<T, E>, Stop>>,
    R: Fn(&E, usize) -> bool,
{
    attempts_by(cx, stage, settings, attempt, identity, (applies, |_: &Failure, _: usize| false), told)
}

/// `applies` and `fits` are asked of rules with an `if` only: of the expression's own error, of any other failure.
async fn attempts_by<T, E, A, F>(
    cx: Cx<'_>,
    stage: u32,
    settings: Settings,
    mut attempt: A,
    judged: impl Fn(F::Output) -> Result<Result<T, E>, Stop>,
    (applies, fits): (impl Fn(&E, usize) -> bool, impl Fn(&Failure, usize) -> bool),
    told: fn(E) -> Option<BoxError>,
) -> Judged<T, E>
where
    A: FnMut(u32) -> F,
    F: Future,
{
    let Before { mut number, mut spent, deadline } = before(cx, stage, &settings).await;
    loop {
        let trying = Trying::start(cx, stage, number);
        let ended = trying.during(|| one(cx, stage, settings.timeout, deadline, attempt(number))).await;
        nested::settled(cx).await;
        let last = |failure: Failure| {
            let failure = failure.after(number, cx.core.stage_name(stage));
            cx.attempt_failed(stage, number, || failure.clone(), None);
            failure.into()
        };
        let ended = match ended {
            Ended::Given(given) => judged(given),
            Ended::Late(limit) => Err(late(cx.core, stage, limit).into()),
            Ended::Past(limit) => return Err(last(past(cx.core, stage, limit))),
        };
        let error = match ended {
            Ok(Ok(value)) => return Ok(Ok((value, number))),
            Ok(Err(error)) => Why::Own(error),
            Err(Stop::Failed(failure)) if failure.may_be_retried() => Why::Failure(failure),
            Err(Stop::Failed(failure)) => return Err(last(failure)),
            Err(stop) => return Err(stop),
        };
        // What goes on only because it was under way is not tried again.
        let rules = if cx.core.is_left(stage) { &[] } else { &*settings.retries };
        let rule = rules.iter().enumerate().position(|(index, rule)| match &error {
            Why::Own(error) => !rule.conditional || applies(error, index),
            Why::Failure(failure) => !rule.conditional || fits(failure, index),
        });
        let Some(rule) = rule.filter(|&rule| spent[rule] < settings.retries[rule].retry.further()) else {
            return match error {
                Why::Own(error) => Ok(Err((error, number))),
                Why::Failure(failure) => Err(last(failure)),
            };
        };
        let failure = match error {
            Why::Own(error) => own_failure(cx.core, stage, told(error)),
            Why::Failure(failure) => failure,
        };
        if !failure.may_be_retried() {
            // The expression's own error has passed on that of another workflow.
            return Err(last(failure));
        }
        spent[rule] += 1;
        let wait = settings.retries[rule].retry.wait(spent[rule], fastrand::f64);
        tried_again(cx, (stage, number), &failure);
        let now = Instant::now();
        let until = later(now, wait);
        let cut = deadline.filter(|&(at, _)| if wait.is_zero() { now >= at } else { until > at });
        let failure = || failure.after(number, cx.core.stage_name(stage));
        cx.attempt_failed(stage, number, failure, cut.is_none().then_some(wait));
        if let Some((at, limit)) = cut {
            pause(cx, stage, at).await;
            return Err(past(cx.core, stage, limit).after(number, cx.core.stage_name(stage)).into());
        }
        between(cx, stage, number, &spent, wait, until).await;
        turn(cx.core, 1).await;
        number = number.saturating_add(1);
    }
}

enum Why<E> {
    Own(E),
    Failure(Failure),
}

/// Where a stage's attempts begin.
struct Before {
    number: u32,
    /// How much of each `#[retry]`.
    spent: Vec<u32>,
    deadline: Option<(Instant, Duration)>,
}

/// At the first attempt, or, in a durable run, after those on record.
#[cfg_attr(not(feature = "durable"), allow(clippy::unused_async, reason = "a run on a store waits here"))]
async fn before(cx: Cx<'_>, stage: u32, settings: &Settings) -> Before {
    #[cfg(feature = "durable")]
    if let Some(journal) = cx.journal() {
        let (number, spent, deadline) =
            crate::durable::sleep::attempted(cx, journal, stage, settings.retries.len(), settings.deadline).await;
        return Before { number, spent, deadline };
    }
    let _ = (cx, stage);
    Before {
        number: 1,
        spent: vec![0u32; settings.retries.len()],
        deadline: settings.deadline.map(|limit| (later(Instant::now(), limit), limit)),
    }
}

/// The wait between two attempts.
async fn between(cx: Cx<'_>, stage: u32, number: u32, spent: &[u32], wait: Duration, until: Instant) {
    #[cfg(feature = "durable")]
    if let Some(journal) = cx.journal() {
        return crate::durable::sleep::between(cx, journal, stage, number, spent, wait).await;
    }
    let _ = (cx, stage, number, spent);
    if !wait.is_zero() {
        sleep_until(until).await;
    }
}

/// A wait that a durable instance need not be in memory for.
async fn pause(cx: Cx<'_>, stage: u32, at: Instant) {
    #[cfg(feature = "durable")]
    if let Some(journal) = cx.journal() {
        return crate::durable::sleep::deadline(cx, journal, stage, at).await;
    }
    let _ = (cx, stage);
    sleep_until(at).await;
}

/// One attempt: within its timeout, and before the deadline of all.
fn one<F: Future>(
    cx: Cx<'_>,
    stage: u32,
    limit: Option<Duration>,
    deadline: Option<(Instant, Duration)>,
    run: F,
) -> Timed<'_, F> {
    Timed::new(
        run,
        limit.map(|limit| (sleep_until(later(Instant::now(), limit)), limit)),
        deadline.map(|(at, limit)| (Box::pin(pause(cx, stage, at)) as Pause<'_>, limit)),
        limit.and_then(|_| cx.core.ticking()),
    )
}

/// One attempt within its timeout, where that is not left to [`attempts`].
///
/// # Errors
/// The attempt's, or that it was late.
pub fn limited<T, F: Future<Output = Result<T, Stop>>>(
    cx: Cx<'_>,
    stage: u32,
    limit: Option<Duration>,
    run: F,
) -> impl Future<Output = Result<T, Stop>> + use<'_, T, F> {
    then(one(cx, stage, limit, None, run), move |ended| match ended {
        Ended::Given(given) => given,
        Ended::Late(limit) | Ended::Past(limit) => Err(late(cx.core, stage, limit).into()),
    })
}

/// A whole run within its deadline.
///
/// # Errors
/// The run's, or that the deadline has passed.
pub async fn within<T>(cx: Cx<'_>, limit: Duration, run: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    // An `async fn` has room for what it is given and for what it awaits.
    let run = Box::pin(run);
    let passed = |limit: Duration| {
        let why = format!("the whole run took longer than {}", Written(limit));
        Err(cx.core.failure(TAIL, FailureKind::Deadline, Some(why.into())).into())
    };
    #[cfg(feature = "durable")]
    if let Some(journal) = cx.journal() {
        let path = cx.path_within(TAIL, "deadline");
        let (at, limit) = crate::journal::timer::deadline_due(journal, path, limit).await;
        return journal.by(at, run).await.unwrap_or_else(|| passed(limit));
    }
    timeout::until(later(Instant::now(), limit), run).await.unwrap_or_else(|| passed(limit))
}

fn late(core: &Core, stage: u32, limit: Duration) -> Failure {
    core.failure(stage, FailureKind::Timeout, Some(format!("it took longer than {}", Written(limit)).into()))
}

fn past(core: &Core, stage: u32, limit: Duration) -> Failure {
    let why = format!("all its attempts together took longer than {}", Written(limit));
    core.failure(stage, FailureKind::Deadline, Some(why.into()))
}

/// The expression's own error, once its attempts are spent, as the stage's failure.
///
/// # Errors
/// That failure.
pub fn or_failure<T, E: Into<BoxError>, F: Future<Output = Judged<T, E>>>(
    cx: Cx<'_>,
    stage: u32,
    run: F,
) -> impl Future<Output = Result<T, Stop>> + use<'_, T, E, F> {
    then(run, move |judged: Judged<T, E>| match judged? {
        Ok((value, _)) => Ok(value),
        Err((error, number)) => {
            let failure = cx.core.failure(stage, FailureKind::Error, Some(error.into()));
            let failure = failure.after(number, cx.core.stage_name(stage));
            cx.attempt_failed(stage, number, || failure.clone(), None);
            Err(failure.into())
        }
    })
}

/// `#[catch]` of the stage's own error.
///
/// # Errors
/// Every other failure.
pub fn own_error<T, E>(cx: Cx<'_>, stage: u32, judged: Judged<T, E>) -> Result<Result<T, E>, Stop> {
    let ended = judged?.map(|(value, _)| value);
    Ok(ended.map_err(|(error, number)| {
        let failure = || own_failure(cx.core, stage, None).after(number, cx.core.stage_name(stage));
        cx.attempt_failed(stage, number, failure, None);
        error
    }))
}

/// A failed attempt's own error, for observers.
pub fn told<E: Into<BoxError>>(error: E) -> Option<BoxError> {
    Some(error.into())
}

/// The same where it need not be an error that others understand.
#[must_use]
pub fn untold<E>(_: E) -> Option<BoxError> {
    None
}

/// What a stage that absorbs failures ended with: an absorbed failure, or what can't be absorbed.
pub(crate) type Absorbed<T> = Result<T, Result<Failure, Stop>>;

/// Runs what may fail; a panic is a failure too.
///
/// # Errors
/// The failure; or a `return`, which nothing absorbs.
pub fn absorbed<T, F: Future<Output = Result<T, Stop>>>(
    cx: Cx<'_>,
    run: F,
) -> impl Future<Output = Absorbed<T>> + use<'_, T, F> {
    then(nested::settling(cx, caught(cx.core, run)), |ended: Result<T, Stop>| {
        ended.map_err(|stop| match stop {
            Stop::Failed(failure) => Ok(failure),
            stop @ Stop::Returned => Err(stop),
        })
    })
}

/// The same before a `#[fallback]` of a stage with an undo: what goes on only because it was under way falls back on
/// nothing.
///
/// # Errors
/// The failure; or a `return`, or the failure that is not to be absorbed.
pub fn absorbed_in_flight<T, F: Future<Output = Result<T, Stop>>>(
    cx: Cx<'_>,
    stage: u32,
    run: F,
) -> impl Future<Output = Absorbed<T>> + use<'_, T, F> {
    then(absorbed(cx, run), move |ended: Absorbed<T>| match ended {
        Err(Ok(failure)) if cx.core.is_left(stage) => Err(Err(failure.into())),
        ended => ended,
    })
}

/// `#[catch]` of every failure.
///
/// # Errors
/// What can't be absorbed.
pub fn every_failure<T>(absorbed: Absorbed<T>) -> Result<Result<T, Failure>, Stop> {
    match absorbed {
        Ok(value) => Ok(Ok(value)),
        Err(Ok(failure)) => Ok(Err(failure)),
        Err(Err(stop)) => Err(stop),
    }
}

/// `sleep(D)`
pub async fn sleep(time: Duration) {
    tokio::time::sleep(time).await;
}
