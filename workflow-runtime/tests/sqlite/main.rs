//! What befalls a store's file: the disk is full, the file may not be written, is open elsewhere, cut off, damaged; the process is
//! killed. Each has its own error, and leaves what can be left.
#![cfg(feature = "sqlite")]

mod engine;
mod files;
mod flipped;
mod full;
mod given;
mod growth;
mod killed;
mod locked;
mod log;
mod modes;
mod process;
mod read_only;
mod threads;
mod torn;
