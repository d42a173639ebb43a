//! Points in time, as stores keep them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A point in time, in whole milliseconds since 1970 (UTC).
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use workflow_store::Timestamp;
///
/// let start = Timestamp::from_millis(1_000);
/// let due = start.after(Duration::from_micros(1_500)); // Rounded up: never too early.
/// assert_eq!(due.as_millis(), 1_002);
/// assert_eq!(due.since(start), Duration::from_millis(2));
/// assert_eq!(start.since(due), Duration::ZERO);
/// assert_eq!(Timestamp::from(SystemTime::from(due)), due);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The last representable timestamp. Stores keep timestamps as signed numbers of 64 bits.
    const LAST: u64 = i64::MAX.cast_unsigned();

    /// Returns the point in time `millis` milliseconds after the beginning of 1970. Later ones than
    /// the last representable timestamp, which is 292 million years away, become that.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(if millis > Self::LAST { Self::LAST } else { millis })
    }

    /// Returns the milliseconds since the beginning of 1970.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Returns the point in time that is `time` later, rounded up to whole milliseconds. The result
    /// is never past the last representable timestamp.
    #[must_use]
    pub fn after(self, time: Duration) -> Self {
        let millis = time.as_nanos().div_ceil(1_000_000);
        Self::from_millis(self.0.saturating_add(u64::try_from(millis).unwrap_or(u64::MAX)))
    }

    /// Returns the time from `earlier` to this point. The result is zero if `earlier` is later than
    /// this point.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl From<SystemTime> for Timestamp {
    /// Rounds down to whole milliseconds. A time before 1970 becomes the beginning of 1970.
    fn from(time: SystemTime) -> Self {
        let millis = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        Self::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        UNIX_EPOCH + Duration::from_millis(time.0)
    }
}
