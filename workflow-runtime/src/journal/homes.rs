//! Records that no hook has requested since the instance was loaded: a new build of the program may have no place for
//! them. The *home* of a record is its place in the workflow.
//!
//! Each hook of the machine asks for the record of its own place. A record that stays without a home may stand for
//! something that would be done once more, decided otherwise or never undone. So before a stage ends, a decision is
//! made or an undo begins, those around it are looked at, and the instance parks where one is left.
//!
//! A block that has completed drops the records of the stages in it, but keeps their names. Where a new build has such
//! a stage outside of that block, the instance parks as well.

use super::{
    path::{UNTIL, within as beside},
    record::{RecordKind, decode_record, encode_record},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    ops::Bound,
    sync::Arc,
};
use workflow_graph::{Graph, Stage};
use workflow_store::{Record, prefix_range};

/// The records without a home.
#[derive(Default)]
pub(crate) struct Homes {
    homeless: BTreeMap<Arc<str>, Homeless>,
    /// The blocks in which stages have completed, and signals were taken, whose records were dropped. By their names;
    /// that of a signal is the one of its record.
    dropped: HashMap<String, String>,
    /// Signals that were taken.
    signals: BTreeSet<Arc<str>>,
    /// The stages with a `#[retry]`: the number of an attempt stands in the paths inside from the second one on.
    retried: HashSet<String>,
}

#[derive(Clone, Copy)]
struct Homeless {
    order: u64,
    kind: u8,
}

/// Kinds of records that the workflow must come to: outputs and decisions. The other kinds are nothing that could be
/// lost: times, counts, fingerprints.
const LOOKED_AT: &[RecordKind] = &[
    RecordKind::Done,
    RecordKind::DoneIdle,
    RecordKind::Failed,
    RecordKind::Decided,
    RecordKind::Value,
    RecordKind::Unkept,
    RecordKind::Items,
    RecordKind::Armed,
    RecordKind::NeedsUndo,
];

/// Kinds of records that mark a stage as one that must be undone.
const TO_UNDO: &[RecordKind] = &[RecordKind::Armed, RecordKind::NeedsUndo];

fn is_one_of(kind: u8, kinds: &[RecordKind]) -> bool {
    kinds.iter().any(|&other| other as u8 == kind)
}

/// Kinds of records that show that a stage has run.
const RAN: &[RecordKind] = &[RecordKind::Done, RecordKind::Failed, RecordKind::Unkept];

/// Returns the stage of a path that may be the one of a round, an item or an attempt of it.
fn stage_of(path: &str) -> &str {
    let (before, last) = path.rsplit_once('/').unwrap_or(("", path));
    if is_number(last) { stage_of(before) } else { path }
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the path of the record that keeps the names of the completed stages in the stage of that path.
pub(crate) fn names_inside(path: &str) -> String {
    beside(stage_of(path), "inside")
}

/// Returns what that record says once the records `gone` are dropped, unless it is what it says already (`before`).
pub(crate) fn with_names<'a>(
    path: &str,
    before: Option<&Record>,
    gone: impl Iterator<Item = (&'a str, &'a Record)>,
) -> Option<Vec<u8>> {
    let read = |record: &Record| decode_record::<BTreeSet<String>>(record).unwrap_or_default();
    let mut names = BTreeSet::new();
    for (path, record) in gone {
        if record.kind == RecordKind::Inside as u8 {
            names.extend(read(record));
        } else if is_one_of(record.kind, RAN) && is_end(path) {
            names.extend(chain(path).next_back().map(ToOwned::to_owned));
        } else if record.kind == RecordKind::Signal as u8 {
            names.extend(path.rsplit('/').next().map(ToOwned::to_owned));
        }
    }
    chain(path).for_each(|around| _ = names.remove(around));
    let known = before.map(read).unwrap_or_default();
    if names.is_subset(&known) {
        return None;
    }
    names.extend(known);
    Some(encode_record(&names))
}

/// Returns whether the record at that path is the end of a stage or an item.
fn is_end(path: &str) -> bool {
    !path.rsplit('/').next().is_some_and(|last| last.starts_with(':'))
}

/// Returns the names of the stages in a path, from the outside in.
fn chain(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/')
        .filter(|part| !part.is_empty() && !part.starts_with(':') && !part.starts_with(|c: char| c.is_ascii_digit()))
}

/// Returns whether the place at a path is in that stage, by their names.
fn is_within(path: &str, stage: &str) -> bool {
    let mut around = chain(path);
    chain(stage).all(|name| around.next() == Some(name))
}

/// Returns the names of the completed stages, and of the signals taken, that `graph` no longer has.
pub(crate) fn missing(graph: &Graph<'_>, records: &[(String, Record)]) -> BTreeSet<String> {
    let is_stage = |name: &str| graph.stages.iter().any(|stage| stage.name == name);
    let is_signal = |name: &str| graph.signals.iter().any(|signal| signal.name == name);
    let names = records.iter().filter_map(|(path, record)| {
        if record.kind == RecordKind::Done as u8 && is_end(path) {
            return chain(path).next_back().filter(|name| !is_stage(name));
        }
        let signal = path.rsplit('/').next().and_then(|last| last.strip_prefix(":signal-"));
        signal.filter(|name| record.kind == RecordKind::Signal as u8 && !is_signal(name))
    });
    names.map(ToOwned::to_owned).collect()
}

impl Homes {
    /// Returns the records of an instance that was loaded. A stage that `graph` no longer has is ignored, with all that
    /// lies in it.
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
        let mut dropped = HashMap::new();
        for (path, record) in records.iter().filter(|(_, record)| record.kind == RecordKind::Inside as u8) {
            let block = path.rsplit_once('/').map_or("", |(block, _)| block);
            let names = decode_record::<Vec<String>>(record).unwrap_or_default();
            dropped.extend(names.into_iter().map(|name| (name, block.to_owned())));
        }
        let signals = records.iter().filter(|(_, record)| record.kind == RecordKind::Signal as u8);
        let signals = signals.map(|(path, _)| Arc::clone(path)).collect();
        let has_retry = |stage: &&Stage<'_>| stage.policies.iter().any(|policy| policy.name == "retry");
        let retried = graph.stages.iter().filter(has_retry).map(|stage| stage.name.to_owned()).collect();
        Self { homeless, dropped, signals, retried }
    }

    /// Returns the parts of a path with its rounds and items alike, and without its attempts.
    fn places<'p>(&'p self, path: &'p str) -> impl Iterator<Item = &'p str> {
        let mut is_retried = false;
        let stays = move |part: &&str| {
            if is_number(part) {
                return !is_retried;
            }
            is_retried = self.retried.contains(*part);
            true
        };
        path.split('/').filter(stays).map(|part| if is_number(part) { "#" } else { part })
    }

    /// Marks a record as requested by a hook.
    pub(super) fn found(&mut self, path: &str) {
        if !self.homeless.is_empty() {
            self.homeless.remove(path);
        }
        if !self.signals.is_empty() {
            self.signals.remove(path);
        }
    }

    /// Marks a stage as restored, and its undo with it.
    pub(super) fn found_undo(&mut self, path: &str) {
        if !self.homeless.is_empty() {
            self.homeless.remove(&*super::path::within(path, "armed"));
            self.homeless.remove(&*super::path::within(path, super::path::REVERSIBLE));
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
        let inside = (!is_all).then(|| prefix_range(&format!("{path}/")));
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

    /// Returns whether each record has its home.
    pub(super) fn is_empty(&self) -> bool {
        self.homeless.is_empty()
    }

    /// Returns the record without a home of rounds, of items or of an `#[until]`, of the stage at that path or of one
    /// around it.
    pub(super) fn repeats_around(&self, path: &str) -> Option<Arc<str>> {
        let stages = path.rmatch_indices('/').map(|(at, _)| &path[..at]);
        let records = std::iter::once(path)
            .chain(stages)
            .flat_map(|path| [beside(path, "round"), beside(path, "items"), beside(path, UNTIL)]);
        records.into_iter().find_map(|path| self.homeless.get_key_value(&*path)).map(|(path, _)| Arc::clone(path))
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

    /// Returns the block that a stage has completed in, where the place at that path is not in there.
    pub(super) fn dropped_elsewhere(&self, path: &str) -> Option<&str> {
        if self.dropped.is_empty() {
            return None;
        }
        let block = self.dropped.get(chain(path).next_back()?)?;
        (!is_within(path, block)).then_some(block)
    }

    /// Returns where a signal was taken, if that is another place than the one at that path: a record, or a block.
    pub(super) fn signal_elsewhere(&self, path: &str) -> Option<Result<Arc<str>, String>> {
        let (scope, name) = path.rsplit_once('/').unwrap_or(("", path));
        let taken = self.signals.iter().find(|taken| {
            let (other, taken) = taken.rsplit_once('/').unwrap_or(("", taken));
            taken == name && !self.places(other).eq(self.places(scope))
        });
        let dropped = || self.dropped.get(name).filter(|block| !is_within(path, block));
        taken.map(|taken| Ok(Arc::clone(taken))).or_else(|| dropped().map(|block| Err(block.clone())))
    }

    /// Returns the record of what a stage has given in another place of the workflow.
    pub(super) fn elsewhere(&self, path: &str) -> Option<Arc<str>> {
        if self.homeless.is_empty() {
            return None;
        }
        let stage = chain(path).next_back();
        let moved = |other: &str, homeless: Homeless| {
            is_one_of(homeless.kind, &[RecordKind::Done, RecordKind::DoneIdle, RecordKind::Failed, RecordKind::Unkept])
                && is_end(other)
                && chain(other).next_back() == stage
                && !self.places(stage_of(other)).eq(self.places(stage_of(path)))
        };
        self.homeless.iter().find(|(other, homeless)| moved(other, **homeless)).map(|(other, _)| Arc::clone(other))
    }

    /// Returns a stage within that path which would have to be undone, and has no home.
    pub(super) fn undo_within(&self, path: &str) -> Option<String> {
        let (path, _) = self.within(path).find(|(_, homeless)| is_one_of(homeless.kind, TO_UNDO))?;
        path.rsplit_once('/').map(|(stage, _)| stage.to_owned())
    }
}
