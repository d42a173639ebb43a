//! How often an instance was interrupted, and what was under way in it. When it goes on nothing is written for that: the store
//! tells how many engines have not come to their end since it was last written to. It is noted with whatever is written next.

use super::{journal::STUCK, own, payload::Kind};
use crate::store::{Change, Record};
use std::sync::Arc;

/// After how many interruptions in a row without getting on an instance is parked.
const TOO_MANY: u32 = 5;

/// What an instance in memory knows of that.
pub(super) struct Interruptions {
    /// How often that which was under way was cut, and which is on no record.
    cut: u32,
    /// How often in a row user code was interrupted, and the instance did not get on,
    in_a_row: u32,
    /// how often more it was if user code is what was under way: it is, where it is under way again before anything else happens,
    unsure: u32,
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
        Self { cut: 0, in_a_row: noted, unsure: 0, in_a_row_noted: Some(noted), unnoted: Vec::new(), written: false }
    }

    /// Its processes have ended so often since it was last written to; and it was stopped `in_peace` (which makes it no
    /// slower in getting on).
    pub(super) fn counted(&mut self, processes: u64, in_peace: bool) {
        let processes = u32::try_from(processes).unwrap_or(u32::MAX);
        // It was interrupted somehow, or it would not be read again.
        self.cut = processes.saturating_add(u32::from(in_peace)).max(1);
        self.unsure = processes;
    }

    /// User code is about to begin. Gives why it must not.
    pub(super) fn begins(&mut self) -> Option<String> {
        self.in_a_row = self.in_a_row.saturating_add(std::mem::take(&mut self.unsure));
        let times = self.in_a_row;
        (times >= TOO_MANY).then(|| format!("it was interrupted {times} times in a row without getting on"))
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

    /// What is within that path is not needed any more.
    pub(super) fn forget(&mut self, path: &str) {
        let is_within = |put: &str| put.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
        self.unnoted.retain(|change| !matches!(change, Change::Put { path, .. } if is_within(path)));
    }

    /// What is written now gets the instance on, or not, and is written while it is catching up, or later: gives what goes with
    /// it.
    pub(super) fn written(&mut self, progress: bool, catching_up: bool, next_order: &mut u64) -> Vec<Change> {
        self.written = true;
        if progress {
            self.in_a_row = 0;
        }
        if progress || !catching_up {
            // It was something else that was under way: a wait.
            self.unsure = 0;
        }
        let in_a_row = self.in_a_row.saturating_add(self.unsure);
        let mut changes = std::mem::take(&mut self.unnoted);
        if self.in_a_row_noted != Some(in_a_row) {
            self.in_a_row_noted = Some(in_a_row);
            let path: Arc<str> = STUCK.into();
            changes.push(match in_a_row {
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

    /// Something goes with whatever is written next.
    pub(super) fn has_something(&self) -> bool {
        !self.unnoted.is_empty()
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
        assert_eq!(interruptions.begins(), None);
        assert_eq!(interruptions.written(false, false, &mut 0), []);
        assert_eq!(interruptions.written(true, false, &mut 0), []);
    }

    #[test]
    fn are_noted_with_what_is_written_next() {
        let mut interruptions = Interruptions::new(1);
        interruptions.counted(2, false);
        assert_eq!(interruptions.of_each(), 2);
        interruptions.note(put("a/:interrupted"));
        assert_eq!(interruptions.begins(), None);
        assert!(!interruptions.is_due(), "the store still tells");
        assert_eq!(paths(&interruptions.written(false, false, &mut 0)), ["a/:interrupted=", ":stuck=3"]);
        assert_eq!(interruptions.written(false, false, &mut 0), [], "once");
        assert_eq!(paths(&interruptions.written(true, false, &mut 0)), ["-:stuck"], "it has got on");
        interruptions.note(put("b/:interrupted"));
        assert!(interruptions.is_due(), "nothing else tells any more");
    }

    #[test]
    fn five_in_a_row_are_too_many() {
        let begins = |noted, processes| {
            let mut interruptions = Interruptions::new(noted);
            interruptions.counted(processes, false);
            interruptions.begins()
        };
        assert_eq!(begins(4, 0), None);
        assert_eq!(begins(0, 4), None);
        let why = Some("it was interrupted 5 times in a row without getting on".to_owned());
        assert_eq!(begins(0, 5), why);
        assert_eq!(begins(2, 3), why);
    }

    #[test]
    fn of_a_wait_are_none_in_a_row() {
        let mut interruptions = Interruptions::new(0);
        interruptions.counted(7, false);
        assert_eq!(interruptions.of_each(), 7);
        assert_eq!(paths(&interruptions.written(false, true, &mut 0)), [":stuck=7"], "nobody knows yet");
        assert_eq!(paths(&interruptions.written(false, false, &mut 0)), ["-:stuck"], "something else has happened");
        assert_eq!(interruptions.begins(), None);
    }

    #[test]
    fn in_peace_count_for_what_was_cut_only() {
        let mut interruptions = Interruptions::new(4);
        interruptions.counted(0, true);
        assert_eq!((interruptions.of_each(), interruptions.begins()), (1, None));
        let mut interruptions = Interruptions::new(0);
        interruptions.counted(1, true);
        assert_eq!((interruptions.of_each(), interruptions.begins()), (2, None));
        assert_eq!(paths(&interruptions.written(false, false, &mut 0)), [":stuck=1"]);
    }

    #[test]
    fn are_forgotten_with_the_stage() {
        let mut interruptions = Interruptions::new(0);
        interruptions.note(put("a/:interrupted"));
        interruptions.note(put("ab/:interrupted"));
        interruptions.forget("a");
        assert_eq!(paths(&interruptions.written(true, false, &mut 0)), ["ab/:interrupted="]);
    }
}
