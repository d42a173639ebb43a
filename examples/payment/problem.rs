//! Why a step fails: the errors of the bank's services, which a `Failure` carries as its source.

use crate::domain::{Amount, Step};

/// Why a step fails.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Problem {
    /// The step is unavailable, and may work the next time.
    #[error("{0} is unavailable")]
    Unavailable(Step),
    /// The step refuses, and will refuse again.
    #[error("{step} refuses: {reason}")]
    Refused {
        /// Which step.
        step: Step,
        /// In words.
        reason: String,
    },
    /// The check digits are wrong.
    #[error("'{0}' is no account")]
    BadAccount(String),
    /// From an account to itself.
    #[error("payer and payee have the same account")]
    SameAccount,
    /// Nothing to pay.
    #[error("the amount is 0.00")]
    NothingToPay,
    /// The payer does not have that much.
    #[error("{amount} ordered, {funds} there")]
    FundsMissing {
        /// Amount of the order.
        amount: Amount,
        /// Funds of the payer.
        funds: Amount,
    },
    /// The party is on the sanctions list: no trade with it is allowed.
    #[error("{0} is on the sanctions list")]
    Sanctioned(String),
    /// Too much at once, to a country from where nothing comes back.
    #[error("the risk is {0} of 100")]
    TooRisky(u64),
    /// Someone said no.
    #[error("{by} denied it: {reason}")]
    Denied {
        /// Name of the approver.
        by: String,
        /// Why.
        reason: String,
    },
    /// No approver answered in time.
    #[error("nobody approved within three days")]
    Expired,
}

impl Problem {
    /// Whether another attempt may help.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
