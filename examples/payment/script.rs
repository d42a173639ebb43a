//! A case: an order, and what happens to it. Real services would not be told.

use std::time::Duration;

use serde::Deserialize;

use crate::domain::{Amount, Answer, Order, Step};

/// One line of the input.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object with `id`, `order` and `funds`", deny_unknown_fields)]
pub struct Case {
    /// The bank's number for it, as `P-2026-0001`.
    pub id: String,
    /// What is ordered.
    pub order: Order,
    /// What the payer has.
    pub funds: Amount,
    /// What goes wrong.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// What people say who are asked for an approval, and what others say.
    #[serde(default)]
    pub answers: Vec<Arrival>,
    /// When the customer cancels the order.
    #[serde(default)]
    pub cancelled: Option<Cancelled>,
}

/// A step that does not work.
#[derive(Debug, Clone, Deserialize)]
#[serde(expecting = "an object with `step` and `how`", deny_unknown_fields)]
pub struct Fault {
    /// Which.
    pub step: Step,
    /// Not the step itself, but what undoes it.
    #[serde(default)]
    pub undo: bool,
    /// In what way.
    pub how: How,
    /// At so many attempts, from the first; at all of them where nothing is said.
    #[serde(default = "always")]
    pub times: u32,
    /// Why, where it refuses.
    #[serde(default)]
    pub reason: Option<String>,
}

fn always() -> u32 {
    u32::MAX
}

/// In what way a step does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It says that it can't now.
    Unavailable,
    /// It says no, which is final.
    Refuses,
    /// It says nothing.
    Hangs,
    /// It does what it should, and then says nothing.
    ReplyLost,
    /// It has a bug.
    Panics,
}

/// An answer on its way.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object with `after` and `answer`")]
pub struct Arrival {
    /// How long after the order.
    #[serde(deserialize_with = "crate::wait::deserialize")]
    pub after: Duration,
    /// What it says.
    #[serde(flatten)]
    pub answer: Answer,
}

/// The customer changes their mind.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(expecting = "an object with `after`")]
pub struct Cancelled {
    /// How long after the order.
    #[serde(deserialize_with = "crate::wait::deserialize")]
    pub after: Duration,
}
