//! The state of one run, which all its stages share.

use super::{attempt_state::AttemptState, children::Children, observation::EventSink, undo_log::UndoLog};
use crate::{
    failure::{
        BoxError, Failure, FailureKind, UndoReport,
        exit::Exit,
        panic::{PanicPayload, Panicked},
    },
    future::clock::Clock,
    observe::observers::Observers,
    output::state::{Cell, StateEntry, States},
    policy::budget::UNITS,
    stage_id::StageId,
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    task::Poll,
};
use tracing::level_filters::LevelFilter;
use workflow_graph::Graph;

/// Keeps a durable instance in memory.
#[cfg(feature = "durable")]
pub(crate) type ResidentTimer = crate::journal::residency::ResidencyGuard;

/// Keeps a durable instance in memory: there is none.
#[cfg(not(feature = "durable"))]
pub(crate) enum ResidentTimer {}

/// The state of a run, shared by all its stages. Kept small: a service may hold tens of thousands of suspended runs.
pub(crate) struct RunState {
    pub(crate) graph: &'static Graph<'static>,
    /// The stage that runs user code now, for the `Failure` of a panic. One task polls a run, so nothing races.
    pub(crate) current: AtomicU32,
    /// The units of work since the run gave way to others.
    pub(crate) spent: AtomicU32,
    /// Number of the attempt, of a stage with a task of its own.
    pub(crate) attempt: u32,
    /// Whether a subscriber of `tracing` receives the run's spans.
    pub(crate) traced: bool,
    /// Whether the stages are observed: by `tracing` or by observers.
    pub(crate) observed: bool,
    /// Whether a handle exists, or the stages are observed.
    pub(crate) tracked: bool,
    pub(crate) owns_log: bool,
    /// Whether the stages run in an undo.
    pub(crate) reverses: bool,
    pub(crate) rare: OnceLock<Box<RareState>>,
}

/// State that most runs never need. Allocated on first use, so that an unobserved run stays small.
#[derive(Default)]
pub(crate) struct RareState {
    /// Span of the whole run.
    pub(crate) span: Option<tracing::Span>,
    pub(crate) observation: Option<EventSink>,
    /// States through which a handle sees the stages.
    pub(crate) states: Option<Arc<dyn States + Send + Sync>>,
    /// Undo log of the run, in a workflow with undos.
    pub(crate) log: Option<Arc<UndoLog>>,
    /// Position of a stage with a task of its own in the run that started it.
    pub(crate) base: Vec<(u32, u32)>,
    /// State of the attempt, if the run is that of one stage with an undo.
    pub(crate) flight: Option<AttemptState>,
    /// The run is durable.
    #[cfg(feature = "durable")]
    pub(crate) journal: Option<Arc<crate::journal::log::Journal>>,
    pub(crate) instance: OnceLock<Arc<str>>,
    /// Whether the instance is named after the stage of another run in which it was begun, so that its name is the same
    /// after a crash.
    pub(crate) is_named: bool,
    /// Number of runs that were begun inside of it, if it is named.
    #[cfg(feature = "durable")]
    pub(crate) begun: std::sync::Mutex<super::begun::NestedRunCounts>,
    /// Clock of `sleep_until`.
    pub(crate) clock: OnceLock<Clock>,
    /// Whether the end of the run has been reported.
    pub(crate) ended: AtomicBool,
    /// Rollbacks of runs that were dropped inside its stages.
    pub(crate) children: OnceLock<Arc<Children>>,
}

impl RareState {
    #[cold]
    fn of(
        graph: &Graph<'_>,
        compensates: bool,
        (observers, traced): (Observers, bool),
        name: Option<Arc<str>>,
    ) -> OnceLock<Box<Self>> {
        use tracing::field::Empty;
        let span = tracing::enabled!(target: "workflow", tracing::Level::INFO).then(|| {
            let name = graph.name;
            tracing::info_span!(target: "workflow", "workflow", name, instance = Empty, outcome = Empty)
        });
        let log = compensates.then(UndoLog::root);
        let observed = observers.are_any();
        let is_named = name.is_some();
        let instance = name.map(OnceLock::from).unwrap_or_default();
        let observation = observers.observation(traced);
        let rare = Self { span, observation, log, instance, is_named, ..Self::default() };
        if (observed || is_named)
            && let Some(span) = &rare.span
        {
            // Its observers receive the instance, so that it is created anyway.
            span.record("instance", &**rare.instance.get_or_init(random_instance));
        }
        OnceLock::from(Box::new(rare))
    }
}

impl RunState {
    /// `name`: its instance, where that is not a random one.
    pub(crate) fn new(
        graph: &'static Graph<'static>,
        compensates: bool,
        observers: Observers,
        name: Option<Arc<str>>,
    ) -> Self {
        let traced = tracing_enabled();
        let observed = traced || observers.are_any();
        let mut core = Self::with(graph, RareState::of(graph, compensates, (observers, traced), name));
        (core.traced, core.observed, core.tracked) = (traced, observed, observed);
        core
    }

    /// Creates the state of a run without observers.
    pub(crate) fn unobserved_with_undos(graph: &'static Graph<'static>, compensates: bool) -> Self {
        Self::with(graph, RareState::of(graph, compensates, (Observers::none(), false), None))
    }

    /// Creates the state of a run without observers and without undos.
    #[inline]
    pub(crate) fn unobserved(graph: &'static Graph<'static>) -> Self {
        Self::with(graph, OnceLock::new())
    }

    #[inline]
    pub(crate) fn with(graph: &'static Graph<'static>, rare: OnceLock<Box<RareState>>) -> Self {
        Self {
            graph,
            current: AtomicU32::new(StageId::BODY.0),
            spent: AtomicU32::new(0),
            attempt: 1,
            traced: false,
            observed: false,
            tracked: false,
            owns_log: true,
            reverses: false,
            rare,
        }
    }

    /// Returns the span of the whole run, if a subscriber receives it.
    #[inline]
    pub(crate) fn span(&self) -> Option<&tracing::Span> {
        self.rare()?.span.as_ref()
    }

    #[inline]
    pub(crate) fn rare(&self) -> Option<&RareState> {
        self.rare.get().map(Box::as_ref)
    }

    fn rare_or_init(&self) -> &RareState {
        self.rare.get_or_init(Box::default)
    }

    pub(crate) fn rare_mut(&mut self) -> &mut RareState {
        self.rare_or_init();
        match self.rare.get_mut() {
            Some(rare) => rare,
            None => unreachable!("it has just been made"),
        }
    }

    /// Attaches the run to its journal.
    #[cfg(feature = "durable")]
    pub(crate) fn on_store(mut self, journal: Arc<crate::journal::log::Journal>) -> Self {
        let rare = self.rare_mut();
        if let Some(span) = &rare.span {
            span.record("instance", &**journal.id());
        }
        rare.instance = OnceLock::from(Arc::clone(journal.id()));
        rare.journal = Some(journal);
        self
    }

    #[cfg(feature = "durable")]
    #[inline]
    pub(crate) fn journal(&self) -> Option<&Arc<crate::journal::log::Journal>> {
        self.rare()?.journal.as_ref()
    }

    /// Whether the run goes on later, from its store: what is dropped now is suspended, not cancelled.
    #[cfg(feature = "durable")]
    pub(crate) fn is_suspended(&self) -> bool {
        self.journal().is_some_and(|journal| journal.is_suspended())
    }

    #[cfg(not(feature = "durable"))]
    #[allow(clippy::unused_self, reason = "a run on a store may be")]
    pub(crate) const fn is_suspended(&self) -> bool {
        false
    }

    /// Returns the rollbacks of runs that were dropped inside its stages.
    pub(crate) fn children(&self) -> &Arc<Children> {
        self.rare_or_init().children.get_or_init(Arc::default)
    }

    pub(crate) fn has_children_left(&self) -> bool {
        self.rare().and_then(|rare| rare.children.get()).is_some_and(|children| children.are_left())
    }

    /// Takes the report of those rollbacks that have failed while the run went on.
    pub(crate) fn undone_before(&self) -> UndoReport {
        let children = self.rare().and_then(|rare| rare.children.get());
        children.map(|children| children.undone_before()).unwrap_or_default()
    }

    /// Whether the run needs state that most runs never need.
    #[inline]
    pub(crate) fn has_rare_state(&self) -> bool {
        self.rare().is_some()
    }

    /// Whether the run is on a store.
    #[cfg_attr(not(feature = "durable"), allow(clippy::unused_self, reason = "a run on a store has a journal"))]
    pub(crate) fn is_durable(&self) -> bool {
        #[cfg(feature = "durable")]
        return self.journal().is_some();
        #[cfg(not(feature = "durable"))]
        false
    }

    /// Whether the run still restores its records.
    #[cfg_attr(not(feature = "durable"), allow(clippy::unused_self, reason = "a run on a store has a journal"))]
    pub(crate) fn is_restoring(&self) -> bool {
        #[cfg(feature = "durable")]
        return self.journal().is_some_and(|journal| journal.is_restoring());
        #[cfg(not(feature = "durable"))]
        false
    }

    /// Whether the end of the run is observed.
    #[inline]
    pub(crate) fn observes_end(&self) -> bool {
        self.rare().is_some_and(|rare| rare.span.is_some() || rare.observation.is_some())
    }

    /// Whether the end of the run has been reported.
    #[cfg(feature = "durable")]
    pub(crate) fn has_ended(&self) -> bool {
        self.rare().is_some_and(|rare| rare.ended.load(Relaxed))
    }

    /// Ends the run with an outcome, unless its end was reported before. Returns whether it was not.
    pub(crate) fn end_with(&self, outcome: &str) -> bool {
        let Some(rare) = self.rare() else { return true };
        if rare.ended.swap(true, Relaxed) {
            return false;
        }
        if let Some(span) = &rare.span {
            span.record("outcome", outcome);
        }
        true
    }

    /// Sets the states through which a handle sees the stages.
    pub(crate) fn tracked_in(mut self, states: Arc<dyn States + Send + Sync>) -> Self {
        self.rare_mut().states = Some(states);
        self.tracked = true;
        self
    }

    /// Keeps a durable instance in memory.
    #[allow(clippy::unused_self, reason = "a run on a store may have a journal")]
    pub(crate) fn resident_guard(&self) -> Option<ResidentTimer> {
        #[cfg(feature = "durable")]
        return self.journal().map(crate::journal::log::Journal::busy);
        #[cfg(not(feature = "durable"))]
        None
    }

    /// Sets the stage whose user code comes next.
    #[inline]
    pub(crate) fn at(&self, stage: StageId) {
        self.current.store(stage.0, Relaxed);
    }

    /// Counts units of work. Returns whether the budget is spent, so that the run yields to others.
    pub(crate) fn has_spent(&self, units: u32) -> bool {
        let spent = self.spent.load(Relaxed).saturating_add(units);
        let has_spent = spent >= UNITS;
        self.spent.store(if has_spent { 0 } else { spent }, Relaxed);
        has_spent
    }

    /// Returns the stage whose user code ran last.
    pub(crate) fn current(&self) -> StageId {
        StageId(self.current.load(Relaxed))
    }

    #[inline]
    pub(crate) fn log(&self) -> Option<&Arc<UndoLog>> {
        self.rare()?.log.as_ref()
    }

    pub(crate) fn graph(&self) -> &'static Graph<'static> {
        self.graph
    }

    /// Whether a subscriber of `tracing` receives the run's spans.
    pub(crate) fn is_traced(&self) -> bool {
        self.traced
    }

    /// Whether the stages are observed.
    #[inline]
    pub(crate) fn observes_stages(&self) -> bool {
        self.observed
    }

    pub(crate) fn flight(&self) -> Option<&AttemptState> {
        self.rare()?.flight.as_ref()
    }

    /// Whether a handle exists, or the stages are observed.
    #[inline]
    pub(crate) fn observes_state(&self) -> bool {
        self.tracked
    }

    /// Returns the cell through which a handle sees that stage, unless it is one of many.
    pub(crate) fn cell(&self, stage: StageId) -> Option<Cell> {
        match self.rare()?.states.as_ref()?.seen(stage) {
            StateEntry::Stage(cell) => Some(cell.share()),
            StateEntry::Items(_) | StateEntry::Nothing => None,
        }
    }

    #[inline]
    pub(crate) fn observation(&self) -> Option<&EventSink> {
        self.rare()?.observation.as_ref()
    }

    pub(crate) fn stage_name(&self, stage: StageId) -> Option<&'static str> {
        self.graph.stages.get(stage.index()).map(|stage| stage.name)
    }

    pub(crate) fn reverses(&self) -> bool {
        self.reverses
    }

    /// Returns whether the instance is named after the stage of another run in which it was begun.
    #[cfg(feature = "durable")]
    pub(crate) fn is_named(&self) -> bool {
        self.rare().is_some_and(|rare| rare.is_named)
    }

    /// Returns the counter of runs that were begun inside the run, if it is named.
    #[cfg(feature = "durable")]
    pub(crate) fn begun_inside(&self) -> &std::sync::Mutex<super::begun::NestedRunCounts> {
        &self.rare_or_init().begun
    }

    pub(crate) fn instance(&self) -> &Arc<str> {
        self.rare_or_init().instance.get_or_init(random_instance)
    }

    pub(crate) fn clock(&self) -> &Clock {
        self.rare_or_init().clock.get_or_init(Clock::system)
    }

    #[cold]
    pub(crate) fn failure(&self, stage: StageId, kind: FailureKind, source: Option<BoxError>) -> Failure {
        let failure = Failure::new(self.graph.name, self.stage_name(stage), kind, source);
        if self.traced {
            tracing::debug!(target: "workflow", stage = failure.stage(), "{failure:#}");
        }
        failure
    }

    /// Returns the failure of a stage whose code panicked just now.
    #[cold]
    pub(crate) fn panicked(&self, payload: PanicPayload) -> Failure {
        let source = Panicked::of(payload).into();
        let failure = self.failure(self.current(), FailureKind::Panic, Some(source));
        self.emit_panicked(&failure);
        failure
    }

    /// Polls user code; a panic becomes a failure. The caller never polls that future again.
    #[inline]
    pub(crate) fn catch<T>(&self, poll: impl FnOnce() -> Poll<Result<T, Exit>>) -> Poll<Result<T, Exit>> {
        match catch_unwind(AssertUnwindSafe(poll)) {
            Ok(polled) => polled,
            Err(payload) => Poll::Ready(Err(self.panicked(payload).into())),
        }
    }
}

/// Returns a random identifier for a run in memory.
fn random_instance() -> Arc<str> {
    format!("{:032x}", fastrand::u128(..)).into()
}

/// Whether a subscriber of `tracing` receives the spans of stages.
#[inline]
pub(crate) fn tracing_enabled() -> bool {
    #[cold]
    fn ask() -> bool {
        tracing::enabled!(target: "workflow", tracing::Level::DEBUG)
    }
    // Most often this is all that it takes.
    LevelFilter::current() >= LevelFilter::DEBUG && ask()
}

/// Returns the failure of an attempt that gave the stage's own error.
pub(crate) fn own_failure(core: &RunState, stage: StageId, source: Option<crate::failure::BoxError>) -> Failure {
    Failure::new(core.graph().name, core.stage_name(stage), FailureKind::Error, source)
}
