//! What was decided is never decided twice.

use super::{
    Journal, Payload, Stored, fingerprint, own,
    payload::{Kind, read_own},
};
use crate::run::Cx;
use serde::Serialize;
use std::{cell::Cell, marker::PhantomData, sync::Arc};

/// What something is decided on: kept by its content where it is a value of its own, and by what it refers to where it is
/// a reference.
pub struct Recalls<T>(Cell<Option<T>>);

/// A scrutinee.
pub fn recalls<T>(value: T) -> Recalls<T> {
    Recalls(Cell::new(Some(value)))
}

impl<T> Recalls<T> {
    fn take(&self) -> T {
        match self.0.take() {
            Some(value) => value,
            None => unreachable!("taken once"),
        }
    }
}

/// A reference to a value: picked first.
pub trait RecallsReference {
    /// As it is.
    type Referring;
    /// It is a reference.
    fn __workflow_recalls(self) -> Self::Referring;
}

impl<'a, U: ?Sized> RecallsReference for Recalls<&'a U> {
    type Referring = Referring<'a, U>;
    fn __workflow_recalls(self) -> Referring<'a, U> {
        Referring(self.take())
    }
}

/// Any other value.
pub trait RecallsValue {
    /// As it is.
    type Owning;
    /// It is a value.
    fn __workflow_recalls(self) -> Self::Owning;
}

impl<T> RecallsValue for &Recalls<T> {
    type Owning = Owning<T>;
    fn __workflow_recalls(self) -> Owning<T> {
        Owning(self.take())
    }
}

/// A reference that something is decided on.
pub struct Referring<'a, U: ?Sized>(&'a U);

/// A value that something is decided on.
pub struct Owning<T>(T);

/// What something may be decided on.
pub trait Recall<S> {
    /// What is matched.
    type Value;
    /// As it was when it was first decided on.
    fn recall(self, cx: Cx<'_>, stage: u32, site: &str) -> Self::Value;
}

impl<S, T: Stored<S>> Recall<S> for Owning<T> {
    type Value = T;
    fn recall(self, cx: Cx<'_>, stage: u32, site: &str) -> T {
        let payload = T::payload();
        recalled(cx, stage, site, payload, || self.0)
    }
}

impl<'a, S, U: Serialize + ?Sized> Recall<S> for Referring<'a, U> {
    type Value = &'a U;
    fn recall(self, cx: Cx<'_>, stage: u32, site: &str) -> &'a U {
        if let Some(journal) = cx.journal() {
            same(journal, cx.path_within(stage, &format!("value-{site}")), self.0);
        }
        self.0
    }
}

/// A scrutinee, as it was when it was first matched. It is put on record with the choice.
pub fn recall<S, V: Recall<S>>(_: PhantomData<S>, value: V, cx: Cx<'_>, stage: u32, site: &str) -> V::Value {
    value.recall(cx, stage, site)
}

/// A condition, evaluated only where it has not been before.
pub fn condition(cx: Cx<'_>, stage: u32, site: &str, holds: impl FnOnce() -> bool) -> bool {
    recalled(cx, stage, site, super::stored::<(), bool>(), holds)
}

fn recalled<T>(cx: Cx<'_>, stage: u32, site: &str, payload: Payload<T>, evaluate: impl FnOnce() -> T) -> T {
    let Some(journal) = cx.journal() else { return evaluate() };
    let path = cx.path_within(stage, &format!("value-{site}"));
    if let Some(record) = journal.record(&path) {
        match payload.decode(&record.payload) {
            Ok(value) => {
                journal.recalled();
                return value;
            }
            Err(error) => journal.park_now(format!("what is stored of '{path}' can't be read: {error}")),
        }
        return evaluate();
    }
    let value = evaluate();
    match payload.encode(&value) {
        Ok(bytes) => journal.note(path, Kind::Kept, bytes),
        Err(error) => journal.park_now(format!("what '{path}' is decided on can't be stored: {error}")),
    }
    value
}

/// What is looked up or evaluated again must be the same.
pub(crate) fn same<T: Serialize + ?Sized>(journal: &Journal, path: String, value: &T) {
    match (fingerprint(value), journal.record(&path)) {
        (Ok(print), None) => journal.note(path, Kind::Fingerprint, own(&print)),
        (Ok(print), Some(record)) if read_own::<u64>(&record).is_ok_and(|before| before == print) => journal.recalled(),
        (Ok(_), Some(_)) => journal.park_now(format!("'{path}' is no longer what it was when it was first used")),
        (Err(error), _) => journal.park_now(format!("'{path}' can't be stored: {error}")),
    }
}

/// A choice has been made: it is on record before what was chosen begins; one that is on record already is the same.
pub async fn chosen(cx: Cx<'_>, stage: u32, site: &str, arm: &'static str) {
    let Some(journal) = cx.journal() else { return cx.decided(stage, arm) };
    if choose(journal, cx.path_within(stage, &format!("choice-{site}")), arm).await {
        cx.decided(stage, arm);
    }
}

/// Whether the choice is a new one.
async fn choose(journal: &Arc<Journal>, path: String, arm: &str) -> bool {
    match journal.record(&path).map(|record| read_own::<String>(&record)) {
        None => {
            journal.put(path, Kind::Decided, own(&arm)).await;
            true
        }
        Some(Ok(before)) if before == arm => {
            journal.recalled();
            false
        }
        Some(Ok(before)) => {
            journal.park(format!("'{path}' was decided as '{before}' before, and would be '{arm}' now")).await
        }
        Some(Err(error)) => journal.undecodable(&path, error).await,
    }
}
