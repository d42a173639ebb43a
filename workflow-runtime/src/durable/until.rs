//! `#[until]`: whether the stage or the other one ended first is recorded.

use crate::{
    failure::exit::Stop,
    journal::{
        log::LAST,
        path::UNTIL,
        record::{Kind, own},
        restore::catch_up_thrown,
    },
    run::frame::Cx,
    scope::until::{Until, until, until_of},
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
    cx: Cx<'_>,
    end: impl Future<Output = Result<(), Stop>>,
    run: impl Future<Output = Result<T, Stop>>,
) -> Result<Until<T>, Stop> {
    until_decided(cx, end, run, || {}).await
}

/// Runs a stage with `#[until]` whose parts may have to be undone: its early end is recorded before anything in it is
/// undone. `name`: the stage or signal that it waits for.
///
/// # Errors
/// The stage's.
pub async fn until_recorded<T>(
    cx: Cx<'_>,
    stage: u32,
    name: &str,
    end: impl Future<Output = Result<(), Stop>>,
    run: impl Future<Output = Result<T, Stop>>,
) -> Result<Until<T>, Stop> {
    let Some(journal) = cx.journal() else { return until(cx, end, run).await };
    let path = cx.path_within(stage, UNTIL);
    if let Some(record) = journal.record(&path) {
        catch_up_thrown(journal, record.order, &path, run).await;
        journal.settles_within(&cx.path_of(stage), record.order);
        journal.recalled();
        return Ok(Until::Cut);
    }
    until_decided(cx, end, run, || journal.put(path, Kind::Decided, own(&name))).await
}

async fn until_decided<T>(
    cx: Cx<'_>,
    end: impl Future<Output = Result<(), Stop>>,
    run: impl Future<Output = Result<T, Stop>>,
    is_cut: impl FnOnce(),
) -> Result<Until<T>, Stop> {
    let Some(journal) = cx.journal().filter(|journal| journal.is_catching_up()) else {
        return until_of(cx, end, run, false, is_cut).await;
    };
    let mut run = Box::pin(run);
    let ended = {
        let (mut held, mut run) = (pin!(journal.hold(LAST)), run.as_mut());
        poll_fn(|context| match run.as_mut().poll(context) {
            Poll::Ready(ended) => Poll::Ready(Some(ended)),
            Poll::Pending => held.as_mut().poll(context).map(|()| None),
        })
        .await
    };
    match ended {
        Some(ended) => ended.map(Until::Given),
        None => until_of(cx, end, run, true, is_cut).await,
    }
}
