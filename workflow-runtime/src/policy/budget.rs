//! The units of work that a task does before it gives way to others.

/// The units of work after which a run gives way, if its executor does not ask for it sooner.
pub(crate) const UNITS: u32 = 128;

/// Small steps, rounds and items, are looked at together: one time in so many.
pub(crate) const TOGETHER: usize = 32;

/// The units that so many small steps take together.
pub(crate) const UNITS_TOGETHER: u32 = 4;
