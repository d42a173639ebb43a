//! The frame of a stage: in which run its code is, and in which round, item and attempt.

use super::{
    attempt_state::AttemptState,
    observation::EventSink,
    state::{RareState, RunState},
    undo_log::{UndoLog, UndoScope},
};
use crate::{
    expression::reason::Reason,
    failure::{FailureKind, exit::Exit},
    stage_id::StageId,
};
use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU32},
    },
    time::SystemTime,
};

/// The frame of generated code: its run, and its round or item in it.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    pub(crate) core: &'a RunState,
    path: Option<&'a PathSegment<'a>>,
    /// Number of the attempt of the stage whose code this is.
    pub(crate) attempt: u32,
    /// Log of a scope that may be rolled back alone. `None`: the log of the run.
    log: Option<&'a Arc<UndoLog>>,
}

/// One round of a loop or one item of a `for`.
pub struct PathSegment<'a> {
    around: Option<&'a PathSegment<'a>>,
    stage: StageId,
    index: u32,
}

impl RunState {
    #[inline]
    pub(crate) fn frame(&self) -> Frame<'_> {
        Frame { core: self, path: None, attempt: self.attempt, log: None }
    }
}

impl<'a> Frame<'a> {
    /// Returns the place of a round or an item.
    #[inline]
    #[must_use]
    pub fn place(self, stage: StageId, index: usize) -> PathSegment<'a> {
        PathSegment { around: self.path, stage, index: u32::try_from(index).unwrap_or(u32::MAX) }
    }

    /// Returns the frame in that round or item.
    #[inline]
    #[must_use]
    pub fn within(self, place: &'a PathSegment<'a>) -> Self {
        Self { path: Some(place), attempt: 1, ..self }
    }

    /// Returns the frame in that attempt of a stage. Stages inside a block tell its attempts apart by `place`.
    #[inline]
    #[must_use]
    pub fn again(self, place: &'a PathSegment<'a>, attempt: u32, block: bool) -> Self {
        if block && attempt > 1 { Self { path: Some(place), attempt: 1, ..self } } else { Self { attempt, ..self } }
    }

    /// Sets the number of the first attempt from here on.
    #[cfg(feature = "durable")]
    pub(crate) fn starting_at(self, attempt: u32) -> Self {
        Self { attempt, ..self }
    }

    /// `sleep_until(T)`, by the clock that timers follow.
    pub async fn sleep_until(self, time: SystemTime) {
        self.core.clock().until(time).await;
    }

    /// Returns the frame inside a scope that may be rolled back alone.
    #[inline]
    #[must_use]
    pub fn logging(self, log: &'a UndoScope) -> Self {
        Self { log: Some(log), ..self }
    }

    /// Returns the log of a scope that may be rolled back alone, below this one's.
    #[must_use]
    pub fn child_log(self) -> UndoScope {
        UndoLog::child(&self.log())
    }

    pub(crate) fn log(self) -> Arc<UndoLog> {
        match self.log_if_any() {
            Some(log) => Arc::clone(log),
            None => unreachable!("only a workflow with an `#[undo]` asks for its log"),
        }
    }

    pub(crate) fn log_if_any(self) -> Option<&'a Arc<UndoLog>> {
        self.log.or(self.core.log())
    }

    /// Ends the undo log of the workflow, which has its output: nothing will be undone any more.
    pub fn commit(self) {
        #[cfg(feature = "durable")]
        if self.journal().is_some_and(|journal| journal.record(crate::journal::path::REWIND).is_some()) {
            // Some of it is taken back: the undos are still needed.
            return;
        }
        if let Some(log) = self.core.log() {
            log.forget();
        }
    }

    /// Sets the stage whose user code comes next.
    #[inline]
    pub fn at(self, stage: StageId) {
        self.core.at(stage);
    }

    /// Returns the part of the run that a task of its own takes along.
    #[must_use]
    pub fn detach(self) -> OwnedFrame {
        let around = self.core;
        let rare = RareState {
            span: None,
            observation: around.observation().map(EventSink::detach),
            states: around.rare().and_then(|rare| rare.states.clone()),
            log: self.log_if_any().cloned(),
            base: self.places(),
            flight: None,
            #[cfg(feature = "durable")]
            journal: around.journal().cloned(),
            instance: OnceLock::from(Arc::clone(around.instance())),
            is_named: around.rare().is_some_and(|rare| rare.is_named),
            #[cfg(feature = "durable")]
            begun: std::sync::Mutex::default(),
            clock: around.rare().map(|rare| rare.clock.clone()).unwrap_or_default(),
            ended: AtomicBool::new(false),
            children: OnceLock::from(Arc::clone(around.children())),
        };
        let core = RunState {
            graph: around.graph,
            current: AtomicU32::new(around.current().0),
            spent: AtomicU32::new(0),
            attempt: self.attempt,
            traced: around.traced,
            observed: around.observed,
            tracked: around.tracked,
            owns_log: false,
            reverses: around.reverses,
            rare: OnceLock::from(Box::new(rare)),
        };
        OwnedFrame { core }
    }

    /// Returns the part of the run that a stage with an undo takes along.
    pub(crate) fn detach_in_flight(self, flight: AttemptState) -> OwnedFrame {
        let mut detached = self.detach();
        detached.core.rare_mut().flight = Some(flight);
        detached
    }

    #[inline]
    pub(crate) fn core(self) -> &'a RunState {
        self.core
    }

    /// Returns the part of the run that an undo takes along. It holds no log, since the undo lies in one itself.
    pub(crate) fn detach_to_reverse(self) -> OwnedFrame {
        let mut detached = self.detach();
        detached.core.rare_mut().log = None;
        detached.core.attempt = 1;
        detached.core.reverses = true;
        detached
    }

    /// `fail`
    #[cold]
    #[must_use]
    pub fn fail(self, stage: StageId, reason: Reason) -> Exit {
        match reason {
            Reason::Own(error) => self.core.failure(stage, FailureKind::Failed, Some(error)).into(),
            Reason::Passed(failure) => failure.into(),
        }
    }

    /// Returns the failure of a `loop` that has had all its rounds.
    #[cold]
    #[must_use]
    pub fn rounds_spent(self, stage: StageId, rounds: u64) -> Exit {
        self.core.failure(stage, FailureKind::RoundLimit, Some(format!("no `break` in {rounds} rounds").into())).into()
    }

    /// Rounds and items from the outside in.
    pub(crate) fn places(self) -> Vec<(u32, u32)> {
        let mut places = Vec::new();
        let mut next = self.path;
        while let Some(place) = next {
            places.push((place.stage.0, place.index));
            next = place.around;
        }
        places.extend(self.core.rare().iter().flat_map(|rare| rare.base.iter().rev()));
        places.reverse();
        places
    }
}

#[cfg(not(feature = "durable"))]
impl Frame<'_> {
    /// Returns `false`: a run in memory has no records.
    #[allow(clippy::unused_self, reason = "a run on a store may have it on record")]
    pub(crate) const fn is_known(self, _: StageId) -> bool {
        false
    }

    /// Returns the number of this attempt of an expression.
    pub(crate) const fn attempt_at(self, _: StageId, _: &str) -> u32 {
        self.attempt
    }
}

/// The part of a run that a task of its own takes along.
pub struct OwnedFrame {
    core: RunState,
}

impl OwnedFrame {
    /// Returns its frame in the run.
    #[must_use]
    pub fn frame(&self) -> Frame<'_> {
        self.core.frame()
    }

    pub(crate) fn core(&self) -> &RunState {
        &self.core
    }
}
