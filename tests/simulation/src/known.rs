//! Kinds of findings that wait for their mend.

use crate::shrink::kind;

/// Kinds of findings that wait for their mend. An entry goes as soon as no seed gives it any more.
const KNOWN: &[&str] = &[
    // Seed 9: a call in a branch runs again after a crash with the number that it had.
    "has attempt after attempt",
    // Seed 87: a lazy stage inside a lazy stage, after a reload.
    "it is parked: is on record, and would end without it",
    // Seed 437: a stage that has not begun is taken back while a quorum waits.
    "it is parked: was done and would have to be undone, but its workflow no longer comes to it",
    // Seed 1979: the stages of a quorum's member stand in another order.
    "it is parked: is on record, and would be decided without it",
    "it is parked: is on record, and has no such member any more",
    // Seeds 201 and 1354: a request meets the instance's end.
    "it hangs",
    "a request is never answered",
    "an engine does not shut down: Err(Elapsed(()))",
    // Seeds 268, 2112 and 6865: a timer throws a scope away before what a crash cut in it is begun again.
    "(leaf is not undone; its last call: Some(Crashed)",
    "(leaf is not undone; its last call: Some(Cut)",
    "(leaf is not undone; its last call: Some(Done)",
];

/// Says whether a finding is of a kind that waits for its mend.
#[must_use]
pub fn is_known(finding: &str) -> bool {
    KNOWN.contains(&kind(finding).as_str())
}
