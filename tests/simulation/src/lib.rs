//! Random workflows on a store that is slow, fails and crashes, under a random schedule; an oracle judges what
//! happened.

pub mod drive;
pub mod generator;
pub mod ledger;
pub mod oracle;
pub mod schedule;
pub mod shrink;
pub mod store;
pub mod subject;
pub mod value;
mod words;
pub mod world;

include!(concat!(env!("OUT_DIR"), "/batch.rs"));

/// Returns the workflows that were compiled.
#[must_use]
pub fn batch() -> Vec<generator::Plan> {
    let [count, part, parts] = ASKED;
    generator::part(count, part, parts)
}
