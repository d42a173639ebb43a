//! The messages of resolution and of the checks.
//!
//! A message is lowercase, has no full stop, and ends in at most one line `help: ..` that can be pasted. The collector
//! of all errors and the parser's messages stand in `workflow_syntax::diagnostics`.

pub(crate) mod messages;
pub(crate) mod numbers;
pub(crate) mod waiting;
