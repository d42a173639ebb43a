//! The span of a stage, and of one of its attempts: entered with each poll, closed by the end.

use super::{
    events::CANCELLED,
    frame::Frame,
    observation::{ActiveStage, EventSink, StagePosition, UnwoundStage},
    state::RunState,
};
use crate::{failure::exit::Exit, observe::event::EventKind};
use crate::{stage_id::StageId, sync::lock};
use std::{
    future::Future,
    mem,
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    task::{Context, Poll},
};
use tracing::{Span, field::Empty, span::Entered};

/// The report of a running stage to its observers: `tracing`, observers, or both.
pub(crate) struct StageSpan<'a> {
    core: &'a RunState,
    place: StagePosition,
    span: Option<Span>,
    ended: AtomicBool,
}

impl<'a> StageSpan<'a> {
    /// Opens the span of a stage that is enabled now. `tries`: no policy stands around its only attempt, which starts
    /// now too.
    #[cold]
    pub(crate) fn open(frame: Frame<'a>, stage: StageId, tries: bool) -> Self {
        let core = frame.core;
        let span = core.is_traced().then(|| {
            let name = core.stage_name(stage).unwrap_or_default();
            // Which one it is on a store is known when it begins.
            let attempt = (tries && !core.is_durable()).then_some(1);
            tracing::debug_span!(target: "workflow", "stage", name, attempt, outcome = Empty)
        });
        let mut place = (stage, Vec::new());
        if let Some(observation) = core.observation() {
            place.1 = frame.places();
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

    /// Ends the stage, unless it has ended before. Returns the observation that receives the end.
    fn end(&self) -> Option<(&EventSink, ActiveStage)> {
        let observation = self.core.observation()?;
        Some((observation, observation.end(self.core, &self.place)?))
    }

    /// Reports that the stage gave its output.
    pub(crate) fn completed(&self) {
        match self.end() {
            Some((_, ActiveStage { skipped: Some(words), .. })) => self.outcome(words),
            Some((observation, _)) => {
                self.outcome("completed");
                observation.emit(self.core, self.place.0, &self.place.1, EventKind::Completed);
            }
            None => self.outcome("completed"),
        }
    }

    /// Reports that the stage ended without an output.
    pub(crate) fn stopped(&self, stop: &Exit) {
        let Exit::Failed(failure) = stop else {
            self.outcome(CANCELLED);
            self.emit_cancelled();
            return;
        };
        self.outcome("failed");
        if let Some((observation, ActiveStage { attempt, skipped: None, .. })) = self.end() {
            observation.failed(self.core, &self.place, attempt, true, failure);
        }
    }

    /// Notes that a panic goes through the stage.
    pub(crate) fn panicked(&self) {
        self.outcome("panicked");
        if let Some((observation, ActiveStage { attempt, skipped: None, .. })) = self.end() {
            lock(&observation.unwound).push(UnwoundStage { place: self.place.clone(), attempt, ended: true });
        }
    }

    fn emit_cancelled(&self) {
        if self.core.is_suspended() {
            return;
        }
        let Some(observation) = self.core.observation() else { return };
        if self.core.is_restoring() {
            // Reported attempts are recorded; an attempt that was not reported has not begun.
            let mut state = observation.state();
            if state.running.get(&self.place).is_some_and(|stage| !stage.is_reported) {
                state.running.remove(&self.place);
                return;
            }
        }
        if let Some((observation, ActiveStage { skipped: None, .. })) = self.end() {
            observation.emit(self.core, self.place.0, &self.place.1, EventKind::Cancelled);
        }
    }

    fn outcome(&self, outcome: &str) {
        self.ended.store(true, Relaxed);
        if let Some(span) = &self.span {
            span.record("outcome", outcome);
        }
    }
}

impl Drop for StageSpan<'_> {
    fn drop(&mut self) {
        if !self.ended.load(Relaxed) {
            self.outcome(CANCELLED);
            self.emit_cancelled();
        }
    }
}

/// A running attempt, among others that policies make.
pub(crate) struct AttemptGuard<'a> {
    frame: Frame<'a>,
    stage: StageId,
    /// Handle of the span of its own, so that each span has one number.
    span: Option<Box<Span>>,
}

impl<'a> AttemptGuard<'a> {
    #[inline]
    pub(crate) fn start(frame: Frame<'a>, stage: StageId, attempt: u32) -> Self {
        let mut span = None;
        if frame.core.observes_stages() {
            frame.attempt_started(stage, attempt);
            if frame.core.is_traced() {
                span = Some(Box::new(tracing::debug_span!(target: "workflow", "attempt", attempt)));
            }
        }
        Self { frame, stage, span }
    }

    /// Makes and runs the attempt, in its span; a panic while it runs, and nothing else, is the attempt's failure.
    pub(crate) fn during<F>(self, make: impl FnOnce() -> F) -> AttemptFuture<'a, F> {
        let run = {
            let _entered = self.span.as_deref().map(Span::enter);
            make()
        };
        AttemptFuture { trying: self, run }
    }

    /// Notes that a panic goes through the attempt.
    #[cold]
    fn panicked(&self) {
        if let Some(observation) = self.frame.core.observation() {
            let place = (self.stage, self.frame.places());
            let attempt = observation.end_attempt(&place);
            lock(&observation.unwound).push(UnwoundStage { place, attempt, ended: false });
        }
    }
}

pin_project_lite::pin_project! {
    /// The future of one attempt, which reports a panic that goes through it.
    pub(crate) struct AttemptFuture<'a, F> {
        trying: AttemptGuard<'a>,
        #[pin]
        run: F,
    }
}

impl<F: Future> Future for AttemptFuture<'_, F> {
    type Output = F::Output;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        /// Lives while the attempt is polled: dropped only by a panic in it.
        struct Polled<'t, 'a>(&'t AttemptGuard<'a>);
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
