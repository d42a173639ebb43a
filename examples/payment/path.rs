//! One payment from its order to its end, and what is to be said of it.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use workflow_runtime::{Failure, FailureKind, Handle, SignalError};

use crate::bank::Bank;
use crate::cases::Path;
use crate::domain::{Receipt, Step};
use crate::journal::Journal;
use crate::problem::Problem;
use crate::script::{Arrival, Case};
use crate::workflow::{Payment, PaymentSignal};

/// Something from outside.
enum Event {
    Answer(Arrival),
    Cancel,
}

/// Runs a case: starts the workflow, and lets the outside do what the script says.
pub async fn follow(line: usize, case: Case) -> Path {
    let Case { id, order, funds, faults, answers, cancelled } = case;
    let mut text = format!(
        "line {line}, {id}: {} {} from {} to {}\n",
        order.amount, order.currency, order.payer.name, order.payee.name
    );
    let journal = Arc::new(Journal::start());
    let bank = Bank::new(Arc::clone(&journal), funds, faults);
    let mut payment = Payment::new(bank.clone()).start(order);

    let answers = answers.into_iter().map(|answer| (answer.after, Event::Answer(answer)));
    let cancelled = cancelled.map(|cancelled| (cancelled.after, Event::Cancel));
    let mut events: Vec<(Duration, Event)> = answers.chain(cancelled).collect();
    events.sort_by_key(|(after, _)| *after);
    let outcome = outside(&mut payment, &journal, events).await;

    // Text in memory takes all that is written to it.
    let _ = write!(text, "{journal}");
    let (end, place) = match &outcome {
        Ok(Receipt { reference, approval }) => {
            let _ = writeln!(text, "  => paid as {reference}, {approval}");
            ("paid", "")
        }
        Err(failure) => {
            let _ = writeln!(text, "  => not paid: {failure:#}");
            (unpaid(failure), failure.stage().unwrap_or("-"))
        }
    };
    if outcome.is_err() {
        let standing: Vec<&str> = bank.standing().into_iter().map(Step::name).collect();
        let _ = match standing.as_slice() {
            [] => writeln!(text, "     nothing is left of it"),
            steps => writeln!(text, "     for a person to see to: {}", steps.join(", ")),
        };
        if !standing.is_empty() {
            return Path { text, end: "not paid, and not all undone", place };
        }
    }
    Path { text, end, place }
}

/// Does what the outside does, each at its time, until the payment has ended.
async fn outside(
    payment: &mut Handle<Payment>,
    journal: &Journal,
    events: Vec<(Duration, Event)>,
) -> Result<Receipt, Failure> {
    for (after, event) in events {
        let at: Instant = journal.started() + after;
        tokio::select! {
            biased;
            outcome = &mut *payment => return outcome,
            () = sleep_until(at) => match event {
                Event::Cancel => {
                    journal.note("customer", "cancels");
                    payment.cancel();
                }
                Event::Answer(Arrival { answer, .. }) => {
                    let said = format!("{answer}");
                    let taken = match payment.signal(PaymentSignal::Answer(answer)) {
                        Ok(()) => "",
                        Err(SignalError::Refused) => ": not taken, they may not approve",
                        Err(_) => ": nobody waits for it",
                    };
                    journal.note("answer", format!("{said}{taken}"));
                }
            },
        }
    }
    payment.await
}

/// A few words, the same for all failures of a kind.
fn unpaid(failure: &Failure) -> &'static str {
    match (failure.kind(), failure.downcast_ref::<Problem>()) {
        (FailureKind::Cancelled, _) => "cancelled by the customer",
        (FailureKind::Timeout | FailureKind::Deadline, _) => "no answer in time",
        (FailureKind::Panic, _) => "broke down",
        (_, Some(Problem::Denied { .. } | Problem::Expired)) => "not approved",
        (_, Some(problem)) if problem.is_passing() => "out of service",
        _ => "refused",
    }
}
