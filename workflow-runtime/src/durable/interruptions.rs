//! How often an instance was interrupted, and what was under way in it. When it goes on nothing is written for that: the store
//! tells how many engines have not come to their end since it was last written to. It is noted with whatever is written next.

use super::{journal::STUCK, own, payload::Kind};
use crate::store::{Change, Record};
use std::sync::Arc;

/// What an instance in memory knows of that.
pub(super) struct Interruptions {
    /// How often that which was under way was cut, and which is on no record.
    cut: u32,
    /// How often in a row the instance was interrupted without getting on,
    in_a_row: u32,
    /// and what is on record of that; none: nobody knows.
    in_a_row_noted: Option<u32>,
    /// What goes with whatever is written next.
    unnoted: Vec<Change>,
    /// This process has written something, so that the store does not tell any more.
    written: bool,
}

impl Interruptions {
    /// None; so many are on record.
    pub(super) fn new(noted: u32) -> Self {
        Self { cut: 0, in_a_row: noted, in_a_row_noted: Some(noted), unnoted: Vec::new(), written: false }
    }

    /// Its processes have ended so often since it was last written to; and it was stopped `in_peace` (which makes it no
    /// slower in getting on). Gives how often in a row it was interrupted.
    pub(super) fn counted(&mut self, processes: u64, in_peace: bool) -> u32 {
        let processes = u32::try_from(processes).unwrap_or(u32::MAX);
        // It was interrupted somehow, or it would not be read again.
        self.cut = processes.saturating_add(u32::from(in_peace)).max(1);
        self.in_a_row = self.in_a_row.saturating_add(processes);
        self.in_a_row
    }

    /// How often what runs again was cut since that was last noted.
    pub(super) fn of_each(&self) -> u32 {
        self.cut
    }

    /// Goes with whatever is written next.
    pub(super) fn note(&mut self, change: Change) {
        self.unnoted.push(change);
    }

    /// Something has to be noted now, since nothing else may tell it.
    pub(super) fn is_due(&self) -> bool {
        self.written && !self.unnoted.is_empty()
    }

    /// What is within that is not needed any more.
    pub(super) fn forget(&mut self, prefix: &str) {
        self.unnoted.retain(|change| !matches!(change, Change::Put { path, .. } if path.starts_with(prefix)));
    }

    /// What is written now gets the instance on, or not: gives what goes with it.
    pub(super) fn written(&mut self, progress: bool, next_order: &mut u64) -> Vec<Change> {
        self.written = true;
        if progress {
            self.in_a_row = 0;
        }
        let mut changes = std::mem::take(&mut self.unnoted);
        if self.in_a_row_noted != Some(self.in_a_row) {
            self.in_a_row_noted = Some(self.in_a_row);
            let path: Arc<str> = STUCK.into();
            changes.push(match self.in_a_row {
                0 => Change::Remove { path },
                times => {
                    let record = Record { order: *next_order, kind: Kind::Stuck as u8, payload: own(&times) };
                    *next_order += 1;
                    Change::Put { path, record }
                }
            });
        }
        changes
    }

    /// The store has not taken it.
    pub(super) fn not_written(&mut self, mut changes: Vec<Change>) {
        let is_count =
            |change: &Change| matches!(change, Change::Put { path, .. } | Change::Remove { path } if **path == *STUCK);
        if changes.iter().any(is_count) {
            self.in_a_row_noted = None;
        }
        changes.retain(|change| !is_count(change));
        changes.append(&mut self.unnoted);
        self.unnoted = changes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(path: &str) -> Change {
        Change::Put { path: path.into(), record: Record { order: 0, kind: 0, payload: Vec::new() } }
    }

    fn paths(changes: &[Change]) -> Vec<String> {
        let path = |change: &Change| match change {
            Change::Put { path, record } => format!("{path}={}", String::from_utf8_lossy(&record.payload)),
            Change::Remove { path } => format!("-{path}"),
            other => panic!("{other:?}"),
        };
        changes.iter().map(path).collect()
    }

    #[test]
    fn nothing_is_written_for_none() {
        let mut interruptions = Interruptions::new(0);
        assert_eq!(interruptions.written(false, &mut 0), []);
        assert_eq!(interruptions.written(true, &mut 0), []);
    }

    #[test]
    fn are_noted_with_what_is_written_next() {
        let mut interruptions = Interruptions::new(1);
        assert_eq!(interruptions.counted(2, false), 3);
        assert_eq!(interruptions.of_each(), 2);
        interruptions.note(put("a/:interrupted"));
        assert!(!interruptions.is_due(), "the store still tells");
        assert_eq!(paths(&interruptions.written(false, &mut 0)), ["a/:interrupted=", ":stuck=3"]);
        assert_eq!(interruptions.written(false, &mut 0), [], "once");
        assert_eq!(paths(&interruptions.written(true, &mut 0)), ["-:stuck"], "it has got on");
        interruptions.note(put("b/:interrupted"));
        assert!(interruptions.is_due(), "nothing else tells any more");
    }

    #[test]
    fn in_peace_count_for_what_was_cut_only() {
        let mut interruptions = Interruptions::new(0);
        assert_eq!(interruptions.counted(0, true), 0);
        assert_eq!(interruptions.of_each(), 1);
        assert_eq!(interruptions.counted(1, true), 1);
        assert_eq!(interruptions.of_each(), 2);
    }

    #[test]
    fn are_noted_later_where_the_store_has_not_taken_them() {
        let mut interruptions = Interruptions::new(0);
        interruptions.counted(1, false);
        interruptions.note(put("a/:interrupted"));
        let first = interruptions.written(false, &mut 0);
        interruptions.note(put("b/:interrupted"));
        interruptions.not_written(first);
        let second = interruptions.written(false, &mut 0);
        assert_eq!(paths(&second), ["a/:interrupted=", "b/:interrupted=", ":stuck=1"]);
        // Meanwhile it has got on.
        let third = interruptions.written(true, &mut 0);
        assert_eq!(paths(&third), ["-:stuck"]);
        interruptions.not_written(second);
        assert_eq!(paths(&interruptions.written(false, &mut 0)), ["a/:interrupted=", "b/:interrupted=", "-:stuck"]);
    }

    #[test]
    fn are_forgotten_with_the_stage() {
        let mut interruptions = Interruptions::new(0);
        interruptions.note(put("a/:interrupted"));
        interruptions.note(put("ab/:interrupted"));
        interruptions.forget("a/");
        assert_eq!(paths(&interruptions.written(true, &mut 0)), ["ab/:interrupted="]);
    }
}
