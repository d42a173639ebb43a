//! Durations as people read them.

use std::time::Duration;

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

#[cfg(test)]
mod tests {
    use super::short;
    use std::time::Duration;

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
