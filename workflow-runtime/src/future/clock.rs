//! The clock that timers follow, read anew each time: where the system's clock is set right while a process runs, its
//! timers are right too.

#[cfg(feature = "durable")]
use std::sync::Arc;
use std::{
    fmt,
    time::{Duration, SystemTime},
};
use tokio::time::Instant;

/// Time after which a wait looks again at a clock that may jump, at most.
const LOOK: Duration = Duration::from_mins(1);

/// A clock that timers follow.
#[derive(Clone)]
pub(crate) struct Clock {
    /// The system's clock and tokio's, read together.
    system: SystemTime,
    tokio: Instant,
    source: Source,
}

#[derive(Clone)]
enum Source {
    /// The system's; under paused time tokio's, from the moment on when the clock was made.
    System,
    /// Tokio's, from a given moment on.
    #[cfg(feature = "durable")]
    Tokio,
    #[cfg(feature = "durable")]
    Custom(Arc<dyn Fn() -> SystemTime + Send + Sync>),
}

impl Clock {
    /// Returns the system's clock, which follows tokio's where time is paused.
    pub(crate) fn system() -> Self {
        Self { system: SystemTime::now(), tokio: Instant::now(), source: Source::System }
    }

    /// Returns a clock that shows `system` now, and follows tokio's from there.
    #[cfg(feature = "durable")]
    pub(crate) fn starting_at(system: SystemTime) -> Self {
        Self { system, tokio: Instant::now(), source: Source::Tokio }
    }

    /// Returns a clock that asks.
    #[cfg(feature = "durable")]
    pub(crate) fn custom(now: Arc<dyn Fn() -> SystemTime + Send + Sync>) -> Self {
        Self { system: now(), tokio: Instant::now(), source: Source::Custom(now) }
    }

    pub(crate) fn now(&self) -> SystemTime {
        match &self.source {
            Source::System if is_real() => SystemTime::now(),
            #[cfg(feature = "durable")]
            Source::Custom(now) => now(),
            _ => self.system.checked_add(self.tokio.elapsed()).unwrap_or(self.system),
        }
    }

    /// Whether the clock may jump. Tokio's clock only goes on.
    fn may_jump(&self) -> bool {
        match &self.source {
            Source::System => is_real(),
            #[cfg(feature = "durable")]
            Source::Tokio => false,
            #[cfg(feature = "durable")]
            Source::Custom(_) => true,
        }
    }

    /// Returns how long to wait until `at`, or until the next look at the clock; zero once it is time.
    pub(crate) fn wait(&self, at: SystemTime) -> Duration {
        let left = at.duration_since(self.now()).unwrap_or_default();
        if left > LOOK && self.may_jump() { LOOK } else { left }
    }

    /// Waits until `at`, whatever becomes of the clock meanwhile.
    pub(crate) async fn until(&self, at: SystemTime) {
        loop {
            let wait = self.wait(at);
            if wait.is_zero() {
                return;
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Returns when `at` comes by tokio's clock, as far as is known now.
    #[cfg(feature = "durable")]
    pub(crate) fn instant(&self, at: SystemTime) -> Instant {
        crate::policy::duration::saturating_add(Instant::now(), at.duration_since(self.now()).unwrap_or_default())
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Clock").field("now", &self.now()).finish_non_exhaustive()
    }
}

/// Whether tokio's clock is the real one. Where it is paused, it does not lie between two looks at that.
fn is_real() -> bool {
    let before = std::time::Instant::now();
    let now = Instant::now().into_std();
    before <= now && now <= std::time::Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn follows_tokio_s_where_that_is_paused() {
        let clock = Clock::system();
        let before = clock.now();
        tokio::time::sleep(Duration::from_hours(24)).await;
        assert_eq!(clock.now().duration_since(before).unwrap(), Duration::from_hours(24));
        clock.until(before + Duration::from_hours(72)).await;
        assert_eq!(clock.now().duration_since(before).unwrap(), Duration::from_hours(72));
    }

    #[tokio::test]
    async fn is_the_system_s_otherwise() {
        let clock = Clock { system: SystemTime::UNIX_EPOCH, ..Clock::system() };
        let before = SystemTime::now();
        assert!(clock.now() >= before, "not what it was when it was made");
        assert_eq!(clock.wait(before + Duration::from_hours(24)), LOOK);
    }
}
