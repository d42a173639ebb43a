//! A future within a time: what a timeout and a deadline are made of, here and around a workflow's stages and runs.

use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll},
};
use tokio::{
    task::coop,
    time::{Instant, Sleep, sleep_until},
};

pin_project! {
    /// The future of `run` until an instant, if there is one: at the instant it fails with `passed`. As `tokio::time::Timeout`.
    #[derive(Debug)]
    pub(super) struct Limited<F, P> {
        #[pin]
        run: F,
        #[pin]
        end: Option<LimitEnd<P>>,
    }
}

pin_project! {
    /// An instant, and the error at that instant.
    #[derive(Debug)]
    struct LimitEnd<P> {
        #[pin]
        at: Sleep,
        passed: P,
    }
}

impl<F, P> Limited<F, P> {
    /// Limits `run` to an instant, with the error at that instant.
    pub(super) fn new(end: Option<(Instant, P)>, run: impl IntoFuture<IntoFuture = F>) -> Self {
        Self { run: run.into_future(), end: end.map(|(at, passed)| LimitEnd { at: sleep_until(at), passed }) }
    }
}

impl<F: Future, P: Copy> Future for Limited<F, P> {
    type Output = Result<F::Output, P>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.end.as_pin_mut() {
            Some(end) => poll_limited(this.run, end, context),
            None => this.run.poll(context).map(Ok),
        }
    }
}

impl<P: Copy> Future for LimitEnd<P> {
    type Output = P;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<P> {
        let this = self.project();
        this.at.poll(context).map(|()| *this.passed)
    }
}

/// Polls `run`, then the end of its time. A future that is ready in the poll in which its time is up has ended.
pub(crate) fn poll_limited<F, E>(
    run: Pin<&mut F>,
    end: Pin<&mut E>,
    context: &mut Context<'_>,
) -> Poll<Result<F::Output, E::Output>>
where
    F: Future,
    E: Future,
{
    let had_budget = coop::has_budget_remaining();
    match run.poll(context) {
        Poll::Ready(given) => Poll::Ready(Ok(given)),
        Poll::Pending => poll_deadline(had_budget, end, context).map(Err),
    }
}

/// Polls the end of the time of a future that was just polled. A future that uses up the task's budget does not keep its time
/// from passing.
pub(crate) fn poll_deadline<E>(had_budget: bool, end: Pin<&mut E>, context: &mut Context<'_>) -> Poll<E::Output>
where
    E: Future + ?Sized,
{
    if had_budget && !coop::has_budget_remaining() {
        pin!(coop::unconstrained(end)).poll(context)
    } else {
        end.poll(context)
    }
}
