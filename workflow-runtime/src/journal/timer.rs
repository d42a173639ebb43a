//! Recorded moments at which timers and deadlines are due. They are armed in `residency.rs`, and fire through
//! `engine/wake.rs` while the instance is not in memory.

use super::{
    log::Journal,
    record::{RecordKind, decode_record, encode_record},
};
use crate::failure::BoxError;
use std::time::Duration;
use workflow_store::{Record, Timestamp};

/// Returns when a timer is due that begins now, or began before.
pub(crate) async fn due(journal: &Journal, path: String, at: impl FnOnce() -> Timestamp) -> Timestamp {
    if let Some(record) = journal.record(&path) {
        return match read_due(&record).map(|(due, _)| due) {
            Ok(millis) => {
                journal.mark_restored();
                Timestamp::from_millis(millis)
            }
            Err(error) => journal.undecodable(&path, error).await,
        };
    }
    let at = at();
    journal.put(path, RecordKind::Due, encode_record(&at.as_millis()));
    at
}

/// Returns when a deadline is over that begins now, or began before, and how long it is: the recorded values, whatever
/// a later build declares.
pub(crate) async fn deadline_due(journal: &Journal, path: String, limit: Duration) -> (Timestamp, Duration) {
    let asked = millis(limit);
    let Some(record) = journal.record(&path) else {
        let at = journal.now().after(limit);
        journal.put(path, RecordKind::Due, encode_record(&(at.as_millis(), asked)));
        return (at, limit);
    };
    match read_due(&record) {
        Ok((due, before)) => {
            journal.mark_restored();
            let other = before.filter(|before| *before != asked);
            (Timestamp::from_millis(due), other.map_or(limit, Duration::from_millis))
        }
        Err(error) => journal.undecodable(&path, error).await,
    }
}

pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Reads when something is due, in milliseconds since 1970, and the time that it comes of, where that is known.
pub(crate) fn read_due(record: &Record) -> Result<(u64, Option<u64>), BoxError> {
    decode_record::<u64>(record).map(|due| (due, None)).or_else(|_| {
        let (due, time): (u64, u64) = decode_record(record)?;
        Ok((due, Some(time)))
    })
}

/// Returns when a literal time is over that begins now, or began before. If another build of the program declares
/// another time there, that counts, from the recorded beginning.
pub(crate) async fn due_by_literal(journal: &Journal, path: String, time: Duration) -> Timestamp {
    let asked = millis(time);
    let Some(record) = journal.record(&path) else {
        let at = journal.now().after(time);
        journal.put(path, RecordKind::Due, encode_record(&(at.as_millis(), asked)));
        return at;
    };
    let (due, before) = match read_due(&record) {
        Ok(read) => read,
        Err(error) => return journal.undecodable(&path, error).await,
    };
    journal.mark_restored();
    let Some(before) = before.filter(|before| *before != asked) else { return Timestamp::from_millis(due) };
    let at = Timestamp::from_millis(due.saturating_sub(before).saturating_add(asked));
    let id = journal.id();
    tracing::info!(target: "workflow", instance = %id, path, "a wait of {before} ms takes {asked} ms in this build");
    journal.put(path, RecordKind::Due, encode_record(&(at.as_millis(), asked)));
    at
}
