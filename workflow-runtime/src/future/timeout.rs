//! Dropping what is cut. Where it is cut because of a failure, a panic of its `Drop` does not replace that.

use std::{
    any::Any,
    future::Future,
    mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::{Pin, pin},
    task::{Context, Poll},
};
use tokio::{
    task::coop,
    time::{Instant, Sleep, sleep_until},
};

/// What a panic said.
pub(crate) type Payload = Box<dyn Any + Send>;

/// Drops something whose panic nobody is to hear of but the panic hook: there is a failure already.
#[cold]
pub(crate) fn cut(drop: impl FnOnce()) {
    if let Some(payload) = try_to(drop) {
        discard(payload);
    }
}

/// Drops what a panic said. Should that drop panic in turn, its panic ends here, and what it said is leaked.
#[cold]
pub(crate) fn discard(payload: Payload) {
    if let Some(further) = try_to(|| drop(payload)) {
        mem::forget(further);
    }
}

/// Drops several things, all of them whatever their panics; where it is `heard`, the first of these goes on then.
pub(crate) fn cut_all(each: impl Iterator<Item = impl FnOnce()>, heard: bool) {
    let mut first = None;
    for drop in each {
        match (try_to(drop), &first) {
            (Some(payload), None) if heard => first = Some(payload),
            (Some(payload), _) => discard(payload),
            (None, _) => {}
        }
    }
    if let Some(payload) = first {
        resume_unwind(payload);
    }
}

fn try_to(drop: impl FnOnce()) -> Option<Payload> {
    catch_unwind(AssertUnwindSafe(drop)).err()
}

/// What `run` gives, or what its panic said.
#[cfg(feature = "durable")]
pub(crate) fn unless_panicked<F: Future + Unpin>(mut run: F) -> impl Future<Output = Result<F::Output, Payload>> {
    std::future::poll_fn(move |context| match catch_unwind(AssertUnwindSafe(|| Pin::new(&mut run).poll(context))) {
        Ok(polled) => polled.map(Ok),
        Err(payload) => Poll::Ready(Err(payload)),
    })
}

pin_project_lite::pin_project! {
    /// Not one `async fn`: that would have room for its future twice.
    pub(crate) struct Until<F> {
        #[pin]
        run: Option<F>,
        #[pin]
        end: Sleep,
    }
}

/// What `run` gives, unless that moment comes first; then it is cut. As `tokio::time::timeout_at`.
pub(crate) fn until<F: Future>(at: Instant, run: F) -> Until<F> {
    Until { run: Some(run), end: sleep_until(at) }
}

impl<F: Future> Future for Until<F> {
    type Output = Option<F::Output>;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(run) = this.run.as_mut().as_pin_mut() else { unreachable!("polled after it ended") };
        let had_budget = coop::has_budget_remaining();
        if let Poll::Ready(given) = run.poll(context) {
            return Poll::Ready(Some(given));
        }
        poll_end(had_budget, this.end, context).map(|()| {
            cut(|| this.run.set(None));
            None
        })
    }
}

/// Whether the time of what was just polled is over. What has used up the task's budget does not keep its time from passing.
pub(crate) fn poll_end<E>(had_budget: bool, end: Pin<&mut E>, context: &mut Context<'_>) -> Poll<()>
where
    E: Future<Output = ()> + ?Sized,
{
    if had_budget && !coop::has_budget_remaining() {
        pin!(coop::unconstrained(end)).poll(context)
    } else {
        end.poll(context)
    }
}
