//! Retry rules: the number of further attempts, and the waits before them. Arithmetic only, no clock.
//!
//! No crate does this arithmetic as the language has it. `backon` 1.6 adds its jitter to the capped wait, which so
//! comes to twice the cap, and multiplies in `f32`. `tokio-retry2` 0.9 takes powers of a base in whole milliseconds, so
//! that it can't double from any first wait, and jitters from half to one and a half. `exponential-backoff` 2.1 jitters
//! before the cap and never below the first wait. `backoff`, no longer kept, randomises around the wait. And each is an
//! iterator, which can't compute the wait before the fifth attempt alone.

use std::{fmt, time::Duration};

/// One rule: how many further attempts there are, and what is waited before each.
///
/// ```
/// use std::time::Duration;
/// use workflow_runtime::policy::{Jitter, Retry, Wait};
///
/// const RULE: Retry = Retry::new(5)
///     .with_wait(Wait::Exponential { first: Duration::from_millis(200), last: Duration::from_secs(1) });
///
/// // Full jitter: anything from nothing to the wait, which doubles and then stays at the cap.
/// assert_eq!(RULE.wait(1, || 0.5), Duration::from_millis(100));
/// assert_eq!(RULE.wait(9, || 0.5), Duration::from_millis(500));
///
/// let exact = RULE.jitter(Jitter::None);
/// let waits: Vec<u128> = (1..=5).map(|further| exact.wait(further, || 0.5).as_millis()).collect();
/// assert_eq!(waits, [200, 400, 800, 1000, 1000]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Retry {
    further: u32,
    wait: Wait,
    jitter: Jitter,
}

/// The wait before a further attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wait {
    /// No wait: the next attempt follows at once.
    None,
    /// Exactly that long, without a jitter.
    Fixed(Duration),
    /// `first` before the first further attempt, twice as long before each that follows, never longer than `last`.
    Exponential {
        /// Wait before the first further attempt.
        first: Duration,
        /// The cap. It is applied before the jitter, and wins where `first` is longer.
        last: Duration,
    },
}

/// The random part of an exponential wait. Callers that failed together do not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Jitter {
    /// Anything from nothing to the capped wait, all alike.
    Full,
    /// Nothing.
    None,
}

impl Retry {
    /// Creates a rule of `further` attempts after the first, without waits. An exponential wait that is set later has a
    /// full jitter.
    ///
    /// # Panics
    ///
    /// If it is zero: that is no retry. In a constant this is a compile error.
    #[must_use]
    pub const fn new(further: u32) -> Self {
        assert!(further >= 1, "a retry allows at least one further attempt");
        Self { further, wait: Wait::None, jitter: Jitter::Full }
    }

    /// Sets the wait before each further attempt.
    #[must_use]
    pub const fn with_wait(self, wait: Wait) -> Self {
        Self { wait, ..self }
    }

    /// Sets the jitter, which matters to an exponential wait only.
    #[must_use]
    pub const fn jitter(self, jitter: Jitter) -> Self {
        Self { jitter, ..self }
    }

    /// Returns the number of attempts that the rule allows after the first.
    #[must_use]
    pub const fn max_retries(&self) -> u32 {
        self.further
    }

    /// Returns the longest wait before a further attempt, the first being 1: the wait without a jitter.
    ///
    /// Never panics and never wraps; 0 is taken for 1, and a count above [`max_retries`](Self::max_retries) is as
    /// good as any.
    #[must_use]
    pub const fn longest_wait(&self, further: u32) -> Duration {
        match self.wait {
            Wait::None => Duration::ZERO,
            Wait::Fixed(wait) => wait,
            Wait::Exponential { first, last } => doubled(first, further.saturating_sub(1), last),
        }
    }

    /// Returns the wait before a further attempt, the first being 1.
    ///
    /// `random` gives a number from 0 to 1, and is only asked where there is a jitter. Like
    /// [`longest_wait`](Self::longest_wait) it never panics, whatever `random` gives.
    #[must_use]
    pub fn wait(&self, further: u32, random: impl FnOnce() -> f64) -> Duration {
        let longest = self.longest_wait(further);
        match (self.wait, self.jitter) {
            (Wait::Exponential { .. }, Jitter::Full) if !longest.is_zero() => {
                let wait = Duration::try_from_secs_f64(longest.as_secs_f64() * random().clamp(0.0, 1.0));
                // A float may round up beyond the longest wait, and beyond what a duration holds.
                wait.map_or(longest, |wait| wait.min(longest))
            }
            _ => longest,
        }
    }

    /// Counts a failed attempt to which this rule applies, and returns what follows.
    pub(crate) fn next(&self, count: &mut u32, random: impl FnOnce() -> f64) -> Next {
        if *count >= self.further {
            return Next::Spent;
        }
        *count += 1;
        Next::After(self.wait(*count, random))
    }
}

/// Returns `first`, doubled `times` times, but at most `last`.
const fn doubled(first: Duration, times: u32, last: Duration) -> Duration {
    let (first, cap) = (first.as_nanos(), last.as_nanos());
    if first == 0 {
        return Duration::ZERO;
    }
    // Any duration fits into 95 bits: if the factor or the product overflow, the cap was passed long before.
    match 1_u128.checked_shl(times) {
        Some(factor) => match first.checked_mul(factor) {
            Some(wait) if wait < cap => Duration::from_nanos_u128(wait),
            _ => last,
        },
        None => last,
    }
}

/// One of several [`Retry`]s on a stage, and the errors for which it counts.
pub struct Rule<E: ?Sized> {
    retry: Retry,
    applies: fn(&E) -> bool,
}

impl<E: ?Sized> Rule<E> {
    /// Creates a rule that counts for all errors.
    #[must_use]
    pub const fn always(retry: Retry) -> Self {
        Self { retry, applies: |_| true }
    }

    /// Creates a rule that counts for the errors for which `applies` returns `true`.
    #[must_use]
    pub const fn when(retry: Retry, applies: fn(&E) -> bool) -> Self {
        Self { retry, applies }
    }
}

// Derived, these would ask the same of the error.
impl<E: ?Sized> Clone for Rule<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E: ?Sized> Copy for Rule<E> {}

impl<E: ?Sized> fmt::Debug for Rule<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Rule").field("retry", &self.retry).finish_non_exhaustive()
    }
}

/// The rules of one stage, and what is left of them.
///
/// The first rule that applies to an error counts, and each rule counts for itself. Once it is spent, its errors are
/// not tried again, though a later rule may apply to them too. An error to which none applies is not tried again
/// either.
///
/// ```
/// use std::{io, time::Duration};
/// use workflow_runtime::policy::{Next, Retries, Retry, Rule, Wait};
///
/// let second = Duration::from_secs(1);
/// let mut retries = Retries::new([
///     Rule::when(Retry::new(1), |error: &io::Error| error.kind() == io::ErrorKind::Interrupted),
///     Rule::always(Retry::new(2).with_wait(Wait::Fixed(second))),
/// ]);
/// let (interrupted, other) = (io::ErrorKind::Interrupted.into(), io::ErrorKind::Other.into());
///
/// assert_eq!(retries.next(&other), Next::After(second));
/// assert_eq!(retries.next(&interrupted), Next::After(Duration::ZERO));
/// assert_eq!(retries.next(&interrupted), Next::Spent);
/// assert_eq!(retries.next(&other), Next::After(second));
/// assert_eq!(retries.next(&other), Next::Spent);
/// ```
pub struct Retries<E: ?Sized, const N: usize> {
    rules: [Rule<E>; N],
    counts: [u32; N],
    random: Option<fastrand::Rng>,
}

/// The decision after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Next {
    /// A further attempt, after that long.
    After(Duration),
    /// No further attempt.
    Spent,
}

impl<E: ?Sized, const N: usize> Retries<E, N> {
    /// Creates the state of the rules before the first failure. The jitter comes from the thread's generator.
    #[must_use]
    pub const fn new(rules: [Rule<E>; N]) -> Self {
        Self { rules, counts: [0; N], random: None }
    }

    /// Sets a seed, so that the jitter is the same each time.
    #[must_use]
    pub fn seeded(self, seed: u64) -> Self {
        Self { random: Some(fastrand::Rng::with_seed(seed)), ..self }
    }

    /// Counts an attempt that failed with that error, and says what follows.
    pub fn next(&mut self, error: &E) -> Next {
        let Some(first) = self.rules.iter().position(|rule| (rule.applies)(error)) else { return Next::Spent };
        let random = &mut self.random;
        let random = || random.as_mut().map_or_else(fastrand::f64, fastrand::Rng::f64);
        self.rules[first].retry.next(&mut self.counts[first], random)
    }
}

impl<E: ?Sized, const N: usize> Clone for Retries<E, N> {
    fn clone(&self) -> Self {
        Self { rules: self.rules, counts: self.counts, random: self.random.clone() }
    }
}

impl<E: ?Sized, const N: usize> fmt::Debug for Retries<E, N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Retries")
            .field("rules", &self.rules)
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    fn exponential(first: Duration, last: Duration) -> Retry {
        Retry::new(9).with_wait(Wait::Exponential { first, last })
    }

    #[test]
    fn nothing_is_waited_unless_told() {
        assert_eq!(Retry::new(3).wait(1, || 1.0), Duration::ZERO);
        assert_eq!(Retry::new(3).wait(u32::MAX, || 1.0), Duration::ZERO);
    }

    #[test]
    fn fixed_is_exact_whatever_the_jitter() {
        for wait in [Duration::ZERO, MILLISECOND, Duration::MAX] {
            for jitter in [Jitter::Full, Jitter::None] {
                let rule = Retry::new(3).with_wait(Wait::Fixed(wait)).jitter(jitter);
                for further in [0, 1, 2, 77, u32::MAX] {
                    assert_eq!(rule.wait(further, || unreachable!("nothing to jitter")), wait);
                }
            }
        }
    }

    #[test]
    fn exponential_doubles_and_is_capped() {
        let rule = exponential(200 * MILLISECOND, 30_000 * MILLISECOND).jitter(Jitter::None);
        let waits: Vec<u128> = (1..=10).map(|further| rule.wait(further, || 0.0).as_millis()).collect();
        assert_eq!(waits, [200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
    }

    #[test]
    fn the_cap_comes_before_the_jitter() {
        let rule = exponential(200 * MILLISECOND, 30_000 * MILLISECOND);
        // Jittered first and capped then, the half of 51.2 s would be 25.6 s.
        assert_eq!(rule.wait(9, || 0.5), 15_000 * MILLISECOND);
        assert_eq!(rule.wait(40, || 0.25), 7_500 * MILLISECOND);
        assert_eq!(rule.wait(40, || 1.0), 30_000 * MILLISECOND);
        assert_eq!(rule.wait(40, || 0.0), Duration::ZERO);
    }

    #[test]
    fn a_cap_below_the_first_wait_wins() {
        assert_eq!(exponential(5 * MILLISECOND, MILLISECOND).longest_wait(1), MILLISECOND);
    }

    #[test]
    fn no_number_overflows() {
        let nanosecond = Duration::from_nanos(1);
        let durations = [Duration::ZERO, nanosecond, MILLISECOND, Duration::from_secs(u64::MAX), Duration::MAX];
        let randoms = [0.0, 0.5, 1.0, -1.0, 2.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        for first in durations {
            for last in durations {
                let rule = exponential(first, last);
                let mut before = Duration::ZERO;
                for further in (0..200).chain([1 << 31, u32::MAX - 1, u32::MAX]) {
                    let longest = rule.longest_wait(further);
                    assert!(longest >= before && longest <= last, "{first:?}..{last:?}, {further}: {longest:?}");
                    before = longest;
                    for random in randoms {
                        assert!(rule.wait(further, || random) <= longest);
                    }
                }
                assert_eq!(before, if first.is_zero() { Duration::ZERO } else { last });
            }
        }
        // The largest exact steps there are.
        assert_eq!(exponential(nanosecond, Duration::MAX).longest_wait(94), Duration::from_nanos_u128(1 << 93));
        assert_eq!(exponential(nanosecond, Duration::MAX).longest_wait(95), Duration::MAX);
    }

    #[test]
    fn full_jitter_is_uniform_within_its_bounds() {
        const SEEDS: u64 = 10_000;
        let longest = 1_000 * MILLISECOND;
        let rule = exponential(250 * MILLISECOND, longest);
        let mut tenths = [0_u32; 10];
        for seed in 0..SEEDS {
            let mut random = fastrand::Rng::with_seed(seed);
            let wait = rule.wait(7, || random.f64());
            assert!(wait <= longest);
            tenths[usize::try_from(wait.as_millis() / 100).unwrap().min(9)] += 1;
        }
        // Each is 1,000 ± 30 by chance; five times that is none.
        assert!(tenths.iter().all(|count| (850..1_150).contains(count)), "{tenths:?}");
    }

    #[test]
    fn a_seed_repeats_itself_and_only_itself() {
        let waits = |seed| {
            let rule =
                Rule::always(Retry::new(20).with_wait(Wait::Exponential { first: MILLISECOND, last: Duration::MAX }));
            let mut retries = Retries::new([rule]).seeded(seed);
            std::iter::from_fn(|| match retries.next(&()) {
                Next::After(wait) => Some(wait),
                Next::Spent => None,
            })
            .collect::<Vec<_>>()
        };
        assert_eq!(waits(1).len(), 20);
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2));
    }

    #[test]
    fn the_first_rule_that_applies_counts_and_each_counts_its_own() {
        let mut retries = Retries::new([
            Rule::when(Retry::new(2).with_wait(Wait::Fixed(MILLISECOND)), |error: &u32| *error < 10),
            Rule::when(Retry::new(1).with_wait(Wait::Fixed(2 * MILLISECOND)), |error: &u32| *error < 20),
        ]);
        assert_eq!(retries.next(&30), Next::Spent, "none applies, and none is used up");
        assert_eq!(retries.next(&5), Next::After(MILLISECOND));
        assert_eq!(retries.next(&15), Next::After(2 * MILLISECOND));
        assert_eq!(retries.next(&15), Next::Spent);
        assert_eq!(retries.next(&5), Next::After(MILLISECOND));
        assert_eq!(retries.next(&5), Next::Spent, "the second rule applies too, but the first one counts");
    }

    #[test]
    fn each_rule_doubles_by_its_own_count() {
        let rule = |first: u32| {
            let wait = Wait::Exponential { first: first * MILLISECOND, last: Duration::MAX };
            Retry::new(3).with_wait(wait).jitter(Jitter::None)
        };
        let mut retries = Retries::new([Rule::when(rule(10), |odd: &bool| *odd), Rule::always(rule(1_000))]);
        let waits = [true, false, true, false, true].map(|odd| retries.next(&odd));
        assert_eq!(waits, [10, 1_000, 20, 2_000, 40].map(|wait| Next::After(wait * MILLISECOND)));
    }

    #[test]
    fn no_rules_no_retry() {
        assert_eq!(Retries::<str, 0>::new([]).next("unsized errors are fine"), Next::Spent);
    }

    #[test]
    #[should_panic(expected = "at least one further attempt")]
    fn a_retry_of_zero_is_refused() {
        let _ = Retry::new(0);
    }
}
