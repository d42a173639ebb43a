//! `#[until]`: what another stage or a signal ends first.

use crate::{
    failure::{exit::Exit, panic::drop_quietly},
    run::{frame::Frame, nested},
};
use std::{
    future::{Future, poll_fn},
    task::Poll,
};

/// The result of a stage with `#[until]`.
pub enum Until<T> {
    /// The stage gave its value.
    Given(T),
    /// The stage was running, and was dropped.
    Cut,
    /// The stage had not begun.
    Skipped,
}

/// Runs a stage unless `end` comes first.
///
/// # Errors
/// The stage's.
pub async fn until<T>(
    frame: Frame<'_>,
    end: impl Future<Output = Result<(), Exit>>,
    run: impl Future<Output = Result<T, Exit>>,
) -> Result<Until<T>, Exit> {
    until_of(frame, end, run, false, || {}).await
}

/// Runs a stage unless `end` comes first. `begun`: whether the stage has begun before. `is_cut` is called in the poll
/// in which the stage is dropped.
pub(crate) async fn until_of<T>(
    frame: Frame<'_>,
    end: impl Future<Output = Result<(), Exit>>,
    run: impl Future<Output = Result<T, Exit>>,
    mut begun: bool,
    is_cut: impl FnOnce(),
) -> Result<Until<T>, Exit> {
    let (mut end, mut run) = (Box::pin(end), Box::pin(run));
    let ended = poll_fn(|context| {
        if let Poll::Ready(ended) = end.as_mut().poll(context) {
            return Poll::Ready(ended.map(|()| if begun { Until::Cut } else { Until::Skipped }));
        }
        begun = true;
        run.as_mut().poll(context).map_ok(Until::Given)
    })
    .await;
    if matches!(ended, Ok(Until::Cut)) {
        is_cut();
    }
    if ended.is_err() {
        drop_quietly(|| drop((end, run)));
    } else {
        drop((end, run));
    }
    nested::settled(frame).await;
    ended
}

/// Waits for ever.
///
/// # Errors
/// Never.
pub async fn never() -> Result<(), Exit> {
    std::future::pending().await
}
