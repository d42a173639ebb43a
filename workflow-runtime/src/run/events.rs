//! The events of a run.

#[cfg(feature = "durable")]
use super::observation::ObservedState;
use super::{
    observation::{ActiveStage, EventSink, StagePosition, UnwoundStage},
    state::RunState,
};
use crate::{
    failure::{Failure, FailureKind, panic::drop_quietly},
    observe::event::{Event, EventKind},
    stage_id::StageId,
    sync::lock,
};
use std::mem;
use tokio::time::Instant;

/// The run itself.
impl RunState {
    /// Reports that the run starts.
    pub(crate) fn emit_started(&self) {
        if let Some(observation) = self.observation() {
            observation.emit(self, StageId::BODY, &[], EventKind::Started);
        }
    }

    /// Reports that the run has ended.
    #[inline]
    pub(crate) fn emit_ended<T>(&self, ended: &Result<T, Failure>) {
        if self.observes_end() {
            self.emit_end(ended.as_ref().err());
        }
    }

    #[cold]
    fn emit_end(&self, failure: Option<&Failure>) {
        let outcome = match failure {
            None => "completed",
            Some(failure) if failure.kind() == FailureKind::Cancelled => "cancelled",
            Some(_) => "failed",
        };
        self.end_with(outcome);
        if let Some(observation) = self.observation() {
            observation.emit(self, StageId::BODY, &[], EventKind::Ended { outcome: failure.map_or(Ok(()), Err) });
        }
    }

    /// Reports that the run was dropped, unless its end was reported or it goes on from the store.
    pub(crate) fn emit_dropped(&self) {
        if !self.is_suspended()
            && self.end_with("cancelled")
            && let Some(observation) = self.observation()
        {
            observation.emit(self, StageId::BODY, &[], EventKind::Cancelled);
        }
    }

    /// Reports a caught panic as the failure of all the stages that it went through.
    pub(crate) fn emit_panicked(&self, failure: &Failure) {
        if let Some(observation) = self.observation() {
            let unwound = mem::take(&mut *lock(&observation.unwound));
            for UnwoundStage { place, attempt, ended } in unwound {
                observation.failed(self, &place, attempt, ended, failure);
            }
        }
    }

    /// Reports how a stage is undone whose places are known. The begin of an undo is reported once, whatever interrupts
    /// it.
    pub(crate) fn emit_at(&self, stage: StageId, places: &[(u32, u32)], kind: EventKind<'_>) {
        #[cfg(feature = "durable")]
        if self.is_durable() {
            undone(self, stage, &kind);
        }
        let Some(observation) = self.observation() else { return };
        let place = (stage, places.to_vec());
        let is_news = match kind {
            EventKind::Undoing => observation.state().undoing.insert(place),
            EventKind::Undone | EventKind::UndoFailed { .. } => {
                observation.state().undoing.remove(&place);
                true
            }
            _ => true,
        };
        if is_news {
            observation.emit(self, stage, places, kind);
        }
    }
}

impl RunState {
    /// Reports a recorded undo, if observers know only of its begin.
    pub(crate) fn emit_recorded_undo(&self, stage: StageId, places: &[(u32, u32)], ended: &Result<(), Failure>) {
        let begun = |observation: &EventSink| observation.state().undoing.contains(&(stage, places.to_vec()));
        if self.observation().is_some_and(begun) {
            self.emit_at(
                stage,
                places,
                ended.as_ref().err().map_or(EventKind::Undone, |failure| EventKind::UndoFailed { failure }),
            );
        }
    }
}

/// Runs on a store: they may leave the memory and come back.
#[cfg(feature = "durable")]
impl RunState {
    /// Reports that the run is in memory. `known`: the knowledge of its observers, if it was in memory before. Else
    /// `begins` tells whether the run begins, or an earlier process has begun it.
    pub(crate) fn emit_resumed(&self, known: Option<ObservedState>, begins: bool) {
        let Some(observation) = self.observation() else { return };
        let kind = match known {
            None if begins => EventKind::Started,
            None => EventKind::Resumed,
            Some(known) => {
                let was_parked = known.is_parked;
                *observation.state() = ObservedState { is_parked: false, ..known };
                if !was_parked {
                    return;
                }
                EventKind::Resumed
            }
        };
        observation.emit(self, StageId::BODY, &[], kind);
    }

    /// Reports the running stages in the order in which they were enabled, once the run has restored its records.
    pub(crate) fn emit_restored(&self) {
        let Some(observation) = self.observation() else { return };
        let mut unreported: Vec<(u64, StagePosition)> = {
            let state = observation.state();
            let unreported = state.running.iter().filter(|(_, stage)| !stage.is_reported);
            unreported.map(|(place, stage)| (stage.order, place.clone())).collect()
        };
        unreported.sort_unstable();
        for (_, place) in unreported {
            observation.emit_enabled_once(self, &place);
        }
    }

    /// Reports the running stages among those that are rewound as cancelled.
    pub(crate) fn emit_rewound(&self, is_taken: impl Fn(StageId) -> bool) {
        if let Some(observation) = self.observation() {
            self.emit_cancelled_stages(observation, is_taken);
        }
    }

    fn emit_cancelled_stages(&self, observation: &EventSink, is_cut: impl Fn(StageId) -> bool) {
        let mut cut: Vec<(u64, StagePosition)> = {
            let mut state = observation.state();
            let cut = state.running.extract_if(|(stage, _), _| is_cut(*stage));
            cut.filter(|(_, stage)| stage.is_reported).map(|(place, stage)| (stage.order, place)).collect()
        };
        cut.sort_unstable();
        for (_, (stage, places)) in cut {
            observation.emit(self, stage, &places, EventKind::Cancelled);
        }
    }

    /// Reports the end of a run after its last task has ended: no report can follow.
    pub(crate) fn emit_settled<T>(&self, ended: &Result<T, Failure>) {
        if let Some(observation) = self.observation() {
            self.emit_cancelled_stages(observation, |_| true);
        }
        self.emit_ended(ended);
    }

    /// Reports that the run is parked: it can't go on without an operator.
    pub(crate) fn emit_parked(&self, stage: Option<&str>, reason: &str) {
        if let Some(observation) = self.observation() {
            observation.state().is_parked = true;
            observation.emit(self, StageId::BODY, &[], EventKind::Parked { stage, reason });
        }
    }

    /// Takes the knowledge of the run's observers, for the time when the instance is back in memory.
    pub(crate) fn take_observed(&self) -> Option<ObservedState> {
        let observation = self.observation()?;
        if observation.shared.observers.is_empty() {
            return None;
        }
        let mut state = mem::take(&mut *observation.state());
        state.running.retain(|_, stage| stage.is_reported);
        Some(state)
    }
}

/// Outcome in the span of a cancelled stage.
pub(crate) const CANCELLED: &str = "cancelled";

impl EventSink {
    pub(crate) fn emit(&self, core: &RunState, stage: StageId, places: &[(u32, u32)], kind: EventKind<'_>) {
        if self.shared.observers.is_empty() {
            return;
        }
        let name = core.stage_name(stage);
        let event = Event {
            workflow: core.graph().name,
            graph: core.graph(),
            stage: name,
            index: name.map(|_| stage.0),
            places,
            instance: core.instance(),
            at: Instant::now(),
            kind,
        };
        for observer in &*self.shared.observers {
            // An observer is no part of the run: it can't make it fail.
            drop_quietly(|| observer.event(&event));
        }
    }

    /// Reports that a stage is enabled, and that an attempt of it has started, unless that is 0.
    pub(crate) fn emit_enabled(&self, core: &RunState, (stage, places): &StagePosition, attempt: u32) {
        self.emit(core, *stage, places, EventKind::Enabled);
        if attempt > 0 {
            self.emit(core, *stage, places, EventKind::AttemptStarted { attempt });
        }
    }

    /// Reports that a stage is enabled now, or is back in memory. `attempt`: the number of the attempt that starts with
    /// it; 0: none does.
    pub(crate) fn enable(&self, core: &RunState, place: &StagePosition, attempt: u32) {
        let is_reported = !core.is_restoring();
        {
            let mut state = self.state();
            if let Some(before) = state.running.get_mut(place) {
                before.skipped = None;
                return;
            }
            state.enabled += 1;
            let order = state.enabled;
            state.running.insert(place.clone(), ActiveStage { attempt, order, is_reported, skipped: None });
        }
        if is_reported {
            self.emit_enabled(core, place, attempt);
        }
    }

    /// Reports that a stage is enabled, before its first other event.
    pub(crate) fn emit_enabled_once(&self, core: &RunState, place: &StagePosition) {
        let attempt = {
            let mut state = self.state();
            let unreported = state.running.get_mut(place).filter(|stage| !stage.is_reported);
            unreported.map(|stage| {
                stage.is_reported = true;
                stage.attempt
            })
        };
        if let Some(attempt) = attempt {
            self.emit_enabled(core, place, attempt);
        }
    }

    /// Ends a stage. Returns `None` if it has ended before.
    pub(crate) fn end(&self, core: &RunState, place: &StagePosition) -> Option<ActiveStage> {
        self.emit_enabled_once(core, place);
        self.state().running.remove(place)
    }

    /// Reports that the attempt failed for good, if one was running, and so did the stage, if it `ended` with it.
    pub(crate) fn failed(
        &self,
        core: &RunState,
        (stage, places): &StagePosition,
        attempt: u32,
        ended: bool,
        failure: &Failure,
    ) {
        if attempt > 0 {
            self.emit(core, *stage, places, EventKind::AttemptFailed { attempt, failure, delay: None });
        }
        if ended {
            self.emit(core, *stage, places, EventKind::Failed { failure });
        }
    }
}

/// Reports the undo of a stage of the instance, or its failure.
#[cfg(feature = "durable")]
pub(crate) fn undone(core: &RunState, stage: StageId, kind: &EventKind<'_>) {
    let (instance, workflow, stage) = (&**core.instance(), core.graph().name, core.stage_name(stage));
    match kind {
        EventKind::Undone => tracing::info!(target: "workflow", instance, workflow, stage, "the stage was undone"),
        EventKind::UndoFailed { failure } => {
            let failure = format_args!("{failure:#}");
            tracing::warn!(target: "workflow", instance, workflow, stage, failure, "the stage could not be undone");
        }
        _ => {}
    }
}
