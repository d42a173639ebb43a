//! One run: its state, the frame of a stage in it, its context, its events, its undo log.

pub(crate) mod attempt_state;
pub(crate) mod begin;
#[cfg(feature = "durable")]
pub(crate) mod begun;
pub(crate) mod catch_panic;
pub(crate) mod children;
pub(crate) mod context;
pub(crate) mod events;
pub(crate) mod frame;
pub(crate) mod grace;
pub(crate) mod key;
pub(crate) mod nested;
pub(crate) mod observation;
#[cfg(feature = "durable")]
pub(crate) mod path;
#[cfg(feature = "durable")]
pub(crate) mod place;
pub(crate) mod root;
pub(crate) mod span;
pub(crate) mod stage_events;
pub(crate) mod state;
pub(crate) mod tail;
pub(crate) mod turn;
pub(crate) mod undo_log;
pub(crate) mod undo_record;
