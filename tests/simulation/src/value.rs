//! Outputs of stages: each tells the effects on which it depends.

use crate::generator::numbers::scatter;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use workflow_runtime::Failure;

/// A value that tells the effects it came of, and in a loop's state how many rounds there were.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Stored", try_from = "Stored")]
pub struct Value {
    /// Numbers of effects in the ledger, ascending.
    pub keys: Vec<u32>,
    /// A count.
    pub n: u64,
}

/// The stored form of a value: with parts that formats are apt to lose, each of which follows from the value.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::option_option, reason = "formats are apt to lose the inner one")]
struct Stored {
    keys: Vec<u32>,
    n: u64,
    unit: Option<()>,
    nested: Option<Option<u64>>,
    ratio: f64,
    beyond: f32,
    pairs: BTreeMap<(u64, u8), char>,
}

impl From<Value> for Stored {
    fn from(Value { keys, n }: Value) -> Self {
        let drawn = keys.iter().fold(scatter(n, 0xF10A), |drawn, key| scatter(drawn, u64::from(*key)));
        Self {
            unit: (!drawn.is_multiple_of(3)).then_some(()),
            nested: [None, Some(None), Some(Some(drawn))][(drawn % 3) as usize],
            // Any finite number.
            ratio: f64::from_bits(drawn & !(1 << 62)),
            beyond: [f32::INFINITY, f32::NEG_INFINITY, -0.0, 0.1][(drawn % 4) as usize],
            pairs: [((drawn, 1), '\u{0}'), ((n, 2), '\u{1F980}')].into(),
            keys,
            n,
        }
    }
}

impl TryFrom<Stored> for Value {
    type Error = String;
    fn try_from(stored: Stored) -> Result<Self, String> {
        let value = Self { keys: stored.keys.clone(), n: stored.n };
        let as_it_was = Stored::from(value.clone());
        if stored == as_it_was { Ok(value) } else { Err(format!("it was {as_it_was:?}, and is {stored:?}")) }
    }
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

/// A value that depends on effects.
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
