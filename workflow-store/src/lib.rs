//! Where durable instances live between two moments of work: the [`Store`] trait, and what goes through it.
//!
//! A store knows nothing of workflows. It keeps *instances*; each has *records* under paths (what its stages made, what
//! was decided, which timers run) and *signals* that wait to be taken. All that happens to an instance in one breath is
//! one [`Batch`], which is on disk as a whole or not at all.
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
pub use instance::{Instance, InstanceKey, NewInstance, Status};
pub use memory::MemoryStore;
pub use record::{Batch, Change, Record, within};
pub use session::{Claim, Exclusive, Session};
pub use signal::{NewSignal, StoredSignal};
pub use store::{Due, Loaded, Store, Storing};
pub use timestamp::Timestamp;
