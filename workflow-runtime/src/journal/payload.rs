//! Values of the user's types, as bytes.

use super::{
    codec,
    record::{RecordKind, decode_record, encode_record},
};
use crate::failure::{
    BoxError,
    panic::{Panicked, drop_quietly},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    error::Error,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};
use workflow_store::Record;

/// The encoding of values of one type. It is created where the type is written, so that a type that can't be stored is
/// one error, there.
pub struct Payload<T> {
    encode: Encode<T>,
    decode: fn(&[u8]) -> Result<T, BoxError>,
}

/// Writes a value, and hands over what is written.
type Encode<T> = fn(&T, &mut dyn FnMut(&[u8])) -> Result<(), BoxError>;

impl<T> Clone for Payload<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Payload<T> {}

impl<T> Payload<T> {
    /// Writes a value, for generated code.
    ///
    /// # Errors
    /// The value can't be kept.
    pub fn write(self, value: &T) -> Result<Vec<u8>, BoxError> {
        Ok(self.encode(value)?)
    }

    /// Reads a value, for generated code.
    ///
    /// # Errors
    /// The bytes are no such value.
    pub fn read(self, bytes: &[u8]) -> Result<T, BoxError> {
        self.decode(bytes)
    }

    /// Writes a value, and makes sure that it can be read again as what it is.
    pub(crate) fn encode(self, value: &T) -> Result<Vec<u8>, NotStorable> {
        let mut bytes = Vec::new();
        self.encode_to(value, &mut |written| bytes = written.to_vec())
            .map_err(|error| NotStorable::unwritten(error.to_string()))?;
        let back = match self.decode(&bytes) {
            Ok(back) => back,
            Err(error) => {
                return Err(NotStorable { reason: format!("it can't be read again: {error}"), bytes: Some(bytes) });
            }
        };
        let mut agrees = false;
        let again = self.encode_to(&back, &mut |again| agrees = is_same(again, &bytes));
        drop_quietly(|| drop(back));
        match again {
            Ok(()) if agrees => Ok(bytes),
            _ => Err(NotStorable::unwritten(
                "its `Serialize` and `Deserialize` do not agree: it comes back as another value".into(),
            )),
        }
    }

    fn encode_to(self, value: &T, take: &mut dyn FnMut(&[u8])) -> Result<(), BoxError> {
        let mut written = None;
        unless_it_panics("Serialize", &mut || written = Some((self.encode)(value, &mut *take)))?;
        written.ok_or("it was not written")?
    }

    pub(crate) fn decode(self, bytes: &[u8]) -> Result<T, BoxError> {
        let mut value = None;
        unless_it_panics("Deserialize", &mut || value = Some((self.decode)(bytes)))?;
        value.ok_or("it was not read")?
    }

    /// Reads the value of a record.
    pub(crate) fn recall(self, record: &Record) -> Result<T, BoxError> {
        if let Some(unkept) = NotStorable::of(record) {
            return Err(unkept.into());
        }
        self.decode(&record.payload)
    }
}

/// Whether two payloads are of the same value: sets and maps come in any order.
pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    let form = |bytes| codec::canonical(bytes, codec::Sequences::Unordered).ok();
    one == other || form(one).is_some_and(|one| Some(one) == form(other))
}

/// The reason why a value can't be kept.
#[derive(Debug)]
pub(crate) struct NotStorable {
    reason: String,
    /// Bytes of the value, if another build may be able to read them.
    bytes: Option<Vec<u8>>,
}

impl NotStorable {
    /// Reads the record of a value that could not be kept, if it is one.
    pub(crate) fn of(record: &Record) -> Option<Self> {
        let is_one = record.kind == RecordKind::Unkept as u8;
        is_one.then(|| Self { reason: decode_record(record).unwrap_or_else(|error| error.to_string()), bytes: None })
    }

    fn unwritten(reason: String) -> Self {
        Self { reason, bytes: None }
    }
}

impl fmt::Display for NotStorable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl Error for NotStorable {}

/// The record of a value that user code gave, and the reason to park, if the value can't be stored.
pub(crate) struct WrittenValue {
    pub(crate) kind: RecordKind,
    pub(crate) bytes: Vec<u8>,
    pub(crate) refused: Option<String>,
}

impl WrittenValue {
    /// Returns the record of an encoded value. A value that can't be stored leaves a record of that, so that its user
    /// code does not run again.
    pub(crate) fn new(encoded: Result<Vec<u8>, NotStorable>, kind: RecordKind, what: &dyn Fn() -> String) -> Self {
        match encoded {
            Ok(bytes) => Self { kind, bytes, refused: None },
            Err(NotStorable { reason, bytes }) => {
                let reason = format!("{} can't be stored: {reason}", what());
                match bytes {
                    Some(bytes) => Self { kind, bytes, refused: Some(reason) },
                    None => Self { kind: RecordKind::Unkept, bytes: encode_record(&reason), refused: Some(reason) },
                }
            }
        }
    }
}

/// Runs the user's `Serialize` or `Deserialize`, whose panic concerns one value. Not generic: there are many types.
fn unless_it_panics(what: &str, run: &mut dyn FnMut()) -> Result<(), BoxError> {
    let ended = catch_unwind(AssertUnwindSafe(run));
    ended.map_err(|payload| format!("its `{what}` panicked: {}", Panicked::of(payload)).into())
}

/// A type whose values a `#[durable]` workflow can store.
#[diagnostic::on_unimplemented(
    message = "`{S}` of a `#[durable]` workflow is of type `{Self}`, which can't be stored",
    label = "not `Serialize + DeserializeOwned`",
    note = "what a durable workflow takes, makes and decides on survives its process: derive `serde::Serialize` and `serde::Deserialize`"
)]
pub trait Stored<S>: Sized {
    /// Returns the encoding.
    fn payload() -> Payload<Self>;
}

#[diagnostic::do_not_recommend]
impl<S, T: Serialize + DeserializeOwned> Stored<S> for T {
    fn payload() -> Payload<T> {
        Payload { encode: |value, take| Ok(codec::write_to(value, take)?), decode: |bytes| Ok(codec::read(bytes)?) }
    }
}

/// Returns the encoding of a type. `S` names the declaration, for the compiler's message.
#[must_use]
pub fn stored<S, T: Stored<S>>() -> Payload<T> {
    T::payload()
}

/// Returns the encoding of the type that is expected of an expression.
#[must_use]
pub fn stored_of<S, T: Stored<S>>(_: crate::expression::hint::TypeHint<T>) -> Payload<T> {
    T::payload()
}
