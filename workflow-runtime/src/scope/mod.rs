//! Many stages: the driver, `join`, `for`, `race`, `quorum`, `select`, `#[until]`.

pub(crate) mod driver;
pub(crate) mod for_each;
pub(crate) mod items;
pub(crate) mod join;
pub(crate) mod lazy;
pub(crate) mod quorum;
pub(crate) mod schedule;
pub(crate) mod select;
pub(crate) mod until;
