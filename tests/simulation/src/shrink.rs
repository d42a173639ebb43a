//! Makes a schedule smaller that has a finding.

use crate::{
    drive::drive,
    generator::{Plan, Version},
    oracle::judge,
    schedule::Schedule,
    store::Disk,
};
use std::fmt::Write as _;

/// Runs a schedule; gives what must not be.
#[must_use]
pub fn findings(schedule: &Schedule, batch: &[Plan]) -> Vec<String> {
    let plan = &batch[schedule.workflow];
    judge(plan, schedule, &drive(schedule, plan.signals.len(), false))
}

/// Returns a schedule that is no larger, and still has a finding of that kind.
#[must_use]
pub fn shrink(schedule: Schedule, batch: &[Plan]) -> Schedule {
    let kind = findings(&schedule, batch).first().map(|finding| kind(finding)).unwrap_or_default();
    let fails = |schedule: &Schedule| findings(schedule, batch).iter().any(|finding| self::kind(finding) == kind);
    let mut best = schedule;
    let mut at = 0;
    while at < best.events.len() {
        let mut smaller = best.clone();
        smaller.events.remove(at);
        if fails(&smaller) {
            best = smaller;
        } else {
            at += 1;
        }
    }
    let changes: [fn(&mut Schedule); 5] = [
        |schedule| schedule.disk = Disk { applies: 0, tells: 0, fails: 0 },
        |schedule| schedule.disk.fails = 0,
        |schedule| schedule.disk.applies = 0,
        |schedule| schedule.disk.tells = 0,
        |schedule| schedule.idle_timeout = None,
    ];
    for change in changes {
        let mut smaller = best.clone();
        change(&mut smaller);
        if fails(&smaller) {
            best = smaller;
        }
    }
    best
}

/// Returns a finding without what differs from run to run.
#[must_use]
pub fn kind(finding: &str) -> String {
    finding.split_whitespace().filter(|word| !word.contains(|c: char| c.is_ascii_digit())).collect::<Vec<_>>().join(" ")
}

/// Returns what a person needs to see a finding: the workflow, the schedule, what happened.
#[must_use]
pub fn story(schedule: &Schedule, batch: &[Plan]) -> String {
    let plan = &batch[schedule.workflow];
    let report = drive(schedule, plan.signals.len(), true);
    let mut text = plan.workflow(Version::One);
    if report.upgraded {
        text += &plan.workflow(Version::Two);
    }
    let _ = writeln!(text, "{schedule:#?}\n{:?}", report.outcome);
    for line in report.ledger.lines.iter().flatten() {
        let _ = writeln!(text, "{line}");
    }
    for finding in judge(plan, schedule, &report) {
        let _ = writeln!(text, "finding: {finding}");
    }
    text
}
