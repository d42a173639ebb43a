//! Rounds of a `loop`: the state of each is recorded.

use super::checkpoint::Part;
use crate::{
    failure::exit::Exit,
    journal::{
        log::Journal,
        path::within,
        payload::{Payload, WrittenValue},
        record::{RecordKind, decode_record, encode_record},
        restore::InEnded,
    },
    run::frame::Frame,
    stage_id::StageId,
};
use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

/// Returns where a loop goes on: its round, counted from 0, and its state there. `None`: it begins.
pub async fn resumed_round<S>(frame: Frame<'_>, stage: StageId, keeps: bool, payload: Payload<S>) -> Option<(u64, S)> {
    let journal = frame.journal()?;
    let (round, path) = (journal.record(&frame.path_within(stage, "round")), frame.path_of(stage));
    let mut round = match round.map(|record| decode_record::<u64>(&record)) {
        None => 0,
        Some(Ok(round)) => round,
        Some(Err(error)) => return journal.undecodable(&path, error).await,
    };
    if keeps {
        // All rounds, but for those that a build without undos has dropped.
        let has_state = |round: u64| {
            journal.has(&within(&format!("{path}/{round}"), "state"), &[RecordKind::Value, RecordKind::Unkept])
        };
        while let Some(before) = round.checked_sub(1).filter(|&before| has_state(before)) {
            round = before;
        }
    }
    let state = recorded_state(journal, &path, round, payload).await?;
    Some((round, state))
}

async fn recorded_state<S>(journal: &Journal, path: &str, round: u64, payload: Payload<S>) -> Option<S> {
    let path = within(&format!("{path}/{round}"), "state");
    let record = journal.record(&path)?;
    match payload.recall(&record) {
        Ok(state) => {
            journal.mark_restored();
            Some(state)
        }
        Err(error) => journal.undecodable(&path, error).await,
    }
}

/// Returns the state with which round `round` begins: the recorded one, or that of `next`, which is recorded then.
/// Records of the round before are dropped, unless it is `kept` for its undos.
///
/// # Errors
/// The failure of `next`.
pub async fn next_round<S>(
    frame: Frame<'_>,
    stage: StageId,
    round: u64,
    keeps: bool,
    payload: Payload<S>,
    next: impl Future<Output = Result<S, Exit>>,
) -> Result<S, Exit> {
    let Some(journal) = frame.journal() else { return next.await };
    let path = frame.path_of(stage);
    if let Some(state) = recorded_state(journal, &path, round, payload).await {
        return Ok(state);
    }
    let state = next.await?;
    let written = WrittenValue::new(payload.encode(&state), RecordKind::Value, &|| format!("the state of '{path}'"));
    let forget = match round.checked_sub(1) {
        Some(before) if !keeps => Some(format!("{path}/{before}")),
        _ => None,
    };
    if let Some(before) = &forget {
        journal.park_if_left_inside(before).await;
    }
    let put = vec![
        (within(&format!("{path}/{round}"), "state").into(), written.kind, written.bytes),
        (within(&path, "round").into(), RecordKind::Value, encode_record(&round)),
    ];
    journal.enter(put, forget.as_deref(), Vec::new());
    journal.park_if_refused(written.refused).await;
    Ok(state)
}

/// The end of a round.
pub enum RoundEnd<T, S> {
    /// The loop ends, and gives that.
    Break(T),
    /// Another round comes, which begins with that state.
    Next(S),
}

/// Runs a round of a loop whose rounds stay recorded for their undos. `next` is the number of the round after it. A
/// round after which the next one has begun has ended, and ends so again: stages that a new build has added do not run
/// in it.
///
/// # Errors
/// The failure of the round.
pub async fn round<T, S>(
    frame: Frame<'_>,
    stage: StageId,
    next: u64,
    payload: Payload<S>,
    run: Part<'_, RoundEnd<T, S>>,
) -> Result<RoundEnd<T, S>, Exit> {
    let Some(journal) = frame.journal().filter(|journal| journal.is_restoring()) else { return run.await };
    let path = frame.path_of(stage);
    let begun = within(&format!("{path}/{next}"), "state");
    if !journal.has(&begun, &[RecordKind::Value, RecordKind::Unkept]) {
        return run.await;
    }
    let order = journal.order_of(&begun);
    let ended = {
        let (mut held, mut run) = (pin!(journal.await_turn(order)), pin!(InEnded::new(journal, run)));
        let mut over = false;
        poll_fn(|context| {
            if !over && let Poll::Ready(ended) = run.as_mut().poll(context) {
                over = true;
                if let Ok(end @ RoundEnd::Next(_)) = ended {
                    return Poll::Ready(Some(end));
                }
            }
            held.as_mut().poll(context).map(|()| None)
        })
        .await
    };
    if let Some(before) = next.checked_sub(1) {
        journal.settles_within(&format!("{path}/{before}"), order);
    }
    if let Some(end) = ended {
        return Ok(end);
    }
    match recorded_state(journal, &path, next, payload).await {
        Some(state) => Ok(RoundEnd::Next(state)),
        None => unreachable!("it is on record"),
    }
}
