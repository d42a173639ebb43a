//! Observers: what they are told, and what those that come with the crate make of it.

mod events;
mod failing;
#[cfg(feature = "metrics")]
mod metrics;
mod progress;
mod report;
mod trace;
