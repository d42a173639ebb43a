//! Stores of durable instances: the trait [`Store`], its types, and the stores that come with this crate.
//!
//! The module re-exports the crate [`workflow_store`] and, with the feature `sqlite`, the crate `workflow_sqlite`.
//! The author of another store needs `workflow_store` alone.

#[cfg(feature = "sqlite")]
#[doc(inline)]
pub use workflow_sqlite::{SqliteOptions, SqliteStore};
#[doc(inline)]
pub use workflow_store::*;
