//! What stages give: which effects it came of.

use serde::{Deserialize, Serialize};
use workflow_runtime::Failure;

/// A value that tells the effects it came of, and in a loop's state how many rounds there were.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Value {
    /// Numbers of effects in the ledger, ascending.
    pub keys: Vec<u32>,
    /// A count.
    pub n: u64,
}

/// The number of a value that `return` gave.
pub const RETURNED: u64 = u64::MAX;

impl Value {
    /// Makes the value that came of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the value of `return`.
    #[must_use]
    pub fn returned() -> Self {
        Self { keys: Vec::new(), n: RETURNED }
    }

    /// Adds what another value came of.
    #[must_use]
    pub fn and(mut self, other: &(impl Keys + ?Sized)) -> Self {
        other.keys(&mut self.keys);
        self.keys.sort_unstable();
        self.keys.dedup();
        self
    }

    /// Counts one round more than `state` had.
    #[must_use]
    pub fn after(mut self, state: &Self) -> Self {
        self.n = state.n + 1;
        self
    }
}

/// What came of effects.
pub trait Keys {
    /// Adds the numbers of the effects.
    fn keys(&self, to: &mut Vec<u32>);
}

impl Keys for Value {
    fn keys(&self, to: &mut Vec<u32>) {
        to.extend(&self.keys);
    }
}

impl Keys for () {
    fn keys(&self, _to: &mut Vec<u32>) {}
}

impl<T: Keys> Keys for Option<T> {
    fn keys(&self, to: &mut Vec<u32>) {
        if let Some(value) = self {
            value.keys(to);
        }
    }
}

impl<T: Keys> Keys for Vec<T> {
    fn keys(&self, to: &mut Vec<u32>) {
        for value in self {
            value.keys(to);
        }
    }
}

impl<T: Keys> Keys for Result<T, Failure> {
    fn keys(&self, to: &mut Vec<u32>) {
        if let Ok(value) = self {
            value.keys(to);
        }
    }
}
