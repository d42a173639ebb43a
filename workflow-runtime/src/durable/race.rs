//! Members of a race or a quorum: which of them win, and which are rolled back.
//!
//! A member that ends decides in the very poll in which it ends, as in memory. Its value is entered into the journal
//! there, and only the decision waits for the store. While the instance restores its records, no member decides. So the
//! effects of the others are known before they are rolled back.

use super::checkpoint::{Part, kept_part};
use crate::{
    failure::{BoxError, exit::Exit},
    journal::{
        log::LAST,
        payload::{NotStorable, Payload, WrittenValue},
        record::{RecordKind, decode_record, encode_record},
        restore::catch_up_thrown,
    },
    run::{
        frame::Frame,
        nested,
        undo_log::{UndoLog, UndoScope},
    },
    scope::quorum::Quorum,
    stage_id::StageId,
};
use serde::{Deserialize, Serialize};
use std::future::{Future, poll_fn};
use workflow_store::Record;

/// The record of a decided race or quorum.
#[derive(Serialize, Deserialize)]
struct RecordedWinners {
    /// The winners, in their order of success; earlier versions have not kept them.
    members: Option<Vec<String>>,
    /// Values of the winners.
    values: Vec<WinnerText>,
}

/// The payload of a value; earlier versions wrote its bytes as numbers.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum WinnerText {
    Text(String),
    Bytes(Vec<u8>),
}

impl WinnerText {
    fn of(payload: Vec<u8>) -> Self {
        String::from_utf8(payload).map_or_else(|error| Self::Bytes(error.into_bytes()), Self::Text)
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

fn read_winners(record: &Record) -> Result<RecordedWinners, BoxError> {
    if let Some(unkept) = NotStorable::of(record) {
        return Err(unkept.into());
    }
    decode_record(record).or_else(|error| match decode_record(record) {
        Ok(values) => Ok(RecordedWinners { members: None, values }),
        Err(_) => Err(error),
    })
}

/// Returns the record of a decided race or quorum with the present names of its winners; each other record unchanged.
pub(crate) fn winners_renamed(record: &Record, now: impl Fn(&str) -> String) -> Record {
    let won =
        (record.kind == RecordKind::Decided as u8).then(|| decode_record::<RecordedWinners>(record).ok()).flatten();
    let Some(RecordedWinners { members: Some(members), values }) = won else { return record.clone() };
    let members = Some(members.iter().map(|member| now(member)).collect());
    Record { payload: encode_record(&RecordedWinners { members, values }), ..record.clone() }
}

/// Returns whether a member of a race or a quorum is recorded as a winner. `each`: it is that of an item, in whose
/// place `frame` is.
#[must_use]
pub fn has_won(frame: Frame<'_>, stage: StageId, won: &str, member: &str, each: bool) -> bool {
    let Some(journal) = frame.journal().filter(|journal| journal.is_restoring()) else { return false };
    let (path, member) = if each {
        let own = frame.path_of(stage);
        match own.rsplit_once('/') {
            Some((around, index)) => (around.to_owned(), index.to_owned()),
            None => (String::new(), own),
        }
    } else {
        (frame.path_of(stage), member.to_owned())
    };
    if let Some(record) = journal.record(&crate::journal::path::within(&path, won)) {
        return match read_winners(&record) {
            Ok(RecordedWinners { members: Some(members), .. }) => members.contains(&member),
            // Losers that have been undone have records of their undos.
            Ok(RecordedWinners { members: None, .. }) | Err(_) => true,
        };
    }
    // A quorum that is not decided yet counts it.
    if each {
        journal.has(&frame.path_of(stage), &[RecordKind::Done, RecordKind::DoneIdle])
    } else {
        journal.has(&crate::journal::path::within(&path, &format!("member-{member}")), &[RecordKind::Value])
    }
}

/// Returns whether a head of a select is recorded as the one that has decided.
#[must_use]
pub fn has_decided(frame: Frame<'_>, stage: StageId, site: &str, label: &str) -> bool {
    let Some(journal) = frame.journal().filter(|journal| journal.is_restoring()) else { return false };
    let choice = journal.record(&frame.path_within(stage, &format!("choice-{site}")));
    choice.is_some_and(|record| decode_record::<String>(&record).is_ok_and(|decided| decided == label))
}

/// Returns whether a stage with an `#[until]` is recorded: then its effects were not rolled back.
#[must_use]
pub fn has_ended(frame: Frame<'_>, stage: StageId) -> bool {
    let Some(journal) = frame.journal().filter(|journal| journal.is_restoring()) else { return false };
    journal.has(&frame.path_of(stage), &[RecordKind::Done, RecordKind::DoneIdle])
}

/// Returns the log of a member. If the member is dropped, its stages belong to the log of the surroundings if it
/// `goes_on`, else to the losers' log.
#[must_use]
pub fn contender_log(frame: Frame<'_>, losers: &UndoScope, goes_on: bool) -> UndoScope {
    if goes_on { UndoLog::child(&frame.log()) } else { UndoLog::child(losers) }
}

/// Waits, before a member ends, until all records are restored. A member that is recorded as one that `goes_on` does
/// not wait.
pub async fn ends(frame: Frame<'_>, goes_on: bool) {
    if let Some(journal) = frame.journal().filter(|_| !goes_on) {
        journal.await_turn(LAST).await;
    }
}

/// As [`first`](crate::scope::quorum::first): the winners are recorded before the others are dropped. `won` and
/// `sites`: the names of the decision and of the members. `alone`: the stage has no other members. `keeps`: effects of
/// losers may have to be undone.
///
/// # Errors
/// The failure of the race or quorum, if too few members succeed.
pub async fn first_kept<M, T>(
    frame: Frame<'_>,
    stage: StageId,
    (won, sites, alone): (&str, &[&'static str], bool),
    keeps: bool,
    payload: Payload<T>,
    mut members: Quorum<'_, M, T>,
) -> Result<Vec<T>, Exit>
where
    M: Iterator<Item: Future<Output = Result<T, Exit>>>,
{
    let Some(journal) = frame.journal() else { return members.await };
    let path = frame.path_within(stage, won);
    if alone {
        journal.park_if_member_is_gone(&frame.path_of(stage), sites).await;
    }
    if let Some(record) = journal.record(&path) {
        let read = read_winners(&record);
        if let Ok(RecordedWinners { members: Some(winners), .. }) = &read
            && let Some(unknown) = winners.iter().find(|winner| !sites.is_empty() && !sites.contains(&winner.as_str()))
        {
            let stage = frame.path_of(stage);
            return journal
                .park_at(&path, format!("'{stage}' was won by '{unknown}', which is no member any more"))
                .await;
        }
        let read = read.and_then(|won| {
            won.values.iter().map(|value| payload.decode(value.bytes())).collect::<Result<Vec<T>, _>>()
        });
        let outputs = match read {
            Ok(outputs) => outputs,
            Err(error) => return journal.undecodable(&path, error).await,
        };
        let last = journal.last_within(&frame.path_of(stage)).max(record.order);
        if keeps {
            // Also the effects of a loser that was still running when this was decided.
            catch_up_thrown(journal, last, &path, members.never_decided()).await;
        }
        journal.settles_within(&frame.path_of(stage), last.saturating_add(1));
        journal.mark_restored();
        return Ok(outputs);
    }
    if let Err(stop) = poll_fn(|context| members.poll_decided(context)).await {
        return Err(members.stop(stop));
    }
    if let Some((winners, outputs)) = members.won() {
        let name = |&winner: &usize| sites.get(winner).map_or_else(|| winner.to_string(), |&site| site.to_owned());
        let mut written: Vec<WrittenValue> = outputs
            .iter()
            .map(|output| {
                WrittenValue::new(payload.encode(output), RecordKind::Decided, &|| format!("what '{path}' gave"))
            })
            .collect();
        let refused = written.iter_mut().find_map(|written| written.refused.take());
        match written.iter().position(|written| written.kind == RecordKind::Unkept) {
            Some(unkept) => journal.put(path, RecordKind::Unkept, written.swap_remove(unkept).bytes),
            None => {
                let members = Some(winners.iter().map(name).collect());
                let values = written.into_iter().map(|written| WinnerText::of(written.bytes)).collect();
                journal.put(path, RecordKind::Decided, encode_record(&RecordedWinners { members, values }));
            }
        }
        journal.park_if_refused(refused).await;
    }
    let ended = members.finish();
    nested::settled(frame).await;
    ended
}

/// Restores the value of a member of a `quorum`, or records it in the poll in which it is there. `name`: the name of
/// the record. `keeps`: effects inside the member may have to be undone.
///
/// # Errors
/// The member's.
pub async fn kept_member<T>(
    frame: Frame<'_>,
    stage: StageId,
    name: &str,
    keeps: bool,
    payload: Payload<T>,
    run: impl Future<Output = Result<T, Exit>>,
) -> Result<T, Exit> {
    let path = frame.path_within(stage, name);
    kept_part(frame, path, RecordKind::Value, keeps, payload, Box::pin(run)).await
}

/// Restores the value of a member that is an item, or records it. `frame` is in the place of the item.
///
/// # Errors
/// The member's.
pub async fn kept_each<'a, 'p, T>(
    frame: Frame<'a>,
    stage: StageId,
    payload: Payload<T>,
    keeps: bool,
    run: impl FnOnce(Frame<'a>) -> Part<'p, (T, bool)>,
) -> Result<T, Exit> {
    if frame.journal().is_none() {
        return Ok(run(frame).await?.0);
    }
    let run = run(frame);
    kept_part(frame, frame.path_of(stage), RecordKind::Done, keeps, payload, async move { Ok(run.await?.0) }).await
}
