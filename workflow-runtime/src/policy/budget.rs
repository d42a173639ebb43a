//! The units of work that a task does before it gives way to others.

/// The units of work after which a run gives way, if its executor does not ask for it sooner.
pub(crate) const UNITS: u32 = 128;

/// Small steps, rounds and items, that are counted together.
pub(crate) const TOGETHER: usize = 32;

/// The units of work of these small steps together.
pub(crate) const UNITS_TOGETHER: u32 = 4;
