//! Workflows inside services: a stage graph written inline, checked by the compiler, run as a state machine.
#![forbid(unsafe_code)]

// So that the macro's paths hold in this crate's own documentation and tests.
extern crate self as workflow_runtime;

mod attempts;
mod context;
mod drive;
mod failure;
mod handle;
mod held;
mod join;
mod lanes;
mod many;
mod output;
pub mod policy;
mod run;
mod shown;
mod signal;
mod state;
mod task;
mod undo;
mod workflow;

pub use context::StageContext;
pub use failure::{BoxError, Failure, FailureKind};
pub use handle::Handle;
pub use held::Loan;
pub use many::TooFew;
pub use signal::SignalError;
pub use state::{ItemStates, StageState, Status};
pub use workflow::{UnknownStage, Workflow};
pub use workflow_graph as graph;

#[doc(hidden)]
pub mod __private;

/// A workflow, written inline.
#[macro_export]
macro_rules! workflow {
    ($($tokens:tt)*) => { $crate::__private::__workflow! { [$crate] $($tokens)* } };
}
