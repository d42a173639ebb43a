//! What is stored, as bytes: values of the user's types, and the engine's own records.

use super::codec;
use crate::failure::{
    BoxError, Failure, FailureKind, Undone,
    panic::{Panicked, cut},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use std::{
    any::Any,
    collections::BTreeSet,
    error::Error,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError},
};
use workflow_store::{Record, Timestamp};

/// How values of one type are stored. It is made where the type is written, so that a type that can't be stored is one
/// error, there.
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
    /// For generated code.
    ///
    /// # Errors
    /// The value can't be kept.
    pub fn write(self, value: &T) -> Result<Vec<u8>, BoxError> {
        Ok(self.encode(value)?)
    }

    /// For generated code.
    ///
    /// # Errors
    /// It is no such value.
    pub fn read(self, bytes: &[u8]) -> Result<T, BoxError> {
        self.decode(bytes)
    }

    /// Writes a value, and makes sure that it can be read again as what it is.
    pub(crate) fn encode(self, value: &T) -> Result<Vec<u8>, Unkept> {
        let mut bytes = Vec::new();
        self.encode_to(value, &mut |written| bytes = written.to_vec())
            .map_err(|error| Unkept::unwritten(error.to_string()))?;
        let back = match self.decode(&bytes) {
            Ok(back) => back,
            Err(error) => {
                return Err(Unkept { reason: format!("it can't be read again: {error}"), bytes: Some(bytes) });
            }
        };
        let mut agrees = false;
        let again = self.encode_to(&back, &mut |again| agrees = is_same(again, &bytes));
        cut(|| drop(back));
        match again {
            Ok(()) if agrees => Ok(bytes),
            _ => Err(Unkept::unwritten(
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

    /// Reads what is on record.
    pub(crate) fn recall(self, record: &Record) -> Result<T, BoxError> {
        if let Some(unkept) = Unkept::of(record) {
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
pub(crate) struct Unkept {
    reason: String,
    /// What was written, where another build may be able to read it.
    bytes: Option<Vec<u8>>,
}

impl Unkept {
    /// Reads the record of a value that could not be kept, if it is one.
    pub(crate) fn of(record: &Record) -> Option<Self> {
        let is_one = record.kind == Kind::Unkept as u8;
        is_one.then(|| Self { reason: read_own(record).unwrap_or_else(|error| error.to_string()), bytes: None })
    }

    fn unwritten(reason: String) -> Self {
        Self { reason, bytes: None }
    }
}

impl fmt::Display for Unkept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl Error for Unkept {}

/// What goes on record of a value that user code gave, and why the instance parks then, if it does.
pub(crate) struct Written {
    pub(crate) kind: Kind,
    pub(crate) bytes: Vec<u8>,
    pub(crate) refused: Option<String>,
}

impl Written {
    /// That of an encoded value. Where it can't be kept, that is on record in its place, so that what gave it does not run
    /// again.
    pub(crate) fn new(encoded: Result<Vec<u8>, Unkept>, kind: Kind, what: impl FnOnce() -> String) -> Self {
        match encoded {
            Ok(bytes) => Self { kind, bytes, refused: None },
            Err(Unkept { reason, bytes }) => {
                let reason = format!("{} can't be stored: {reason}", what());
                match bytes {
                    Some(bytes) => Self { kind, bytes, refused: Some(reason) },
                    None => Self { kind: Kind::Unkept, bytes: own(&reason), refused: Some(reason) },
                }
            }
        }
    }
}

/// A panic of the user's `Serialize` or `Deserialize` concerns one value. Not generic: there are many types.
fn unless_it_panics(what: &str, run: &mut dyn FnMut()) -> Result<(), BoxError> {
    let ended = catch_unwind(AssertUnwindSafe(run));
    ended.map_err(|payload| format!("its `{what}` panicked: {}", Panicked::of(payload)).into())
}

/// What a `#[durable]` workflow keeps on its store.
#[diagnostic::on_unimplemented(
    message = "`{S}` of a `#[durable]` workflow is of type `{Self}`, which can't be stored",
    label = "not `Serialize + DeserializeOwned`",
    note = "what a durable workflow takes, makes and decides on survives its process: derive `serde::Serialize` and `serde::Deserialize`"
)]
pub trait Stored<S>: Sized {
    /// How.
    fn payload() -> Payload<Self>;
}

#[diagnostic::do_not_recommend]
impl<S, T: Serialize + DeserializeOwned> Stored<S> for T {
    fn payload() -> Payload<T> {
        Payload { encode: |value, take| Ok(codec::write_to(value, take)?), decode: |bytes| Ok(codec::read(bytes)?) }
    }
}

/// That of a type; `S`: whose it is, for the compiler's words.
#[must_use]
pub fn stored<S, T: Stored<S>>() -> Payload<T> {
    T::payload()
}

/// The same for the type that is asked of an expression.
#[must_use]
pub fn stored_of<S, T: Stored<S>>(_: crate::expression::hint::Of<T>) -> Payload<T> {
    T::payload()
}

/// What kinds of records there are. The numbers are on disk: they never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A stage has completed; its output.
    Done = 1,
    /// The same, and there is nothing to undo of it: its condition did not hold, or it came out of a cache.
    DoneIdle = 2,
    /// A stage has failed; its failure.
    Failed = 3,
    /// Attempts have failed, and another one comes.
    Tried = 4,
    /// A choice; in words.
    Decided = 5,
    /// A value that something was decided on.
    Kept = 6,
    /// A point in time: a timer is due, a deadline ends.
    Due = 7,
    /// Fingerprints of a `for`'s items.
    Items = 8,
    /// A signal that a scope has taken.
    Signal = 9,
    /// A stage's undo has run.
    Undone = 10,
    /// An `on = attempt` undo has been armed.
    Armed = 11,
    /// How often a stage was interrupted.
    Interrupted = 12,
    /// How often the instance was interrupted without getting on.
    Stuck = 13,
    /// Somebody asked to cancel it.
    Cancelled = 14,
    /// A fingerprint of a value that is evaluated again.
    Fingerprint = 15,
    /// What could not be undone of what the run went on without.
    NotUndone = 16,
    /// Somebody asked to take stages back; their names.
    Rewind = 17,
    /// How often a stage was taken back.
    Rewound = 18,
    /// A stage that has completed would have to be undone.
    Reversible = 19,
    /// User code gave a value that can't be kept; why.
    Unkept = 20,
    /// The names of the completed stages in a block whose records were dropped.
    Inside = 21,
    /// What was under way in a scope that was thrown away has ended.
    Landed = 22,
    /// How the instance's keys are made.
    Keys = 30,
}

/// A record of the engine's own.
pub(crate) fn own<T: Serialize>(value: &T) -> Vec<u8> {
    match serde_json::to_vec(value) {
        Ok(bytes) => bytes,
        Err(error) => unreachable!("numbers and texts can be written: {error}"),
    }
}

pub(crate) fn read_own<T: DeserializeOwned>(record: &Record) -> Result<T, BoxError> {
    Ok(serde_json::from_slice(&record.payload)?)
}

/// Failed attempts of a stage.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Tried {
    pub(crate) attempts: u32,
    /// How much of each `#[retry]` is spent.
    pub(crate) spent: Vec<u32>,
    /// When the next attempt starts, in milliseconds since 1970.
    pub(crate) next: u64,
}

impl Tried {
    pub(crate) fn next(&self) -> Timestamp {
        Timestamp::from_millis(self.next)
    }
}

/// A failure as it is stored: without the user's own error, with its words.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredFailure {
    workflow: String,
    stage: Option<String>,
    kind: FailureKind,
    attempts: u32,
    sources: Vec<String>,
    /// Whether no further attempt may follow; the sources that say so are stored as words only.
    #[serde(default, rename = "final", skip_serializing_if = "std::ops::Not::not")]
    is_final: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    undo_failures: Vec<StoredFailure>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    in_doubt: Vec<String>,
}

impl StoredFailure {
    pub(crate) fn of(failure: &Failure) -> Self {
        let mut sources = Vec::new();
        let mut next = failure.source();
        while let Some(error) = next {
            sources.push(error.to_string());
            next = error.source();
        }
        // The failures in the chain become words: what they tell of undos is kept here.
        let undone = failure.all_undone();
        Self {
            workflow: failure.workflow().to_owned(),
            stage: failure.stage().map(ToOwned::to_owned),
            kind: failure.kind(),
            attempts: failure.attempts(),
            sources,
            is_final: !failure.may_be_retried(),
            undo_failures: undone.failures.iter().map(Self::of).collect(),
            in_doubt: undone.in_doubt.iter().map(ToString::to_string).collect(),
        }
    }

    /// What a panic of a stage's said.
    pub(crate) fn of_panic(workflow: &'static str, stage: Option<&'static str>, payload: &(dyn Any + Send)) -> Self {
        let source = Panicked::new(payload);
        Self::of(&Failure::new(workflow, stage, FailureKind::Panic, Some(source.into())))
    }

    /// As it was, but for the user's own error.
    pub(crate) fn restore(self) -> Failure {
        let stage = self.stage.as_deref().map(interned);
        let source = self
            .sources
            .into_iter()
            .rev()
            .fold(None, |source: Option<Box<Told>>, message| Some(Box::new(Told { message, source })));
        let failure = Failure::new(interned(&self.workflow), stage, self.kind, source.map(|source| source as BoxError));
        let undone = StoredUndone { failures: self.undo_failures, in_doubt: self.in_doubt };
        let failure = if self.is_final { failure.finally() } else { failure };
        failure.after(self.attempts, stage).with_undone(undone.restore())
    }
}

/// What went wrong while undoing, as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredUndone {
    failures: Vec<StoredFailure>,
    in_doubt: Vec<String>,
}

impl StoredUndone {
    pub(crate) fn of(undone: &Undone) -> Self {
        Self {
            failures: undone.failures.iter().map(StoredFailure::of).collect(),
            in_doubt: undone.in_doubt.iter().map(ToString::to_string).collect(),
        }
    }

    pub(crate) fn restore(self) -> Undone {
        Undone {
            failures: self.failures.into_iter().map(StoredFailure::restore).collect(),
            in_doubt: self.in_doubt.iter().map(|name| interned(name)).collect(),
        }
    }
}

/// A name that lives as long as the process. There are as many as workflows and stages have names.
fn interned(name: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return known;
    }
    let name: &'static str = Box::leak(name.into());
    names.insert(name);
    name
}

/// Without the user's own error, with its words: another process knows no more.
impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        StoredFailure::of(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Failure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(StoredFailure::deserialize(deserializer)?.restore())
    }
}

/// The words of an error whose process is gone.
#[derive(Debug)]
struct Told {
    message: String,
    source: Option<Box<Told>>,
}

impl fmt::Display for Told {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl Error for Told {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// The name of words in the sites of generated code: as the macro makes it.
pub(crate) fn hash_of_words(words: &str) -> u32 {
    words.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_final_is_so_after_it_was_stored() {
        let child = |kind| Failure::new("Child", Some("inside"), kind, None);
        let around = |kind| Failure::new("Parent", Some("around"), FailureKind::Error, Some(child(kind).into()));
        for (kind, may_be_retried) in
            [(FailureKind::Failed, false), (FailureKind::Panic, false), (FailureKind::Error, true)]
        {
            let stored = own(&StoredFailure::of(&around(kind)));
            let restored: StoredFailure = serde_json::from_slice(&stored).unwrap();
            assert_eq!(around(kind).may_be_retried(), may_be_retried, "{kind:?}");
            assert_eq!(restored.restore().may_be_retried(), may_be_retried, "{kind:?}");
        }
    }
}
