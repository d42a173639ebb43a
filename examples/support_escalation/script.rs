//! A case: a ticket, and what agents and the customer do. A real desk would not be told.

use std::time::Duration;

use serde::Deserialize;

use crate::domain::{Answer, Level, Rating, Reply, Ticket};

/// One line of the input.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object with `id` and `ticket`", deny_unknown_fields)]
pub struct Case {
    /// The desk's number for it, as `T-2026-0001`.
    pub id: String,
    /// The ticket of the case.
    pub ticket: Ticket,
    /// Work of the agents, each level in this order. A level without work left has no time.
    #[serde(default)]
    pub agents: Vec<Work>,
    /// The manager's solution, if the ticket gets that far.
    #[serde(default)]
    pub manager: Option<String>,
    /// Actions of the customer.
    #[serde(default)]
    pub customer: Vec<Act>,
}

/// One answer of an agent.
#[derive(Debug, Clone, Deserialize)]
#[serde(expecting = "an object with `level`, `takes` and `answer`", deny_unknown_fields)]
pub struct Work {
    /// Whose.
    pub level: Level,
    /// How long it takes, if nothing new comes up.
    #[serde(deserialize_with = "crate::wait::deserialize")]
    pub takes: Duration,
    /// Answer at the end of the work.
    pub answer: Answer,
}

/// Something the customer does.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object with `after` and `does`", deny_unknown_fields)]
pub struct Act {
    /// How long after the ticket.
    #[serde(deserialize_with = "crate::wait::deserialize")]
    pub after: Duration,
    /// Action of the customer.
    pub does: Deed,
}

/// A customer's action.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Writes.
    Replies(Reply),
    /// Takes the ticket back.
    Withdraws,
    /// Says how content they are.
    Rates(Rating),
}
