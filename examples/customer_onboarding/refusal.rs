//! Why the bank says no: the errors of its services, which a `Failure` carries as its source.

use std::fmt;

use crate::domain::DocumentKind;

/// Why an application does not become an account.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The mail address can't be one.
    #[error("'{0}' is no e-mail address")]
    BadEmail(String),
    /// The bank has no licence there.
    #[error("the bank does not serve customers in '{0}'")]
    CountryNotServed(String),
    /// Too young.
    #[error("the applicant is {0} years old, and has to be 18")]
    UnderAge(i16),
    /// Papers that the plan asks for are not there.
    #[error("the application came without: {}", Listed(.0))]
    DocumentsMissing(Vec<DocumentKind>),
    /// A register speaks against the applicant.
    #[error("{name} stands in the {register}")]
    Registered {
        /// Name that the register has.
        name: String,
        /// Where.
        register: &'static str,
    },
    /// A register did not answer; it may the next time.
    #[error("the {0} does not answer")]
    Unreachable(&'static str),
    /// The applicant can't put this right.
    #[error("the {kind} belongs to someone else, {holder}")]
    ForeignDocument {
        /// Which paper.
        kind: DocumentKind,
        /// Whose it is.
        holder: String,
    },
    /// One account for one mail address.
    #[error("there is an account for {0} already")]
    AlreadyCustomer(String),
    /// The welcome letter came back.
    #[error("the mail to {0} came back")]
    MailReturned(String),
}

impl Refusal {
    /// A few words for a table, the same for all refusals of a kind.
    pub fn label(&self) -> &'static str {
        match self {
            Self::BadEmail(_) => "bad e-mail address",
            Self::CountryNotServed(_) => "country not served",
            Self::UnderAge(_) => "under age",
            Self::DocumentsMissing(_) => "documents missing",
            Self::Registered { .. } => "found in a register",
            Self::Unreachable(_) => "register unreachable",
            Self::ForeignDocument { .. } => "someone else's document",
            Self::AlreadyCustomer(_) => "already a customer",
            Self::MailReturned(_) => "mail returned",
        }
    }
}

/// `a, b, c`.
struct Listed<'a>(&'a [DocumentKind]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, kind) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { ", " };
            write!(formatter, "{separator}{kind}")?;
        }
        Ok(())
    }
}
