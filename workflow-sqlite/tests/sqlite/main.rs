//! What befalls a store's file: the disk is full, the file may not be written, is open elsewhere, cut off, damaged; the process is
//! killed. Each has its own error, and leaves what can be left.

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
