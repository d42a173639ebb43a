//! Many stages: the driver, `join`, `for`, `race`, `quorum`, `select`, `#[until]`.

pub(crate) mod driver;
pub(crate) mod for_each;
pub(crate) mod items;
pub(crate) mod join;
