//! Faults of the file of a store: the disk is full; the file is read-only, open elsewhere,
//! truncated or damaged; the process is killed. Each has its own error, and leaves the rest of the
//! store readable.

mod files;
mod fixtures;
mod flipped;
mod full;
mod growth;
mod killed;
mod locked;
mod modes;
mod process;
mod read_only;
mod threads;
mod torn;
mod wal;
