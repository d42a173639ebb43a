//! Timers.

use super::kept::{INTERRUPTED, UNDO_INTERRUPTED, within};
use crate::{
    failure::BoxError,
    journal::{
        log::Journal,
        payload::{Kind, Tried, own, read_own},
    },
    run::Cx,
};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;
use workflow_store::{Record, Timestamp};

/// When something is due that was asked for now, or before.
pub(crate) async fn due(journal: &Journal, path: String, at: impl FnOnce() -> Timestamp) -> Timestamp {
    if let Some(record) = journal.record(&path) {
        return match read_due(&record).map(|(due, _)| due) {
            Ok(millis) => {
                journal.recalled();
                Timestamp::from_millis(millis)
            }
            Err(error) => journal.undecodable(&path, error).await,
        };
    }
    let at = at();
    journal.put(path, Kind::Due, own(&at.as_millis()));
    at
}

/// Returns when a deadline is over that was begun now, or before, and how long it is: that on record, whatever a later build has
/// written.
pub(crate) async fn deadline_due(journal: &Journal, path: String, limit: Duration) -> (Timestamp, Duration) {
    let asked = millis(limit);
    let Some(record) = journal.record(&path) else {
        let at = journal.now().after(limit);
        journal.put(path, Kind::Due, own(&(at.as_millis(), asked)));
        return (at, limit);
    };
    match read_due(&record) {
        Ok((due, before)) => {
            journal.recalled();
            let other = before.filter(|before| *before != asked);
            (Timestamp::from_millis(due), other.map_or(limit, Duration::from_millis))
        }
        Err(error) => journal.undecodable(&path, error).await,
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Reads when something is due, in milliseconds since 1970, and the time that it comes of, where that is known.
fn read_due(record: &Record) -> Result<(u64, Option<u64>), BoxError> {
    read_own::<u64>(record).map(|due| (due, None)).or_else(|_| {
        let (due, time): (u64, u64) = read_own(record)?;
        Ok((due, Some(time)))
    })
}

/// When a literal time that was begun now, or before, is over: where another build of the program has written another time
/// there, that counts, from the same beginning.
async fn due_by_literal(journal: &Journal, path: String, time: Duration) -> Timestamp {
    let asked = millis(time);
    let Some(record) = journal.record(&path) else {
        let at = journal.now().after(time);
        journal.put(path, Kind::Due, own(&(at.as_millis(), asked)));
        return at;
    };
    let (due, before) = match read_due(&record) {
        Ok(read) => read,
        Err(error) => return journal.undecodable(&path, error).await,
    };
    journal.recalled();
    let Some(before) = before.filter(|before| *before != asked) else { return Timestamp::from_millis(due) };
    let at = Timestamp::from_millis(due.saturating_sub(before).saturating_add(asked));
    let id = journal.id();
    tracing::info!(target: "workflow", instance = %id, path, "a wait of {before} ms takes {asked} ms in this build");
    journal.put(path, Kind::Due, own(&(at.as_millis(), asked)));
    at
}

/// `sleep(D)`; `site`: which of the sleeps in that stage; `written`: `D` is a literal.
pub async fn sleep_kept(cx: Cx<'_>, stage: u32, site: &str, time: Duration, written: bool) {
    match cx.journal() {
        None => crate::attempts::sleep(time).await,
        Some(journal) => {
            let path = cx.path_within(stage, &format!("timer-{site}"));
            let at = match written {
                true => due_by_literal(journal, path, time).await,
                false => due(journal, path, || journal.now().after(time)).await,
            };
            journal.wait_until(at).await;
        }
    }
}

/// `sleep_until(T)`
pub async fn sleep_until_kept(cx: Cx<'_>, stage: u32, site: &str, time: SystemTime) {
    match cx.journal() {
        None => cx.sleep_until(time).await,
        Some(journal) => {
            let path = cx.path_within(stage, &format!("timer-{site}"));
            let at = due(journal, path, || time.into()).await;
            journal.wait_until(at).await;
        }
    }
}

/// Where a stage's attempts go on: the number of the next, what is spent of each retry, and the deadline.
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
    // Where something of the next attempt is on record, it has begun.
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

/// Waits for a stage's deadline: for the moment on record, since the clock may have been set after `at` was told from it. What a
/// crash has cut is polled once more before a deadline that has passed meanwhile cuts it.
pub(crate) async fn deadline(cx: Cx<'_>, journal: &Journal, stage: u32, at: Instant) {
    let record = journal.record(&cx.path_within(stage, "deadline"));
    match record.and_then(|record| read_due(&record).ok()) {
        Some((millis, _)) => journal.wait_until(Timestamp::from_millis(millis)).await,
        None => journal.wait_until_instant(at).await,
    }
    journal.has_begun_within(&cx.path_of(stage)).await;
}

/// An attempt has failed, and another one comes: that is on record before it does.
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
