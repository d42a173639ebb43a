//! The record of a run that a [`Report`](super::Report) keeps.

use crate::{
    failure::{Failure, FailureKind},
    observe::event::{Event, EventKind, title},
};
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};
use tokio::time::Instant;
use workflow_graph::Graph;

/// Rounds and items, from the outside in.
type Places = Vec<(u32, u32)>;

/// One run, as far as it has been reported.
pub(crate) struct RunRecord {
    pub(super) graph: &'static Graph<'static>,
    pub(super) started: Instant,
    /// Time of the last event.
    pub(super) last: Instant,
    /// `None`: the run is running, or parked.
    pub(super) end: Option<How>,
    pub(super) is_parked: bool,
    /// Number of its running stages.
    pub(super) open: usize,
    /// Stages in the order in which they were enabled.
    pub(super) stages: Vec<StageRun>,
    /// Whose own, and of which kind; none: the run's own.
    pub(super) failures: Vec<(Option<u32>, FailureKind)>,
    /// The latest of each stage in each place.
    by_place: HashMap<(u32, Places), usize>,
    /// The wait for a signal comes before the stage is enabled.
    signalled: HashSet<(u32, Places)>,
    events: usize,
}

/// One run of a stage.
pub(crate) struct StageRun {
    pub(super) stage: u32,
    pub(super) places: Places,
    /// The run of the stage around it.
    pub(super) parent: Option<usize>,
    pub(super) enabled: Moment,
    pub(super) attempts: Vec<AttemptRecord>,
    pub(super) end: Option<(Moment, How)>,
    pub(super) undo: Option<AttemptRecord>,
    /// Whether the stage waited for a signal before it was enabled.
    pub(super) was_signalled: bool,
    /// Kind of the failure of its last attempt, if that is counted.
    counted: Option<FailureKind>,
}

/// A time, and the number of the event that came then: events of one time have an order, too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(super) at: Instant,
    pub(super) order: usize,
}

/// One attempt, at a stage or at undoing it.
pub(crate) struct AttemptRecord {
    pub(super) start: Instant,
    /// `None`: the stage is running.
    pub(super) end: Option<(Instant, How)>,
}

/// The end of a run or a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Completed,
    Skipped,
    Failed,
    Cancelled,
}

impl How {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl AttemptRecord {
    fn starting(start: Instant) -> Self {
        Self { start, end: None }
    }

    /// Whether it ended so.
    pub(super) fn end_as(&self, how: How) -> bool {
        self.end.is_some_and(|(_, ended)| ended == how)
    }

    /// Returns the last moment that is known of the attempt.
    pub(super) fn until(&self, now: Instant) -> Instant {
        self.end.map_or(now, |(at, _)| at)
    }
}

impl RunRecord {
    pub(super) fn new(event: &Event<'_>) -> Self {
        Self {
            graph: event.graph,
            started: event.at,
            last: event.at,
            end: None,
            is_parked: false,
            open: 0,
            stages: Vec::new(),
            failures: Vec::new(),
            by_place: HashMap::new(),
            signalled: HashSet::new(),
            events: 0,
        }
    }

    pub(super) fn take(&mut self, event: &Event<'_>) {
        if self.end.is_none() {
            // A task reports its cancellation later, and that is no time of the run.
            self.last = self.last.max(event.at);
        }
        self.events += 1;
        let now = Moment { at: event.at, order: self.events };
        match event.index {
            Some(stage) => self.take_of_stage(stage, now, event),
            None => match event.kind {
                EventKind::Ended { outcome: Ok(()) } => self.end = Some(How::Completed),
                EventKind::Ended { outcome: Err(failure) } => {
                    self.count_last(failure);
                    self.end =
                        Some(if failure.kind() == FailureKind::Cancelled { How::Cancelled } else { How::Failed });
                }
                EventKind::Cancelled => self.end = Some(How::Cancelled),
                EventKind::Parked { .. } => self.is_parked = true,
                EventKind::Resumed => self.is_parked = false,
                _ => {}
            },
        }
    }

    fn take_of_stage(&mut self, stage: u32, now: Moment, event: &Event<'_>) {
        if let EventKind::Enabled = event.kind {
            self.enable(stage, now, event.places);
            return;
        }
        let place = (stage, event.places.to_vec());
        match event.kind {
            EventKind::UndoFailed { failure } => {
                self.count(stage, failure);
            }
            EventKind::AttemptFailed { failure, .. } | EventKind::Failed { failure } => {
                self.count_once(&place, failure);
            }
            EventKind::Signalled { .. } => {
                self.signalled.insert(place);
                return;
            }
            _ => {}
        }
        let Some(run) = self.by_place.get(&place).map(|&index| &mut self.stages[index]) else { return };
        let how = match event.kind {
            EventKind::AttemptStarted { .. } => {
                run.counted = None;
                run.attempts.push(AttemptRecord::starting(now.at));
                return;
            }
            EventKind::AttemptFailed { .. } => {
                run.end_attempt(now.at, How::Failed);
                return;
            }
            EventKind::Undoing => {
                run.undo = Some(AttemptRecord::starting(now.at));
                return;
            }
            EventKind::Undone | EventKind::UndoFailed { .. } => {
                let failed = matches!(event.kind, EventKind::UndoFailed { .. });
                if let Some(undo) = &mut run.undo {
                    undo.end = Some((now.at, if failed { How::Failed } else { How::Completed }));
                }
                return;
            }
            EventKind::Completed => How::Completed,
            EventKind::Skipped => How::Skipped,
            EventKind::Failed { .. } => How::Failed,
            EventKind::Cancelled => How::Cancelled,
            _ => return,
        };
        run.end_attempt(now.at, how);
        if run.end.replace((now, how)).is_none() {
            self.open -= 1;
        }
    }

    fn enable(&mut self, stage: u32, enabled: Moment, places: &[(u32, u32)]) {
        let parent =
            self.graph.stages.get(stage as usize).and_then(|stage| self.around(stage.scope)).and_then(|around| {
                let places: Places = places.iter().take_while(|(stage, _)| *stage != around).copied().collect();
                self.by_place.get(&(around, places)).copied()
            });
        let places = places.to_vec();
        let was_signalled = self.signalled.remove(&(stage, places.clone()));
        self.open += 1;
        self.by_place.insert((stage, places.clone()), self.stages.len());
        self.stages.push(StageRun {
            stage,
            places,
            parent,
            enabled,
            attempts: Vec::new(),
            end: None,
            undo: None,
            was_signalled,
            counted: None,
        });
    }

    /// Counts a failure where it comes from, not for the stages around that one.
    fn count(&mut self, stage: u32, failure: &Failure) -> bool {
        let is_its_own = failure.stage() == Some(self.name(stage)) && failure.workflow() == self.graph.name;
        if is_its_own {
            self.failures.push((Some(stage), failure.kind()));
        }
        is_its_own
    }

    /// Counts the failure of a stage: that of its last attempt, once.
    fn count_once(&mut self, place: &(u32, Places), failure: &Failure) {
        let Some(&index) = self.by_place.get(place) else { return };
        if self.stages[index].counted == Some(failure.kind()) {
            return;
        }
        let is_innermost = || !self.stages.iter().any(|run| run.parent == Some(index) && run.counted.is_some());
        // Another workflow's that runs in it: nothing here is closer to where it comes from.
        let counts = if failure.workflow() != self.graph.name && is_innermost() {
            self.failures.push((Some(place.0), failure.kind()));
            true
        } else {
            self.count(place.0, failure)
        };
        // A failure that a stage inside has reported counts for the stages around it, too.
        if counts || failure.workflow() != self.graph.name {
            self.stages[index].counted = Some(failure.kind());
        }
    }

    /// Counts the failure with which the run ended, unless a stage has reported it.
    fn count_last(&mut self, failure: &Failure) {
        let stage = (0..)
            .zip(self.graph.stages)
            .find(|(_, stage)| failure.workflow() == self.graph.name && failure.stage() == Some(stage.name));
        let stage = stage.map(|(stage, _)| stage);
        let is_told = |other: &(Option<u32>, FailureKind)| match failure.workflow() == self.graph.name {
            true => *other == (stage, failure.kind()),
            false => other.1 == failure.kind(),
        };
        if stage.is_none() && failure.workflow() == self.graph.name || !self.failures.iter().any(is_told) {
            self.failures.push((stage, failure.kind()));
        }
    }

    /// Returns the stage around a scope.
    pub(super) fn around(&self, scope: u32) -> Option<u32> {
        self.graph.scopes.get(scope as usize).and_then(|scope| scope.stage)
    }

    pub(super) fn name(&self, stage: u32) -> &'static str {
        self.graph.stages.get(stage as usize).map_or("", |stage| stage.name)
    }

    /// Returns a stage's name with its rounds and items: `each[3]`.
    pub(super) fn title(&self, run: &StageRun) -> String {
        title(self.name(run.stage), &run.places)
    }

    /// Returns the number of stages around a stage.
    pub(super) fn depth(&self, stage: u32) -> usize {
        let mut depth = 0;
        let mut next = Some(stage);
        while let Some(around) = next
            .and_then(|stage| self.graph.stages.get(stage as usize))
            .and_then(|stage| self.around(stage.scope))
            // A graph made by hand may go in circles.
            .filter(|_| depth < self.graph.stages.len())
        {
            depth += 1;
            next = Some(around);
        }
        depth
    }

    /// Returns the time from the run's start until its end, or until the last event.
    pub(super) fn time(&self) -> Duration {
        self.last.duration_since(self.started)
    }

    /// Returns which stages had others inside them.
    pub(super) fn composites(&self) -> Vec<bool> {
        let mut composites = vec![false; self.stages.len()];
        for parent in self.stages.iter().filter_map(|run| run.parent) {
            composites[parent] = true;
        }
        composites
    }
}

impl StageRun {
    fn end_attempt(&mut self, at: Instant, how: How) {
        if let Some(attempt) = self.attempts.last_mut().filter(|attempt| attempt.end.is_none()) {
            attempt.end = Some((at, how));
        }
    }

    /// Returns the time of the stage in attempts.
    pub(super) fn busy(&self, now: Instant) -> Duration {
        self.attempts.iter().map(|attempt| attempt.until(now).duration_since(attempt.start)).sum()
    }

    /// Returns the time from when the stage was enabled until its end.
    pub(super) fn time(&self, now: Instant) -> Duration {
        self.end.map_or(now, |(moment, _)| moment.at).duration_since(self.enabled.at)
    }
}
