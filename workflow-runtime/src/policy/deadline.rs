//! A limit for all attempts and waits together.

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

/// The instant at which something has to have ended.
///
/// ```
/// use std::{future::pending, time::Duration};
/// use workflow_runtime::policy::{Deadline, DeadlinePassed};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// let deadline = Deadline::after(Duration::from_secs(3));
/// tokio::time::sleep(Duration::from_secs(1)).await;
/// assert_eq!(deadline.remaining(), Duration::from_secs(2));
///
/// let passed = deadline.within(pending::<()>()).await.unwrap_err();
/// assert_eq!(passed, DeadlinePassed { after: Duration::from_secs(3) });
/// assert_eq!(passed.to_string(), "deadline of 3s passed");
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Deadline {
    at: Instant,
    after: Duration,
}

impl Deadline {
    /// Creates a deadline `after` the present instant. A duration that no clock can represent counts as thirty years.
    #[must_use]
    pub fn after(after: Duration) -> Self {
        Self::since(Instant::now(), after)
    }

    /// Creates a deadline `after` the instant `started`, which may lie in the past.
    #[must_use]
    pub fn since(started: Instant, after: Duration) -> Self {
        Self { at: saturating_add(started, after), after }
    }

    /// Returns a deadline whose instant and length are recorded.
    #[cfg(feature = "durable")]
    pub(crate) fn recorded(at: Instant, after: Duration) -> Self {
        Self { at, after }
    }

    /// Returns the instant of the deadline.
    #[must_use]
    pub fn at(&self) -> Instant {
        self.at
    }

    /// Returns the time until the deadline; zero once it has passed.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// Whether it has passed; at its very instant it has.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.remaining().is_zero()
    }

    /// Returns the error of a passed deadline.
    #[must_use]
    pub fn error(&self) -> DeadlinePassed {
        DeadlinePassed { after: self.after }
    }

    /// Gives a future until then.
    ///
    /// A future that ends in the very poll in which the deadline passes has ended; one that never yields is not
    /// interrupted. It is polled once even where the deadline has passed before.
    ///
    /// # Errors
    ///
    /// [`DeadlinePassed`], at the deadline's instant. The future is dropped with what is returned here.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime whose time is enabled.
    ///
    /// # Cancel safety
    /// Dropping the future drops `future`.
    pub fn within<F: IntoFuture>(self, future: F) -> Within<F::IntoFuture> {
        Within { inner: Limited::new(Some((self.at, self.error())), future) }
    }
}

/// All attempts and waits together took longer than the `#[deadline]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeadlinePassed {
    /// Time that was allowed.
    pub after: Duration,
}

impl fmt::Display for DeadlinePassed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "deadline of {} passed", DisplayDuration(self.after))
    }
}

impl Error for DeadlinePassed {}

pin_project! {
    /// The future that [`Deadline::within`] returns.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Within<F> {
        #[pin]
        inner: Limited<F, DeadlinePassed>,
    }
}

impl<F: Future> Future for Within<F> {
    type Output = Result<F::Output, DeadlinePassed>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().inner.poll(context)
    }
}
