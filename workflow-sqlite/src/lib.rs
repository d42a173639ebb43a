//! The embedded store of durable `workflow!` instances: [`SqliteStore`], which is one file through
//! SQLite.
//!
//! Users of workflows find it as `workflow_runtime::store::SqliteStore`, with the feature `sqlite`.
#![forbid(unsafe_code)]

mod applier;
mod checksum;
mod command;
mod database;
mod error;
mod file_watch;
mod files;
mod options;
mod queue;
mod reader;
mod request;
mod row;
mod scan;
mod schema;
mod statement;
mod store;
mod sync;
mod tally;
mod threads;
mod wal;
mod writer;

pub use options::SqliteOptions;
pub use store::SqliteStore;
