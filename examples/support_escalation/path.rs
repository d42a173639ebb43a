//! One ticket from its first line to its end, and what is to be said of it.

use std::fmt::Write;
use std::sync::Arc;

use tokio::time::sleep_until;
use workflow_runtime::{Failure, Handle, SignalError};

use crate::cases::Path;
use crate::desk::Desk;
use crate::domain::{Ending, Resolution, Withdrawal};
use crate::journal::Journal;
use crate::script::{Act, Case, Deed};
use crate::workflow::{SupportEscalation, SupportEscalationSignal as Signal};

/// Runs a case: starts the workflow, and lets the customer do what the script says.
pub async fn follow(line: usize, case: Case) -> Path {
    let Case { id, ticket, agents, manager, mut customer } = case;
    let mut text = format!("line {line}, {id}: {} of {}, “{}”\n", ticket.severity, ticket.customer, ticket.subject);
    let journal = Arc::new(Journal::start());
    let mut support = SupportEscalation::new(Desk::new(Arc::clone(&journal), agents, manager)).start(ticket);
    customer.sort_by_key(|act| act.after);
    let outcome = outside(&mut support, &journal, customer).await;

    // Text in memory takes all that is written to it.
    let _ = write!(text, "{journal}");
    let (end, place) = match outcome {
        Ok(Resolution { ending, rating }) => {
            let said = ending.as_ref().map_or_else(|| "withdrawn by the customer".to_owned(), ToString::to_string);
            let stars = rating.map_or_else(String::new, |rating| format!(", rated {} of 5", rating.stars));
            let _ = writeln!(text, "  => {said}{stars}");
            match ending {
                Some(Ending::Solved(level)) => ("solved", level.name()),
                Some(Ending::Silent(level)) => ("closed in silence", level.name()),
                Some(Ending::ByManager(_)) => ("decided", "manager"),
                None => ("withdrawn", ""),
            }
        }
        Err(failure) => {
            let _ = writeln!(text, "  => broke off: {failure:#}");
            ("broke off", failure.stage().unwrap_or("-"))
        }
    };
    Path { text, end, place }
}

/// Does what the customer does, each at its time, until the ticket has ended.
async fn outside(
    support: &mut Handle<SupportEscalation>,
    journal: &Journal,
    acts: Vec<Act>,
) -> Result<Resolution, Failure> {
    for Act { after, does } in acts {
        tokio::select! {
            biased;
            outcome = &mut *support => return outcome,
            () = sleep_until(journal.started() + after) => {
                let (said, signal) = match does {
                    Deed::Replies(reply) => (reply.to_string(), Signal::Reply(reply)),
                    Deed::Withdraws => ("takes the ticket back".to_owned(), Signal::Withdrawal(Withdrawal)),
                    Deed::Rates(rating) => (format!("gives {} of 5", rating.stars), Signal::Rating(rating)),
                };
                let taken = match support.signal(signal) {
                    Ok(()) => "",
                    Err(SignalError::Refused) => " (not taken)",
                    Err(_) => " (nobody reads it any more)",
                };
                journal.note("customer", format!("{said}{taken}"));
            }
        }
    }
    support.await
}
