//! The codec's error.

use std::fmt;

/// The reason why a value can't be written or read.
#[derive(Debug)]
pub(crate) struct CodecError(String);

impl CodecError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// Returns the error for a value that is nested too deep.
    pub(super) fn too_deep() -> Self {
        Self(format!("the value is nested deeper than {} levels", super::tag::DEEPEST))
    }

    /// Adds the place in the payload.
    pub(super) fn at(self, place: usize) -> Self {
        Self(format!("{} at byte {place}", self.0))
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for CodecError {}

impl serde::ser::Error for CodecError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

impl serde::de::Error for CodecError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}
