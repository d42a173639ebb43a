//! Durations as people read them: what was written, to the nanosecond; what was measured, in three digits.

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

/// Formats a time with three digits and the unit that fits: `1.25 s`, `340 ms`, `12 µs`; from a minute on, `2 min 5 s`.
pub(crate) fn short(time: Duration) -> String {
    let nanoseconds = time.as_nanos();
    match nanoseconds {
        0 => "0 ms".to_owned(),
        1..1_000 => format!("{nanoseconds} ns"),
        1_000..1_000_000 => digits(time.as_secs_f64() * 1e6, "µs"),
        1_000_000..1_000_000_000 => digits(time.as_secs_f64() * 1e3, "ms"),
        1_000_000_000..60_000_000_000 => digits(time.as_secs_f64(), "s"),
        _ => {
            let seconds = time.as_secs();
            let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
            let mut parts = Vec::new();
            for (count, unit) in [(hours, "h"), (minutes, "min"), (seconds, "s")] {
                if count > 0 {
                    parts.push(format!("{count} {unit}"));
                }
            }
            parts.join(" ")
        }
    }
}

fn digits(number: f64, unit: &str) -> String {
    let text = match number {
        ..10.0 => format!("{number:.2}"),
        ..100.0 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    };
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} {unit}")
}

/// Returns the instant `by` after `from`. A duration that no clock can represent counts as thirty years.
pub(crate) fn saturating_add(from: Instant, by: Duration) -> Instant {
    const THIRTY_YEARS: Duration = Duration::from_hours(30 * 365 * 24);
    from.checked_add(by).unwrap_or_else(|| from + THIRTY_YEARS)
}

#[cfg(test)]
mod tests {
    use super::{DisplayDuration, short};
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

    #[test]
    fn three_digits() {
        let cases = [
            (0, "0 ms"),
            (12, "12 ns"),
            (1_500, "1.5 µs"),
            (10_000_000, "10 ms"),
            (1_234_567_890, "1.23 s"),
            (340_000_000, "340 ms"),
            (125_000_000_000, "2 min 5 s"),
            (3_600_000_000_000, "1 h"),
        ];
        for (nanoseconds, text) in cases {
            assert_eq!(short(Duration::from_nanos(nanoseconds)), text);
        }
    }
}
