//! Small combinators and the set of futures: nothing here knows what a workflow is.

pub(crate) mod boxed;
pub(crate) mod cancel;
pub(crate) mod clock;
pub(crate) mod either;
pub(crate) mod map;
pub(crate) mod set;
pub(crate) mod timeout;
pub(crate) mod wake_list;
