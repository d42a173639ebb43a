//! The bank's services: what a stage calls. Each waits a little, as a real one would, and decides by what stands in the
//! application alone, so that every run of the same input has the same outcome.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::{
    Account, Application, Background, Document, DocumentKind, Documents, Dossier, Plan, Problem, Profile, Verdict,
};
use crate::refusal::Refusal;

/// Countries in which the bank has a licence.
const COUNTRIES_SERVED: [&str; 8] = ["AT", "BE", "DE", "ES", "FR", "IT", "NL", "PT"];

/// Registers, each with the names in it. A real one is asked over the network.
const REGISTERS: [(&str, &[&str]); 2] = [
    ("sanctions list", &["Viktor Drago", "Hans Gruber", "Auric Goldfinger"]),
    ("register of insolvencies", &["Wilkins Micawber", "César Birotteau"]),
];

/// How old, in months, a paper without an end date may be.
const NEWEST_MONTHS: i32 = 3;

/// The services that the workflow calls.
#[derive(Debug)]
pub struct Services {
    latency: Duration,
    customers: Mutex<HashSet<String>>,
    last_account: AtomicU64,
    /// How often which register has left which application without an answer.
    unanswered: Mutex<HashMap<(&'static str, String), u64>>,
    trouble: Arc<Trouble>,
}

/// Counters of errors that the workflow's policies have handled.
#[derive(Debug, Default)]
pub struct Trouble {
    unanswered: AtomicU64,
    closed: AtomicU64,
}

impl Trouble {
    /// How many questions the registers have left without an answer.
    pub fn unanswered(&self) -> u64 {
        self.unanswered.load(Ordering::Relaxed)
    }

    /// How many accounts were closed again.
    pub fn closed(&self) -> u64 {
        self.closed.load(Ordering::Relaxed)
    }
}

impl Services {
    /// Services that answer within `latency`.
    pub fn new(latency: Duration) -> Self {
        Self {
            latency,
            customers: Mutex::default(),
            last_account: AtomicU64::new(4_000_000),
            unanswered: Mutex::default(),
            trouble: Arc::default(),
        }
    }

    /// Counts on while the workflow, which then owns the services, runs.
    pub fn trouble(&self) -> Arc<Trouble> {
        Arc::clone(&self.trouble)
    }

    /// Whether the register leaves this question without an answer: for one in eight it does, once or twice.
    fn is_down(&self, register: &'static str, application: &str) -> bool {
        // 0 for fourteen of sixteen, then 1 and 2.
        let times = (hash_of(&("down", register, application)) % 16).saturating_sub(13);
        let mut unanswered = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        let so_far = unanswered.get(&(register, application.to_owned())).copied().unwrap_or_default();
        let is_down = so_far < times;
        if is_down {
            unanswered.insert((register, application.to_owned()), so_far + 1);
            self.trouble.unanswered.fetch_add(1, Ordering::Relaxed);
        }
        is_down
    }

    /// Waits as long as the service would take for this key: between a quarter of the latency and all of it.
    async fn answer(&self, service: &str, key: &str) {
        let quarters = u32::try_from(hash_of(&(service, key)) % 4).unwrap_or_default() + 1;
        let wait = self.latency / 4 * quarters;
        // Even a timer of no length waits for the next tick of the clock.
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }
}

/// Stands in for chance: the same in each run.
fn hash_of(key: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

/// Takes the applicant's data over.
///
/// # Errors
///
/// When the bank can't have this customer at all.
pub async fn data_entry(services: &Services, application: &Application) -> Result<Profile, Refusal> {
    services.answer("data_entry", &application.id).await;
    let email = application.email.trim().to_lowercase();
    let is_address = email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
    if !is_address {
        return Err(Refusal::BadEmail(application.email.clone()));
    }
    if !COUNTRIES_SERVED.contains(&application.country.as_str()) {
        return Err(Refusal::CountryNotServed(application.country.clone()));
    }
    let age = full_years(application.born, application.submitted);
    if age < 18 {
        return Err(Refusal::UnderAge(age));
    }
    Ok(Profile {
        application: application.id.clone(),
        submitted: application.submitted,
        name: application.name.split_whitespace().collect::<Vec<_>>().join(" "),
        email,
        address: application.address.clone(),
        plan: application.plan,
    })
}

/// Someone's age on a day.
fn full_years(born: Date, on: Date) -> i16 {
    let had_birthday = (on.month(), on.day()) >= (born.month(), born.day());
    on.year() - born.year() - i16::from(!had_birthday)
}

/// Collects the papers that the plan asks for.
///
/// # Errors
///
/// When one of them is not there.
pub async fn collect_documents(services: &Services, application: &Application) -> Result<Documents, Refusal> {
    services.answer("collect_documents", &application.id).await;
    let kinds: Vec<DocumentKind> = application.documents.iter().map(|document| document.kind).collect();
    let mut missing = Vec::new();
    if !kinds.iter().any(|kind| kind.is_identity()) {
        missing.push(DocumentKind::IdentityCard);
    }
    if !kinds.contains(&DocumentKind::ProofOfAddress) {
        missing.push(DocumentKind::ProofOfAddress);
    }
    if application.plan == Plan::Premium && !kinds.contains(&DocumentKind::ProofOfIncome) {
        missing.push(DocumentKind::ProofOfIncome);
    }
    if missing.is_empty() {
        Ok(Documents(application.documents.clone()))
    } else {
        Err(Refusal::DocumentsMissing(missing))
    }
}

/// Asks the registers. That one of them knows the applicant is an answer, and no reason to ask again.
///
/// # Errors
///
/// When one of them does not answer.
pub async fn background_check(services: &Services, application: &Application) -> Result<Background, Refusal> {
    let mut clear_in = Vec::new();
    for (register, names) in REGISTERS {
        services.answer(register, &application.id).await;
        if services.is_down(register, &application.id) {
            return Err(Refusal::Unreachable(register));
        }
        if names.contains(&application.name.trim()) {
            return Ok(Background { clear_in, found_in: Some(register) });
        }
        clear_in.push(register);
    }
    Ok(Background { clear_in, found_in: None })
}

/// Puts the three together.
///
/// # Errors
///
/// When a register speaks against the applicant.
pub fn assemble(profile: &Profile, documents: &Documents, background: &Background) -> Result<Dossier, Refusal> {
    if let Some(register) = background.found_in {
        return Err(Refusal::Registered { name: profile.name.clone(), register });
    }
    Ok(Dossier {
        profile: profile.clone(),
        documents: documents.0.clone(),
        clear_in: background.clear_in.clone(),
        corrections: Vec::new(),
    })
}

/// Reads a dossier as a clerk would.
pub fn verify(dossier: &Dossier) -> Verdict {
    let profile = &dossier.profile;
    let mut problems: Vec<Problem> =
        dossier.documents.iter().filter_map(|document| problem_of(document, profile)).collect();
    if profile.address.postcode.trim().is_empty() {
        problems.push(Problem::PostcodeMissing);
    }
    if problems.is_empty() { Verdict::Valid } else { Verdict::Invalid(problems) }
}

/// The first thing that is wrong with a paper.
fn problem_of(document: &Document, profile: &Profile) -> Option<Problem> {
    if document.holder != profile.name {
        return Some(Problem::HolderDiffers(document.kind, document.holder.clone()));
    }
    match document.expires {
        Some(expires) if expires < profile.submitted => Some(Problem::Expired(document.kind)),
        Some(_) => None,
        None => {
            let oldest = profile.submitted.saturating_sub(NEWEST_MONTHS.months());
            (document.issued < oldest).then_some(Problem::Outdated(document.kind))
        }
    }
}

/// Has the applicant put the first problem right: the bank writes one letter at a time.
///
/// # Errors
///
/// When it can't be put right.
pub fn correct(dossier: &Dossier, problems: &[Problem]) -> Result<Dossier, Refusal> {
    let mut corrected = dossier.clone();
    let Some(problem) = problems.first() else { return Ok(corrected) };
    let submitted = dossier.profile.submitted;
    match problem {
        Problem::HolderDiffers(kind, holder) => {
            // A maiden name or a missing middle name is put right; a paper without one name in common is another
            // person's.
            let is_related = holder.split_whitespace().any(|word| dossier.profile.name.contains(word));
            if !is_related {
                return Err(Refusal::ForeignDocument { kind: *kind, holder: holder.clone() });
            }
            for document in corrected.documents.iter_mut().filter(|document| document.kind == *kind) {
                document.holder.clone_from(&dossier.profile.name);
            }
        }
        Problem::Expired(kind) => {
            for document in corrected.documents.iter_mut().filter(|document| document.kind == *kind) {
                document.issued = submitted;
                document.expires = Some(submitted.saturating_add(10.years()));
            }
        }
        Problem::Outdated(kind) => {
            for document in corrected.documents.iter_mut().filter(|document| document.kind == *kind) {
                document.issued = submitted;
            }
        }
        Problem::PostcodeMissing => corrected.profile.address.postcode.push_str("looked up"),
    }
    corrected.corrections.push(problem.clone());
    Ok(corrected)
}

/// Opens the account.
///
/// # Errors
///
/// When the applicant has one.
pub async fn create_account(services: &Services, dossier: &Dossier) -> Result<Account, Refusal> {
    services.answer("create_account", &dossier.profile.application).await;
    let email = &dossier.profile.email;
    // A set of names is whole after any panic, so a poisoned lock is no reason to give up.
    let is_new = services.customers.lock().unwrap_or_else(PoisonError::into_inner).insert(email.clone());
    if !is_new {
        return Err(Refusal::AlreadyCustomer(email.clone()));
    }
    Ok(Account {
        number: services.last_account.fetch_add(1, Ordering::Relaxed) + 1,
        application: dossier.profile.application.clone(),
        holder: dossier.profile.name.clone(),
        email: email.clone(),
        plan: dossier.profile.plan,
        clear_in: dossier.clear_in.clone(),
        corrections: dossier.corrections.clone(),
    })
}

/// Closes an account again: what comes after it did not work out.
pub async fn close_account(services: &Services, account: &Account) {
    services.answer("close_account", &account.email).await;
    services.customers.lock().unwrap_or_else(PoisonError::into_inner).remove(&account.email);
    services.trouble.closed.fetch_add(1, Ordering::Relaxed);
}

/// Welcomes the customer.
///
/// # Errors
///
/// When the letter comes back.
pub async fn welcome_email(services: &Services, account: &Account) -> Result<(), Refusal> {
    services.answer("welcome_email", &account.email).await;
    // Reserved for addresses that never work: RFC 2606.
    let returned = account.email.ends_with(".invalid");
    if returned { Err(Refusal::MailReturned(account.email.clone())) } else { Ok(()) }
}

/// Lets the customer in.
pub async fn grant_access(services: &Services, account: &Account) {
    services.answer("grant_access", &account.email).await;
}
