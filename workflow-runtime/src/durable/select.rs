//! `select`: the head that has decided is recorded.

use super::checkpoint::kept_part;
use crate::{
    failure::{Failure, exit::Exit},
    journal::{
        log::{Journal, LAST},
        payload::Payload,
        record::{RecordKind, decode_record, encode_record},
        restore::catch_up_thrown,
    },
    run::{frame::Frame, nested},
    scope::select::{Head, HeadRun, select},
    stage_id::StageId,
};
use std::{
    future::{Future, poll_fn},
    task::Poll,
};

/// Restores the value of a head `name: T = NODE`, or records it in the poll in which it is there. `keeps`: effects
/// inside the head may have to be undone.
///
/// # Errors
/// The head's.
pub async fn kept_head<T>(
    frame: Frame<'_>,
    stage: StageId,
    name: &'static str,
    keeps: bool,
    payload: Payload<T>,
    run: impl Future<Output = Result<T, Exit>>,
) -> Result<T, Exit> {
    kept_part(
        frame,
        frame.path_within(stage, &format!("head-{name}")),
        RecordKind::Value,
        keeps,
        payload,
        Box::pin(run),
    )
    .await
}

/// A head of a `select`: how it is written, whether it gives a value, and whether what it does may have to be undone.
pub type HeadLabel = (&'static str, bool, bool);

/// As [`select`]: the head that decided is recorded before the others are withdrawn.
///
/// # Errors
/// The failure of the head that ended first.
pub async fn select_kept<'a>(
    frame: Frame<'a>,
    stage: StageId,
    site: &str,
    labels: &[HeadLabel],
    mut heads: Vec<Option<Head<'a>>>,
) -> Result<usize, Exit> {
    let Some(journal) = frame.journal() else { return select(frame, stage, heads).await };
    let keeps = labels.iter().any(|(_, _, keeps)| *keeps);
    let path = frame.path_within(stage, &format!("choice-{site}"));
    if let Some(record) = journal.record(&path) {
        let before: String = match decode_record(&record) {
            Ok(before) => before,
            Err(error) => return journal.undecodable(&path, error).await,
        };
        let Some(place) = (0..labels.len()).find(|&place| head_label(labels, place) == before) else {
            let reason = format!("'{path}' was decided by '{before}', which is no head any more");
            return journal.park_at(&path, reason).await;
        };
        let (gives, mut given) = (labels[place].1, None);
        if keeps {
            let stage = frame.path_of(stage);
            let fails = |failure: &Failure| journal.undos_failed(&stage, "restored", failure.all_undone().failures);
            let heads = poll_heads(&mut heads, (place, gives), &mut given, fails);
            catch_up_thrown(journal, record.order, &path, heads).await;
        }
        journal.settles_within(&frame.path_of(stage), record.order);
        journal.mark_restored();
        match (given, &mut heads[place]) {
            (Some(given), _) => given?,
            // The head's value is recorded too.
            (None, Some(head)) if gives => head.run.as_mut().await?,
            _ => {}
        }
        return Ok(place);
    }
    if journal.is_restoring() {
        // A head without a node of its own does not decide before all records of the others are restored.
        for (head, (_, gives, _)) in heads.iter_mut().zip(labels) {
            *head = head.take().map(|mut head| {
                if !*gives {
                    head.run = Box::pin(held(journal, head.run));
                }
                head
            });
        }
    }
    let mut select = select(frame, stage, heads);
    let place = poll_fn(|context| select.poll_decided(context)).await;
    let place = place.inspect_err(|_| select.withdraw(false))?;
    journal.put(path, RecordKind::Decided, encode_record(&head_label(labels, place)));
    drop(select);
    nested::settled(frame).await;
    Ok(place)
}

pub(crate) async fn held(journal: &Journal, head: HeadRun<'_>) -> Result<(), Exit> {
    journal.await_turn(LAST).await;
    head.await
}

/// Returns the head, as written; where others before it are written alike, which of them.
fn head_label(labels: &[HeadLabel], place: usize) -> String {
    let Some((label, ..)) = labels.get(place) else { return String::new() };
    match labels[..place].iter().filter(|(before, ..)| before == label).count() {
        0 => (*label).to_owned(),
        before => format!("{label} #{}", before + 1),
    }
}

/// Polls all heads, that which has decided only where it gives a value, which goes into `given`. Never ends.
async fn poll_heads(
    heads: &mut [Option<Head<'_>>],
    (chosen, gives): (usize, bool),
    given: &mut Option<Result<(), Exit>>,
    fails: impl Fn(&Failure),
) -> Result<(), Exit> {
    let mut over = vec![false; heads.len()];
    over[chosen] = !gives;
    poll_fn(|context| {
        for (place, (head, over)) in heads.iter_mut().zip(&mut over).enumerate() {
            if let (Some(head), false) = (head, &over)
                && let Poll::Ready(ended) = head.run.as_mut().poll(context)
            {
                *over = true;
                if place == chosen {
                    *given = Some(ended);
                } else if let Err(Exit::Failed(failure)) = &ended {
                    fails(failure);
                }
            }
        }
        Poll::Pending
    })
    .await
}
