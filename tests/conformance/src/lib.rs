//! What workflows mean, as cases that every host must run alike.
//!
//! A [`Case`] is a workflow, a [`Script`] of what its stages do, what comes from outside and when, and the exact trace of
//! events, with its end, under tokio's paused time. A [`Host`] is what runs workflows. [`cases`] has all cases,
//! [`checks`] what must hold for each of them on each host. README.md says how to write one.
#![forbid(unsafe_code)]

mod case;
pub mod cases;
pub mod checks;
mod effect;
mod host;
mod play;
mod script;
mod trace;

pub use case::{Case, Conforming, Visitor};
pub use effect::Effect;
pub use host::{Host, InMemory, Run};
pub use play::{Hosted, Interruption, Outcome, Playable};
pub use script::{Act, Refusal, Script, panics, takes, waits};
pub use trace::same;
