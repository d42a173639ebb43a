//! Recorded attempts: where they go on after an interruption, and the waits between them.

use crate::{
    journal::{
        log::Journal,
        path::{INTERRUPTED, UNDO_INTERRUPTED, within},
        record::{Kind, Tried, own, read_own},
        timer::{deadline_due, read_due},
    },
    run::frame::Cx,
};
use std::time::Duration;
use tokio::time::Instant;
use workflow_store::Timestamp;

/// Returns where a stage's attempts go on: the number of the next, the spent part of each retry, and the deadline.
pub(crate) async fn attempted(
    cx: Cx<'_>,
    journal: &Journal,
    stage: u32,
    rules: usize,
    deadline: Option<Duration>,
) -> (u32, Vec<u32>, Option<(Instant, Duration)>) {
    let deadline = match deadline {
        None => None,
        Some(limit) => {
            let path = cx.path_within(stage, "deadline");
            let (at, limit) = deadline_due(journal, path, limit).await;
            Some((journal.instant(at), limit))
        }
    };
    let place = within(&cx.path_of(stage), if cx.undoes() { UNDO_INTERRUPTED } else { INTERRUPTED });
    // A stage's own attempt counts its cuts already.
    let mut attempt = cx.attempt() + if cx.undoes() { journal.cuts(&place) } else { 0 };
    let path = cx.path_within(stage, "tried");
    let Some(record) = journal.record(&path) else { return (attempt, vec![0; rules], deadline) };
    let tried: Tried = match read_own(&record) {
        Ok(tried) => tried,
        Err(error) => return journal.undecodable(&path, error).await,
    };
    journal.recalled();
    let mut spent = tried.spent.clone();
    spent.resize(rules, 0);
    // If the next attempt has a record, it has begun.
    if !journal.has_within(&format!("{}/{}", cx.path_of(stage), tried.attempts)) {
        // Where its moment has come it may have begun.
        if tried.next() > journal.now() {
            if !cx.undoes() && journal.had_not_begun(&place) {
                attempt -= 1;
            }
            journal.wait_until(tried.next()).await;
        }
    }
    (tried.attempts + attempt, spent, deadline)
}

/// Records that an attempt has failed before the next one begins, and waits between the two.
pub(crate) async fn between(cx: Cx<'_>, journal: &Journal, stage: u32, attempts: u32, spent: &[u32], wait: Duration) {
    let next = journal.now().after(wait);
    // One that follows at once has begun, whatever the clock says when the instance is loaded again.
    let tried = Tried { attempts, spent: spent.to_vec(), next: if wait.is_zero() { 0 } else { next.as_millis() } };
    let (path, deadline) = (cx.path_within(stage, "tried"), cx.path_within(stage, "deadline"));
    let mut put = vec![(path.into(), Kind::Tried, own(&tried))];
    // All that the attempt did is undone, or needs no undoing; the deadline stays, and what undoes the stage itself.
    if let Some(record) = journal.record(&deadline) {
        put.push((deadline.into(), Kind::Due, record.payload));
    }
    let armed = cx.path_within(stage, "armed");
    if journal.record(&armed).is_some() {
        put.push((armed.into(), Kind::Armed, Vec::new()));
    }
    let place = within(&cx.path_of(stage), if cx.undoes() { UNDO_INTERRUPTED } else { INTERRUPTED });
    put.extend(journal.crashes(&place));
    let forget = (!cx.undoes()).then(|| cx.path_of(stage));
    journal.enter(put, forget.as_deref(), Vec::new());
    if !wait.is_zero() {
        journal.wait_until(next).await;
    }
    if cx.core.flight().is_some() {
        // Others have `fresh` before their expression.
        journal.settled().await;
    }
}

/// Waits for a stage's deadline: for the recorded moment, since the clock may have been set after `at` was computed
/// from it. A stage that a crash interrupted is polled once more before a deadline that has passed meanwhile drops it.
pub(crate) async fn deadline(cx: Cx<'_>, journal: &Journal, stage: u32, at: Instant) {
    let record = journal.record(&cx.path_within(stage, "deadline"));
    match record.and_then(|record| read_due(&record).ok()) {
        Some((millis, _)) => journal.wait_until(Timestamp::from_millis(millis)).await,
        None => journal.wait_until_instant(at).await,
    }
    journal.has_begun_within(&cx.path_of(stage)).await;
}
