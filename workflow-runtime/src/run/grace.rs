//! The time that a stage with an undo still has once its scope is thrown away.

use std::time::Duration;

/// What a stage may still do once its scope is thrown away.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Grace {
    /// It only waits, for a moment, a permit, its next attempt: nothing is lost if it is cut.
    None,
    /// It has no timeout of its own: thirty seconds.
    Fixed,
    /// It ends by its own timeout.
    OwnTimeout,
}

impl Grace {
    /// For how long somebody else has to look after it.
    pub(crate) fn limit(self) -> Option<Duration> {
        (self != Self::OwnTimeout).then_some(GRACE)
    }
}

/// How long what has no timeout may still run once its scope is thrown away.
const GRACE: Duration = Duration::from_secs(30);
