//! A limit for one attempt.

use super::{
    duration::{DisplayDuration, saturating_add},
    limit::Limited,
};
use pin_project_lite::pin_project;
use std::{
    error::Error,
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::Instant;

/// An attempt took longer than its `#[timeout]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimedOut {
    /// Time that was allowed.
    pub after: Duration,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "timed out after {}", DisplayDuration(self.after))
    }
}

impl Error for TimedOut {}

/// Gives a future that long, counted from this call.
///
/// Works as [`tokio::time::timeout`], with an error that says how long. A future that ends in the very poll in which
/// its time is up has ended. A future that never yields is not interrupted.
///
/// # Errors
///
/// [`TimedOut`], at the instant at which the time is up. The future is dropped with what is returned here.
///
/// # Panics
///
/// Outside a tokio runtime whose time is enabled.
///
/// # Cancel safety
/// Dropping the future drops `future`.
///
/// ```
/// use std::{future::pending, time::Duration};
/// use workflow_runtime::policy::{TimedOut, timeout};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// let after = Duration::from_secs(2);
/// assert_eq!(timeout(after, async { 1 }).await, Ok(1));
/// assert_eq!(timeout(after, pending::<u32>()).await, Err(TimedOut { after }));
/// assert_eq!(TimedOut { after }.to_string(), "timed out after 2s");
/// # }
/// ```
pub fn timeout<F: IntoFuture>(after: Duration, future: F) -> Timeout<F::IntoFuture> {
    Timeout { inner: Limited::new(Some((saturating_add(Instant::now(), after), TimedOut { after })), future) }
}

pin_project! {
    /// The future that [`timeout`] returns.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Timeout<F> {
        #[pin]
        inner: Limited<F, TimedOut>,
    }
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, TimedOut>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().inner.poll(context)
    }
}
