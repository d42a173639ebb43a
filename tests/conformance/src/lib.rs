//! The meaning of workflows, as cases that every host must run alike.
//!
//! A [`Case`] is a workflow, a [`Script`], and the exact trace of events with its end, under tokio's paused time. The
//! script has what the workflow's stages do, and what comes from outside and when. A [`Host`] is what runs workflows.
//! [`cases`] has all cases, [`checks`] what must hold for each of them on each host. README.md says how to write one.
#![forbid(unsafe_code)]

mod case;
pub mod cases;
pub mod checks;
mod crew;
mod effect;
mod host;
mod order;
mod play;
#[cfg(feature = "durable")]
mod resume;
mod script;
#[cfg(feature = "durable")]
mod store;
mod story;
mod trace;

pub use case::{Case, Conforming, Visitor};
pub use crew::Crew;
pub use effect::Effect;
pub use host::{Host, InMemory, Run};
pub use play::{Hosted, Interruption, Outcome, Playable};
#[cfg(feature = "durable")]
pub use resume::{crashed_at_each_commit, crashing};
pub use script::{Act, Refusal, Script, panics, takes, waits};
#[cfg(feature = "durable")]
pub use store::OnStore;
pub use trace::same;

/// Every host runs the same workflows, so all can run on a store.
#[cfg(feature = "durable")]
macro_rules! workflow {
    ($($tokens:tt)*) => { ::workflow_runtime::workflow! { #[durable] $($tokens)* } };
}
#[cfg(feature = "durable")]
pub(crate) use workflow;
#[cfg(not(feature = "durable"))]
pub(crate) use workflow_runtime::workflow;
