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
    /// What is asked.
    pub ticket: Ticket,
    /// What the agents do, each level in this order. When a level has no more to do, nobody there has time.
    #[serde(default)]
    pub agents: Vec<Work>,
    /// What the manager does, where it gets that far.
    #[serde(default)]
    pub manager: Option<String>,
    /// What the customer does.
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
    /// What comes of it.
    pub answer: Answer,
}

/// Something the customer does.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object with `after` and `does`", deny_unknown_fields)]
pub struct Act {
    /// How long after the ticket.
    #[serde(deserialize_with = "crate::wait::deserialize")]
    pub after: Duration,
    /// What.
    pub does: Deed,
}

/// What a customer can do.
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
