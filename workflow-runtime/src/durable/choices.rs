//! Recorded choices: a choice is never made twice.

use crate::{
    journal::{
        codec,
        fingerprint::Fingerprint,
        log::Journal,
        payload::{Payload, is_same},
        record::{RecordKind, decode_record, encode_record},
    },
    run::frame::Frame,
    stage_id::StageId,
    sync::lock,
};
use serde::{Deserialize, Serialize};
use std::{
    marker::PhantomData,
    sync::{Arc, Mutex},
};
use workflow_store::Record;

/// A value that a decision depends on. An owned value is stored by its content, a reference by a fingerprint of its
/// target.
pub struct Recalls<T>(Mutex<Option<T>>);

/// Wraps a scrutinee.
pub fn recalls<T>(value: T) -> Recalls<T> {
    Recalls(Mutex::new(Some(value)))
}

impl<T> Recalls<T> {
    fn take(&self) -> T {
        match lock(&self.0).take() {
            Some(value) => value,
            None => unreachable!("taken once"),
        }
    }
}

/// A reference to a value: picked first.
pub trait RecallsReference {
    /// As it is.
    type Referring;
    /// Picks the method for a reference.
    fn __workflow_recalls(self) -> Self::Referring;
}

impl<'a, U: ?Sized> RecallsReference for Recalls<&'a U> {
    type Referring = Referring<'a, U>;
    fn __workflow_recalls(self) -> Referring<'a, U> {
        Referring(self.take())
    }
}

/// A value that can be read again: picked next.
pub trait RecallsValue<'de> {
    /// As it is.
    type Owning;
    /// Picks the method for an owned value.
    fn __workflow_recalls(self) -> Self::Owning;
}

impl<'de, T: Serialize + Deserialize<'de>> RecallsValue<'de> for &Recalls<T> {
    type Owning = Owning<T>;
    fn __workflow_recalls(self) -> Owning<T> {
        Owning(self.take())
    }
}

/// A value that can't be deserialized, such as one with references: it is evaluated again, and must be equal.
pub trait RecallsAgain {
    /// As it is.
    type Again;
    /// Picks the method for a value that can't be deserialized.
    fn __workflow_recalls(self) -> Self::Again;
}

impl<T> RecallsAgain for &&Recalls<T> {
    type Again = Again<T>;
    fn __workflow_recalls(self) -> Again<T> {
        Again(self.take())
    }
}

/// A reference that something is decided on.
pub struct Referring<'a, U: ?Sized>(&'a U);

/// A value that something is decided on.
pub struct Owning<T>(T);

/// A value that a decision depends on and that can't be deserialized.
pub struct Again<T>(T);

/// The record of a scrutinee, if there is one.
pub struct OnRecord(Option<Record>);

/// Returns the record of the scrutinee at a site, if there is one.
#[must_use]
pub fn on_record(frame: Frame<'_>, stage: StageId, site: &str) -> OnRecord {
    let record =
        frame.journal().and_then(|journal| journal.record(&frame.path_within(stage, &format!("value-{site}"))));
    OnRecord(record)
}

/// A value that a decision may depend on.
#[diagnostic::on_unimplemented(
    message = "in a `#[durable]` workflow, `{S}` decides on this, which can't be stored",
    label = "not `Serialize`",
    note = "what a durable workflow decides on survives its process: derive `serde::Serialize` and `serde::Deserialize`"
)]
pub trait Recall<'de, S> {
    /// Type of the matched value.
    type Value;
    /// Returns the value as it was when a decision first depended on it.
    fn recall(self, frame: Frame<'_>, stage: StageId, site: &str, record: &'de OnRecord) -> Self::Value;
}

#[diagnostic::do_not_recommend]
impl<'de, S, T: Serialize + Deserialize<'de>> Recall<'de, S> for Owning<T> {
    type Value = T;
    fn recall(self, frame: Frame<'_>, stage: StageId, site: &str, record: &'de OnRecord) -> T {
        let Some(journal) = frame.journal() else { return self.0 };
        let path = frame.path_within(stage, &format!("value-{site}"));
        match (&record.0, codec::write(&self.0)) {
            (Some(record), now) => match codec::read(&record.payload) {
                Ok(value) => {
                    journal.mark_restored();
                    return value;
                }
                // A borrowed text can't be read where it has escapes.
                Err(_) if now.as_ref().is_ok_and(|now| is_same(now, &record.payload)) => journal.mark_restored(),
                Err(error) => journal.park_now_at(&path, format!("what is stored of '{path}' can't be read: {error}")),
            },
            (None, Ok(bytes)) => journal.put(path, RecordKind::Value, bytes),
            (None, Err(error)) => journal.park_now(format!("what '{path}' is decided on can't be stored: {error}")),
        }
        self.0
    }
}

#[diagnostic::do_not_recommend]
impl<'de, S, T: Serialize> Recall<'de, S> for Again<T> {
    type Value = T;
    fn recall(self, frame: Frame<'_>, stage: StageId, site: &str, _: &'de OnRecord) -> T {
        if let Some(journal) = frame.journal() {
            same(journal, frame.path_within(stage, &format!("value-{site}")), &self.0);
        }
        self.0
    }
}

#[diagnostic::do_not_recommend]
impl<'a, 'de, S, U: Serialize + ?Sized> Recall<'de, S> for Referring<'a, U> {
    type Value = &'a U;
    fn recall(self, frame: Frame<'_>, stage: StageId, site: &str, _: &'de OnRecord) -> &'a U {
        if let Some(journal) = frame.journal() {
            same(journal, frame.path_within(stage, &format!("value-{site}")), self.0);
        }
        self.0
    }
}

/// Returns a scrutinee as it was when it was first matched. The value is recorded with the choice.
pub fn recall<'de, S, V: Recall<'de, S>>(
    _: PhantomData<S>,
    value: V,
    (frame, stage, site): (Frame<'_>, StageId, &str),
    record: &'de OnRecord,
) -> V::Value {
    value.recall(frame, stage, site, record)
}

/// Returns the recorded result of a condition, or evaluates and records it.
pub fn condition(frame: Frame<'_>, stage: StageId, site: &str, holds: impl FnOnce() -> bool) -> bool {
    recall_or_evaluate(frame, stage, site, crate::journal::payload::stored::<(), bool>(), holds)
}

/// Returns whether a stage's `#[when]` has held: the stage is recorded as completed, and what was done inside it is
/// restored. Another condition of a new build does not hide what is to be undone in there.
#[must_use]
pub fn has_held(frame: Frame<'_>, stage: StageId) -> bool {
    frame
        .journal()
        .is_some_and(|journal| journal.is_restoring() && journal.has(&frame.path_of(stage), &[RecordKind::Done]))
}

fn recall_or_evaluate<T>(
    frame: Frame<'_>,
    stage: StageId,
    site: &str,
    payload: Payload<T>,
    evaluate: impl FnOnce() -> T,
) -> T {
    let Some(journal) = frame.journal() else { return evaluate() };
    let path = frame.path_within(stage, &format!("value-{site}"));
    if let Some(record) = journal.record(&path) {
        match payload.recall(&record) {
            Ok(value) => {
                journal.mark_restored();
                return value;
            }
            Err(error) => journal.park_now_at(&path, format!("what is stored of '{path}' can't be read: {error}")),
        }
        return evaluate();
    }
    let value = evaluate();
    match payload.encode(&value) {
        Ok(bytes) => journal.put(path, RecordKind::Value, bytes),
        Err(error) => journal.park_now(format!("what '{path}' is decided on can't be stored: {error}")),
    }
    value
}

/// Parks the instance if a value that was evaluated again differs from its recorded fingerprint.
pub(crate) fn same<T: Serialize + ?Sized>(journal: &Journal, path: String, value: &T) {
    let (mut refused, at) = (None, path.clone());
    let print = |form| Fingerprint::of(value, form).map_err(|error| refused = Some(error)).ok();
    journal.is_same(path, print, |path| format!("'{path}' is no longer what it was when it was first used"));
    if let Some(error) = refused {
        journal.park_now(format!("'{at}' can't be stored: {error}"));
    }
}

/// Records a choice before its scope begins. A choice that is recorded already must be the same.
pub async fn record_choice(frame: Frame<'_>, stage: StageId, site: &str, arm: &'static str) {
    let Some(journal) = frame.journal() else { return frame.decided(stage, arm) };
    if choose(journal, (frame.path_of(stage), frame.path_within(stage, &format!("choice-{site}"))), arm).await {
        frame.decided(stage, arm);
    }
}

/// Whether the choice is a new one.
async fn choose(journal: &Arc<Journal>, (stage, path): (String, String), arm: &str) -> bool {
    match journal.record(&path).map(|record| decode_record::<String>(&record)) {
        None => {
            journal.park_if_decided_under_another_name(&stage, &path, &[":choice-", ":value-"]).await;
            journal.put(path, RecordKind::Decided, encode_record(&arm));
            true
        }
        Some(Ok(before)) if before == arm => {
            journal.mark_restored();
            false
        }
        Some(Ok(before)) => {
            let reason = format!("'{path}' was decided as '{before}' before, and would be '{arm}' now");
            journal.park_at(&path, reason).await
        }
        Some(Err(error)) => journal.undecodable(&path, error).await,
    }
}
