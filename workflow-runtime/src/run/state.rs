//! One run of a workflow: where it is, and what its stages hand to the scope around them.

use super::{
    context::ContextGuard,
    events::Observation,
    nested::{self, Children},
};
use crate::{
    expression::{
        hint::Of,
        output::{IntoDeclared, IntoOutput, IntoUndone, SendIfLater},
        reason::Reason,
    },
    failure::{
        BoxError, Failure, FailureKind, Undone,
        exit::Stop,
        panic::{Panicked, Payload},
    },
    future::clock::Clock,
    observe::observers::Observers,
    output::state::{Cell, Seen, States},
    policy::budget::UNITS,
    undo::{ScopeLog, UndoLog, attempt::Flight},
};
use std::{
    future::Future,
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::SystemTime,
};
use tracing::level_filters::LevelFilter;
use workflow_graph::Graph;

/// No stage: the workflow's own tail.
pub const TAIL: u32 = u32::MAX;

/// What all stages of one run share. Small, since each of ten thousand that wait has one.
pub(crate) struct Core {
    graph: &'static Graph<'static>,
    /// The stage that runs user code now, for the `Failure` of a panic. One task polls a core, so nothing races.
    current: AtomicU32,
    /// The units of work since the run gave way to others.
    spent: AtomicU32,
    /// Which attempt it is, of a stage with a task of its own.
    attempt: u32,
    /// Somebody listens to `tracing`.
    traced: bool,
    /// Somebody looks at the stages: `tracing` or observers.
    heeded: bool,
    /// Somebody has a handle on the run, or looks at its stages.
    seen: bool,
    owns_log: bool,
    /// What runs there reverses a stage.
    reverses: bool,
    seldom: OnceLock<Box<Seldom>>,
}

/// What most runs have nothing of, or are never asked for: then it is not made.
#[derive(Default)]
struct Seldom {
    /// That of the whole run.
    span: Option<tracing::Span>,
    observation: Option<Observation>,
    /// Where a handle sees the stages.
    states: Option<Arc<dyn States + Send + Sync>>,
    /// What the run has to undo, in a workflow that can.
    log: Option<Arc<UndoLog>>,
    /// Where a stage with a task of its own stands in the run that started it.
    base: Vec<(u32, u32)>,
    /// It is that of one stage with an undo.
    flight: Option<Flight>,
    /// The run is durable.
    #[cfg(feature = "durable")]
    journal: Option<Arc<crate::journal::log::Journal>>,
    instance: OnceLock<Arc<str>>,
    /// Its instance is named after the stage of another run in which it was begun, and so after a crash too.
    is_named: bool,
    /// How many runs were begun inside of it, where it is named.
    #[cfg(feature = "durable")]
    begun: std::sync::Mutex<super::place::Begun>,
    /// What `sleep_until` goes by.
    clock: OnceLock<Clock>,
    /// Whoever looks at the run has been told its end.
    ended: AtomicBool,
    /// What was left behind by runs inside of its stages.
    children: OnceLock<Arc<Children>>,
}

impl Seldom {
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
        let seldom = Self { span, observation, log, instance, is_named, ..Self::default() };
        if (observed || is_named)
            && let Some(span) = &seldom.span
        {
            // Its observers are told the instance, so that it is made anyway.
            span.record("instance", &**seldom.instance.get_or_init(random_instance));
        }
        OnceLock::from(Box::new(seldom))
    }
}

impl Core {
    /// Whether a run that begins now is not one of the most simple.
    #[inline]
    pub(crate) fn is_special(observers: &Observers) -> bool {
        #[cfg(feature = "durable")]
        if super::place::is_in_place() {
            return true;
        }
        // Most often nobody listens.
        observers.are_any() || LevelFilter::current() >= LevelFilter::INFO
    }

    /// Whether anybody looks at the stages of a run that begins now.
    pub(crate) fn would_be_heeded(observers: &Observers) -> bool {
        #[cfg(feature = "durable")]
        if super::place::is_in_place() {
            return true;
        }
        observers.are_any() || is_listened_to()
    }

    /// The name of a run that begins now, where it is begun in a stage of another one whose keys stay what they are.
    pub(crate) fn name_of_begun(graph: &'static Graph<'static>) -> Option<Arc<str>> {
        #[cfg(feature = "durable")]
        return super::place::begun(graph.name);
        #[cfg(not(feature = "durable"))]
        {
            let _ = graph;
            None
        }
    }

    /// `name`: its instance, where that is not a random one.
    pub(crate) fn new(
        graph: &'static Graph<'static>,
        compensates: bool,
        observers: Observers,
        name: Option<Arc<str>>,
    ) -> Self {
        let traced = is_listened_to();
        let heeded = traced || observers.are_any();
        let mut core = Self::with(graph, Seldom::of(graph, compensates, (observers, traced), name));
        (core.traced, core.heeded, core.seen) = (traced, heeded, heeded);
        core
    }

    /// The same where nobody looks.
    pub(crate) fn unheeded_with(graph: &'static Graph<'static>, compensates: bool) -> Self {
        Self::with(graph, Seldom::of(graph, compensates, (Observers::none(), false), None))
    }

    /// The same where nobody listens, and nothing is undone.
    #[inline]
    pub(crate) fn unheeded(graph: &'static Graph<'static>) -> Self {
        Self::with(graph, OnceLock::new())
    }

    #[inline]
    fn with(graph: &'static Graph<'static>, seldom: OnceLock<Box<Seldom>>) -> Self {
        Self {
            graph,
            current: AtomicU32::new(TAIL),
            spent: AtomicU32::new(0),
            attempt: 1,
            traced: false,
            heeded: false,
            seen: false,
            owns_log: true,
            reverses: false,
            seldom,
        }
    }

    /// That of the whole run, if somebody listens.
    #[inline]
    pub(crate) fn span(&self) -> Option<&tracing::Span> {
        self.seldom()?.span.as_ref()
    }

    #[inline]
    fn seldom(&self) -> Option<&Seldom> {
        self.seldom.get().map(Box::as_ref)
    }

    fn seldom_made(&self) -> &Seldom {
        self.seldom.get_or_init(Box::default)
    }

    fn seldom_mut(&mut self) -> &mut Seldom {
        self.seldom_made();
        match self.seldom.get_mut() {
            Some(seldom) => seldom,
            None => unreachable!("it has just been made"),
        }
    }

    /// The same on a store.
    #[cfg(feature = "durable")]
    pub(crate) fn on_store(mut self, journal: Arc<crate::journal::log::Journal>) -> Self {
        let seldom = self.seldom_mut();
        if let Some(span) = &seldom.span {
            span.record("instance", &**journal.id());
        }
        seldom.instance = OnceLock::from(Arc::clone(journal.id()));
        seldom.journal = Some(journal);
        self
    }

    #[cfg(feature = "durable")]
    #[inline]
    pub(crate) fn journal(&self) -> Option<&Arc<crate::journal::log::Journal>> {
        self.seldom()?.journal.as_ref()
    }

    /// The run goes on later, from its store: what is dropped now is nobody's business.
    #[cfg(feature = "durable")]
    pub(crate) fn is_suspended(&self) -> bool {
        self.journal().is_some_and(|journal| journal.is_suspended())
    }

    #[cfg(not(feature = "durable"))]
    #[allow(clippy::unused_self, reason = "a run on a store may be")]
    pub(crate) const fn is_suspended(&self) -> bool {
        false
    }

    /// What was left behind by runs inside of its stages.
    pub(crate) fn children(&self) -> &Arc<Children> {
        self.seldom_made().children.get_or_init(Arc::default)
    }

    pub(crate) fn has_children_left(&self) -> bool {
        self.seldom().and_then(|seldom| seldom.children.get()).is_some_and(|children| children.are_left())
    }

    /// What could not be undone of them before.
    pub(crate) fn undone_before(&self) -> Undone {
        let children = self.seldom().and_then(|seldom| seldom.children.get());
        children.map(|children| children.undone_before()).unwrap_or_default()
    }

    /// It has something that most runs have nothing of.
    #[inline]
    pub(crate) fn has_seldom(&self) -> bool {
        self.seldom().is_some()
    }

    /// It is on a store.
    pub(crate) fn is_durable(&self) -> bool {
        #[cfg(feature = "durable")]
        return self.journal().is_some();
        #[cfg(not(feature = "durable"))]
        false
    }

    /// What is on record of it has not been taken up yet.
    pub(crate) fn is_catching_up(&self) -> bool {
        #[cfg(feature = "durable")]
        return self.journal().is_some_and(|journal| journal.is_catching_up());
        #[cfg(not(feature = "durable"))]
        false
    }

    /// Somebody is told how the run ends.
    #[inline]
    pub(crate) fn is_looked_at(&self) -> bool {
        self.seldom().is_some_and(|seldom| seldom.span.is_some() || seldom.observation.is_some())
    }

    /// Whoever looks at the run has been told its end.
    #[cfg(feature = "durable")]
    pub(crate) fn has_ended(&self) -> bool {
        self.seldom().is_some_and(|seldom| seldom.ended.load(Relaxed))
    }

    /// The run ends so, unless that was told before.
    pub(crate) fn end_with(&self, outcome: &str) -> bool {
        let Some(seldom) = self.seldom() else { return true };
        if seldom.ended.swap(true, Relaxed) {
            return false;
        }
        if let Some(span) = &seldom.span {
            span.record("outcome", outcome);
        }
        true
    }

    /// A handle sees its stages there.
    pub(crate) fn seen_in(mut self, states: Arc<dyn States + Send + Sync>) -> Self {
        self.seldom_mut().states = Some(states);
        self.seen = true;
        self
    }

    /// Keeps a durable instance in memory.
    #[allow(clippy::unused_self, reason = "a run on a store may have a journal")]
    pub(crate) fn ticking(&self) -> Option<crate::timed::Ticking> {
        #[cfg(feature = "durable")]
        return self.journal().map(crate::journal::log::Journal::busy);
        #[cfg(not(feature = "durable"))]
        None
    }

    /// User code of that stage comes next.
    #[inline]
    pub(crate) fn at(&self, stage: u32) {
        self.current.store(stage, Relaxed);
    }

    /// Counts units of work; returns whether there have been so many that the run gives way to others.
    pub(crate) fn has_spent(&self, units: u32) -> bool {
        let spent = self.spent.load(Relaxed).saturating_add(units);
        let has_spent = spent >= UNITS;
        self.spent.store(if has_spent { 0 } else { spent }, Relaxed);
        has_spent
    }

    /// The stage whose user code ran last.
    pub(crate) fn current(&self) -> u32 {
        self.current.load(Relaxed)
    }

    #[inline]
    pub(crate) fn cx(&self) -> Cx<'_> {
        Cx { core: self, path: None, attempt: self.attempt, log: None }
    }

    #[inline]
    pub(crate) fn log(&self) -> Option<&Arc<UndoLog>> {
        self.seldom()?.log.as_ref()
    }

    pub(crate) fn graph(&self) -> &'static Graph<'static> {
        self.graph
    }

    /// Somebody listens to `tracing`.
    pub(crate) fn is_traced(&self) -> bool {
        self.traced
    }

    /// Somebody looks at the stages.
    #[inline]
    pub(crate) fn is_heeded(&self) -> bool {
        self.heeded
    }

    pub(crate) fn flight(&self) -> Option<&Flight> {
        self.seldom()?.flight.as_ref()
    }

    /// Somebody has a handle on the run, or looks at its stages.
    #[inline]
    pub(crate) fn is_seen(&self) -> bool {
        self.seen
    }

    /// Where a handle sees that stage, unless it is one of many.
    pub(crate) fn cell(&self, stage: u32) -> Option<Cell> {
        match self.seldom()?.states.as_ref()?.seen(stage) {
            Seen::Stage(cell) => Some(cell.share()),
            Seen::Items(_) | Seen::Nothing => None,
        }
    }

    #[inline]
    pub(crate) fn observation(&self) -> Option<&Observation> {
        self.seldom()?.observation.as_ref()
    }

    pub(crate) fn stage_name(&self, stage: u32) -> Option<&'static str> {
        self.graph.stages.get(stage as usize).map(|stage| stage.name)
    }

    pub(crate) fn reverses(&self) -> bool {
        self.reverses
    }

    /// Its instance is named after the stage of another run in which it was begun.
    #[cfg(feature = "durable")]
    pub(crate) fn is_named(&self) -> bool {
        self.seldom().is_some_and(|seldom| seldom.is_named)
    }

    /// How many runs were begun inside of it, where it is named.
    #[cfg(feature = "durable")]
    pub(crate) fn begun_inside(&self) -> &std::sync::Mutex<super::place::Begun> {
        &self.seldom_made().begun
    }

    pub(crate) fn instance(&self) -> &Arc<str> {
        self.seldom_made().instance.get_or_init(random_instance)
    }

    pub(crate) fn clock(&self) -> &Clock {
        self.seldom_made().clock.get_or_init(Clock::system)
    }

    #[cold]
    pub(crate) fn failure(&self, stage: u32, kind: FailureKind, source: Option<BoxError>) -> Failure {
        let failure = Failure::new(self.graph.name, self.stage_name(stage), kind, source);
        if self.traced {
            tracing::debug!(target: "workflow", stage = failure.stage(), "{failure:#}");
        }
        failure
    }

    /// The failure of a stage whose code panicked just now.
    #[cold]
    pub(crate) fn panicked(&self, payload: Payload) -> Failure {
        let source = Panicked::of(payload).into();
        let failure = self.failure(self.current(), FailureKind::Panic, Some(source));
        self.tell_panicked(&failure);
        failure
    }

    /// Polls user code; a panic becomes a failure. The caller never polls that future again.
    #[inline]
    pub(crate) fn catch<T>(&self, poll: impl FnOnce() -> Poll<Result<T, Stop>>) -> Poll<Result<T, Stop>> {
        match catch_unwind(AssertUnwindSafe(poll)) {
            Ok(polled) => polled,
            Err(payload) => Poll::Ready(Err(self.panicked(payload).into())),
        }
    }
}

impl Drop for Core {
    #[inline]
    fn drop(&mut self) {
        if self.owns_log && self.seldom().is_some() {
            self.left();
        }
    }
}

impl Core {
    #[cold]
    #[inline(never)]
    fn left(&mut self) {
        let undoes = self.log().is_some_and(|log| log.holds_something()) || self.has_children_left();
        if undoes && nested::is_inside() && !self.is_suspended() {
            // The run around it undoes what it did.
            let mut core = Self::with(self.graph, std::mem::take(&mut self.seldom));
            core.current = AtomicU32::new(self.current());
            (core.traced, core.heeded, core.seen) = (self.traced, self.heeded, self.seen);
            return nested::leave(core);
        }
        // What is under way in a log holds on to it: whoever drops a run cuts that.
        if let Some(log) = self.log() {
            log.close();
        }
        self.tell_dropped();
    }
}

/// The identifier of a run in memory.
fn random_instance() -> Arc<str> {
    format!("{:032x}", fastrand::u128(..)).into()
}

/// Somebody listens to what `tracing` is told of stages.
#[inline]
fn is_listened_to() -> bool {
    #[cold]
    fn ask() -> bool {
        tracing::enabled!(target: "workflow", tracing::Level::DEBUG)
    }
    // Most often this is all that it takes.
    LevelFilter::current() >= LevelFilter::DEBUG && ask()
}

/// Where generated code is: in which run, and in which round or item of it.
#[derive(Clone, Copy)]
pub struct Cx<'a> {
    pub(crate) core: &'a Core,
    path: Option<&'a Place<'a>>,
    /// Which attempt of the stage whose code this is.
    pub(crate) attempt: u32,
    /// That of a scope which may be thrown away alone; none: the run's.
    log: Option<&'a Arc<UndoLog>>,
}

/// One round of a loop or one item of a `for`.
pub struct Place<'a> {
    around: Option<&'a Place<'a>>,
    stage: u32,
    index: u32,
}

impl<'a> Cx<'a> {
    /// The place of a round or an item.
    #[inline]
    #[must_use]
    pub fn place(self, stage: u32, index: usize) -> Place<'a> {
        Place { around: self.path, stage, index: u32::try_from(index).unwrap_or(u32::MAX) }
    }

    /// In that round or item.
    #[inline]
    #[must_use]
    pub fn within(self, place: &'a Place<'a>) -> Self {
        Self { path: Some(place), attempt: 1, ..self }
    }

    /// In that attempt of a stage. What lies inside a block tells its attempts apart by `place`.
    #[inline]
    #[must_use]
    pub fn again(self, place: &'a Place<'a>, attempt: u32, block: bool) -> Self {
        if block && attempt > 1 { Self { path: Some(place), attempt: 1, ..self } } else { Self { attempt, ..self } }
    }

    /// Its first attempt from here on has that number.
    #[cfg(feature = "durable")]
    pub(crate) fn starting_at(self, attempt: u32) -> Self {
        Self { attempt, ..self }
    }

    /// `sleep_until(T)`, by the clock that timers follow.
    pub async fn sleep_until(self, time: SystemTime) {
        self.core.clock().until(time).await;
    }

    /// In a scope that may be thrown away alone.
    #[inline]
    #[must_use]
    pub fn logging(self, log: &'a ScopeLog) -> Self {
        Self { log: Some(log), ..self }
    }

    /// The log of such a scope in this one.
    #[must_use]
    pub fn child_log(self) -> ScopeLog {
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

    /// The workflow has its output: nothing will be undone any more.
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

    /// User code of that stage comes next.
    #[inline]
    pub fn at(self, stage: u32) {
        self.core.at(stage);
    }

    /// For a task of its own.
    #[must_use]
    pub fn detach(self) -> Detached {
        let around = self.core;
        let seldom = Seldom {
            span: None,
            observation: around.observation().map(Observation::detach),
            states: around.seldom().and_then(|seldom| seldom.states.clone()),
            log: self.log_if_any().cloned(),
            base: self.places(),
            flight: None,
            #[cfg(feature = "durable")]
            journal: around.journal().cloned(),
            instance: OnceLock::from(Arc::clone(around.instance())),
            is_named: around.seldom().is_some_and(|seldom| seldom.is_named),
            #[cfg(feature = "durable")]
            begun: std::sync::Mutex::default(),
            clock: around.seldom().map(|seldom| seldom.clock.clone()).unwrap_or_default(),
            ended: AtomicBool::new(false),
            children: OnceLock::from(Arc::clone(around.children())),
        };
        let core = Core {
            graph: around.graph,
            current: AtomicU32::new(around.current()),
            spent: AtomicU32::new(0),
            attempt: self.attempt,
            traced: around.traced,
            heeded: around.heeded,
            seen: around.seen,
            owns_log: false,
            reverses: around.reverses,
            seldom: OnceLock::from(Box::new(seldom)),
        };
        Detached { core }
    }

    /// For a stage with an undo.
    pub(crate) fn detach_in_flight(self, flight: Flight) -> Detached {
        let mut detached = self.detach();
        detached.core.seldom_mut().flight = Some(flight);
        detached
    }

    #[inline]
    pub(crate) fn core(self) -> &'a Core {
        self.core
    }

    /// For what reverses a stage: it lies in a log itself.
    pub(crate) fn detach_to_reverse(self) -> Detached {
        let mut detached = self.detach();
        detached.core.seldom_mut().log = None;
        detached.core.attempt = 1;
        detached.core.reverses = true;
        detached
    }

    /// What `ctx` is in that stage; `site`: in which of its expressions, where that is not its own.
    #[must_use]
    pub fn context(self, stage: u32, site: &str) -> ContextGuard {
        ContextGuard::new(self, stage, site)
    }

    /// `fail`
    #[cold]
    #[must_use]
    pub fn fail(self, stage: u32, reason: Reason) -> Stop {
        match reason {
            Reason::Own(error) => self.core.failure(stage, FailureKind::Failed, Some(error)).into(),
            Reason::Passed(failure) => failure.into(),
        }
    }

    /// A `loop` has had all its rounds.
    #[cold]
    #[must_use]
    pub fn rounds_spent(self, stage: u32, rounds: u64) -> Stop {
        self.core.failure(stage, FailureKind::Rounds, Some(format!("no `break` in {rounds} rounds").into())).into()
    }

    /// Rounds and items from the outside in.
    pub(crate) fn places(self) -> Vec<(u32, u32)> {
        let mut places = Vec::new();
        let mut next = self.path;
        while let Some(place) = next {
            places.push((place.stage, place.index));
            next = place.around;
        }
        places.extend(self.core.seldom().iter().flat_map(|seldom| seldom.base.iter().rev()));
        places.reverse();
        places
    }
}

#[cfg(not(feature = "durable"))]
impl Cx<'_> {
    /// Nothing is on record.
    #[allow(clippy::unused_self, reason = "a run on a store may have it on record")]
    pub(crate) const fn is_known(self, _: u32) -> bool {
        false
    }

    /// The number of this attempt of an expression.
    pub(crate) const fn attempt_at(self, _: u32, _: &str) -> u32 {
        self.attempt
    }
}

/// The part of a run that a task of its own takes along.
pub struct Detached {
    core: Core,
}

impl Detached {
    /// Its place in the run.
    #[must_use]
    pub fn cx(&self) -> Cx<'_> {
        self.core.cx()
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }
}

/// What a stage may end with instead of its output.
pub trait IntoStop {
    /// With the stage that it stands in.
    fn stop(self, cx: Cx<'_>, stage: u32) -> Stop;
}
impl IntoStop for BoxError {
    #[cold]
    fn stop(self, cx: Cx<'_>, stage: u32) -> Stop {
        cx.core.failure(stage, FailureKind::Error, Some(self)).into()
    }
}
impl IntoStop for Stop {
    #[inline]
    fn stop(self, _: Cx<'_>, _: u32) -> Stop {
        self
    }
}

pin_project_lite::pin_project! {
    /// An expression that is no stage: an arm, a tail, a loop's `continue`. Its failure is that of the stage around it.
    pub struct Unnamed<'a, F> {
        core: &'a Core,
        stage: u32,
        #[pin]
        run: F,
    }
}

/// Such an expression.
#[inline]
pub fn unnamed<S, T, X, M>(cx: Cx<'_>, stage: u32, _: PhantomData<S>, _: Of<T>, expression: X) -> Unnamed<'_, X::Run>
where
    X: IntoOutput<S, T, M> + SendIfLater<S, M>,
{
    Unnamed { core: cx.core, stage, run: expression.run() }
}

/// The same for what is declared by something else than a stage.
#[inline]
pub fn unnamed_of<S, T, X, M>(cx: Cx<'_>, stage: u32, _: PhantomData<S>, _: Of<T>, expression: X) -> Unnamed<'_, X::Run>
where
    X: IntoDeclared<S, T, M> + SendIfLater<S, M>,
{
    Unnamed { core: cx.core, stage, run: expression.run() }
}

/// The same for one whose value nobody asked for.
#[inline]
pub fn unasked<F>(cx: Cx<'_>, stage: u32, run: F) -> Unnamed<'_, F> {
    Unnamed { core: cx.core, stage, run }
}

/// The same for what reverses a stage.
#[inline]
pub fn reversed<S, X, M>(cx: Cx<'_>, stage: u32, _: PhantomData<S>, expression: X) -> Unnamed<'_, X::Run>
where
    X: IntoUndone<S, M> + SendIfLater<S, M>,
{
    Unnamed { core: cx.core, stage, run: expression.run() }
}

impl<T, F: Future<Output = Result<T, BoxError>>> Future for Unnamed<'_, F> {
    type Output = Result<T, Stop>;
    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.core.at(*this.stage);
        match this.run.poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(value)) => Poll::Ready(Ok(value)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error.stop(this.core.cx(), *this.stage))),
        }
    }
}
