//! Errors of an engine, and how an instance ends.

use crate::{
    failure::{Failure, FailureKind},
    signal::error::SignalError,
};
use std::{error::Error, fmt};
use workflow_store::StoreError;

/// The error of an engine. It names the instance.
///
/// `{}` prints one line without the source, as Rust's errors do. `{:#}` prints the whole chain, then what could not be
/// undone.
#[derive(Debug)]
#[non_exhaustive]
pub enum EngineError {
    /// The store could not do its part.
    Store(StoreError),
    /// No instance has this id.
    NotFound {
        /// The requested id.
        id: String,
    },
    /// An instance with this id was started with another input, or of another workflow.
    Conflict {
        /// The requested id.
        id: String,
        /// The part that differs: the input or the workflow.
        what: &'static str,
    },
    /// The engine was not given this workflow.
    UnknownWorkflow {
        /// Id of the instance; empty if there is none.
        id: String,
        /// The workflow's name.
        workflow: String,
    },
    /// A value of the instance can't be encoded or decoded.
    Codec {
        /// Id of the instance.
        id: String,
        /// The value, and the reason.
        why: String,
    },
    /// The instance has failed.
    Failed {
        /// Id of the instance.
        id: String,
        /// Failure of the instance.
        failure: Failure,
    },
    /// The instance waits for a person.
    Parked {
        /// Id of the instance.
        id: String,
        /// Why.
        reason: String,
    },
    /// The instance has ended: there is no state of it any more, and nothing left to cancel or to take back.
    Ended {
        /// Id of the instance.
        id: String,
        /// End of the instance.
        how: End,
    },
    /// The instance is on its way to its end: what it did is being undone.
    Undoing {
        /// Id of the instance.
        id: String,
    },
    /// The signal was not taken.
    Signal {
        /// Id of the instance.
        id: String,
        /// Why.
        error: SignalError,
    },
    /// The engine was shut down.
    ShutDown,
}

/// The end of an instance.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum End {
    /// The instance has an output, which [`InstanceHandle::result`](super::InstanceHandle::result) returns.
    Completed,
    /// The instance failed with this failure.
    Failed(Failure),
    /// The instance was cancelled. The failure, of the kind [`Cancelled`](FailureKind::Cancelled), says what could not
    /// be undone.
    Cancelled(Failure),
}

impl End {
    pub(crate) fn of(failure: Failure) -> Self {
        if failure.kind() == FailureKind::Cancelled { Self::Cancelled(failure) } else { Self::Failed(failure) }
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => write!(formatter, "the store failed: {error}"),
            Self::NotFound { id } => write!(formatter, "instance '{id}' does not exist"),
            Self::Conflict { id, what } => {
                write!(formatter, "instance '{id}' already exists, with another {what}")
            }
            Self::UnknownWorkflow { id, workflow } if id.is_empty() => {
                write!(formatter, "workflow '{workflow}' is not registered with the engine")
            }
            Self::UnknownWorkflow { id, workflow } => {
                write!(formatter, "instance '{id}': its workflow '{workflow}' is not registered with the engine")
            }
            Self::Codec { id, why } => write!(formatter, "instance '{id}': {why}"),
            Self::Failed { id, failure } => write!(formatter, "instance '{id}' failed: {failure}"),
            Self::Parked { id, reason } => write!(formatter, "instance '{id}' is parked: {reason}"),
            Self::Ended { id, how: End::Completed } => write!(formatter, "instance '{id}' has completed"),
            Self::Ended { id, how: End::Failed(failure) } => write!(formatter, "instance '{id}' has failed: {failure}"),
            Self::Ended { id, how: End::Cancelled(_) } => write!(formatter, "instance '{id}' was cancelled"),
            Self::Undoing { id } => write!(formatter, "instance '{id}' is being undone"),
            Self::Signal { id, error } => write!(formatter, "instance '{id}': {error}"),
            Self::ShutDown => formatter.write_str("the engine was shut down"),
        }?;
        if formatter.alternate() {
            let mut next = self.source();
            while let Some(error) = next {
                write!(formatter, ": {error}")?;
                next = error.source();
            }
            for left in self.failure().map(Failure::left_undone).unwrap_or_default() {
                write!(formatter, "; {left}")?;
            }
        }
        Ok(())
    }
}

impl EngineError {
    /// Returns the failure of the instance, if it failed or was cancelled.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed { failure, .. } | Self::Ended { how: End::Failed(failure) | End::Cancelled(failure), .. } => {
                Some(failure)
            }
            _ => None,
        }
    }
}

/// The text holds that of the store's error and of the failure, so the source is what these come of.
impl Error for EngineError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Store(error) => error.source(),
            _ => self.failure()?.source(),
        }
    }
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Returns the reason why an instance is parked, from its stored outcome.
pub(crate) fn parked_reason(bytes: &[u8]) -> String {
    serde_json::from_slice(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned())
}
