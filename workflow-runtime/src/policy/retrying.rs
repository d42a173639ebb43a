//! Attempt after attempt, with the waits between them.

use super::{
    attempts::{Attempts, Fault, Further},
    budget::UNITS,
    deadline::{Deadline, DeadlinePassed},
    limit::Limited,
    retry::{Next, Retries},
};
use std::{error::Error, fmt, future::Future};
use tokio::{
    task::{coop::consume_budget, yield_now},
    time::sleep_until,
};

/// Tries until an attempt succeeds, the rules are spent, or the deadline passes.
///
/// `attempt` is called with the number of the attempt, the first being 1; one attempt has ended before the next is
/// begun. A wait of nothing is no wait at all; it gives way to other tasks only where tokio's budget asks for it.
///
/// The deadline is that of all attempts and waits together. A running attempt is dropped at its instant, and no attempt
/// begins once it has passed. Nor does an attempt begin whose wait would not end before the deadline; the error comes
/// no sooner than the deadline does.
///
/// A panic of an attempt passes through: it is not tried again.
///
/// # Errors
///
/// [`GivenUp`], with the last attempt's error.
///
/// # Panics
///
/// Where there is a wait or a deadline, outside a tokio runtime whose time is enabled.
///
/// # Cancel safety
/// Dropping the future drops the running attempt, and no further one begins. The count of attempts is lost: a second
/// call begins with the first attempt.
///
/// ```
/// use std::time::Duration;
/// use tokio::time::Instant;
/// use workflow_runtime::policy::{Deadline, GivenUp, Retries, Retry, Rule, Wait, retrying};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// let began = Instant::now();
/// let retries = Retries::new([Rule::always(Retry::new(5).with_wait(Wait::Fixed(Duration::from_secs(4))))]);
///
/// let third = retrying(retries.clone(), None, async |attempt| if attempt < 3 { Err("no") } else { Ok(attempt) });
/// assert_eq!(third.await, Ok(3));
/// assert_eq!(began.elapsed(), Duration::from_secs(8));
///
/// let deadline = Deadline::after(Duration::from_secs(10));
/// let late = retrying(retries, Some(deadline), async |_| Err::<(), _>("no")).await;
/// assert_eq!(late, Err(GivenUp::Deadline { attempts: 3, passed: deadline.error(), last: Some("no") }));
/// assert_eq!(began.elapsed(), Duration::from_secs(18));
/// # }
/// ```
pub async fn retrying<T, E, F, const N: usize>(
    retries: Retries<E, N>,
    deadline: Option<Deadline>,
    attempt: impl FnMut(u32) -> F,
) -> Result<T, GivenUp<E>>
where
    F: Future<Output = Result<T, E>>,
{
    retrying_with(retries, deadline, attempt, |_, _, _| {}).await
}

/// Calls an operation as [`retrying`] does, and reports each failed attempt: its number, its error, and the decision of
/// the rules.
///
/// The report comes at once, before the wait. The deadline may cut what follows short.
///
/// # Errors
///
/// As [`retrying`].
///
/// # Panics
///
/// As [`retrying`].
///
/// # Cancel safety
/// As [`retrying`].
pub async fn retrying_with<T, E, F, const N: usize>(
    retries: Retries<E, N>,
    deadline: Option<Deadline>,
    mut attempt: impl FnMut(u32) -> F,
    mut failed: impl FnMut(u32, &E, Next),
) -> Result<T, GivenUp<E>>
where
    F: Future<Output = Result<T, E>>,
{
    let begin = |attempts, last: &mut Option<E>| match deadline {
        // Attempts that never yield are not cut by it: without this they could go on long after it.
        Some(deadline) if deadline.has_passed() => {
            Err(GivenUp::Deadline { attempts: attempts - 1, passed: deadline.error(), last: last.take() })
        }
        _ => Ok(Limited::new(deadline.map(|deadline| (deadline.at(), deadline.error())), attempt(attempts))),
    };
    let judge = |attempts, ended: Result<Result<T, E>, DeadlinePassed>, last| match ended {
        Ok(ended) => ended.map_err(Fault::Failed),
        Err(passed) => Err(Fault::Over(GivenUp::Deadline { attempts, passed, last })),
    };
    let told = |attempts, error: E, further: Option<Further>| {
        failed(attempts, &error, further.map_or(Next::Spent, |further| Next::After(further.wait)));
        match further {
            Some(further) => Ok((error, further)),
            None => Err(GivenUp::Spent { attempts, error }),
        }
    };
    let pause = |attempts: u32, last, _: &Retries<E, N>, Further { wait, until, cut_by }: Further| async move {
        if let Some(deadline) = cut_by {
            sleep_until(deadline.at()).await;
            return Err(GivenUp::Deadline { attempts, passed: deadline.error(), last: Some(last) });
        }
        if !wait.is_zero() {
            sleep_until(until).await;
            return Ok(last);
        }
        consume_budget().await;
        // Where there is no budget, other tasks get their turn all the same.
        if attempts.is_multiple_of(UNITS) {
            yield_now().await;
        }
        Ok(last)
    };
    let attempts = Attempts { number: 1, rules: retries, deadline };
    attempts.run(begin, judge, told, pause).await.map(|(value, _)| value)
}

/// The reason why there was no further attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenUp<E> {
    /// The rules allow none.
    Spent {
        /// Number of attempts.
        attempts: u32,
        /// The error of the last one.
        error: E,
    },
    /// The deadline passed.
    Deadline {
        /// Number of begun attempts.
        attempts: u32,
        /// Deadline that has passed.
        passed: DeadlinePassed,
        /// The error of the last one that ended.
        last: Option<E>,
    },
}

impl<E> GivenUp<E> {
    /// Returns the number of attempts that were begun.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        match self {
            Self::Spent { attempts, .. } | Self::Deadline { attempts, .. } => *attempts,
        }
    }

    /// Returns the error of the last attempt that ended.
    #[must_use]
    pub fn into_last(self) -> Option<E> {
        match self {
            Self::Spent { error, .. } => Some(error),
            Self::Deadline { last, .. } => last,
        }
    }
}

impl<E> fmt::Display for GivenUp<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attempts = self.attempts();
        let plural = if attempts == 1 { "" } else { "s" };
        match self {
            Self::Spent { .. } => write!(formatter, "failed after {attempts} attempt{plural}"),
            Self::Deadline { passed, .. } => write!(formatter, "{passed} after {attempts} attempt{plural}"),
        }
    }
}

/// Its source is the last attempt's error.
impl<E: Error + 'static> Error for GivenUp<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Spent { error, .. } => Some(error),
            Self::Deadline { last, .. } => last.as_ref().map(|last| last as _),
        }
    }
}
