//! Records that nothing has asked for since the instance was loaded: what a new build of the program may no longer have a place
//! for.
//!
//! Each hook of the machine asks for the record of its own place. A record that stays without a home may stand for something
//! that would be done once more, decided otherwise or never undone. So before a stage ends, a decision is made or an undo
//! begins, those around it are looked at, and the instance parks where one is left.

use super::payload::Kind;
use crate::{
    graph::Graph,
    store::{Record, within},
};
use std::{
    collections::{BTreeMap, HashSet},
    ops::Bound,
    sync::Arc,
};

/// The records without a home.
#[derive(Default)]
pub(super) struct Homes {
    homeless: BTreeMap<Arc<str>, Homeless>,
}

#[derive(Clone, Copy)]
struct Homeless {
    order: u64,
    kind: u8,
}

/// What a stage has given, and what was decided in it. The others are nothing that could be lost: times, counts, fingerprints.
const LOOKED_AT: &[Kind] = &[
    Kind::Done,
    Kind::DoneIdle,
    Kind::Failed,
    Kind::Decided,
    Kind::Kept,
    Kind::Unkept,
    Kind::Items,
    Kind::Armed,
    Kind::Reversible,
];

/// What tells that a stage would have to be undone.
const TO_UNDO: &[Kind] = &[Kind::Armed, Kind::Reversible];

fn is_one_of(kind: u8, kinds: &[Kind]) -> bool {
    kinds.iter().any(|&other| other as u8 == kind)
}

/// Returns the names of the stages in a path, from the outside in.
fn chain(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/')
        .filter(|part| !part.is_empty() && !part.starts_with(':') && !part.starts_with(|c: char| c.is_ascii_digit()))
}

impl Homes {
    /// Returns the records of an instance that was loaded. A stage that `graph` no longer has is ignored, with all that lies in it.
    pub(super) fn of(graph: &Graph<'_>, records: &BTreeMap<Arc<str>, Record>) -> Self {
        if records.is_empty() {
            return Self::default();
        }
        let names: HashSet<&str> = graph.stages.iter().map(|stage| stage.name).collect();
        let is_known = |path: &str| match chain(path).next_back() {
            Some(stage) => names.contains(stage),
            // What stands beside the stages is the engine's own, but for what was decided in the workflow's tail.
            None => {
                let last = path.rsplit('/').next().unwrap_or_default();
                [":choice-", ":value-", ":won", ":member-"].iter().any(|own| last.starts_with(own))
            }
        };
        let homeless = records
            .iter()
            .filter(|(path, record)| is_one_of(record.kind, LOOKED_AT) && is_known(path))
            // A signal may be late for a stage that has ended.
            .filter(|(path, _)| !path.rsplit('/').next().is_some_and(|last| last.starts_with(":signal-")))
            .filter(|(path, record)| {
                let undone = || {
                    path.rsplit_once('/').is_some_and(|(stage, _)| records.contains_key(&*format!("{stage}/:undone")))
                };
                !is_one_of(record.kind, TO_UNDO) || !undone()
            })
            .map(|(path, record)| (Arc::clone(path), Homeless { order: record.order, kind: record.kind }))
            .collect();
        Self { homeless }
    }

    /// Marks a record as one that a hook has asked for.
    pub(super) fn found(&mut self, path: &str) {
        if !self.homeless.is_empty() {
            self.homeless.remove(path);
        }
    }

    /// Marks a stage as taken up, and its undo with it.
    pub(super) fn found_undo(&mut self, path: &str) {
        if !self.homeless.is_empty() {
            self.homeless.remove(&*super::kept::within(path, "armed"));
            self.homeless.remove(&*super::kept::within(path, super::kept::REVERSIBLE));
        }
    }

    /// Removes what lies within that path and was recorded before `order`, unless it would have to be undone.
    pub(super) fn settled(&mut self, path: &str, order: u64) {
        if self.homeless.is_empty() {
            return;
        }
        let gone: Vec<Arc<str>> = self
            .within(path)
            .filter(|(_, homeless)| homeless.order < order && !is_one_of(homeless.kind, TO_UNDO))
            .map(|(path, _)| Arc::clone(path))
            .collect();
        for path in gone {
            self.homeless.remove(&path);
        }
    }

    fn within(&self, path: &str) -> impl Iterator<Item = (&Arc<str>, Homeless)> {
        // Mostly there are none.
        let is_all = path.is_empty() || self.homeless.is_empty();
        let inside = (!is_all).then(|| within(&format!("{path}/")));
        let bounds = match &inside {
            None => (Bound::Unbounded, Bound::Unbounded),
            Some(inside) => (Bound::Included(inside.start.as_str()), Bound::Excluded(inside.end.as_str())),
        };
        self.homeless.range::<str, _>(bounds).map(|(path, homeless)| (path, *homeless))
    }

    /// Returns the record of that very stage, whose name `is_meant` holds for.
    fn own_of(&self, stage: &str, is_meant: impl Fn(&str) -> bool) -> Option<Arc<str>> {
        let name = |path: &str| {
            let rest = path.strip_prefix(stage)?;
            let rest = if stage.is_empty() { rest } else { rest.strip_prefix('/')? };
            Some(is_meant(rest))
        };
        self.within(stage).map(|(path, _)| path).find(|path| name(path) == Some(true)).cloned()
    }

    /// Returns a record within that path which has no home.
    pub(super) fn any_within(&self, path: &str) -> Option<Arc<str>> {
        self.within(path).min_by_key(|(_, homeless)| homeless.order).map(|(path, _)| Arc::clone(path))
    }

    /// Returns a decision in that very stage, of one of those names, which has no home.
    pub(super) fn decision_of(&self, stage: &str, names: &[&str]) -> Option<Arc<str>> {
        self.own_of(stage, |own| names.iter().any(|name| own.starts_with(name)))
    }

    /// Returns the record of a member of a quorum in that very stage that `is_known` does not hold for.
    pub(super) fn unknown_member(&self, stage: &str, is_known: impl Fn(&str) -> bool) -> Option<Arc<str>> {
        self.own_of(stage, |own| own.strip_prefix(":member-").is_some_and(|site| !is_known(site)))
    }

    /// Returns the record of what a stage has given in another place of the workflow.
    pub(super) fn elsewhere(&self, path: &str) -> Option<Arc<str>> {
        if self.homeless.is_empty() {
            return None;
        }
        let own: Vec<&str> = chain(path).collect();
        let moved = |other: &str, homeless: Homeless| {
            is_one_of(homeless.kind, &[Kind::Done, Kind::DoneIdle, Kind::Failed, Kind::Unkept])
                && !other.rsplit('/').next().is_some_and(|last| last.starts_with(':'))
                && chain(other).next_back() == own.last().copied()
                && !chain(other).eq(own.iter().copied())
        };
        self.homeless.iter().find(|(other, homeless)| moved(other, **homeless)).map(|(other, _)| Arc::clone(other))
    }

    /// Returns a stage within that path which would have to be undone, and has no home.
    pub(super) fn undo_within(&self, path: &str) -> Option<String> {
        let (path, _) = self.within(path).find(|(_, homeless)| is_one_of(homeless.kind, TO_UNDO))?;
        path.rsplit_once('/').map(|(stage, _)| stage.to_owned())
    }
}
