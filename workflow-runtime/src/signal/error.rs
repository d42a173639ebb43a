//! The reason for which a signal was not taken.

use std::fmt;

/// The reason why a signal was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignalError {
    /// The signal can't be taken any more: the run has ended, or each stage that waited for it.
    Closed,
    /// The condition of its `#[accept]` does not hold; the wait goes on.
    Refused,
    /// The condition of its `#[accept]` panicked; the wait goes on.
    Panicked,
}

impl fmt::Display for SignalError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Closed => "nothing can take the signal any more",
            Self::Refused => "the signal was refused: its condition does not hold",
            Self::Panicked => "the signal was not taken: its condition panicked",
        })
    }
}

impl std::error::Error for SignalError {}
