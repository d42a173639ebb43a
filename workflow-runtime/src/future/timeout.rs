//! A future that ends at a moment at the latest.

use crate::failure::panic::drop_quietly;
use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll},
};
use tokio::{
    task::coop,
    time::{Instant, Sleep, sleep_until},
};

pin_project_lite::pin_project! {
    /// A future with a limit. Not one `async fn`: that would have room for its future twice.
    pub(crate) struct UntilDeadline<F> {
        #[pin]
        run: Option<F>,
        #[pin]
        end: Sleep,
    }
}

/// Runs `run` until the instant. A future that is not ready by then is dropped. As `tokio::time::timeout_at`.
pub(crate) fn until<F: Future>(at: Instant, run: F) -> UntilDeadline<F> {
    UntilDeadline { run: Some(run), end: sleep_until(at) }
}

impl<F: Future> Future for UntilDeadline<F> {
    type Output = Option<F::Output>;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(run) = this.run.as_mut().as_pin_mut() else { unreachable!("polled after it ended") };
        let had_budget = coop::has_budget_remaining();
        if let Poll::Ready(given) = run.poll(context) {
            return Poll::Ready(Some(given));
        }
        poll_end(had_budget, this.end, context).map(|()| {
            drop_quietly(|| this.run.set(None));
            None
        })
    }
}

/// Whether the time of what was just polled is over. What has used up the task's budget does not keep its time from
/// passing.
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
