//! A future that ends at a moment at the latest, and is dropped then.

use crate::{failure::panic::drop_quietly, policy::limit::poll_limited};
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

pin_project_lite::pin_project! {
    /// A future with a limit. Not one `async fn`: that would have room for its future twice.
    pub(crate) struct UntilEnd<F, E> {
        #[pin]
        run: Option<F>,
        #[pin]
        end: E,
    }
}

/// Runs `run` until `end` is ready. A future that is not ready by then is dropped. As `tokio::time::timeout_at`.
pub(crate) fn until<F: Future, E: Future<Output = ()>>(end: E, run: F) -> UntilEnd<F, E> {
    UntilEnd { run: Some(run), end }
}

impl<F: Future, E: Future<Output = ()>> Future for UntilEnd<F, E> {
    type Output = Option<F::Output>;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(run) = this.run.as_mut().as_pin_mut() else { unreachable!("polled after it ended") };
        let ended = poll_limited(run, this.end, context);
        if let Poll::Ready(Err(())) = &ended {
            drop_quietly(|| this.run.set(None));
        }
        ended.map(Result::ok)
    }
}
