//! One attempt, within its timeout and before the deadline of all.

use crate::{failure::panic::cut, future::timeout::poll_end, run::state::Ticking};
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{task::coop, time::Sleep};

/// A wait that a durable instance need not be in memory for.
pub(crate) type Pause<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

pin_project_lite::pin_project! {
    /// Runs until it ends, or its time is over.
    pub(crate) struct Timed<'a, F> {
        #[pin]
        run: Option<F>,
        #[pin]
        late: Option<Sleep>,
        limit: Duration,
        past: Option<(Pause<'a>, Duration)>,
        // For as long as the timeout runs: no record knows of it.
        ticking: Option<Ticking>,
    }
}

/// How an attempt ended.
pub(crate) enum Ended<T> {
    Given(T),
    /// It took longer than its timeout, which is this.
    Late(Duration),
    /// All attempts took longer than their deadline, which is this.
    Past(Duration),
}

impl<'a, F> Timed<'a, F> {
    pub(crate) fn new(
        run: F,
        late: Option<(Sleep, Duration)>,
        past: Option<(Pause<'a>, Duration)>,
        ticking: Option<Ticking>,
    ) -> Self {
        let (late, limit) = late.unzip();
        Self { run: Some(run), late, limit: limit.unwrap_or_default(), past, ticking }
    }
}

impl<F: Future> Future for Timed<'_, F> {
    type Output = Ended<F::Output>;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(run) = this.run.as_mut().as_pin_mut() else { unreachable!("polled after it ended") };
        let had_budget = coop::has_budget_remaining();
        if let Poll::Ready(given) = run.poll(context) {
            *this.ticking = None;
            return Poll::Ready(Ended::Given(given));
        }
        let mut ended = Poll::Pending;
        if let Some(end) = this.late.as_pin_mut() {
            ended = poll_end(had_budget, end, context).map(|()| Ended::Late(*this.limit));
        }
        if let (Poll::Pending, Some((end, limit))) = (&ended, this.past) {
            ended = poll_end(had_budget, end.as_mut(), context).map(|()| Ended::Past(*limit));
        }
        if ended.is_ready() {
            *this.ticking = None;
            cut(|| this.run.set(None));
        }
        ended
    }
}
