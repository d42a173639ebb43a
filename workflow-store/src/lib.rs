//! Stores of durable `workflow!` instances: the [`Store`] trait, its types, and a store in memory.
//!
//! A store knows nothing of workflows. It keeps *instances*. Each instance has *records* under
//! paths and *signals* that wait to be consumed. A record is, for example, the output of a stage, a
//! decision, or a running timer. The changes of an instance that belong together are one [`Batch`]:
//! the store writes all of them or none.
//!
//! Users of workflows find everything here in `workflow_runtime::store`. The author of another
//! store needs this crate alone, with the feature `conformance` in the tests.
//!
//! # Features
//!
//! | feature | brings | needs |
//! | --- | --- | --- |
//! | `conformance` | the module `conformance`: the tests that every store has to pass | tokio |
#![forbid(unsafe_code)]

#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod instance;
mod memory;
mod record;
mod session;
mod signal;
mod store;
mod timestamp;

pub use error::{StoreError, StoreErrorKind};
pub use instance::{Instance, InstanceKey, InstanceStatus, NewInstance};
pub use memory::MemoryStore;
pub use record::{Batch, Change, Record, prefix_range};
pub use session::{Claim, Exclusive, Session};
pub use signal::{NewSignal, StoredSignal};
pub use store::{Due, Loaded, Store, StoreFuture};
pub use timestamp::Timestamp;
