//! One run: its state, the frame of a stage in it, its context, its events, its undo log.

pub(crate) mod context;
pub(crate) mod events;
pub(crate) mod nested;
#[cfg(feature = "durable")]
pub(crate) mod place;
pub(crate) mod state;
pub(crate) mod turn;
pub(crate) mod undo_record;
