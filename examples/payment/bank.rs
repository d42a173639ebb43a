//! The bank's services: what a stage calls. Each takes its time, does what the case's script says, and writes down what
//! it did.

use std::collections::BTreeMap;
use std::future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::sleep;
use workflow_runtime::StageContext;

use crate::domain::{Amount, Approval, Clearance, Hold, Order, Receipt, Reconciliation, Reply, Risk, Step, Transfer};
use crate::journal::Journal;
use crate::problem::Problem;
use crate::script::{Fault, How};

/// Amount above which a payment needs an approval: 25000.00.
const APPROVAL_ABOVE: Amount = Amount(2_500_000);

/// From this on, a payment is too risky.
const RISK_LIMIT: u64 = 90;

/// Countries from where nothing comes back.
const RISKY_COUNTRIES: [&str; 3] = ["BY", "IQ", "LB"];

/// Names on the sanctions list: no trade with them is allowed. A real list is asked over the network.
const SANCTIONED: [&str; 4] = ["Auric Goldfinger", "Drax Industries", "Gruber & Sons Trading", "Spectre Holdings"];

/// The services that the workflow calls: the bank, as one payment sees it. Clones are the same bank.
#[derive(Debug, Clone)]
pub struct Bank {
    journal: Arc<Journal>,
    funds: Amount,
    faults: Arc<[Fault]>,
    books: Arc<Mutex<Books>>,
}

/// The payment's changes in the world so far.
#[derive(Debug, Default)]
struct Books {
    /// Results of the steps that took effect, by idempotency key.
    standing: BTreeMap<Step, String>,
    /// How often a fault has struck, by its position.
    struck: BTreeMap<usize, u32>,
}

impl Bank {
    /// A bank in which the payer has `funds`, and these things go wrong.
    pub fn new(journal: Arc<Journal>, funds: Amount, faults: Vec<Fault>) -> Self {
        Self { journal, funds, faults: faults.into(), books: Arc::default() }
    }

    /// Whether the order needs an approval.
    #[expect(clippy::unused_self, reason = "which limit holds is the bank's to say")]
    pub fn needs_approval(&self, order: &Order) -> bool {
        order.amount > APPROVAL_ABOVE
    }

    /// The steps that have taken effect and were not undone.
    pub fn standing(&self) -> Vec<Step> {
        self.books().standing.keys().copied().collect()
    }

    /// The books are whole after any panic, so a poisoned lock is no reason to give up.
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the fault that strikes this call.
    fn fault(&self, step: Step, undo: bool) -> Option<&Fault> {
        let mut books = self.books();
        let applies = |fault: &Fault| fault.step == step && fault.undo == undo;
        let (position, fault) = self.faults.iter().enumerate().find(|(position, fault)| {
            applies(fault) && books.struck.get(position).copied().unwrap_or_default() < fault.times
        })?;
        *books.struck.entry(position).or_default() += 1;
        Some(fault)
    }

    /// One attempt of a step: what it makes, and what it says about that.
    async fn attempt<T>(
        &self,
        ctx: &StageContext,
        step: Step,
        takes: Duration,
        work: impl FnOnce() -> Result<(T, String), Problem>,
    ) -> Result<T, Problem> {
        let visit = self.journal.visit(step.name(), ctx.attempt());
        sleep(takes).await;
        let mut reply_lost = false;
        if let Some(fault) = self.fault(step, false) {
            match fault.how {
                How::Unavailable => {
                    visit.end("unavailable");
                    return Err(Problem::Unavailable(step));
                }
                How::Refuses => {
                    let reason = fault.reason.clone().unwrap_or_else(|| "without a reason".to_owned());
                    visit.end(format!("refused: {reason}"));
                    return Err(Problem::Refused { step, reason });
                }
                How::Hangs => future::pending().await,
                How::Panics => panic!("{step} met what it was not written for"),
                How::ReplyLost => reply_lost = true,
            }
        }
        let (value, said) = match work() {
            Ok(made) => made,
            Err(problem) => {
                visit.end(format!("refused: {problem}"));
                return Err(problem);
            }
        };
        // A second call with one key gets the result of the first.
        let before = self.books().standing.insert(step, ctx.idempotency_key());
        if reply_lost {
            future::pending::<()>().await;
        }
        visit.end(if before.is_some() { format!("{said} (had taken effect before)") } else { said });
        Ok(value)
    }
}

/// Reverses a step, where it has taken effect.
///
/// # Errors
///
/// When that does not work now.
pub async fn undo(bank: &Bank, ctx: &StageContext, step: Step) -> Result<(), Problem> {
    let visit = bank.journal.visit(step.undo_name(), ctx.attempt());
    sleep(Duration::from_millis(200)).await;
    match bank.fault(step, true).map(|fault| fault.how) {
        None => {}
        Some(How::Hangs | How::ReplyLost) => future::pending().await,
        Some(How::Panics) => panic!("the undo of {step} met what it was not written for"),
        Some(How::Unavailable | How::Refuses) => {
            visit.end("unavailable");
            return Err(Problem::Unavailable(step));
        }
    }
    let before = bank.books().standing.remove(&step);
    visit.end(match (before, step) {
        (None, _) => "nothing to undo",
        (Some(_), Step::Validation) => "hold released",
        (Some(_), Step::Risk) => "exposure taken back",
        (Some(_), Step::Compliance) => "case withdrawn",
        (Some(_), Step::Approval) => "approval void",
        (Some(_), Step::Execution) => "money sent back",
        (Some(_), Step::Reconciliation) => "entry reopened",
        (Some(_), Step::Reporting) => "report withdrawn",
    });
    Ok(())
}

/// Checks an order, and holds the amount on the payer's account.
///
/// # Errors
///
/// When the order can't be carried out at all.
pub async fn validate(bank: &Bank, ctx: &StageContext, order: &Order) -> Result<Hold, Problem> {
    let work = || {
        if let Some(party) = [&order.payer, &order.payee].into_iter().find(|party| !party.has_valid_account()) {
            return Err(Problem::BadAccount(party.iban.clone()));
        }
        if order.payer.account() == order.payee.account() {
            return Err(Problem::SameAccount);
        }
        if order.amount == Amount(0) {
            return Err(Problem::NothingToPay);
        }
        if bank.funds < order.amount {
            return Err(Problem::FundsMissing { amount: order.amount, funds: bank.funds });
        }
        Ok((Hold { funds: bank.funds }, format!("{} {} held", order.amount, order.currency)))
    };
    bank.attempt(ctx, Step::Validation, Duration::from_millis(120), work).await
}

/// Books a payment against what the bank risks with this payer.
///
/// # Errors
///
/// When that is too much.
pub async fn assess_risk(bank: &Bank, ctx: &StageContext, order: &Order, hold: &Hold) -> Result<Risk, Problem> {
    let work = || {
        let country = if RISKY_COUNTRIES.contains(&order.payee.country().as_str()) { 50 } else { 0 };
        let risk = country + u64::try_from(u128::from(order.amount.0) * 50 / u128::from(hold.funds.0)).unwrap_or(50);
        if risk >= RISK_LIMIT {
            return Err(Problem::TooRisky(risk));
        }
        Ok((Risk(risk), format!("risk {risk} of 100")))
    };
    bank.attempt(ctx, Step::Risk, Duration::from_millis(800), work).await
}

/// Opens a case with the compliance office.
///
/// # Errors
///
/// When one of the two parties is on a sanctions list.
pub async fn check_compliance(bank: &Bank, ctx: &StageContext, order: &Order, _: &Hold) -> Result<Clearance, Problem> {
    let work = || {
        let mut names = [&order.payer.name, &order.payee.name].into_iter();
        if let Some(name) = names.find(|name| SANCTIONED.contains(&name.trim())) {
            return Err(Problem::Sanctioned(name.clone()));
        }
        let case = format!("C-{}", order.amount.0 % 10_000);
        Ok((Clearance(case.clone()), format!("cleared as {case}")))
    };
    bank.attempt(ctx, Step::Compliance, Duration::from_millis(2_500), work).await
}

/// Requests an approval: a mail to all approvers.
pub async fn ask_for_approval(bank: &Bank, ctx: &StageContext, order: &Order, risk: &Risk, clearance: &Clearance) {
    let visit = bank.journal.visit("approval", ctx.attempt());
    sleep(Duration::from_millis(50)).await;
    visit.end(format!(
        "{} {} ordered by {}, risk {}, {}: who approves?",
        order.amount, order.currency, order.ordered_by, risk.0, clearance.0
    ));
}

/// Writes down the approver.
///
/// # Errors
///
/// When the register of approvals refuses.
pub async fn note_approval(bank: &Bank, ctx: &StageContext, by: &str) -> Result<Approval, Problem> {
    let work = || Ok((Approval::By(by.to_owned()), format!("approved by {by}")));
    bank.attempt(ctx, Step::Approval, Duration::from_millis(50), work).await
}

/// Moves the money. That the other bank refuses is an answer.
///
/// # Errors
///
/// When it can't say now.
pub async fn execute(
    bank: &Bank,
    ctx: &StageContext,
    order: &Order,
    hold: &Hold,
    approval: &Approval,
) -> Result<Reply, Problem> {
    let work = || {
        let left = Amount(hold.funds.0.saturating_sub(order.amount.0));
        let reference = format!("{}-{:06}", order.payee.country(), order.amount.0 % 1_000_000);
        Ok((Transfer { reference }, format!("money sent, {approval}; the payer has {left} left")))
    };
    match bank.attempt(ctx, Step::Execution, Duration::from_millis(1_500), work).await {
        Err(problem) if !problem.is_passing() => Ok(Reply::Refused(problem)),
        answered => answered.map(Reply::Sent),
    }
}

/// Compares a transfer with the other bank's statement.
///
/// # Errors
///
/// When they differ, or the statement is not there yet.
pub async fn reconcile(
    bank: &Bank,
    ctx: &StageContext,
    order: &Order,
    transfer: &Transfer,
) -> Result<Reconciliation, Problem> {
    let work = || {
        let reference = transfer.reference.clone();
        Ok((Reconciliation { reference }, format!("{} arrived as {}", order.amount, transfer.reference)))
    };
    bank.attempt(ctx, Step::Reconciliation, Duration::from_secs(20), work).await
}

/// Tells the payer, and the authorities where they want to know.
///
/// # Errors
///
/// When the report is refused.
pub async fn report(
    bank: &Bank,
    ctx: &StageContext,
    order: &Order,
    approval: &Approval,
    reconciliation: &Reconciliation,
) -> Result<Receipt, Problem> {
    let work = || {
        let reference = reconciliation.reference.clone();
        let receipt = Receipt { reference, approval: approval.clone() };
        Ok((receipt, format!("reported as '{}'", order.purpose)))
    };
    bank.attempt(ctx, Step::Reporting, Duration::from_millis(400), work).await
}
