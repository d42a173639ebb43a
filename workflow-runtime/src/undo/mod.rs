//! Compensation: what has been done is undone, the last first.
//!
//! An undo owns all that it needs (loans of outputs), so that it outlives the scope that made them. A stage that has an
//! undo owns its future too. If its scope is rolled back in the midst of an attempt, the future is not dropped but
//! handed to the log, which lets that attempt end.

pub(crate) mod abandon;
pub(crate) mod attempt;
pub(crate) mod compensable;
pub(crate) mod rollback_record;
pub(crate) mod scope;
pub(crate) mod unwind;
