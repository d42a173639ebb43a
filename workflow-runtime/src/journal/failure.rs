//! Failures as they are stored.

use crate::{
    failure::{BoxError, Failure, FailureKind, UndoReport, panic::Panicked},
    sync::lock,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{any::Any, collections::BTreeSet, error::Error, fmt, sync::Mutex};

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
        // The failures in the chain become words: their reports of undoing are kept here.
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

    /// Stores the panic of a stage, with its message.
    pub(crate) fn of_panic(workflow: &'static str, stage: Option<&'static str>, payload: &(dyn Any + Send)) -> Self {
        let source = Panicked::new(payload);
        Self::of(&Failure::new(workflow, stage, FailureKind::Panic, Some(source.into())))
    }

    /// Restores the failure, but for the user's own error.
    pub(crate) fn restore(self) -> Failure {
        let stage = self.stage.as_deref().map(interned);
        let source =
            self.sources.into_iter().rev().fold(None, |source: Option<Box<StoredError>>, message| {
                Some(Box::new(StoredError { message, source }))
            });
        let failure = Failure::new(interned(&self.workflow), stage, self.kind, source.map(|source| source as BoxError));
        let undone = StoredUndone { failures: self.undo_failures, in_doubt: self.in_doubt };
        let failure = if self.is_final { failure.finally() } else { failure };
        failure.after(self.attempts, stage).with_undone(undone.restore())
    }
}

/// The report of undoing, as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredUndone {
    failures: Vec<StoredFailure>,
    in_doubt: Vec<String>,
}

impl StoredUndone {
    pub(crate) fn of(undone: &UndoReport) -> Self {
        Self {
            failures: undone.failures.iter().map(StoredFailure::of).collect(),
            in_doubt: undone.in_doubt.iter().map(ToString::to_string).collect(),
        }
    }

    pub(crate) fn restore(self) -> UndoReport {
        UndoReport {
            failures: self.failures.into_iter().map(StoredFailure::restore).collect(),
            in_doubt: self.in_doubt.iter().map(|name| interned(name)).collect(),
        }
    }
}

/// Returns a name that lives as long as the process. There are as many as workflows and stages have names.
fn interned(name: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = lock(&NAMES);
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
struct StoredError {
    message: String,
    source: Option<Box<StoredError>>,
}

impl fmt::Display for StoredError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl Error for StoredError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::record::encode_record;

    #[test]
    fn what_is_final_is_so_after_it_was_stored() {
        let child = |kind| Failure::new("Child", Some("inside"), kind, None);
        let around = |kind| Failure::new("Parent", Some("around"), FailureKind::Error, Some(child(kind).into()));
        for (kind, may_be_retried) in
            [(FailureKind::Failed, false), (FailureKind::Panic, false), (FailureKind::Error, true)]
        {
            let stored = encode_record(&StoredFailure::of(&around(kind)));
            let restored: StoredFailure = serde_json::from_slice(&stored).unwrap();
            assert_eq!(around(kind).may_be_retried(), may_be_retried, "{kind:?}");
            assert_eq!(restored.restore().may_be_retried(), may_be_retried, "{kind:?}");
        }
    }

    /// Kinds that got another name keep their word on disk.
    #[test]
    fn kinds_keep_their_stored_words() {
        for (kind, stored) in [
            (FailureKind::RoundLimit, "\"Rounds\""),
            (FailureKind::QuorumFailed, "\"NoWinner\""),
            (FailureKind::ToleranceExceeded, "\"TooManyFailed\""),
        ] {
            assert_eq!(serde_json::to_string(&kind).unwrap(), stored);
            assert_eq!(serde_json::from_str::<FailureKind>(stored).unwrap(), kind);
        }
    }
}
