//! Durations as people write them.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};
use serde::de::{Deserialize, Deserializer, Error};

/// `2d 4h 30m`, where a day has 24 hours.
///
/// # Errors
///
/// When it is none, is negative, or has units that are not always equally long.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let span = Span::deserialize(deserializer)?;
    let wait = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(D::Error::custom)?;
    Duration::try_from(wait).map_err(D::Error::custom)
}
