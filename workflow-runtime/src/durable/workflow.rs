//! The trait of `#[durable]` workflows.

use crate::{
    failure::BoxError,
    journal::{codec, payload::Payload},
    signal::{error::SignalError, queue::SignalQueue},
    workflow::Workflow,
};

/// A workflow that can run on a store: one with `#[durable]` over it. Only the macro implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't run on a store: it is not durable",
    label = "not a `#[durable]` workflow",
    note = "write `#[durable]` over the workflow"
)]
pub trait Durable: Workflow {
    /// `#[was]` on the workflow.
    #[doc(hidden)]
    const FORMER_NAME: Option<&'static str>;

    /// `#[was]` on stages and signals: each former name, and the one that it has now.
    #[doc(hidden)]
    const FORMER: &'static [(&'static str, &'static str)];

    /// A fingerprint of what the user has written.
    #[doc(hidden)]
    const BUILD: u64;

    /// Records that have had another name in earlier versions of this crate: the stage, then both names.
    #[doc(hidden)]
    const FORMER_SITES: &'static [(&'static str, &'static str, &'static str)];

    /// Expressions and patterns that name what was renamed: as they were written, as they are, and the names that
    /// differ.
    #[doc(hidden)]
    const FORMER_TEXTS: &'static [(&'static str, &'static str, &'static [&'static str])];

    /// For each stage the expression that had the stage's key before each expression had one of its own.
    #[doc(hidden)]
    const PLAIN: &'static [(&'static str, &'static str)];

    /// Input of an instance. Several inputs form a tuple.
    type Start: Send + 'static;

    #[doc(hidden)]
    fn inputs(start: Self::Start) -> Self::Input;

    #[doc(hidden)]
    type Payloads;

    #[doc(hidden)]
    fn payloads() -> Self::Payloads;

    #[doc(hidden)]
    fn encode_input(input: &Self::Input) -> Result<Vec<u8>, BoxError>;

    #[doc(hidden)]
    fn decode_input(bytes: &[u8]) -> Result<Self::Input, BoxError>;

    #[doc(hidden)]
    fn output() -> Payload<Self::Output>;

    #[doc(hidden)]
    fn accept(signal: &Self::Signal) -> Result<(), SignalError>;

    #[doc(hidden)]
    fn encode_signal(signal: &Self::Signal) -> Result<(&'static str, Vec<u8>), BoxError>;

    #[doc(hidden)]
    fn deliver_stored(signals: &Self::Signals, name: &str, payload: &[u8], number: i64) -> Delivered;
}

/// The fate of a stored signal.
pub enum Delivered {
    /// The signal waits in the queue.
    Waits,
    /// The signal can't be taken any more.
    Closed,
    /// The workflow has no signal of that name.
    Unknown,
    /// The value of the signal can't be read.
    Unreadable(BoxError),
}

/// Delivers a stored signal to the stages that wait for it.
pub fn deliver<T>(queue: &SignalQueue<T>, stored: Payload<T>, payload: &[u8], number: i64) -> Delivered {
    match stored.decode(payload) {
        Err(error) => Delivered::Unreadable(error),
        Ok(value) => match queue.deliver_stored(number, value) {
            Ok(()) => Delivered::Waits,
            Err(_) => Delivered::Closed,
        },
    }
}

/// Joins the payloads of several values into that of a sequence.
#[must_use]
pub fn join(parts: &[Vec<u8>]) -> Vec<u8> {
    codec::join(parts)
}

/// Splits such a sequence.
///
/// # Errors
/// The payload is none, or has another number of values.
pub fn split(bytes: &[u8], count: usize) -> Result<Vec<Vec<u8>>, BoxError> {
    let parts = codec::split(bytes)?;
    if parts.len() != count {
        return Err(format!("{} inputs are stored, and the workflow takes {count}", parts.len()).into());
    }
    Ok(parts)
}
