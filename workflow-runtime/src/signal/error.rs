//! The reason for which a signal was not taken.

use std::fmt;

/// Why a signal was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignalError {
    /// Nothing can take it any more: the run has ended, or whatever waited for it.
    Closed,
    /// Its `#[accept]` does not hold; the wait goes on.
    Refused,
    /// Its `#[accept]` panicked; the wait goes on.
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
