//! The events of a stage, as generated code and policies report them.

use super::{events::CANCELLED, frame::Frame};
use crate::{
    failure::{Failure, exit::Exit},
    observe::event::EventKind,
    output::visibility::Visibility,
    stage_id::StageId,
};
use std::{mem, time::Duration};

/// Reports of generated code and policies about their stage.
impl Frame<'_> {
    /// Reports that the stage's only attempt starts.
    #[inline]
    pub fn first_attempt_started(self, stage: StageId) {
        if self.core.observes_stages() {
            self.attempt_started(stage, 1);
        }
    }

    /// Reports that the stage is skipped.
    #[inline]
    pub fn skipped(self, stage: StageId) {
        if self.core.observes_stages() {
            self.emit_skipped(stage, "skipped");
        }
    }

    /// Reports that the signal or stage in its `#[until]` ends the stage.
    #[inline]
    pub fn cut(self, stage: StageId) {
        if self.core.observes_stages() {
            self.emit_skipped(stage, CANCELLED);
        }
    }

    /// Reports a choice in the stage.
    #[inline]
    pub(crate) fn decided(self, stage: StageId, arm: &'static str) {
        if self.core.observes_stages() {
            self.emit(stage, EventKind::Decided { arm });
        }
    }

    /// Reports the winner of a `race` or a `quorum`: its number, from 0.
    #[inline]
    pub(crate) fn won(self, stage: StageId, member: usize) {
        if self.core.observes_stages() {
            self.emit_won(stage, member);
        }
    }

    #[cold]
    fn emit_won(self, stage: StageId, member: usize) {
        // Recorded decisions were reported when they were made.
        if !self.core.is_restoring() {
            self.emit(stage, EventKind::Decided { arm: &(member + 1).to_string() });
        }
    }

    /// Reports that the stage took a signal.
    #[inline]
    pub(crate) fn signalled(self, stage: StageId, signal: &'static str) {
        if self.core.observes_stages() {
            self.emit(stage, EventKind::Signalled { signal });
        }
    }

    /// Reports that an attempt starts.
    pub(crate) fn attempt_started(self, stage: StageId, attempt: u32) {
        let Some(observation) = self.core.observation() else { return };
        let place = (stage, self.places());
        let is_news = {
            let mut state = observation.state();
            // Attempts of an undo are no attempts of the stage.
            let Some(open) = state.running.get_mut(&place) else { return };
            // One that goes on after the instance was out of memory is known.
            mem::replace(&mut open.attempt, attempt) != attempt && open.is_reported
        };
        if is_news {
            observation.emit(self.core, stage, &place.1, EventKind::AttemptStarted { attempt });
        }
    }

    /// Sets the number of the attempt that starts with the stage, since earlier ones were interrupted.
    #[cfg(feature = "durable")]
    pub(crate) fn attempt_goes_on(self, stage: StageId, attempt: u32) {
        let Some(observation) = self.core.observation() else { return };
        if observation.state().running.get(&(stage, self.places())).is_none_or(|stage| stage.attempt == 0) {
            // The policies that make the stage's attempts report them.
            return;
        }
        if self.core.is_traced() {
            tracing::Span::current().record("attempt", attempt);
        }
        self.attempt_started(stage, attempt);
    }

    /// Reports a failed attempt. `failure` is called only for an observed run.
    pub(crate) fn attempt_failed(
        self,
        stage: StageId,
        attempt: u32,
        failure: impl FnOnce() -> Failure,
        delay: Option<Duration>,
    ) {
        let Some(observation) = self.core.observation() else { return };
        let place = (stage, self.places());
        observation.emit_enabled_once(self.core, &place);
        if observation.end_attempt(&place) == attempt {
            let kind = EventKind::AttemptFailed { attempt, failure: &failure(), delay };
            observation.emit(self.core, stage, &place.1, kind);
        }
    }

    /// Reports that a stage has failed before it was enabled, because of a failure of its wait.
    pub(crate) fn failed_waiting(self, stage: StageId, stop: &Exit) {
        let Exit::Failed(failure) = stop else { return };
        if let Some(cell) = self.core.cell(stage) {
            cell.fail_waiting();
        }
        let Some(observation) = self.core.observation() else { return };
        let (name, places) = (self.core.stage_name(stage), self.places());
        let place = (stage, places);
        if name.is_some() && !observation.state().running.contains_key(&place) {
            if let (true, Some(name)) = (self.core.is_traced(), name) {
                drop(tracing::debug_span!(target: "workflow", "stage", name, outcome = "failed"));
            }
            observation.emit_enabled(self.core, &place, 0);
            observation.failed(self.core, &place, 0, true, failure);
        }
    }

    /// Returns the rounds and items of the frame, if the run is observed.
    pub(crate) fn observed_places(self) -> Vec<(u32, u32)> {
        if self.core.observation().is_some() { self.places() } else { Vec::new() }
    }

    #[cold]
    fn emit_skipped(self, stage: StageId, words: &'static str) {
        let Some(observation) = self.core.observation() else { return };
        let place = (stage, self.places());
        observation.emit_enabled_once(self.core, &place);
        let is_news = {
            let mut state = observation.state();
            state.running.get_mut(&place).is_some_and(|stage| stage.skipped.replace(words).is_none())
        };
        if is_news {
            let kind = if words == CANCELLED { EventKind::Cancelled } else { EventKind::Skipped };
            observation.emit(self.core, stage, &place.1, kind);
        }
    }

    #[cold]
    fn emit(self, stage: StageId, kind: EventKind<'_>) {
        if let Some(observation) = self.core.observation() {
            let place = (stage, self.places());
            observation.emit_enabled_once(self.core, &place);
            observation.emit(self.core, stage, &place.1, kind);
        }
    }
}

impl<const UNOBSERVED: usize, const OBSERVED: usize> Visibility<UNOBSERVED, OBSERVED> {
    /// Reports a choice in that stage.
    #[allow(clippy::inline_always, reason = "it is nothing but a comparison, or nothing at all")]
    #[inline(always)]
    pub fn decided(self, frame: &Frame<'_>, stage: StageId, arm: &'static str) {
        if OBSERVED != 0 {
            frame.decided(stage, arm);
        }
    }
}
