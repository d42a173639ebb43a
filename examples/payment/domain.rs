//! The bank's types: orders, and the results of each step.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::problem::Problem;

/// People who may approve payments.
const APPROVERS: [&str; 3] = ["a.schmidt", "l.moreau", "t.okafor"];

/// Asks the bank to move money.
#[derive(Debug, Clone, Deserialize)]
#[serde(expecting = "an object with an order's fields")]
pub struct Order {
    /// Party that pays.
    pub payer: Party,
    /// Party that is paid.
    pub payee: Party,
    /// How much.
    pub amount: Amount,
    /// Of what.
    pub currency: Currency,
    /// Purpose of the payment.
    pub purpose: String,
    /// The employee of the payer who ordered it.
    pub ordered_by: String,
}

/// One side of a payment.
#[derive(Debug, Clone, Deserialize)]
#[serde(expecting = "an object with `name` and `iban`")]
pub struct Party {
    /// Whose account it is.
    pub name: String,
    /// Its number, spaces allowed.
    pub iban: String,
}

impl Party {
    /// The account's number without spaces.
    pub fn account(&self) -> String {
        self.iban.split_whitespace().collect()
    }

    /// Whether the account's number has its right check digits: ISO 13616.
    pub fn has_valid_account(&self) -> bool {
        let account = self.account();
        if !(15..=34).contains(&account.len()) || !account.is_ascii() {
            return false;
        }
        let (head, tail) = account.split_at(4);
        let rest = tail.chars().chain(head.chars()).try_fold(0, |rest, character| {
            let digit = character.to_digit(36)?;
            Some((rest * if digit < 10 { 10 } else { 100 } + digit) % 97)
        });
        rest == Some(1)
    }

    /// The country of the account: two letters, as in ISO 3166.
    pub fn country(&self) -> String {
        self.account().chars().take(2).collect()
    }
}

/// An amount of money, in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Amount(pub u64);

/// Why a text is no amount.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is no amount: expected digits, a point and two digits, as in 1250.00")]
pub struct BadAmount(String);

impl FromStr for Amount {
    type Err = BadAmount;

    fn from_str(text: &str) -> Result<Self, BadAmount> {
        let number = |digits: &str| {
            let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse::<u64>().ok().filter(|_| is_plain)
        };
        let hundredths = text
            .split_once('.')
            .filter(|(_, cents)| cents.len() == 2)
            .and_then(|(whole, cents)| number(whole)?.checked_mul(100)?.checked_add(number(cents)?));
        hundredths.map(Self).ok_or_else(|| BadAmount(text.to_owned()))
    }
}

impl TryFrom<String> for Amount {
    type Error = BadAmount;

    fn try_from(text: String) -> Result<Self, BadAmount> {
        text.parse()
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// Which money the bank moves: ISO 4217.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    Chf,
    Eur,
    Gbp,
    Usd,
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Chf => "CHF",
            Self::Eur => "EUR",
            Self::Gbp => "GBP",
            Self::Usd => "USD",
        })
    }
}

/// The seven steps, as the workflow explains them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    Validation,
    Risk,
    Compliance,
    Approval,
    Execution,
    Reconciliation,
    Reporting,
}

impl Step {
    /// As in the workflow.
    pub fn name(self) -> &'static str {
        match self {
            Self::Validation => "validation",
            Self::Risk => "risk",
            Self::Compliance => "compliance",
            Self::Approval => "approval",
            Self::Execution => "execution",
            Self::Reconciliation => "reconciliation",
            Self::Reporting => "reporting",
        }
    }

    /// Returns the name of the undo.
    pub fn undo_name(self) -> &'static str {
        match self {
            Self::Validation => "undo validation",
            Self::Risk => "undo risk",
            Self::Compliance => "undo compliance",
            Self::Approval => "undo approval",
            Self::Execution => "undo execution",
            Self::Reconciliation => "undo reconciliation",
            Self::Reporting => "undo reporting",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The amount is held on the payer's account.
#[derive(Debug, Clone)]
pub struct Hold {
    /// Funds of the payer, without this payment.
    pub funds: Amount,
}

/// How risky the payment is, from 0 to 100.
#[derive(Debug, Clone)]
pub struct Risk(pub u64);

/// The compliance office's number for the case.
#[derive(Debug, Clone)]
pub struct Clearance(pub String);

/// An approver's answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "answer", rename_all = "lowercase", expecting = "an answer: `granted` or `denied`, and `by` whom")]
pub enum Answer {
    /// Yes.
    Granted {
        /// Name of the approver.
        by: String,
    },
    /// No.
    Denied {
        /// Name of the approver.
        by: String,
        /// Why.
        reason: String,
    },
}

impl Answer {
    /// Whether the answer is from an approver: any person can write a mail.
    pub fn is_from_an_approver(&self) -> bool {
        APPROVERS.contains(&self.by())
    }

    /// Returns the name of the approver.
    pub fn by(&self) -> &str {
        match self {
            Self::Granted { by } | Self::Denied { by, .. } => by,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Granted { by } => write!(formatter, "{by} grants it"),
            Self::Denied { by, reason } => write!(formatter, "{by} denies it: {reason}"),
        }
    }
}

/// A person or a rule that lets the payment pass.
#[derive(Debug, Clone)]
pub enum Approval {
    /// The amount is below the limit.
    NotNeeded,
    /// The named person has approved.
    By(String),
}

impl fmt::Display for Approval {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNeeded => formatter.write_str("needed no approval"),
            Self::By(name) => write!(formatter, "approved by {name}"),
        }
    }
}

/// The money has been moved.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// Reference of the transfer at both banks.
    pub reference: String,
}

/// The other bank's reply to a transfer.
#[derive(Debug)]
pub enum Reply {
    /// The money is there.
    Sent(Transfer),
    /// No, which is an answer: there is no point in asking again.
    Refused(Problem),
}

/// Both banks say the same.
#[derive(Debug, Clone)]
pub struct Reconciliation {
    /// Reference of the transfer at both banks.
    pub reference: String,
}

/// The payer's receipt.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// Reference of the transfer at both banks.
    pub reference: String,
    /// Approval of the payment.
    pub approval: Approval,
}
