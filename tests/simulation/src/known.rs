//! Kinds of findings that wait for their mend.

use crate::shrink::kind;

/// Kinds of findings that wait for their mend. An entry goes as soon as no seed gives it any more.
const KNOWN: &[&str] = &[];

/// Says whether a finding is of a kind that waits for its mend.
#[must_use]
pub fn is_known(finding: &str) -> bool {
    KNOWN.contains(&kind(finding).as_str())
}
