//! What an expression may evaluate to, and the traits through which rustc says so.

pub(crate) mod by_ref;
pub(crate) mod discard;
pub(crate) mod output;
