//! The support desk: what a stage calls. It does what the case's script says, and writes down what it did.

use std::collections::VecDeque;
use std::future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::sleep;
use workflow_runtime::StageContext;

use crate::domain::{Answer, Ending, Level, Severity, Thread, Ticket};
use crate::journal::Journal;
use crate::script::Work;

/// How long the manager takes.
const MANAGER_TAKES: Duration = Duration::from_hours(48);

/// The services that the workflow calls: the desk, as one ticket sees it.
#[derive(Debug)]
pub struct Desk {
    journal: Arc<Journal>,
    /// Work that is still to be done. Interrupted work stays.
    agents: Mutex<VecDeque<Work>>,
    manager: Option<String>,
}

impl Desk {
    /// A desk where this is going to be done.
    pub fn new(journal: Arc<Journal>, agents: Vec<Work>, manager: Option<String>) -> Self {
        Self { journal, agents: Mutex::new(agents.into()), manager }
    }

    /// Returns the level that gets the ticket first.
    pub fn first_level(&self, ticket: &Ticket) -> Level {
        let level = if ticket.severity == Severity::Outage { Level::Second } else { Level::First };
        self.journal.note("desk", format!("to the {level}"));
        level
    }

    /// Hands the ticket on.
    pub fn escalate(&self, level: Level, why: &str) -> Level {
        let next = if level == Level::First { Level::Second } else { Level::Third };
        self.journal.note(level.name(), format!("to the {next}: {why}"));
        next
    }

    /// The next work of a level. A list is whole after any panic, so a poisoned lock is no reason to give up.
    fn work_of(&self, level: Level) -> Option<Work> {
        let agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        agents.iter().find(|work| work.level == level).cloned()
    }

    fn has_done(&self, level: Level) {
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(position) = agents.iter().position(|work| work.level == level) {
            agents.remove(position);
        }
    }
}

/// Confirms that the ticket is there.
pub async fn acknowledge(desk: &Desk, ticket: &Ticket) {
    sleep(Duration::from_secs(2)).await;
    desk.journal.note("desk", format!("confirms “{}”", ticket.subject));
}

/// An agent works on the ticket, with the customer's replies so far. Without an agent who has time, that never ends.
pub async fn propose(desk: &Desk, ctx: &StageContext, thread: &Thread) -> Answer {
    let level = thread.level();
    let Some(work) = desk.work_of(level) else { return future::pending().await };
    let visit = desk.journal.visit(level.name(), ctx.attempt());
    sleep(work.takes).await;
    // An agent who has tried twice in vain does not try a third time.
    let answer = if thread.is_stuck() { Answer::GivesUp } else { work.answer };
    desk.has_done(level);
    visit.end(match answer {
        Answer::Proposes => "proposes something",
        Answer::Asks => "asks for more",
        Answer::GivesUp => "gives up",
    });
    answer
}

/// Writes to the customer once more.
pub async fn remind(desk: &Desk, thread: &Thread) {
    sleep(Duration::from_secs(2)).await;
    desk.journal.note(thread.level().name(), "reminds the customer");
}

/// Tells the customer that the ticket is not forgotten.
pub async fn send_update(desk: &Desk, day: u32) {
    sleep(Duration::from_secs(2)).await;
    desk.journal.note("desk", format!("update {day}: still open"));
}

/// The manager decides, in two days.
pub async fn hand_to_manager(desk: &Desk, ctx: &StageContext, why: &str) -> Ending {
    desk.journal.note(Level::Third.name(), format!("to the manager: {why}"));
    let visit = desk.journal.visit("manager", ctx.attempt());
    sleep(MANAGER_TAKES).await;
    let how = desk.manager.clone().unwrap_or_else(|| "gives the money back".to_owned());
    visit.end(how.clone());
    Ending::ByManager(how)
}

/// Asks how content the customer is.
pub async fn ask_to_rate(desk: &Desk) {
    sleep(Duration::from_secs(2)).await;
    desk.journal.note("desk", "asks for a rating");
}
