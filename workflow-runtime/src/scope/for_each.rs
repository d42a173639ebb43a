//! `for`: items side by side, up to a number at once.

use super::items::{Items, all_of, room_for};
#[cfg(feature = "durable")]
use crate::journal::log::LAST;
use crate::{
    failure::{Failure, FailureKind, exit::Exit},
    future::{map::then, set::FutureSet},
    policy::budget::{TOGETHER, UNITS_TOGETHER},
    run::{
        frame::Frame,
        turn::{give_way, is_over},
    },
    stage_id::StageId,
};
use std::{
    future::{Future, poll_fn},
    mem,
    pin::Pin,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

/// The running items of a `for`.
pub(crate) struct ForEach<'a, I, B, F: Future, T> {
    frame: Frame<'a>,
    stage: StageId,
    items: I,
    body: B,
    concurrency: usize,
    started: usize,
    exhausted: bool,
    /// Others get their turn before the next item.
    gives_way: bool,
    lanes: FutureSet<F>,
    on_lane: Vec<usize>,
    outputs: Vec<Option<T>>,
}

impl<I, B, F: Future, T> Unpin for ForEach<'_, I, B, F, T> {}

/// Runs `body` for each item, at most `concurrency` at once; gives their outputs in the items' order, or how the first
/// that stopped did. An item is taken from the iterator only when its turn has come.
pub fn each<I, B, F, T>(
    frame: Frame<'_>,
    stage: StageId,
    items: I,
    concurrency: usize,
    body: B,
) -> impl Future<Output = Result<Vec<T>, Exit>>
where
    I: IntoIterator,
    B: FnMut(usize, I::Item) -> F,
    F: Future<Output = Result<T, Exit>>,
{
    let items = items.into_iter();
    let outputs = room_for(&items);
    ForEach {
        frame,
        stage,
        items,
        body,
        concurrency: concurrency.max(1),
        started: 0,
        exhausted: false,
        gives_way: false,
        lanes: FutureSet::new(),
        on_lane: Vec::new(),
        outputs,
    }
}

/// The number of items of a `for` that may fail: `#[tolerate]`.
pub enum Tolerance {
    /// A number of items.
    Count(u64),
    /// A percentage of the items, rounded down.
    Percent(u64),
}

impl Tolerance {
    fn of(&self, items: usize) -> usize {
        match *self {
            Self::Count(count) => usize::try_from(count).unwrap_or(usize::MAX),
            Self::Percent(part) => items.saturating_mul(usize::try_from(part).unwrap_or(usize::MAX)) / 100,
        }
    }
}

/// Runs the items of a `for` whose failures are values, up to a number of failures.
///
/// # Errors
/// How the first item stopped that did not fail; or that too many have failed.
pub async fn each_tolerant<I, B, F, T>(
    frame: Frame<'_>,
    stage: StageId,
    items: I,
    concurrency: usize,
    mut body: B,
    tolerance: Tolerance,
) -> Result<Vec<Result<T, Failure>>, Exit>
where
    I: IntoIterator,
    B: FnMut(usize, I::Item) -> F,
    F: Future<Output = Result<Result<T, Failure>, Exit>>,
{
    let (items, allowed) = match tolerance {
        Tolerance::Count(_) => (Items::Coming(items.into_iter()), tolerance.of(0)),
        // For a percentage the number of items must be known.
        Tolerance::Percent(_) => {
            let items = all_of(frame, items.into_iter()).await;
            let allowed = tolerance.of(items.len());
            (Items::Taken(items.into_iter()), allowed)
        }
    };
    let failed = &AtomicUsize::new(0);
    let too_many = &OnceLock::new();
    let body = |index, item| {
        then(body(index, item), move |ended: F::Output| {
            let ended = ended?;
            if let Err(failure) = &ended
                && failed.fetch_add(1, Relaxed) >= allowed
            {
                let failure = frame.core.failure(stage, FailureKind::ToleranceExceeded, Some(failure.clone().into()));
                if !frame.core.is_restoring() {
                    return Err(failure.into());
                }
                // The other recorded items are restored first.
                too_many.get_or_init(|| failure);
            }
            Ok(ended)
        })
    };
    let mut items = Some(each(frame, stage, items, concurrency, body));
    let mut taken_up = None;
    let mut outputs = Ok(Vec::new());
    poll_fn(|context| {
        if let Some(run) = &mut items
            && let Poll::Ready(ended) = Pin::new(run).poll(context)
        {
            (items, outputs) = (None, ended);
        }
        let Some(failure) = too_many.get() else {
            return if items.is_some() {
                Poll::Pending
            } else {
                Poll::Ready(mem::replace(&mut outputs, Ok(Vec::new())))
            };
        };
        let taken_up = taken_up.get_or_insert_with(|| Box::pin(await_restored(frame)));
        taken_up.as_mut().poll(context).map(|()| Err(failure.clone().into()))
    })
    .await
}

/// Waits until all records are restored.
#[cfg_attr(not(feature = "durable"), allow(clippy::unused_async, reason = "a run on a store waits here"))]
async fn await_restored(frame: Frame<'_>) {
    #[cfg(feature = "durable")]
    if let Some(journal) = frame.journal() {
        journal.await_turn(LAST).await;
    }
    let _ = frame;
}

impl<I: Iterator, B, F, T> ForEach<'_, I, B, F, T>
where
    B: FnMut(usize, I::Item) -> F,
    F: Future<Output = Result<T, Exit>>,
{
    /// Starts items as long as there is room. What ends at once makes room at once.
    fn start(&mut self) -> Result<(), Exit> {
        self.gives_way = false;
        while !self.exhausted && self.lanes.running() < self.concurrency {
            if self.started % TOGETHER == TOGETHER - 1 && is_over(self.frame.core, UNITS_TOGETHER) {
                self.gives_way = true;
                break;
            }
            self.frame.at(self.stage);
            let Some(item) = self.items.next() else {
                self.exhausted = true;
                break;
            };
            let lane = self.lanes.put((self.body)(self.started, item));
            if lane == self.on_lane.len() {
                self.on_lane.push(self.started);
            } else {
                self.on_lane[lane] = self.started;
            }
            self.started += 1;
            self.outputs.push(None);
            self.step(lane)?;
        }
        Ok(())
    }

    fn advance(&mut self) -> Result<(), Exit> {
        let batch = self.lanes.drain_ready();
        for &lane in &batch {
            self.step(lane)?;
        }
        self.lanes.recycle(batch);
        self.start()
    }

    fn step(&mut self, lane: usize) -> Result<(), Exit> {
        match self.lanes.poll(lane) {
            Poll::Pending => Ok(()),
            Poll::Ready(Ok(output)) => {
                self.outputs[self.on_lane[lane]] = Some(output);
                Ok(())
            }
            Poll::Ready(Err(stop)) => Err(stop),
        }
    }
}

impl<I: Iterator, B, F, T> Future for ForEach<'_, I, B, F, T>
where
    B: FnMut(usize, I::Item) -> F,
    F: Future<Output = Result<T, Exit>>,
{
    type Output = Result<Vec<T>, Exit>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.lanes.register(context.waker());
        if let Err(stop) = this.advance() {
            this.lanes.clear(false);
            return Poll::Ready(Err(stop));
        }
        if this.gives_way {
            give_way(this.frame.core, context);
            return Poll::Pending;
        }
        if this.lanes.running() > 0 {
            return Poll::Pending;
        }
        Poll::Ready(Ok(std::mem::take(&mut this.outputs).into_iter().flatten().collect()))
    }
}
