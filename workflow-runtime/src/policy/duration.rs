//! Durations in messages.

use std::{fmt, time::Duration};
use tokio::time::Instant;

/// A duration as a workflow writes it, where that is short: `4d`, not `345600s`.
pub(crate) struct DisplayDuration(pub(crate) Duration);

impl fmt::Display for DisplayDuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(duration) = self;
        let seconds = duration.as_secs();
        let fits =
            |&(_, unit): &(&str, u64)| seconds > 0 && duration.subsec_nanos() == 0 && seconds.is_multiple_of(unit);
        match [("d", 24 * 60 * 60), ("h", 60 * 60), ("min", 60)].into_iter().find(fits) {
            Some((name, unit)) => write!(formatter, "{}{name}", seconds / unit),
            None => write!(formatter, "{duration:?}"),
        }
    }
}

/// Returns the instant `by` after `from`. A duration that no clock can represent counts as thirty years.
pub(crate) fn later(from: Instant, by: Duration) -> Instant {
    const THIRTY_YEARS: Duration = Duration::from_hours(30 * 365 * 24);
    from.checked_add(by).unwrap_or_else(|| from + THIRTY_YEARS)
}

#[cfg(test)]
mod tests {
    use super::DisplayDuration;
    use std::time::Duration;

    #[test]
    fn in_the_longest_unit_that_takes_a_whole_number() {
        let told = |milliseconds| DisplayDuration(Duration::from_millis(milliseconds)).to_string();
        assert_eq!(told(345_600_000), "4d");
        assert_eq!(told(36 * 3_600_000), "36h");
        assert_eq!(told(3_600_000), "1h");
        assert_eq!(told(5_400_000), "90min");
        assert_eq!(told(60_000), "1min");
        assert_eq!(told(90_000), "90s");
        assert_eq!(told(60_001), "60.001s");
        assert_eq!(told(1_500), "1.5s");
        assert_eq!(told(30), "30ms");
        assert_eq!(told(0), "0ns");
    }
}
