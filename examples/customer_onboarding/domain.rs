//! The bank's types: applications, dossiers, accounts.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize, Serializer};

/// A person's application: one line of the input.
#[derive(Debug, Clone, Deserialize)]
#[serde(expecting = "an object with an application's fields")]
pub struct Application {
    /// The bank's number for it, as `A-2026-0001`.
    pub id: String,
    /// When it arrived; what is expired is judged by this day, so that a run gives the same result on any day.
    pub submitted: Date,
    /// The applicant.
    pub name: String,
    /// Where the welcome letter goes.
    pub email: String,
    /// The applicant's date of birth.
    pub born: Date,
    /// Two letters, as in ISO 3166.
    pub country: String,
    /// Where the applicant lives.
    pub address: Address,
    /// Plan that the applicant has chosen.
    pub plan: Plan,
    /// Papers enclosed with the application.
    #[serde(default)]
    pub documents: Vec<Document>,
}

/// A postal address.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Address {
    /// Street and number.
    pub street: String,
    /// As the country writes it.
    pub postcode: String,
    /// Town or city.
    pub city: String,
}

/// A kind of account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    /// Payments only.
    Basic,
    /// Payments and a card.
    Standard,
    /// With credit, so that an income has to be proved.
    Premium,
}

/// A paper, as scanned.
#[derive(Debug, Clone, Deserialize)]
pub struct Document {
    /// Kind of the document.
    pub kind: DocumentKind,
    /// Whose name stands on it.
    pub holder: String,
    /// When it was issued.
    pub issued: Date,
    /// The last day on which it is valid, where it has one.
    pub expires: Option<Date>,
}

/// Which papers the bank takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// A passport, which proves a person's identity.
    Passport,
    /// An identity card, which proves a person's identity.
    IdentityCard,
    /// Proves where someone lives.
    ProofOfAddress,
    /// Proves what someone earns.
    ProofOfIncome,
}

impl DocumentKind {
    /// Whether the document proves a person's identity.
    pub fn is_identity(self) -> bool {
        matches!(self, Self::Passport | Self::IdentityCard)
    }
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Passport => "passport",
            Self::IdentityCard => "identity card",
            Self::ProofOfAddress => "proof of address",
            Self::ProofOfIncome => "proof of income",
        })
    }
}

/// The applicant, as the bank keeps people.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The application's number.
    pub application: String,
    /// The day by which everything is judged.
    pub submitted: Date,
    /// Without stray spaces.
    pub name: String,
    /// In lower case.
    pub email: String,
    /// As given.
    pub address: Address,
    /// Plan that the applicant has chosen.
    pub plan: Plan,
}

/// All the papers that the plan asks for.
#[derive(Debug, Clone)]
pub struct Documents(pub Vec<Document>);

/// The registers' findings about the applicant.
#[derive(Debug, Clone)]
pub struct Background {
    /// The registers that know nothing bad.
    pub clear_in: Vec<&'static str>,
    /// The first register that does, where one does.
    pub found_in: Option<&'static str>,
}

/// Everything about one applicant in one place.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// Profile of the applicant.
    pub profile: Profile,
    /// With what papers.
    pub documents: Vec<Document>,
    /// The registers that know nothing bad.
    pub clear_in: Vec<&'static str>,
    /// Problems that have been corrected so far.
    pub corrections: Vec<Problem>,
}

/// As a sentence: it is for people to read.
impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The result of an inspection of a dossier.
#[derive(Debug)]
pub enum Verdict {
    /// An account can be opened.
    Valid,
    /// An account can't be opened yet. Never empty.
    Invalid(Vec<Problem>),
}

/// Something in a dossier that the applicant can put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The paper was no longer valid on the day of the application.
    Expired(DocumentKind),
    /// The paper is older than the bank takes.
    Outdated(DocumentKind),
    /// Another name stands on the paper.
    HolderDiffers(DocumentKind, String),
    /// The address has no postcode.
    PostcodeMissing,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired(kind) => write!(formatter, "the {kind} has expired"),
            Self::Outdated(kind) => write!(formatter, "the {kind} is too old"),
            Self::HolderDiffers(kind, holder) => write!(formatter, "the {kind} is made out to {holder}"),
            Self::PostcodeMissing => write!(formatter, "the address has no postcode"),
        }
    }
}

/// A customer's account.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    /// The account's number.
    pub number: u64,
    /// The application that it was opened for.
    pub application: String,
    /// Whose.
    pub holder: String,
    /// Where its letters go.
    pub email: String,
    /// Plan that the holder has chosen.
    pub plan: Plan,
    /// The registers that were asked about the holder.
    pub clear_in: Vec<&'static str>,
    /// Problems that had to be corrected first.
    pub corrections: Vec<Problem>,
}
