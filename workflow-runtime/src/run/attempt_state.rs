//! The state of a stage with an undo: whether an attempt is running, or the stage only waits.

use super::{grace::Grace, undo_log::Arming};
use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicU8, Ordering::Relaxed},
};

/// The flight of one stage with an undo. One task polls it, so nothing races.
pub(crate) struct Flight {
    pub(crate) stage: u32,
    pub(crate) grace: AtomicU8,
    /// Whether the scope is gone: the stage is not tried again.
    pub(crate) left: AtomicBool,
    /// `on = attempt`: what reverses it, until the first attempt begins.
    pub(crate) armed: Mutex<Option<Arming>>,
}

impl Flight {
    pub(crate) fn new(stage: u32, armed: Option<Arming>) -> Self {
        let (grace, left) = (AtomicU8::new(Grace::None as u8), AtomicBool::new(false));
        Self { stage, grace, left, armed: Mutex::new(armed) }
    }

    pub(crate) fn grace(&self) -> Grace {
        match self.grace.load(Relaxed) {
            grace if grace == Grace::Fixed as u8 => Grace::Fixed,
            grace if grace == Grace::OwnTimeout as u8 => Grace::OwnTimeout,
            _ => Grace::None,
        }
    }

    /// Marks the stage as abandoned: its scope is rolled back.
    pub(crate) fn leave(&self) {
        self.left.store(true, Relaxed);
    }
}
