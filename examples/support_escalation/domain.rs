//! The support desk's types: tickets, levels, answers and replies.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

/// A customer's request for help.
#[derive(Debug, Clone, Deserialize)]
#[serde(expecting = "an object with a ticket's fields")]
pub struct Ticket {
    /// Name of the customer.
    pub customer: String,
    /// Subject of the request.
    pub subject: String,
    /// How bad it is.
    pub severity: Severity,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A question.
    Question,
    /// Something does not work.
    Fault,
    /// Nothing works: the first level is passed over.
    Outage,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Question => "question",
            Self::Fault => "fault",
            Self::Outage => "outage",
        })
    }
}

/// A level of support, whose agents take care of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Has a handbook.
    First,
    /// Knows the product.
    Second,
    /// Made it.
    Third,
}

impl Level {
    /// How soon they have to have an answer.
    pub fn answers_within(self) -> Duration {
        match self {
            Self::First => Duration::from_mins(30),
            Self::Second => Duration::from_hours(4),
            Self::Third => Duration::from_hours(24),
        }
    }

    /// As in a path.
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "first level",
            Self::Second => "second level",
            Self::Third => "third level",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// An agent's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The agent proposes a solution.
    Proposes,
    /// Tell me more.
    Asks,
    /// The agent passes the ticket on.
    GivesUp,
}

/// The customer's reply.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// The solution works.
    Solved,
    /// The solution does not work.
    NotSolved,
    /// More about it.
    Information(String),
    /// Enough.
    Manager,
}

impl fmt::Display for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Solved => formatter.write_str("solved, thank you"),
            Self::NotSolved => formatter.write_str("that did not help"),
            Self::Information(text) => write!(formatter, "“{text}”"),
            Self::Manager => formatter.write_str("wants to talk to someone else"),
        }
    }
}

/// The customer takes the ticket back.
#[derive(Debug, Clone)]
pub struct Withdrawal;

/// How content the customer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Rating {
    /// From 1 to 5.
    pub stars: u8,
}

/// One turn of the conversation.
#[derive(Debug)]
pub enum Turn {
    /// The agent came back.
    Agent(Answer),
    /// The customer wrote.
    Customer(Reply),
    /// The agent took too long.
    Overdue,
    /// The customer said nothing for too long.
    Silence,
}

/// How a talk of one level ended.
#[derive(Debug)]
pub enum Talk {
    /// The customer says so.
    Solved,
    /// The customer said nothing any more.
    Silent,
    /// Someone else has to take over: why.
    Escalate(&'static str),
}

/// How the ticket ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// By whom.
    Solved(Level),
    /// The customer was not heard of any more, after whose answer.
    Silent(Level),
    /// After all levels.
    ByManager(String),
}

impl fmt::Display for Ending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Solved(level) => write!(formatter, "solved by the {level}"),
            Self::Silent(level) => write!(formatter, "closed in silence after the {level}"),
            Self::ByManager(how) => write!(formatter, "the manager {how}"),
        }
    }
}

/// The resolution of a ticket.
#[derive(Debug)]
pub struct Resolution {
    /// None where the customer took it back.
    pub ending: Option<Ending>,
    /// The customer said how content they are.
    pub rating: Option<Rating>,
}

/// The conversation of one level with the customer so far.
#[derive(Debug, Clone)]
pub struct Thread {
    level: Level,
    last: Option<Answer>,
    failed: u32,
    reminded: bool,
}

impl Thread {
    /// Nothing yet.
    pub fn new(level: Level) -> Self {
        Self { level, last: None, failed: 0, reminded: false }
    }

    /// Whose it is.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Whether the agent has answered, so that it is the customer's turn.
    pub fn is_answered(&self) -> bool {
        self.last.is_some()
    }

    /// Whether the agent has asked the customer something, so that it is the customer's turn.
    pub fn asks(&self) -> bool {
        self.last == Some(Answer::Asks)
    }

    /// The customer was reminded already.
    pub fn is_reminded(&self) -> bool {
        self.reminded
    }

    /// How long the customer may take.
    pub fn customer_has(&self) -> Duration {
        Duration::from_hours(if self.asks() { 24 } else { 72 })
    }

    /// The agent has come back.
    pub fn answered(&self, answer: Answer) -> Self {
        Self { last: Some(answer), reminded: false, ..self.clone() }
    }

    /// The customer has written: it is the agent's turn.
    pub fn replied(&self, reply: &Reply) -> Self {
        Self { last: None, failed: self.failed + u32::from(*reply == Reply::NotSolved), ..self.clone() }
    }

    /// The customer was reminded.
    pub fn reminded(&self) -> Self {
        Self { reminded: true, ..self.clone() }
    }

    /// Two proposals did not help.
    pub fn is_stuck(&self) -> bool {
        self.failed >= 2
    }
}
