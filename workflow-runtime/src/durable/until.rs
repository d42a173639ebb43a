//! `#[until]`: whether the stage or the other one ended first is recorded.

use crate::{
    failure::exit::Exit,
    journal::{
        log::LAST,
        path::UNTIL,
        record::{RecordKind, encode_record},
        restore::catch_up_thrown,
    },
    run::frame::Frame,
    scope::until::{Until, until, until_of},
    stage_id::StageId,
};
use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

/// As [`until`](crate::scope::until::until): the end that a stage waits for does not drop the stage before all records
/// are restored.
///
/// # Errors
/// The stage's.
pub async fn until_kept<T>(
    frame: Frame<'_>,
    end: impl Future<Output = Result<(), Exit>>,
    run: impl Future<Output = Result<T, Exit>>,
) -> Result<Until<T>, Exit> {
    until_decided(frame, end, run, || {}).await
}

/// Runs a stage with `#[until]` whose parts may have to be undone: its early end is recorded before anything in it is
/// undone. `name`: the stage or signal that it waits for.
///
/// # Errors
/// The stage's.
pub async fn until_recorded<T>(
    frame: Frame<'_>,
    stage: StageId,
    name: &str,
    end: impl Future<Output = Result<(), Exit>>,
    run: impl Future<Output = Result<T, Exit>>,
) -> Result<Until<T>, Exit> {
    let Some(journal) = frame.journal() else { return until(frame, end, run).await };
    let path = frame.path_within(stage, UNTIL);
    if let Some(record) = journal.record(&path) {
        catch_up_thrown(journal, record.order, &path, run).await;
        journal.settles_within(&frame.path_of(stage), record.order);
        journal.mark_restored();
        return Ok(Until::Cut);
    }
    until_decided(frame, end, run, || journal.put(path, RecordKind::Decided, encode_record(&name))).await
}

async fn until_decided<T>(
    frame: Frame<'_>,
    end: impl Future<Output = Result<(), Exit>>,
    run: impl Future<Output = Result<T, Exit>>,
    is_cut: impl FnOnce(),
) -> Result<Until<T>, Exit> {
    let Some(journal) = frame.journal().filter(|journal| journal.is_restoring()) else {
        return until_of(frame, end, run, false, is_cut).await;
    };
    let mut run = Box::pin(run);
    let ended = {
        let (mut held, mut run) = (pin!(journal.await_turn(LAST)), run.as_mut());
        poll_fn(|context| match run.as_mut().poll(context) {
            Poll::Ready(ended) => Poll::Ready(Some(ended)),
            Poll::Pending => held.as_mut().poll(context).map(|()| None),
        })
        .await
    };
    match ended {
        Some(ended) => ended.map(Until::Given),
        None => until_of(frame, end, run, true, is_cut).await,
    }
}
