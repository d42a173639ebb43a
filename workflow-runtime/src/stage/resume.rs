//! Recorded attempts: where they go on after an interruption, and the waits between them.

use crate::{
    journal::{
        log::Journal,
        path::{INTERRUPTED, UNDO_INTERRUPTED, within},
        record::{RecordKind, RetryProgress, decode_record, encode_record},
        timer::{deadline_due, read_due},
    },
    policy::Deadline,
    run::frame::Frame,
    stage_id::StageId,
};
use std::time::Duration;
use tokio::time::Instant;
use workflow_store::Timestamp;

/// Returns where a stage's attempts go on: the number of the next, the spent part of each retry, and the deadline.
pub(crate) async fn resumed_attempts(
    frame: Frame<'_>,
    journal: &Journal,
    stage: StageId,
    rules: usize,
    deadline: Option<Duration>,
) -> (u32, Vec<u32>, Option<Deadline>) {
    let deadline = match deadline {
        None => None,
        Some(limit) => {
            let path = frame.path_within(stage, "deadline");
            let (at, limit) = deadline_due(journal, path, limit).await;
            Some(Deadline::recorded(journal.instant(at), limit))
        }
    };
    let place = within(&frame.path_of(stage), if frame.undoes() { UNDO_INTERRUPTED } else { INTERRUPTED });
    // A stage's own attempt counts its cuts already.
    let mut attempt = frame.attempt() + if frame.undoes() { journal.cuts(&place) } else { 0 };
    let path = frame.path_within(stage, "tried");
    let Some(record) = journal.record(&path) else { return (attempt, vec![0; rules], deadline) };
    let progress: RetryProgress = match decode_record(&record) {
        Ok(progress) => progress,
        Err(error) => return journal.undecodable(&path, error).await,
    };
    journal.mark_restored();
    let mut spent = progress.spent.clone();
    spent.resize(rules, 0);
    // If the next attempt has a record, it has begun.
    if !journal.has_within(&format!("{}/{}", frame.path_of(stage), progress.attempts)) {
        // Where its moment has come it may have begun.
        if progress.next() > journal.now() {
            if !frame.undoes() && journal.had_not_begun(&place) {
                attempt -= 1;
            }
            journal.wait_until(progress.next()).await;
        }
    }
    (progress.attempts + attempt, spent, deadline)
}

/// Records that an attempt has failed before the next one begins, and waits between the two.
pub(crate) async fn between(
    frame: Frame<'_>,
    journal: &Journal,
    stage: StageId,
    attempts: u32,
    spent: Vec<u32>,
    wait: Duration,
) {
    let next = journal.now().after(wait);
    // One that follows at once has begun, whatever the clock says when the instance is loaded again.
    let progress = RetryProgress { attempts, spent, next: if wait.is_zero() { 0 } else { next.as_millis() } };
    let (path, deadline) = (frame.path_within(stage, "tried"), frame.path_within(stage, "deadline"));
    let mut put = vec![(path.into(), RecordKind::Retrying, encode_record(&progress))];
    // All that the attempt did is undone, or needs no undoing; the deadline stays, and what undoes the stage itself.
    if let Some(record) = journal.record(&deadline) {
        put.push((deadline.into(), RecordKind::Due, record.payload));
    }
    let armed = frame.path_within(stage, "armed");
    if journal.record(&armed).is_some() {
        put.push((armed.into(), RecordKind::Armed, Vec::new()));
    }
    let place = within(&frame.path_of(stage), if frame.undoes() { UNDO_INTERRUPTED } else { INTERRUPTED });
    put.extend(journal.crashes(&place));
    let forget = (!frame.undoes()).then(|| frame.path_of(stage));
    journal.enter(put, forget.as_deref(), Vec::new());
    if !wait.is_zero() {
        journal.wait_until(next).await;
    }
    if frame.core.flight().is_some() {
        // Other stages have `await_restored` before their expression.
        journal.settled().await;
    }
}

/// Waits for a stage's deadline: for the recorded moment, since the clock may have been set after `at` was computed
/// from it. A stage that a crash interrupted is polled once more before a deadline that has passed meanwhile drops it.
pub(crate) async fn deadline(frame: Frame<'_>, journal: &Journal, stage: StageId, at: Instant) {
    let record = journal.record(&frame.path_within(stage, "deadline"));
    match record.and_then(|record| read_due(&record).ok()) {
        Some((millis, _)) => journal.wait_until(Timestamp::from_millis(millis)).await,
        None => journal.wait_until_instant(at).await,
    }
    journal.has_begun_within(&frame.path_of(stage)).await;
}
