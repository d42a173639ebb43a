//! The check that a new build of the program still has a place for each record: without one, the instance is parked.

use super::log::{Journal, LAST};

impl Journal {
    /// Marks a stage as restored, and its undo with it.
    pub(crate) fn takes_up_undo(&self, path: &str) {
        self.lock().homes.found_undo(path);
    }

    /// Marks what lies within that path and was recorded before `order` as needed no more, unless it would have to be
    /// undone.
    pub(crate) fn settles_within(&self, path: &str, order: u64) {
        self.lock().homes.settled(path, order);
    }

    /// Returns whether a record has not been requested.
    pub(crate) fn lacks_homes(&self) -> bool {
        !self.lock().homes.is_empty()
    }

    /// Returns whether a record in the stage around a path has not been requested.
    pub(crate) fn lacks_homes_around(&self, path: &str) -> bool {
        let stage = path.find(':').map_or(path, |own| path[..own].trim_end_matches('/'));
        self.lock().homes.any_within(stage).is_some()
    }

    /// Parks, before a stage runs, if it is recorded in another place.
    pub(crate) async fn park_if_recorded_elsewhere(&self, path: &str) {
        let elsewhere = self.lock().homes.elsewhere(path);
        if let Some(elsewhere) = elsewhere {
            self.park::<()>(format!("'{path}' is on record as '{elsewhere}', where its workflow no longer has it"))
                .await;
        }
        let block = self.lock().homes.dropped_elsewhere(path).map(ToOwned::to_owned);
        if let Some(block) = block {
            self.park::<()>(format!("'{path}' was done as a part of '{block}', where its workflow no longer has it"))
                .await;
        }
    }

    /// Parks, before a wait for a signal, if it was taken in another place.
    pub(crate) async fn park_if_taken_elsewhere(&self, path: &str) {
        let elsewhere = self.lock().homes.signal_elsewhere(path);
        let reason = match elsewhere {
            None => return,
            Some(Ok(elsewhere)) => {
                format!("'{path}' is on record as '{elsewhere}', where its workflow no longer has it")
            }
            Some(Err(block)) => format!("'{path}' was taken in '{block}', where its workflow no longer has it"),
        };
        self.park::<()>(reason).await;
    }

    /// Parks, before a stage ends, if a record inside was not requested.
    pub(crate) async fn park_if_left_inside(&self, path: &str) {
        let left = self.lock().homes.any_within(path);
        if let Some(left) = left {
            self.park_at::<()>(path, format!("'{left}' is on record, and '{path}' would end without it")).await;
        }
    }

    /// Parks, before user code in a stage begins, if rounds or items are recorded that it is no part of. `is_whole`:
    /// the code is all of the stage, so that no record inside may be left.
    pub(crate) async fn park_if_left_around(&self, path: &str, is_whole: bool) {
        let left = || {
            let homes = &self.lock().homes;
            let inside = || if is_whole { homes.any_within(path) } else { None };
            if homes.is_empty() { None } else { homes.repeats_around(path).or_else(inside) }
        };
        if left().is_none() {
            return;
        }
        // The workflow may still come to the rest.
        self.await_turn(LAST).await;
        if let Some(left) = left() {
            self.park_at::<()>(path, format!("'{left}' is on record, and '{path}' would begin without it")).await;
        }
    }

    /// Parks, before the members of a race or quorum begin, if a record names a member that is gone.
    pub(crate) async fn park_if_member_is_gone(&self, stage: &str, sites: &[&'static str]) {
        let is_known = |site: &str| sites.contains(&site);
        let unknown = self.lock().homes.unknown_member(stage, is_known);
        if let Some(unknown) = unknown {
            self.park_at::<()>(
                &unknown,
                format!("'{unknown}' is on record, and '{stage}' has no such member any more"),
            )
            .await;
        }
    }

    /// Parks, before a decision in a stage, if a decision of its kind (`names`) is recorded there under another name.
    pub(crate) async fn park_if_decided_under_another_name(&self, stage: &str, path: &str, names: &[&str]) {
        let before = self.lock().homes.decision_of(stage, names);
        if before.is_none() {
            return;
        }
        // The workflow may still come to that decision.
        self.await_turn(LAST).await;
        let before = self.lock().homes.decision_of(stage, names);
        if let Some(before) = before {
            self.park_at::<()>(path, format!("'{before}' is on record, and '{path}' would be decided without it"))
                .await;
        }
    }

    /// Parks, before the stages within a path are undone, if one of them can't be.
    pub(crate) async fn park_if_undo_is_gone(&self, path: &str) {
        let left = self.lock().homes.undo_within(path);
        if left.is_none() {
            return;
        }
        // The stage may still be restored.
        self.await_turn(LAST).await;
        let left = self.lock().homes.undo_within(path);
        if let Some(left) = left {
            self.park::<()>(format!(
                "'{left}' was done and would have to be undone, but its workflow no longer comes to it"
            ))
            .await;
        }
    }
}
