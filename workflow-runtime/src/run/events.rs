//! Telling: where the events come from.

use super::state::{Core, Cx, TAIL};
use crate::{
    failure::{Failure, FailureKind, exit::Stop, panic::cut},
    observe::{
        event::{Event, EventKind, Observer},
        observers::Observers,
    },
};
use std::{
    collections::{HashMap, HashSet},
    future::Future,
    mem,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::Instant;
use tracing::{Span, field::Empty, span::Entered};

/// One run of a stage, as its run knows it: the stage, and its rounds and items.
type Place = (u32, Vec<(u32, u32)>);

/// A run with observers, or with spans for its stages.
pub(crate) struct Observation {
    shared: Arc<Shared>,
    /// What a panic went through just now, the innermost first: its failure is known only where the panic is caught.
    unwound: Mutex<Vec<Unwound>>,
}

/// A stage, or one of its attempts, that a panic went through.
struct Unwound {
    place: Place,
    /// The attempt under way; 0: there was none.
    attempt: u32,
    /// The panic ended the stage, too.
    ended: bool,
}

/// What a run and its tasks have in common.
struct Shared {
    observers: Arc<Vec<Arc<dyn Observer>>>,
    told: Mutex<Told>,
}

/// What observers of a run know so far. For a durable instance an engine keeps it while the instance is out of memory, so that
/// nothing is told twice.
#[derive(Default)]
pub(crate) struct Told {
    /// The stages that have not come to an end.
    under_way: HashMap<Place, UnderWay>,
    /// The stages whose undo has not come to an end.
    undoing: HashSet<Place>,
    /// How many stages have been enabled.
    enabled: u64,
    #[cfg(feature = "durable")]
    is_parked: bool,
}

/// A stage that is enabled and has not come to an end.
#[derive(Clone, Copy)]
struct UnderWay {
    /// The attempt under way; 0: none is.
    attempt: u32,
    /// Its place among the stages that were enabled.
    #[cfg_attr(not(feature = "durable"), allow(dead_code, reason = "asked of runs on a store"))]
    order: u64,
    /// Observers know of it. They do not yet where an instance is still catching up with its records.
    is_told: bool,
    /// It was skipped, or cut, in these words; its future gives a value all the same.
    skipped: Option<&'static str>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Observation {
    /// For a task of its own.
    pub(crate) fn detach(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), unwound: Mutex::default() }
    }

    /// Observers know that the stage is under way.
    #[cfg(feature = "durable")]
    pub(crate) fn knows(&self, stage: u32, places: &[(u32, u32)]) -> bool {
        self.told().under_way.contains_key(&(stage, places.to_vec()))
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        lock(&self.shared.told)
    }

    fn tell(&self, core: &Core, stage: u32, places: &[(u32, u32)], kind: EventKind<'_>) {
        if self.shared.observers.is_empty() {
            return;
        }
        let name = core.stage_name(stage);
        let event = Event {
            workflow: core.graph().name,
            graph: core.graph(),
            stage: name,
            index: name.map(|_| stage),
            places,
            instance: core.instance(),
            at: Instant::now(),
            kind,
        };
        for observer in &*self.shared.observers {
            // An observer is no part of the run: it can't make it fail.
            cut(|| observer.event(&event));
        }
    }

    /// Tells that a stage is enabled, and that an attempt of it has started, unless that is 0.
    fn tell_enabled(&self, core: &Core, (stage, places): &Place, attempt: u32) {
        self.tell(core, *stage, places, EventKind::Enabled);
        if attempt > 0 {
            self.tell(core, *stage, places, EventKind::AttemptStarted { attempt });
        }
    }

    /// A stage is enabled now, or is back in memory. `attempt` is the one that starts with it; 0: none does.
    fn enable(&self, core: &Core, place: &Place, attempt: u32) {
        let is_told = !core.is_catching_up();
        {
            let mut told = self.told();
            if let Some(before) = told.under_way.get_mut(place) {
                before.skipped = None;
                return;
            }
            told.enabled += 1;
            let order = told.enabled;
            told.under_way.insert(place.clone(), UnderWay { attempt, order, is_told, skipped: None });
        }
        if is_told {
            self.tell_enabled(core, place, attempt);
        }
    }

    /// Something is about to be told of a stage: that it is enabled comes first.
    fn tell_first(&self, core: &Core, place: &Place) {
        let attempt = {
            let mut told = self.told();
            let untold = told.under_way.get_mut(place).filter(|stage| !stage.is_told);
            untold.map(|stage| {
                stage.is_told = true;
                stage.attempt
            })
        };
        if let Some(attempt) = attempt {
            self.tell_enabled(core, place, attempt);
        }
    }

    /// A stage comes to its end now; none: it has come to it before.
    fn end(&self, core: &Core, place: &Place) -> Option<UnderWay> {
        self.tell_first(core, place);
        self.told().under_way.remove(place)
    }

    /// An attempt failed for good, if one was under way, and so did the stage, if it `ended` with it.
    fn failed(&self, core: &Core, (stage, places): &Place, attempt: u32, ended: bool, failure: &Failure) {
        if attempt > 0 {
            self.tell(core, *stage, places, EventKind::AttemptFailed { attempt, failure, delay: None });
        }
        if ended {
            self.tell(core, *stage, places, EventKind::Failed { failure });
        }
    }

    /// The stage's attempt is over.
    fn end_attempt(&self, place: &Place) -> u32 {
        self.told().under_way.get_mut(place).map(|stage| mem::take(&mut stage.attempt)).unwrap_or_default()
    }
}

/// The run itself.
impl Core {
    /// It starts.
    pub(crate) fn tell_started(&self) {
        if let Some(observation) = self.observation() {
            observation.tell(self, TAIL, &[], EventKind::Started);
        }
    }

    /// It has ended.
    #[inline]
    pub(crate) fn tell_ended<T>(&self, ended: &Result<T, Failure>) {
        if self.is_looked_at() {
            self.tell_end(ended.as_ref().err());
        }
    }

    #[cold]
    fn tell_end(&self, failure: Option<&Failure>) {
        let outcome = match failure {
            None => "completed",
            Some(failure) if failure.kind() == FailureKind::Cancelled => "cancelled",
            Some(_) => "failed",
        };
        self.end_with(outcome);
        if let Some(observation) = self.observation() {
            observation.tell(self, TAIL, &[], EventKind::Ended { outcome: failure.map_or(Ok(()), Err) });
        }
    }

    /// It is gone.
    pub(crate) fn tell_dropped(&self) {
        if !self.is_suspended()
            && self.end_with("cancelled")
            && let Some(observation) = self.observation()
        {
            observation.tell(self, TAIL, &[], EventKind::Cancelled);
        }
    }

    /// A panic has been caught, and this is the failure of all the stages that it went through.
    pub(crate) fn tell_panicked(&self, failure: &Failure) {
        if let Some(observation) = self.observation() {
            let unwound = mem::take(&mut *lock(&observation.unwound));
            for Unwound { place, attempt, ended } in unwound {
                observation.failed(self, &place, attempt, ended, failure);
            }
        }
    }

    /// How a stage is undone whose places are known. That an undo begins is told once, whatever interrupts it.
    pub(crate) fn tell_of(&self, stage: u32, places: &[(u32, u32)], kind: EventKind<'_>) {
        #[cfg(feature = "durable")]
        if self.is_durable() {
            crate::engine::told::undone(self, stage, &kind);
        }
        let Some(observation) = self.observation() else { return };
        let place = (stage, places.to_vec());
        let is_news = match kind {
            EventKind::Undoing => observation.told().undoing.insert(place),
            EventKind::Undone | EventKind::UndoFailed { .. } => {
                observation.told().undoing.remove(&place);
                true
            }
            _ => true,
        };
        if is_news {
            observation.tell(self, stage, places, kind);
        }
    }
}

impl Core {
    /// A stage was undone before, which is on record: told where only that it begins has been.
    pub(crate) fn tell_undone_before(&self, stage: u32, places: &[(u32, u32)], ended: &Result<(), Failure>) {
        let begun = |observation: &Observation| observation.told().undoing.contains(&(stage, places.to_vec()));
        if self.observation().is_some_and(begun) {
            self.tell_of(
                stage,
                places,
                ended.as_ref().err().map_or(EventKind::Undone, |failure| EventKind::UndoFailed { failure }),
            );
        }
    }
}

/// Runs on a store: they may leave the memory and come back.
#[cfg(feature = "durable")]
impl Core {
    /// It is in memory now. `told`: what its observers know of it, where it was in memory before; else whether it `begins`, or
    /// an earlier process has begun it.
    pub(crate) fn tell_goes_on(&self, told: Option<Told>, begins: bool) {
        let Some(observation) = self.observation() else { return };
        let kind = match told {
            None if begins => EventKind::Started,
            None => EventKind::Resumed,
            Some(told) => {
                let was_parked = told.is_parked;
                *observation.told() = Told { is_parked: false, ..told };
                if !was_parked {
                    return;
                }
                EventKind::Resumed
            }
        };
        observation.tell(self, TAIL, &[], kind);
    }

    /// It has caught up with its records: what is under way is told, in the order in which it was enabled.
    pub(crate) fn tell_caught_up(&self) {
        let Some(observation) = self.observation() else { return };
        let mut untold: Vec<(u64, Place)> = {
            let told = observation.told();
            let untold = told.under_way.iter().filter(|(_, stage)| !stage.is_told);
            untold.map(|(place, stage)| (stage.order, place.clone())).collect()
        };
        untold.sort_unstable();
        for (_, place) in untold {
            observation.tell_first(self, &place);
        }
    }

    /// Those stages are taken back: what of them is under way has been cut.
    pub(crate) fn tell_taken_back(&self, is_taken: impl Fn(u32) -> bool) {
        if let Some(observation) = self.observation() {
            self.tell_cut(observation, is_taken);
        }
    }

    fn tell_cut(&self, observation: &Observation, is_cut: impl Fn(u32) -> bool) {
        let mut cut: Vec<(u64, Place)> = {
            let mut told = observation.told();
            let cut = told.under_way.extract_if(|(stage, _), _| is_cut(*stage));
            cut.filter(|(_, stage)| stage.is_told).map(|(place, stage)| (stage.order, place)).collect()
        };
        cut.sort_unstable();
        for (_, (stage, places)) in cut {
            observation.tell(self, stage, &places, EventKind::Cancelled);
        }
    }

    /// It has ended, and no task of it is left that could tell anything.
    pub(crate) fn tell_settled<T>(&self, ended: &Result<T, Failure>) {
        if let Some(observation) = self.observation() {
            self.tell_cut(observation, |_| true);
        }
        self.tell_ended(ended);
    }

    /// It can't go on without a person.
    pub(crate) fn tell_parked(&self, stage: Option<&str>, reason: &str) {
        if let Some(observation) = self.observation() {
            observation.told().is_parked = true;
            observation.tell(self, TAIL, &[], EventKind::Parked { stage, reason });
        }
    }

    /// What its observers know of it, for when it comes back into memory.
    pub(crate) fn take_told(&self) -> Option<Told> {
        let observation = self.observation()?;
        if observation.shared.observers.is_empty() {
            return None;
        }
        let mut told = mem::take(&mut *observation.told());
        told.under_way.retain(|_, stage| stage.is_told);
        Some(told)
    }
}

/// What generated code and policies tell about the stage they belong to.
impl Cx<'_> {
    /// Its only attempt starts.
    #[inline]
    pub fn tried(self, stage: u32) {
        if self.core.is_heeded() {
            self.attempt_started(stage, 1);
        }
    }

    /// It is not run.
    #[inline]
    pub fn skipped(self, stage: u32) {
        if self.core.is_heeded() {
            self.tell_skipped(stage, "skipped");
        }
    }

    /// It is cut by what its `#[until]` names.
    #[inline]
    pub fn cut(self, stage: u32) {
        if self.core.is_heeded() {
            self.tell_skipped(stage, CANCELLED);
        }
    }

    /// A choice in it has been made.
    #[inline]
    pub(crate) fn decided(self, stage: u32, arm: &'static str) {
        if self.core.is_heeded() {
            self.tell(stage, EventKind::Decided { arm });
        }
    }

    /// The same for a member of a `race` or a `quorum`: its number, from 0.
    #[inline]
    pub(crate) fn won(self, stage: u32, member: usize) {
        if self.core.is_heeded() {
            self.tell_won(stage, member);
        }
    }

    #[cold]
    fn tell_won(self, stage: u32, member: usize) {
        // What is on record was told when it was decided.
        if !self.core.is_catching_up() {
            self.tell(stage, EventKind::Decided { arm: &(member + 1).to_string() });
        }
    }

    /// It took a signal.
    #[inline]
    pub(crate) fn signalled(self, stage: u32, signal: &'static str) {
        if self.core.is_heeded() {
            self.tell(stage, EventKind::Signalled { signal });
        }
    }

    /// An attempt starts.
    pub(crate) fn attempt_started(self, stage: u32, attempt: u32) {
        let Some(observation) = self.core.observation() else { return };
        let place = (stage, self.places());
        let is_news = {
            let mut told = observation.told();
            // Those of an undo are no attempts of the stage.
            let Some(open) = told.under_way.get_mut(&place) else { return };
            // One that goes on after the instance was out of memory is known.
            mem::replace(&mut open.attempt, attempt) != attempt && open.is_told
        };
        if is_news {
            observation.tell(self.core, stage, &place.1, EventKind::AttemptStarted { attempt });
        }
    }

    /// The attempt that starts with the stage is this one, since earlier ones were interrupted.
    #[cfg(feature = "durable")]
    pub(crate) fn attempt_goes_on(self, stage: u32, attempt: u32) {
        let Some(observation) = self.core.observation() else { return };
        if observation.told().under_way.get(&(stage, self.places())).is_none_or(|stage| stage.attempt == 0) {
            // It is told by the policies that make its attempts.
            return;
        }
        if self.core.is_traced() {
            Span::current().record("attempt", attempt);
        }
        self.attempt_started(stage, attempt);
    }

    /// An attempt has failed. `failure` is asked for only where somebody listens.
    pub(crate) fn attempt_failed(
        self,
        stage: u32,
        attempt: u32,
        failure: impl FnOnce() -> Failure,
        delay: Option<Duration>,
    ) {
        let Some(observation) = self.core.observation() else { return };
        let place = (stage, self.places());
        observation.tell_first(self.core, &place);
        if observation.end_attempt(&place) == attempt {
            let kind = EventKind::AttemptFailed { attempt, failure: &failure(), delay };
            observation.tell(self.core, stage, &place.1, kind);
        }
    }

    /// A stage has failed before it was enabled: what it waited for did not come.
    pub(crate) fn failed_waiting(self, stage: u32, stop: &Stop) {
        let Stop::Failed(failure) = stop else { return };
        if let Some(cell) = self.core.cell(stage) {
            cell.fail_waiting();
        }
        let Some(observation) = self.core.observation() else { return };
        let (name, places) = (self.core.stage_name(stage), self.places());
        let place = (stage, places);
        if name.is_some() && !observation.told().under_way.contains_key(&place) {
            if let (true, Some(name)) = (self.core.is_traced(), name) {
                drop(tracing::debug_span!(target: "workflow", "stage", name, outcome = "failed"));
            }
            observation.tell_enabled(self.core, &place, 0);
            observation.failed(self.core, &place, 0, true, failure);
        }
    }

    /// Its rounds and items, where somebody listens.
    pub(crate) fn places_told(self) -> Vec<(u32, u32)> {
        if self.core.observation().is_some() { self.places() } else { Vec::new() }
    }

    #[cold]
    fn tell_skipped(self, stage: u32, words: &'static str) {
        let Some(observation) = self.core.observation() else { return };
        let place = (stage, self.places());
        observation.tell_first(self.core, &place);
        let is_news = {
            let mut told = observation.told();
            told.under_way.get_mut(&place).is_some_and(|stage| stage.skipped.replace(words).is_none())
        };
        if is_news {
            let kind = if words == CANCELLED { EventKind::Cancelled } else { EventKind::Skipped };
            observation.tell(self.core, stage, &place.1, kind);
        }
    }

    #[cold]
    fn tell(self, stage: u32, kind: EventKind<'_>) {
        if let Some(observation) = self.core.observation() {
            let place = (stage, self.places());
            observation.tell_first(self.core, &place);
            observation.tell(self.core, stage, &place.1, kind);
        }
    }
}

/// How the span of a stage says that it was cut.
const CANCELLED: &str = "cancelled";

/// A stage under way that somebody looks at: `tracing`, observers, or both.
pub(crate) struct Sight<'a> {
    core: &'a Core,
    place: Place,
    span: Option<Span>,
    ended: AtomicBool,
}

impl<'a> Sight<'a> {
    /// A stage that is enabled now. `tries`: nothing stands around its only attempt, which starts now too.
    #[cold]
    pub(crate) fn open(cx: Cx<'a>, stage: u32, tries: bool) -> Self {
        let core = cx.core;
        let span = core.is_traced().then(|| {
            let name = core.stage_name(stage).unwrap_or_default();
            // Which one it is on a store is known when it begins.
            let attempt = (tries && !core.is_durable()).then_some(1);
            tracing::debug_span!(target: "workflow", "stage", name, attempt, outcome = Empty)
        });
        let mut place = (stage, Vec::new());
        if let Some(observation) = core.observation() {
            place.1 = cx.places();
            observation.enable(core, &place, u32::from(tries));
        }
        Self { core, place, span, ended: AtomicBool::new(false) }
    }

    pub(crate) fn enter(&self) -> Option<Entered<'_>> {
        self.span.as_ref().map(Span::enter)
    }

    pub(crate) fn span(&self) -> Option<Span> {
        self.span.clone()
    }

    /// Its end, unless it has come to it before, with those whom that is told.
    fn end(&self) -> Option<(&Observation, UnderWay)> {
        let observation = self.core.observation()?;
        Some((observation, observation.end(self.core, &self.place)?))
    }

    /// It gave its output.
    pub(crate) fn completed(&self) {
        match self.end() {
            Some((_, UnderWay { skipped: Some(words), .. })) => self.outcome(words),
            Some((observation, _)) => {
                self.outcome("completed");
                observation.tell(self.core, self.place.0, &self.place.1, EventKind::Completed);
            }
            None => self.outcome("completed"),
        }
    }

    /// It ended without.
    pub(crate) fn stopped(&self, stop: &Stop) {
        let Stop::Failed(failure) = stop else {
            self.outcome(CANCELLED);
            self.tell_cancelled();
            return;
        };
        self.outcome("failed");
        if let Some((observation, UnderWay { attempt, skipped: None, .. })) = self.end() {
            observation.failed(self.core, &self.place, attempt, true, failure);
        }
    }

    /// A panic goes through it.
    pub(crate) fn panicked(&self) {
        self.outcome("panicked");
        if let Some((observation, UnderWay { attempt, skipped: None, .. })) = self.end() {
            lock(&observation.unwound).push(Unwound { place: self.place.clone(), attempt, ended: true });
        }
    }

    fn tell_cancelled(&self) {
        if self.core.is_suspended() {
            return;
        }
        let Some(observation) = self.core.observation() else { return };
        if self.core.is_catching_up() {
            // What was told is on record; what was not has not begun.
            let mut told = observation.told();
            if told.under_way.get(&self.place).is_some_and(|stage| !stage.is_told) {
                told.under_way.remove(&self.place);
                return;
            }
        }
        if let Some((observation, UnderWay { skipped: None, .. })) = self.end() {
            observation.tell(self.core, self.place.0, &self.place.1, EventKind::Cancelled);
        }
    }

    fn outcome(&self, outcome: &str) {
        self.ended.store(true, Relaxed);
        if let Some(span) = &self.span {
            span.record("outcome", outcome);
        }
    }
}

impl Drop for Sight<'_> {
    fn drop(&mut self) {
        if !self.ended.load(Relaxed) {
            self.outcome(CANCELLED);
            self.tell_cancelled();
        }
    }
}

/// An attempt under way, among others that policies make.
pub(crate) struct Trying<'a> {
    cx: Cx<'a>,
    stage: u32,
    /// Its own, so that each span has one number.
    span: Option<Box<Span>>,
}

impl<'a> Trying<'a> {
    #[inline]
    pub(crate) fn start(cx: Cx<'a>, stage: u32, attempt: u32) -> Self {
        let mut span = None;
        if cx.core.is_heeded() {
            cx.attempt_started(stage, attempt);
            if cx.core.is_traced() {
                span = Some(Box::new(tracing::debug_span!(target: "workflow", "attempt", attempt)));
            }
        }
        Self { cx, stage, span }
    }

    /// Makes and runs the attempt, in its span; a panic while it runs, and nothing else, is the attempt's failure.
    pub(crate) fn during<F>(self, make: impl FnOnce() -> F) -> Attempt<'a, F> {
        let run = {
            let _entered = self.span.as_deref().map(Span::enter);
            make()
        };
        Attempt { trying: self, run }
    }

    /// A panic goes through it.
    #[cold]
    fn panicked(&self) {
        if let Some(observation) = self.cx.core.observation() {
            let place = (self.stage, self.cx.places());
            let attempt = observation.end_attempt(&place);
            lock(&observation.unwound).push(Unwound { place, attempt, ended: false });
        }
    }
}

pin_project_lite::pin_project! {
    /// The future of one attempt, which tells of a panic that goes through it.
    pub(crate) struct Attempt<'a, F> {
        trying: Trying<'a>,
        #[pin]
        run: F,
    }
}

impl<F: Future> Future for Attempt<'_, F> {
    type Output = F::Output;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        /// Lives while the attempt is polled: dropped only by a panic in it.
        struct Polled<'t, 'a>(&'t Trying<'a>);
        impl Drop for Polled<'_, '_> {
            fn drop(&mut self) {
                self.0.panicked();
            }
        }
        let this = self.project();
        let _entered = this.trying.span.as_deref().map(Span::enter);
        let polling = Polled(this.trying);
        let polled = this.run.poll(context);
        mem::forget(polling);
        polled
    }
}

/// The failure of an attempt that gave the stage's own error.
pub(crate) fn own_failure(core: &Core, stage: u32, source: Option<crate::failure::BoxError>) -> Failure {
    Failure::new(core.graph().name, core.stage_name(stage), FailureKind::Error, source)
}

impl Observers {
    /// That of one run, if there is somebody to tell, or `traced` says that its spans are.
    pub(crate) fn observation(self, traced: bool) -> Option<Observation> {
        let observers = self.0.or_else(|| traced.then(Arc::default))?;
        let shared = Arc::new(Shared { observers, told: Mutex::default() });
        Some(Observation { shared, unwound: Mutex::default() })
    }
}
