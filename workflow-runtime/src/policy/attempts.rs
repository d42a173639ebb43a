//! The loop of attempts, which [`retrying`](super::retrying) and the stages of a workflow share.

use super::{
    deadline::Deadline,
    duration::saturating_add,
    retry::{Next, Retries},
};
use std::{future::Future, time::Duration};
use tokio::time::Instant;

/// Attempts of one thing, and what bounds them.
pub(crate) struct Attempts<R> {
    /// The number of the next attempt.
    pub(crate) number: u32,
    pub(crate) rules: R,
    /// The deadline of all attempts and waits together.
    pub(crate) deadline: Option<Deadline>,
}

/// The rules that say what follows a failed attempt.
pub(crate) trait Rules<E> {
    /// Counts an attempt that failed with that error.
    fn next(&mut self, error: &E) -> Next;
}

impl<E, const N: usize> Rules<E> for Retries<E, N> {
    fn next(&mut self, error: &E) -> Next {
        Self::next(self, error)
    }
}

/// The end of an attempt that gave no value.
pub(crate) enum Fault<E, X> {
    /// An error, about which the rules are asked.
    Failed(E),
    /// The end of all attempts.
    Over(X),
}

/// A further attempt that the rules allow.
#[derive(Clone, Copy)]
pub(crate) struct Further {
    /// The wait before it.
    pub(crate) wait: Duration,
    /// The end of the wait.
    pub(crate) until: Instant,
    /// The deadline, where the wait does not end before it: the attempt is never begun then.
    pub(crate) cut_by: Option<Deadline>,
}

impl Further {
    fn after(wait: Duration, deadline: Option<Deadline>) -> Self {
        let until = saturating_add(Instant::now(), wait);
        Self { wait, until, cut_by: deadline.filter(|deadline| until >= deadline.at()) }
    }
}

impl<R> Attempts<R> {
    /// Makes one attempt after the other, and returns the value of the last one with its number.
    ///
    /// `begin` makes the future of an attempt, and `judge` says how that future has ended. `failed` receives each error that
    /// the rules were asked about; it ends all attempts where the rules allow no further one. `pause` waits for a further
    /// attempt, or for the deadline that cuts the wait. The value that `failed` returns goes through `pause` to the next
    /// attempt.
    pub(crate) async fn run<T, E, L, X, A, W>(
        self,
        mut begin: impl FnMut(u32, &mut Option<L>) -> Result<A, X>,
        mut judge: impl FnMut(u32, A::Output, Option<L>) -> Result<T, Fault<E, X>>,
        mut failed: impl FnMut(u32, E, Option<Further>) -> Result<(L, Further), X>,
        mut pause: impl FnMut(u32, L, &R, Further) -> W,
    ) -> Result<(T, u32), X>
    where
        R: Rules<E>,
        A: Future,
        W: Future<Output = Result<L, X>>,
    {
        let Self { mut number, mut rules, deadline } = self;
        let mut last = None;
        loop {
            let ended = begin(number, &mut last)?.await;
            let error = match judge(number, ended, last.take()) {
                Ok(value) => return Ok((value, number)),
                Err(Fault::Failed(error)) => error,
                Err(Fault::Over(end)) => return Err(end),
            };
            let further = match rules.next(&error) {
                Next::After(wait) => Some(Further::after(wait, deadline)),
                Next::Spent => None,
            };
            let (left, further) = failed(number, error, further)?;
            last = Some(pause(number, left, &rules, further).await?);
            number = number.saturating_add(1);
        }
    }
}
