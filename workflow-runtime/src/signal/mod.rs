//! Values from outside: the queue of a signal, a wait for it, and what a stage announces.

pub(crate) mod announce;
pub(crate) mod error;
pub(crate) mod fallback;
pub(crate) mod queue;
#[cfg(feature = "durable")]
pub(crate) mod taken_record;
pub(crate) mod wait;
