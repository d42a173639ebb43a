//! Telling: where the events come from.

use super::{Event, EventKind, Observer};
use crate::{
    Failure, FailureKind,
    cut::cut,
    failure::Stop,
    run::{Core, Cx},
};
use std::{
    collections::HashMap,
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

/// Who listens to a workflow value.
#[derive(Clone, Default)]
pub struct Observers(Option<Arc<Vec<Arc<dyn Observer>>>>);

impl Observers {
    /// Nobody.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// One more.
    #[must_use]
    pub fn and(self, observer: impl Observer) -> Self {
        let mut all = self.0.unwrap_or_default();
        Arc::make_mut(&mut all).push(Arc::new(observer));
        Self(Some(all))
    }

    #[inline]
    pub(crate) fn are_any(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn observation(self) -> Option<Observation> {
        self.0.map(|observers| {
            let shared = Arc::new(Shared { observers, under_way: Mutex::default() });
            Observation { shared, unwound: Mutex::default(), ended: AtomicBool::new(false) }
        })
    }
}

/// One run of a stage, as its run knows it: the stage, and its rounds and items.
type Place = (u32, Vec<(u32, u32)>);

/// A run with observers.
pub(crate) struct Observation {
    shared: Arc<Shared>,
    /// What a panic went through just now, the innermost first: its failure is known only where the panic is caught.
    unwound: Mutex<Vec<Unwound>>,
    /// The run has told its end.
    ended: AtomicBool,
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
    /// The stages that have not come to an end.
    under_way: Mutex<HashMap<Place, UnderWay>>,
}

/// A stage that is enabled and has not come to an end.
#[derive(Clone, Copy)]
struct UnderWay {
    /// The attempt under way; 0: none is.
    attempt: u32,
    /// One has been.
    tried: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Observation {
    /// For a task of its own.
    pub(crate) fn detach(&self) -> Self {
        let shared = Arc::clone(&self.shared);
        Self { shared, unwound: Mutex::default(), ended: AtomicBool::new(false) }
    }

    fn tell(&self, core: &Core, stage: u32, places: &[(u32, u32)], kind: EventKind<'_>) {
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

    /// A stage comes to its end now; none: it has come to it before.
    fn end(&self, place: &Place) -> Option<UnderWay> {
        lock(&self.shared.under_way).remove(place)
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
        lock(&self.shared.under_way).get_mut(place).map(|stage| mem::take(&mut stage.attempt)).unwrap_or_default()
    }
}

/// The run itself.
impl Core {
    /// It starts.
    pub(crate) fn tell_started(&self) {
        if let Some(observation) = self.observation() {
            observation.tell(self, crate::run::TAIL, &[], EventKind::Started);
        }
    }

    /// It has ended.
    #[inline]
    pub(crate) fn tell_ended<T>(&self, ended: &Result<T, Failure>) {
        if let Some(observation) = self.observation() {
            observation.ended.store(true, Relaxed);
            let outcome = ended.as_ref().map(|_| ());
            observation.tell(self, crate::run::TAIL, &[], EventKind::Ended { outcome });
        }
    }

    /// It is gone.
    pub(crate) fn tell_dropped(&self) {
        if let Some(observation) = self.observation()
            && !observation.ended.load(Relaxed)
            && !self.is_suspended()
        {
            observation.tell(self, crate::run::TAIL, &[], EventKind::Cancelled);
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

    /// Something about a stage whose places are known.
    pub(crate) fn tell_of(&self, stage: u32, places: &[(u32, u32)], kind: EventKind<'_>) {
        if let Some(observation) = self.observation() {
            observation.tell(self, stage, places, kind);
        }
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

    /// It is not run, or no longer.
    #[inline]
    pub fn skipped(self, stage: u32) {
        if self.core.is_heeded() {
            self.tell_skipped(stage);
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
        if self.core.is_traced() {
            // Attempts are made where the stage's span is entered.
            Span::current().record("attempt", attempt);
        }
        let Some(observation) = self.core.observation() else { return };
        let place = (stage, self.places());
        let open =
            lock(&observation.shared.under_way).get_mut(&place).map(|open| *open = UnderWay { attempt, tried: true });
        if open.is_none() {
            // Those of an undo are no attempts of the stage.
            return;
        }
        observation.tell(self.core, stage, &place.1, EventKind::AttemptStarted { attempt });
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
        if observation.end_attempt(&place) == attempt {
            let kind = EventKind::AttemptFailed { attempt, failure: &failure(), delay };
            observation.tell(self.core, stage, &place.1, kind);
        }
    }

    /// Its rounds and items, where somebody listens.
    pub(crate) fn places_told(self) -> Vec<(u32, u32)> {
        if self.core.observation().is_some() { self.places() } else { Vec::new() }
    }

    #[cold]
    fn tell_skipped(self, stage: u32) {
        let Some(observation) = self.core.observation() else { return };
        let place = (stage, self.places());
        if let Some(UnderWay { tried, .. }) = observation.end(&place) {
            let kind = if tried { EventKind::Cancelled } else { EventKind::Skipped };
            observation.tell(self.core, stage, &place.1, kind);
        }
    }

    #[cold]
    fn tell(self, stage: u32, kind: EventKind<'_>) {
        if let Some(observation) = self.core.observation() {
            observation.tell(self.core, stage, &self.places(), kind);
        }
    }
}

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
            tracing::debug_span!(target: "workflow", "stage", name, attempt = tries.then_some(1), outcome = Empty)
        });
        let mut place = (stage, Vec::new());
        if let Some(observation) = core.observation() {
            place.1 = cx.places();
            lock(&observation.shared.under_way)
                .insert(place.clone(), UnderWay { attempt: u32::from(tries), tried: tries });
            observation.tell(core, stage, &place.1, EventKind::Enabled);
            if tries {
                observation.tell(core, stage, &place.1, EventKind::AttemptStarted { attempt: 1 });
            }
        }
        Self { core, place, span, ended: AtomicBool::new(false) }
    }

    pub(crate) fn enter(&self) -> Option<Entered<'_>> {
        self.span.as_ref().map(Span::enter)
    }

    pub(crate) fn span(&self) -> Option<Span> {
        self.span.clone()
    }

    /// It gave its output.
    pub(crate) fn completed(&self) {
        self.outcome("completed");
        if let Some(observation) = self.core.observation()
            && observation.end(&self.place).is_some()
        {
            observation.tell(self.core, self.place.0, &self.place.1, EventKind::Completed);
        }
    }

    /// It ended without.
    pub(crate) fn stopped(&self, stop: &Stop) {
        let Stop::Failed(failure) = stop else {
            self.outcome("returned");
            self.tell_cancelled();
            return;
        };
        self.outcome("failed");
        if let Some(observation) = self.core.observation()
            && let Some(UnderWay { attempt, .. }) = observation.end(&self.place)
        {
            observation.failed(self.core, &self.place, attempt, true, failure);
        }
    }

    /// A panic goes through it.
    pub(crate) fn panicked(&self) {
        self.outcome("panicked");
        if let Some(observation) = self.core.observation()
            && let Some(UnderWay { attempt, .. }) = observation.end(&self.place)
        {
            lock(&observation.unwound).push(Unwound { place: self.place.clone(), attempt, ended: true });
        }
    }

    fn tell_cancelled(&self) {
        if self.core.is_suspended() {
            return;
        }
        if let Some(observation) = self.core.observation()
            && observation.end(&self.place).is_some()
        {
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
            self.outcome("cancelled");
            self.tell_cancelled();
        }
    }
}

/// An attempt under way, among others that policies make.
pub(crate) struct Trying<'a> {
    cx: Cx<'a>,
    stage: u32,
}

impl<'a> Trying<'a> {
    #[inline]
    pub(crate) fn start(cx: Cx<'a>, stage: u32, attempt: u32) -> Self {
        if cx.core.is_heeded() {
            cx.attempt_started(stage, attempt);
        }
        Self { cx, stage }
    }

    /// Runs the attempt; a panic of it, and of nothing else, is the attempt's failure.
    pub(crate) fn during<F>(self, run: F) -> Attempt<'a, F> {
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
        let polling = Polled(this.trying);
        let polled = this.run.poll(context);
        mem::forget(polling);
        polled
    }
}

/// The failure of an attempt that gave the stage's own error.
pub(crate) fn own_failure(core: &Core, stage: u32, source: Option<crate::BoxError>) -> Failure {
    Failure::new(core.graph().name, core.stage_name(stage), FailureKind::Error, source)
}
