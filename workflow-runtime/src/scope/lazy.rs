//! `#[lazy]`: a stage that starts when something asks for it.

use crate::{
    failure::exit::Exit,
    future::{map::then, set::ReadyQueue, wake_list::WakeList},
    output::{
        shared::OwnedOrShared,
        slot::{Slot, fill},
        visibility::IntoHeld,
    },
    sync::lock,
};
use std::{
    future::{Future, poll_fn},
    sync::{Arc, Mutex},
    task::Poll,
};

/// The `#[lazy]` stages of one scope, and the stages that request them.
#[derive(Default)]
pub struct LazyRequests {
    pub(crate) woken: Arc<ReadyQueue>,
    pub(crate) asked: Mutex<Vec<u32>>,
}

impl LazyRequests {
    /// Returns a state without requests.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// The slot of a `#[lazy]` stage.
pub struct LazySlot<T> {
    slot: Slot<T>,
    waiting: Mutex<LazyWaiters>,
}

impl<T> LazySlot<T> {
    /// Empty.
    #[allow(clippy::declare_interior_mutable_const, reason = "each use is a new one")]
    pub const EMPTY: Self =
        Self { slot: Slot::EMPTY, waiting: Mutex::new(LazyWaiters { asked: false, wakers: WakeList::new() }) };

    /// Whether the slot is empty: once its scope has ended, no stage has requested it.
    pub fn is_empty(&self) -> bool {
        self.slot.value.get().is_none()
    }

    /// Asks for the stage, and waits for its output.
    pub async fn force(&self, demands: &LazyRequests, piece: u32) -> &OwnedOrShared<T> {
        poll_fn(|context| {
            let mut waiting = lock(&self.waiting);
            if let Some(held) = self.slot.value.get() {
                return Poll::Ready(held);
            }
            waiting.wakers.register(context);
            waiting.ask(demands, piece);
            Poll::Pending
        })
        .await
    }

    /// Asks for the stage, and does not wait.
    pub fn ask(&self, demands: &LazyRequests, piece: u32) {
        lock(&self.waiting).ask(demands, piece);
    }

    /// Has `run` fill the slot, and wakes the waiting stages.
    ///
    /// # Errors
    /// The stage's.
    pub fn fill<H: IntoHeld<T>, F: Future<Output = Result<H, Exit>>>(
        &self,
        lend: bool,
        run: F,
    ) -> impl Future<Output = Result<(), Exit>> + use<'_, T, H, F> {
        then(fill(&self.slot, lend, run), |filled: Result<(), Exit>| {
            filled?;
            self.wake();
            Ok(())
        })
    }

    /// Keeps the output of the stage, and wakes the waiting stages.
    pub fn keep(&self, held: impl IntoHeld<T>) {
        self.slot.keep(held);
        self.wake();
    }

    fn wake(&self) {
        let wakers = lock(&self.waiting).wakers.take();
        wakers.wake();
    }
}

struct LazyWaiters {
    asked: bool,
    wakers: WakeList,
}

impl LazyWaiters {
    fn ask(&mut self, demands: &LazyRequests, piece: u32) {
        if !std::mem::replace(&mut self.asked, true) {
            lock(&demands.asked).push(piece);
            demands.woken.wake_owner();
        }
    }
}
