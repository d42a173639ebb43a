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
    /// The order of the case.
    pub order: Order,
    /// Funds of the payer.
    pub funds: Amount,
    /// Faults of the services.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// Answers of the people who are asked for an approval, and answers of others.
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
    /// Number of attempts that fail, from the first. Without it all attempts fail.
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
    /// The service answers that it is unavailable.
    Unavailable,
    /// The service refuses, which is final.
    Refuses,
    /// The service gives no answer.
    Hangs,
    /// The service takes effect, and then gives no answer.
    ReplyLost,
    /// The service has a bug, and panics.
    Panics,
}

/// An answer on its way.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object with `after` and `answer`")]
pub struct Arrival {
    /// How long after the order.
    #[serde(deserialize_with = "crate::wait::deserialize")]
    pub after: Duration,
    /// The answer itself.
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
