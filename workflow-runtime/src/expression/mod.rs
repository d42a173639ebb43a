//! Expressions: the values that they may evaluate to, and the traits through which rustc says so.

pub(crate) mod by_ref;
pub(crate) mod coerce;
pub(crate) mod count;
pub(crate) mod discard;
pub(crate) mod hint;
pub(crate) mod output;
pub(crate) mod reason;
pub(crate) mod result;
