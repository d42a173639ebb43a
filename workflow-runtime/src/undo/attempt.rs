//! The attempts of a stage with an undo: whether one is running, or the stage only waits, decides what its rollback
//! does.

use crate::{
    failure::exit::Exit,
    run::{attempt_state::AttemptState, frame::Frame, grace::GracePeriod, state::RunState},
    stage_id::StageId,
    sync::lock,
};
use std::{
    future::Future,
    pin::Pin,
    sync::atomic::Ordering::Relaxed,
    task::{Context, Poll},
};

impl RunState {
    /// Whether the stage is in its grace period: it was running when its scope was rolled back.
    pub(crate) fn is_abandoned(&self, stage: StageId) -> bool {
        self.flight().is_some_and(|flight| flight.stage == stage && flight.left.load(Relaxed))
    }
}

#[cfg(not(feature = "durable"))]
impl Frame<'_> {
    #[allow(clippy::unused_self, reason = "a run on a store may hold it back")]
    fn is_held_back(self, _: StageId) -> bool {
        false
    }
}

#[cfg(feature = "durable")]
impl RunState {
    /// Marks the stage as done, with its record on the way to the store. If its scope is rolled back now, the stage
    /// waits for the store, and is then undone.
    pub(crate) fn settles(&self, stage: StageId) {
        if let Some(flight) = self.flight().filter(|flight| flight.stage == stage) {
            flight.grace.store(GracePeriod::OwnTimeout as u8, Relaxed);
        }
    }

    /// Arms the undo of a stage again, if a record says that it was armed before its first attempt.
    pub(crate) fn arm_again(&self, stage: StageId) {
        if let Some(flight) = self.flight().filter(|flight| flight.stage == stage) {
            let armed = lock(&flight.armed).take();
            if let Some(armed) = armed {
                armed.arm();
            }
        }
    }
}

pin_project_lite::pin_project! {
    /// A running attempt of a stage with an undo, or its fallback.
    pub struct WatchedAttempt<'a, F> {
        frame: Frame<'a>,
        flight: Option<GraceReset<'a>>,
        pub(crate) grace: GracePeriod,
        begun: bool,
        #[pin]
        pub(crate) run: F,
    }
}

/// However it ends, the stage only waits then.
struct GraceReset<'a>(&'a AttemptState);

impl Drop for GraceReset<'_> {
    fn drop(&mut self) {
        self.0.grace.store(GracePeriod::None as u8, Relaxed);
    }
}

/// Runs an attempt of a stage with an undo, or its fallback.
pub fn in_flight<F>(frame: Frame<'_>, grace: GracePeriod, run: F) -> WatchedAttempt<'_, F> {
    WatchedAttempt { frame, flight: frame.core().flight().map(GraceReset), grace, begun: false, run }
}

impl<T, F: Future<Output = Result<T, Exit>>> Future for WatchedAttempt<'_, F> {
    type Output = Result<T, Exit>;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let (false, Some(GraceReset(flight))) = (*this.begun, &this.flight)
            && !this.frame.is_held_back(flight.stage)
        {
            *this.begun = true;
            flight.grace.store(*this.grace as u8, Relaxed);
            let armed = lock(&flight.armed).take();
            if let Some(armed) = armed {
                armed.arm();
            }
        }
        this.run.poll(context)
    }
}
