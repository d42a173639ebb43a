//! Outputs of stages as they lie in memory: in a slot, shared or owned, visible or not.

pub(crate) mod shared;
pub(crate) mod slot;
pub(crate) mod state;
pub(crate) mod visibility;
