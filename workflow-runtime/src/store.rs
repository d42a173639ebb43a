//! The stores of durable instances: the trait, what goes through it, and the stores that come with this crate.
//!
//! The author of another store needs the crate [`workflow_store`] alone.

#[cfg(feature = "sqlite")]
pub use workflow_sqlite::{SqliteOptions, SqliteStore};
pub use workflow_store::*;
