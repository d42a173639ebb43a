//! A combinator around a future, with room for it once. An `async fn` that is given a future has room for it twice. A
//! few of them around one another would make a stage's future a hundred times as large as its content.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

pin_project_lite::pin_project! {
    /// A future that passes its output through a function.
    pub(crate) struct Map<F, G> {
        #[pin]
        run: F,
        then: Option<G>,
    }
}

/// Hands what `run` gives to `then`.
pub(crate) fn then<F: Future, G: FnOnce(F::Output) -> T, T>(run: F, then: G) -> Map<F, G> {
    Map { run, then: Some(then) }
}

impl<F: Future, G: FnOnce(F::Output) -> T, T> Future for Map<F, G> {
    type Output = T;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let this = self.project();
        let Poll::Ready(given) = this.run.poll(context) else { return Poll::Pending };
        match this.then.take() {
            Some(then) => Poll::Ready(then(given)),
            None => unreachable!("polled after it ended"),
        }
    }
}
