//! Leaves alone for a while what keeps failing.
//!
//! The crates `failsafe` 1.3 and `recloser` 1.4 were weighed. While half-open they let every attempt through, not one
//! probe. They read the system's clock, which paused time does not move, and have no outcome for an attempt that was
//! cancelled.

use super::duration::{DisplayDuration, saturating_add};
use crate::sync::lock;
use std::{
    error::Error,
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::time::Instant;

/// A circuit breaker.
///
/// *Closed*, it lets every attempt through, until `failures` have failed in a row, in order of their ends. Then it is
/// *open*: attempts are refused at once, for the cooldown. After it the breaker is *half-open*: it lets one attempt
/// through, the probe, and refuses all others until the probe has ended. The probe's success closes the breaker, its
/// failure opens it again.
///
/// An attempt that began before the breaker last changed its state does not count any more. A late success does not
/// close the breaker, a late failure does not prolong its cooldown.
///
/// Clones share one breaker. It never waits: each call costs a short uncontended lock, and no timer.
///
/// ```
/// use std::time::Duration;
/// use workflow_runtime::policy::{Breaker, BreakerState};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// let breaker = Breaker::new(2, Duration::from_secs(30));
/// breaker.try_acquire().unwrap().fail();
/// breaker.try_acquire().unwrap().fail();
///
/// let refused = breaker.try_acquire().unwrap_err();
/// assert_eq!(refused.to_string(), "circuit breaker is open for another 30s");
///
/// tokio::time::sleep_until(refused.until()).await;
/// breaker.try_acquire().unwrap().succeed();
/// assert_eq!(breaker.state(), BreakerState::Closed);
/// # }
/// ```
#[derive(Clone)]
pub struct Breaker {
    shared: Arc<BreakerInner>,
}

struct BreakerInner {
    failures: u32,
    cooldown: Duration,
    now: Mutex<BreakerNow>,
}

/// The present state of the breaker.
struct BreakerNow {
    stands: Stands,
    /// Number of changes; permits of an earlier number do not count any more.
    changes: u64,
}

#[derive(Clone, Copy)]
enum Stands {
    Closed { failed: u32 },
    Open { until: Instant },
    Probed { since: Instant },
}

/// The state of a [`Breaker`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BreakerState {
    /// The breaker lets every attempt through.
    Closed,
    /// The breaker refuses every attempt.
    Open,
    /// The cooldown is over: the breaker lets one attempt through, or waits for its end.
    HalfOpen,
}

impl Breaker {
    /// Creates a breaker that opens after `failures` failed attempts in a row, and refuses all attempts for the
    /// cooldown.
    ///
    /// # Panics
    ///
    /// If `failures` is zero: it could never close.
    #[must_use]
    pub fn new(failures: u32, cooldown: Duration) -> Self {
        assert!(failures >= 1, "a breaker opens after at least one failure");
        let now = BreakerNow { stands: Stands::Closed { failed: 0 }, changes: 0 };
        Self { shared: Arc::new(BreakerInner { failures, cooldown, now: Mutex::new(now) }) }
    }

    /// Requests to make one attempt. The permit must be given its outcome.
    ///
    /// # Errors
    ///
    /// [`BreakerOpen`], at once, while the breaker is open or its probe is running.
    pub fn try_acquire(&self) -> Result<Permit, BreakerOpen> {
        let mut now = self.shared.lock();
        match now.stands {
            Stands::Closed { .. } => {}
            Stands::Open { until } => {
                let remaining = until.saturating_duration_since(Instant::now());
                if !remaining.is_zero() {
                    return Err(BreakerOpen { until, remaining });
                }
                now.change(Stands::Probed { since: until });
            }
            Stands::Probed { since } => return Err(BreakerOpen { until: since, remaining: Duration::ZERO }),
        }
        Ok(Permit { shared: Arc::clone(&self.shared), changes: now.changes })
    }

    /// Returns the present state of the breaker.
    #[must_use]
    pub fn state(&self) -> BreakerState {
        match self.shared.lock().stands {
            Stands::Closed { .. } => BreakerState::Closed,
            Stands::Open { until } if Instant::now() < until => BreakerState::Open,
            Stands::Open { .. } | Stands::Probed { .. } => BreakerState::HalfOpen,
        }
    }
}

impl BreakerInner {
    fn lock(&self) -> MutexGuard<'_, BreakerNow> {
        lock(&self.now)
    }
}

impl BreakerNow {
    fn change(&mut self, stands: Stands) {
        self.stands = stands;
        self.changes += 1;
    }
}

impl fmt::Debug for Breaker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Breaker")
            .field("failures", &self.shared.failures)
            .field("cooldown", &self.shared.cooldown)
            .field("state", &self.state())
            .finish()
    }
}

/// One attempt that a [`Breaker`] let through.
///
/// Dropped untold, it is neither a success nor a failure, as for an attempt that was cancelled or panicked; if it was
/// the probe, the next attempt is.
#[derive(Debug)]
#[must_use = "dropped untold, it counts neither as a success nor as a failure"]
pub struct Permit {
    shared: Arc<BreakerInner>,
    changes: u64,
}

impl Permit {
    /// Records that the attempt succeeded.
    pub fn succeed(self) {
        let mut now = self.shared.lock();
        if now.changes == self.changes {
            match &mut now.stands {
                Stands::Closed { failed } => *failed = 0,
                Stands::Probed { .. } => now.change(Stands::Closed { failed: 0 }),
                Stands::Open { .. } => {}
            }
        }
    }

    /// Records that the attempt failed.
    pub fn fail(self) {
        let mut now = self.shared.lock();
        if now.changes == self.changes {
            let opens = match &mut now.stands {
                Stands::Closed { failed } => {
                    *failed += 1;
                    *failed >= self.shared.failures
                }
                Stands::Probed { .. } => true,
                Stands::Open { .. } => false,
            };
            if opens {
                now.change(Stands::Open { until: saturating_add(Instant::now(), self.shared.cooldown) });
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut now = self.shared.lock();
        // A probe with an outcome has changed the breaker.
        if now.changes == self.changes
            && let Stands::Probed { since } = now.stands
        {
            now.change(Stands::Open { until: since });
        }
    }
}

impl fmt::Debug for BreakerInner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Shared")
            .field("failures", &self.failures)
            .field("cooldown", &self.cooldown)
            .finish_non_exhaustive()
    }
}

/// A [`Breaker`] refused an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BreakerOpen {
    until: Instant,
    remaining: Duration,
}

impl BreakerOpen {
    /// Returns the end of the cooldown. It lies in the past if the probe is running, whose end is unknown.
    #[must_use]
    pub fn until(&self) -> Instant {
        self.until
    }

    /// Returns the time until the end of the cooldown, as it was when the attempt was refused.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.remaining
    }
}

impl fmt::Display for BreakerOpen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.remaining.is_zero() {
            formatter.write_str("circuit breaker is open until the attempt that probes it has ended")
        } else {
            write!(formatter, "circuit breaker is open for another {}", DisplayDuration(self.remaining))
        }
    }
}

impl Error for BreakerOpen {}
