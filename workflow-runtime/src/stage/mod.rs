//! One stage: in place or driven, its attempts, its timeouts, its task.

pub(crate) mod catch;
pub(crate) mod driven;
pub(crate) mod guards;
pub(crate) mod in_place;
pub(crate) mod observers;
#[cfg(feature = "durable")]
pub(crate) mod resident_task;
#[cfg(feature = "durable")]
pub(crate) mod resume;
pub(crate) mod retry;
pub(crate) mod task;
pub(crate) mod timeout;
