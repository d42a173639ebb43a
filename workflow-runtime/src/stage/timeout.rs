//! One attempt within its timeout and before the deadline of all; a run within its deadline.

use crate::{
    failure::{Failure, FailureKind, exit::Exit, panic::drop_quietly},
    future::{boxed::BoxFuture, map::then, timeout::until},
    policy::{Deadline, DeadlinePassed, DisplayDuration, TimedOut, duration::saturating_add, limit::poll_deadline},
    run::{
        frame::Frame,
        state::{ResidentTimer, RunState},
    },
    stage_id::StageId,
};
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    task::coop,
    time::{Instant, Sleep, sleep_until},
};

/// A wait that a durable instance need not be in memory for.
pub(crate) type Pause<'a> = BoxFuture<'a, ()>;

pin_project_lite::pin_project! {
    /// Runs until it ends, or its time is over.
    pub(crate) struct TimedAttempt<'a, F> {
        #[pin]
        run: Option<F>,
        #[pin]
        late: Option<Sleep>,
        limit: TimedOut,
        past: Option<(Pause<'a>, DeadlinePassed)>,
        // For as long as the timeout runs: no record knows of it.
        resident: Option<ResidentTimer>,
        // A durable instance restores its records first: the time for that does not count.
        restoring: Option<Pause<'a>>,
    }
}

/// The end of an attempt.
pub(crate) enum AttemptEnd<T> {
    Ended(T),
    /// The attempt took longer than its timeout.
    TimedOut(TimedOut),
    /// All attempts took longer than their deadline.
    DeadlinePassed(DeadlinePassed),
}

impl<'a, F> TimedAttempt<'a, F> {
    pub(crate) fn new(
        run: F,
        timeout: Option<Duration>,
        past: Option<(Pause<'a>, DeadlinePassed)>,
        resident: Option<ResidentTimer>,
    ) -> Self {
        let late = timeout.map(|after| sleep_until(saturating_add(Instant::now(), after)));
        let limit = TimedOut { after: timeout.unwrap_or_default() };
        #[cfg(feature = "durable")]
        let restoring = resident.as_ref().and_then(ResidentTimer::until_restored);
        #[cfg(not(feature = "durable"))]
        let restoring = None;
        Self { run: Some(run), late, limit, past, resident, restoring }
    }
}

impl<F: Future> Future for TimedAttempt<'_, F> {
    type Output = AttemptEnd<F::Output>;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(run) = this.run.as_mut().as_pin_mut() else { unreachable!("polled after it ended") };
        let had_budget = coop::has_budget_remaining();
        if let Poll::Ready(given) = run.poll(context) {
            *this.resident = None;
            return Poll::Ready(AttemptEnd::Ended(given));
        }
        let mut ended = Poll::Pending;
        if let Some(end) = this.restoring
            && end.as_mut().poll(context).is_ready()
        {
            *this.restoring = None;
            if let Some(end) = this.late.as_mut().as_pin_mut() {
                end.reset(saturating_add(Instant::now(), this.limit.after));
            }
        }
        if this.restoring.is_none()
            && let Some(end) = this.late.as_pin_mut()
        {
            ended = poll_deadline(had_budget, end, context).map(|()| AttemptEnd::TimedOut(*this.limit));
        }
        if let (Poll::Pending, Some((end, passed))) = (&ended, this.past) {
            ended = poll_deadline(had_budget, end.as_mut(), context).map(|()| AttemptEnd::DeadlinePassed(*passed));
        }
        if ended.is_ready() {
            *this.resident = None;
            drop_quietly(|| this.run.set(None));
        }
        ended
    }
}

/// Runs one attempt within its timeout, if that is not left to [`retry`](super::retry::retry).
///
/// # Errors
/// The attempt's, or that it was late.
pub fn with_timeout<T, F: Future<Output = Result<T, Exit>>>(
    frame: Frame<'_>,
    stage: StageId,
    limit: Option<Duration>,
    run: F,
) -> impl Future<Output = Result<T, Exit>> + use<'_, T, F> {
    then(timed_attempt(frame, stage, limit, None, run), move |ended| match ended {
        AttemptEnd::Ended(given) => given,
        AttemptEnd::TimedOut(timed_out) => Err(timeout_failure(frame.core, stage, timed_out).into()),
        AttemptEnd::DeadlinePassed(passed) => Err(deadline_failure(frame.core, stage, passed).into()),
    })
}

/// Runs a workflow within its deadline.
///
/// # Errors
/// The run's, or that the deadline has passed.
pub async fn with_deadline<T>(
    frame: Frame<'_>,
    limit: Duration,
    run: impl Future<Output = Result<T, Exit>>,
) -> Result<T, Exit> {
    // An `async fn` has room for what it is given and for what it awaits.
    let run = Box::pin(run);
    let passed = |limit: Duration| {
        let why = format!("the whole run took longer than {}", DisplayDuration(limit));
        Err(frame.core.failure(StageId::BODY, FailureKind::Deadline, Some(why.into())).into())
    };
    #[cfg(feature = "durable")]
    if let Some(journal) = frame.journal() {
        let path = frame.path_within(StageId::BODY, "deadline");
        let (at, limit) = crate::journal::timer::deadline_due(journal, path, limit).await;
        return journal.by(at, run).await.unwrap_or_else(|| passed(limit));
    }
    until(sleep_until(Deadline::after(limit).at()), run).await.unwrap_or_else(|| passed(limit))
}

pub(crate) fn timeout_failure(core: &RunState, stage: StageId, TimedOut { after }: TimedOut) -> Failure {
    core.failure(stage, FailureKind::Timeout, Some(format!("it took longer than {}", DisplayDuration(after)).into()))
}

pub(crate) fn deadline_failure(core: &RunState, stage: StageId, DeadlinePassed { after }: DeadlinePassed) -> Failure {
    let why = format!("all its attempts together took longer than {}", DisplayDuration(after));
    core.failure(stage, FailureKind::Deadline, Some(why.into()))
}

/// Returns the future of one attempt: within its timeout, and before the deadline of all.
pub(crate) fn timed_attempt<F: Future>(
    frame: Frame<'_>,
    stage: StageId,
    limit: Option<Duration>,
    deadline: Option<Deadline>,
    run: F,
) -> TimedAttempt<'_, F> {
    TimedAttempt::new(
        run,
        limit,
        deadline.map(|deadline| (Box::pin(pause(frame, stage, deadline.at())) as Pause<'_>, deadline.error())),
        limit.and_then(|_| frame.core.resident_guard()),
    )
}

/// Waits, while a durable instance may leave the memory.
pub(crate) async fn pause(frame: Frame<'_>, stage: StageId, at: Instant) {
    #[cfg(feature = "durable")]
    if let Some(journal) = frame.journal() {
        return super::resume::deadline(frame, journal, stage, at).await;
    }
    let _ = (frame, stage);
    sleep_until(at).await;
}

/// `sleep(D)`
pub async fn sleep(time: Duration) {
    tokio::time::sleep(time).await;
}
