//! The fallback of a signal that did not arrive in time. The fallback belongs to the scope of the signal and not to the
//! stage that asked first. If that stage is cut, the next stage that waits goes on with it.

use crate::{
    failure::{Failure, exit::Exit, panic::drop_quietly},
    future::boxed::BoxFuture,
    run::{catch_panic::catch_panic, frame::Frame},
    sync::lock,
};
use std::{
    future::{Future, poll_fn},
    sync::{Mutex, OnceLock},
    task::Poll,
};

/// The `#[fallback]` of a signal in one scope.
pub struct Fallback<'a, T> {
    run: Mutex<Option<RunningFallback<'a, T>>>,
    /// The failure of all that ask.
    failure: OnceLock<Failure>,
}

type RunningFallback<'a, T> = BoxFuture<'a, Result<T, Exit>>;

impl<'a, T> Fallback<'a, T> {
    /// Returns one that has not begun.
    #[must_use]
    pub const fn new() -> Self {
        Self { run: Mutex::new(None), failure: OnceLock::new() }
    }

    /// Returns what it failed with, once it has.
    pub(crate) const fn failure(&self) -> &OnceLock<Failure> {
        &self.failure
    }

    /// Goes on with the fallback, which `begin` begins. One caller at a time polls it.
    pub(crate) async fn run<F>(&self, frame: Frame<'a>, begin: impl FnOnce() -> F) -> Result<T, Exit>
    where
        F: Future<Output = Result<T, Exit>> + Send + 'a,
    {
        let mut begin = Some(begin);
        poll_fn(|context| {
            let under_way = lock(&self.run).take();
            let begun =
                under_way.or_else(|| begin.take().map(|begin| Box::pin(catch_panic(frame.core(), begin())) as _));
            let Some(mut run) = begun else { unreachable!("polled after it ended") };
            let polled = run.as_mut().poll(context);
            match &polled {
                Poll::Pending => *lock(&self.run) = Some(run),
                Poll::Ready(Ok(_)) => drop(run),
                Poll::Ready(Err(_)) => drop_quietly(|| drop(run)),
            }
            polled
        })
        .await
    }

    /// Runs a recorded fallback again, and keeps its result for the first stage that waits.
    #[cfg(feature = "durable")]
    pub(crate) async fn take_up<F>(&self, frame: Frame<'a>, begin: impl FnOnce() -> F)
    where
        F: Future<Output = Result<T, Exit>> + Send + 'a,
        T: Send + 'a,
    {
        let ended = self.run(frame, begin).await;
        *lock(&self.run) = Some(Box::pin(std::future::ready(ended)));
    }
}

impl<T> Default for Fallback<'_, T> {
    fn default() -> Self {
        Self::new()
    }
}
