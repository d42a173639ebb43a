//! The state of a stage with an undo: whether an attempt is running, or the stage only waits.

use super::{grace::GracePeriod, undo_log::ArmedUndo};
use crate::stage_id::StageId;
use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicU8, Ordering::Relaxed},
};

/// The state of the running attempt of one stage with an undo. One task polls it, so nothing races.
pub(crate) struct AttemptState {
    pub(crate) stage: StageId,
    pub(crate) grace: AtomicU8,
    /// Whether the scope is gone: the stage is not tried again.
    pub(crate) left: AtomicBool,
    /// `on = attempt`: what reverses it, until the first attempt begins.
    pub(crate) armed: Mutex<Option<ArmedUndo>>,
}

impl AttemptState {
    pub(crate) fn new(stage: StageId, armed: Option<ArmedUndo>) -> Self {
        let (grace, left) = (AtomicU8::new(GracePeriod::None as u8), AtomicBool::new(false));
        Self { stage, grace, left, armed: Mutex::new(armed) }
    }

    pub(crate) fn grace(&self) -> GracePeriod {
        match self.grace.load(Relaxed) {
            grace if grace == GracePeriod::Fixed as u8 => GracePeriod::Fixed,
            grace if grace == GracePeriod::OwnTimeout as u8 => GracePeriod::OwnTimeout,
            _ => GracePeriod::None,
        }
    }

    /// Marks the stage as abandoned: its scope is rolled back.
    pub(crate) fn leave(&self) {
        self.left.store(true, Relaxed);
    }
}
