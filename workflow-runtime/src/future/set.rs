//! Futures side by side, each polled only when it was woken.
//!
//! A lane holds one future after another in the same memory. Waking costs `O(1)` whatever the number of lanes.
//!
//! `FuturesUnordered` of `futures-util` 0.3 was weighed: it allocates each future anew, and polls in the order of
//! wakes, which no test could predict. Lanes reuse memory and are polled in their own order.

use crate::{failure::panic::drop_all, sync::lock};
use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering::AcqRel},
    },
    task::{Context, Poll, Wake, Waker},
};

pub(crate) struct FutureSet<F> {
    all: Vec<SetEntry<F>>,
    free: Vec<usize>,
    woken: Arc<ReadyQueue>,
    /// Entries woken before this poll. The memory is reused.
    batch: Vec<usize>,
}

struct SetEntry<F> {
    future: Pin<Box<Option<F>>>,
    waker: Waker,
    signal: Arc<LaneWaker>,
}

/// The lanes to be polled, and the waker to wake.
#[derive(Default)]
pub(crate) struct ReadyQueue {
    shared: Mutex<ReadyState>,
}

#[derive(Default)]
struct ReadyState {
    queue: Vec<usize>,
    parent: Option<Waker>,
}

impl ReadyQueue {
    fn lock(&self) -> MutexGuard<'_, ReadyState> {
        lock(&self.shared)
    }

    /// Has the owner of the lanes polled again.
    pub(crate) fn wake_owner(&self) {
        let parent = self.lock().parent.clone();
        if let Some(parent) = parent {
            parent.wake();
        }
    }
}

struct LaneWaker {
    lane: usize,
    queued: AtomicBool,
    woken: Arc<ReadyQueue>,
}

impl Wake for LaneWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.queued.swap(true, AcqRel) {
            return;
        }
        let parent = {
            let mut shared = self.woken.lock();
            shared.queue.push(self.lane);
            shared.parent.clone()
        };
        if let Some(parent) = parent {
            parent.wake();
        }
    }
}

impl<F: Future> FutureSet<F> {
    pub(crate) fn new() -> Self {
        Self::waking(Arc::default())
    }

    /// Creates a set whose owner other wakers may wake too.
    pub(crate) fn waking(woken: Arc<ReadyQueue>) -> Self {
        Self { all: Vec::new(), free: Vec::new(), woken, batch: Vec::new() }
    }

    /// Returns the number of running futures.
    pub(crate) fn running(&self) -> usize {
        self.all.len() - self.free.len()
    }

    /// Registers the waker that a woken lane wakes. To be called at each poll, before anything else.
    pub(crate) fn register(&mut self, waker: &Waker) {
        let mut shared = self.woken.lock();
        match &mut shared.parent {
            Some(parent) => parent.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }

    /// Puts a future on a lane and returns which. It has not been polled.
    #[inline]
    pub(crate) fn put(&mut self, future: F) -> usize {
        let lane = match self.free.pop() {
            Some(lane) => lane,
            None => self.one_more(),
        };
        self.all[lane].future.as_mut().set(Some(future));
        lane
    }

    #[cold]
    fn one_more(&mut self) -> usize {
        let lane = self.all.len();
        let signal = Arc::new(LaneWaker { lane, queued: AtomicBool::new(false), woken: Arc::clone(&self.woken) });
        self.all.push(SetEntry { future: Box::pin(None), waker: Waker::from(Arc::clone(&signal)), signal });
        lane
    }

    /// Polls that lane. What has ended is dropped and its lane is free again.
    pub(crate) fn poll(&mut self, lane: usize) -> Poll<F::Output> {
        let SetEntry { future, waker, signal } = &mut self.all[lane];
        signal.queued.store(false, std::sync::atomic::Ordering::Release);
        let Some(running) = future.as_mut().as_pin_mut() else { return Poll::Pending };
        let polled = running.poll(&mut Context::from_waker(waker));
        if polled.is_ready() {
            future.as_mut().set(None);
            self.free.push(lane);
        }
        polled
    }

    /// Puts a future on the next free lane and polls it; gives which lane, if it has not ended.
    #[inline]
    pub(crate) fn begin(&mut self, future: F) -> Result<usize, F::Output> {
        let lane = self.put(future);
        match self.poll(lane) {
            Poll::Ready(output) => Err(output),
            Poll::Pending => Ok(lane),
        }
    }

    /// Drops what is on that lane.
    pub(crate) fn remove(&mut self, lane: usize) {
        if self.all[lane].future.is_some() {
            self.all[lane].future.as_mut().set(None);
            self.free.push(lane);
        }
    }

    /// Drops all running futures. `resume_panic`: a panic of theirs goes on. Otherwise it is discarded, because there is a
    /// failure already.
    pub(crate) fn clear(&mut self, resume_panic: bool) {
        let running = self.all.iter_mut().enumerate().filter(|(_, lane)| lane.future.is_some());
        let free = &mut self.free;
        let cut = running.map(|(lane, SetEntry { future, .. })| {
            free.push(lane);
            move || future.as_mut().set(None)
        });
        drop_all(cut, resume_panic);
    }

    /// Takes the woken lanes, sorted and each once. Lanes woken from now on come with the next call, so that a future
    /// which wakes itself can't starve its task.
    pub(crate) fn drain_ready(&mut self) -> Vec<usize> {
        let mut batch = std::mem::take(&mut self.batch);
        batch.clear();
        std::mem::swap(&mut batch, &mut self.woken.lock().queue);
        batch.sort_unstable();
        batch
    }

    /// Gives the batch's memory back.
    pub(crate) fn recycle(&mut self, batch: Vec<usize>) {
        self.batch = batch;
    }
}
