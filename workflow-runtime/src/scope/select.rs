//! `select`: the first head to end decides, the others are withdrawn.

use crate::{
    failure::{FailureKind, exit::Exit, panic::drop_all},
    future::boxed::BoxFuture,
    run::{frame::Frame, nested::After},
    signal::wait::{Arrived, SignalWait},
    stage_id::StageId,
};
use std::{
    future::Future,
    pin::Pin,
    sync::atomic::Ordering::Relaxed,
    task::{Context, Poll},
};

/// A head of a `select`.
pub struct Head<'a> {
    pub(crate) run: HeadRun<'a>,
    signal: Option<&'a dyn Arrives>,
}

pub(crate) type HeadRun<'a> = BoxFuture<'a, Result<(), Exit>>;

/// A wait for a signal, as a head of a `select` sees it.
pub trait Arrives: Sync {
    /// Returns the arrival of the signal that it would give now, among all signals. `None`: there is none yet.
    #[doc(hidden)]
    fn arrival(&self) -> Option<u64>;
}

impl<T: Send + Sync> Arrives for SignalWait<'_, T> {
    fn arrival(&self) -> Option<u64> {
        // What the scope has taken before is there first.
        #[cfg(feature = "durable")]
        if self.kept.as_ref().is_some_and(crate::signal::taken_record::KeptSignal::has_taken) {
            return Some(0);
        }
        match self.is_late.load(Relaxed) {
            _ if self.value.initialized() => Some(0),
            true => None,
            false => self.queue.next_arrival(),
        }
    }
}

impl<T: Sync> Arrives for Arrived<'_, T> {
    fn arrival(&self) -> Option<u64> {
        Some(0)
    }
}

/// Erases a head's type.
pub fn head<'a>(run: impl Future<Output = Result<(), Exit>> + Send + 'a) -> Head<'a> {
    Head { run: Box::pin(run), signal: None }
}

/// Erases the type of a head that waits for a signal.
pub fn signal_head<'a>(run: impl Future<Output = Result<(), Exit>> + Send + 'a, signal: &'a dyn Arrives) -> Head<'a> {
    Head { run: Box::pin(run), signal: Some(signal) }
}

/// Returns the place of the head whose signal has arrived first. A signal that arrives during this look is seen, unless
/// it arrives after the one that is found.
fn first_arrived(heads: &[Option<Head<'_>>]) -> Option<usize> {
    let arrivals = || {
        let signals = heads.iter().enumerate().filter_map(|(place, head)| Some((head.as_ref()?.signal?, place)));
        signals.filter_map(|(signal, place)| Some((signal.arrival()?, place))).min()
    };
    let mut first = arrivals()?;
    while let Some(earlier) = arrivals().filter(|earlier| earlier.0 < first.0) {
        first = earlier;
    }
    Some(first.1)
}

/// Waits for the first head to end, and withdraws the others; gives its place. Heads whose condition does not hold are
/// `None`.
pub struct Select<'a> {
    frame: Frame<'a>,
    stage: StageId,
    heads: Vec<Option<Head<'a>>>,
    after: After<'a, Result<usize, Exit>>,
}

impl Select<'_> {
    /// Polls until one head has ended. All heads are there still.
    pub(crate) fn poll_decided(&mut self, context: &mut Context<'_>) -> Poll<Result<usize, Exit>> {
        if self.heads.iter().all(Option::is_none) {
            let why = "no condition of its heads holds".into();
            return Poll::Ready(Err(self.frame.core.failure(self.stage, FailureKind::Error, Some(why)).into()));
        }
        let arrived = first_arrived(&self.heads);
        for (place, head) in self.heads.iter_mut().enumerate() {
            let Some(head) = head else { continue };
            if head.signal.is_some() && arrived.is_some_and(|arrived| arrived != place) {
                // Its signal came later, or has not come.
                continue;
            }
            if let Poll::Ready(ended) = head.run.as_mut().poll(context) {
                return Poll::Ready(ended.map(|()| place));
            }
        }
        Poll::Pending
    }
}

impl Select<'_> {
    /// Drops all heads; whether a panic there is `heard`, or there is a failure already.
    pub(crate) fn withdraw(&mut self, heard: bool) {
        drop_all(self.heads.drain(..).map(|head| move || drop(head)), heard);
    }
}

impl Future for Select<'_> {
    type Output = Result<usize, Exit>;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (frame, mut after) = (self.frame, std::mem::take(&mut self.after));
        let polled = after.poll(frame, context, |context| {
            let decided = self.poll_decided(context);
            if let Poll::Ready(ended) = &decided {
                // Withdrawn before the chosen node runs.
                self.withdraw(ended.is_ok());
            }
            decided
        });
        self.after = after;
        polled
    }
}

/// Returns the future of a `select`.
#[must_use]
pub fn select<'a>(frame: Frame<'a>, stage: StageId, heads: Vec<Option<Head<'a>>>) -> Select<'a> {
    Select { frame, stage, heads, after: After::new() }
}
