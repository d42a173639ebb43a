//! The time that a stage with an undo still has once its scope is rolled back.

use std::time::Duration;

/// The time that a running stage gets once its scope is rolled back.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum GracePeriod {
    /// The stage only waits for an instant, a permit, or its next attempt: nothing is lost if it is dropped.
    None,
    /// The stage has no timeout of its own, and gets thirty seconds.
    Fixed,
    /// The stage ends by its own timeout.
    OwnTimeout,
}

impl GracePeriod {
    /// Returns the time after which the scope drops the stage. `None`: the stage ends by its own timeout.
    pub(crate) fn limit(self) -> Option<Duration> {
        (self != Self::OwnTimeout).then_some(GRACE)
    }
}

/// The time that a stage without a timeout still has once its scope is rolled back.
const GRACE: Duration = Duration::from_secs(30);
