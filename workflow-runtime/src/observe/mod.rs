//! Observing runs: every event, with its time.
//!
//! An [`Observer`] is attached to a workflow value and is told every [`Event`] of all its runs. Without one, a run
//! checks one flag a stage, and nothing else of this is there.

mod event;
mod tell;

pub use event::{Event, EventKind, Observer};
pub use tell::Observers;
pub(crate) use tell::{Observation, Sight, Trying, own_failure};
