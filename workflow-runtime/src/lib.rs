//! Workflows inside services: a stage graph written inline, checked by the compiler, run as a state machine.
#![forbid(unsafe_code)]

// So that the macro's paths hold in this crate's own documentation and tests.
extern crate self as workflow_runtime;

mod context;
mod drive;
mod failure;
mod handle;
mod held;
mod join;
mod lanes;
mod many;
mod output;
mod run;
mod shown;
mod state;
mod task;
mod workflow;

pub use context::StageContext;
pub use failure::{BoxError, Failure, FailureKind};
pub use handle::Handle;
pub use held::Loan;
pub use many::TooFew;
pub use state::{ItemStates, StageState, Status};
pub use workflow::Workflow;
pub use workflow_graph as graph;
// pub use workflow_macros::workflow;

#[doc(hidden)]
pub mod __private;
