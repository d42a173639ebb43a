//! An instance in memory.

use super::inner::DynInstance;
use crate::{
    durable::workflow::{Delivered, Durable},
    failure::Failure,
    future::cancel::CancelSignal,
    journal::{
        log::{Journal, ParkReason},
        path::REWIND,
    },
    run::state::RunState,
};
use std::{
    any::Any,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};
use tokio::sync::Notify;
use workflow_store::{StoredSignal, Timestamp};

/// Path of the record that a caller has cancelled the instance.
pub(crate) const CANCELLED: &str = ":cancelled";

pub(crate) struct ResidentInstance<W: Durable> {
    pub(crate) journal: Arc<Journal>,
    pub(crate) state: Arc<W::State>,
    pub(crate) signals: W::Signals,
    pub(crate) cancel: Arc<CancelSignal>,
    /// Number of signals that were delivered.
    pub(crate) delivered: AtomicU64,
    pub(crate) stopping: AtomicBool,
    /// Whether the run stops for a rewind, and another one goes on.
    pub(crate) rewinding: AtomicBool,
    /// Time that the instance waits in memory for a timer.
    pub(crate) idle_timeout: Duration,
    /// Whether all records are restored.
    pub(crate) caught_up: AtomicBool,
    pub(crate) catching_up: Notify,
}

impl<W: Durable> DynInstance for ResidentInstance<W> {
    fn any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }

    fn stop(&self) {
        self.stopping.store(true, SeqCst);
        self.journal.wake_driver();
    }

    fn suspend(&self) {
        self.journal.suspend();
    }
}

/// Polls of a run that wakes itself, at most, before others get their turn.
const PASSES: u32 = 16;

/// The end of a run in memory.
pub(crate) enum Outcome<T> {
    Ended(Result<T, Failure>),
    Halted(ParkReason),
    /// The instance only waits: for a timer, or without a limit.
    Waits(Option<Timestamp>),
    Stopped,
    /// Stages were taken back.
    Rewound,
}

impl<W: Durable> ResidentInstance<W> {
    /// Hands it a stored signal. The caller holds its gate.
    pub(crate) fn deliver(&self, signal: &StoredSignal) -> Delivered {
        self.delivered.fetch_add(1, SeqCst);
        W::deliver_stored(&self.signals, &signal.name, &signal.payload, signal.number)
    }

    /// Hands it a signal that was there before.
    pub(crate) fn deliver_again(&self, signal: &StoredSignal) -> Result<(), String> {
        match self.deliver(signal) {
            Delivered::Waits | Delivered::Closed => Ok(()),
            Delivered::Unknown => {
                Err(format!("it was sent the signal '{}', which its workflow no longer has", signal.name))
            }
            Delivered::Unreadable(error) => {
                Err(format!("signal '{}' that was sent to it can't be read: {error}", signal.name))
            }
        }
    }

    /// Waits until the state shows all records.
    pub(crate) async fn caught_up(&self) {
        loop {
            let caught_up = self.catching_up.notified();
            if self.caught_up.load(SeqCst) {
                return;
            }
            caught_up.await;
        }
    }

    /// Stops it, so that stages can be taken back.
    pub(crate) fn rewind(&self) {
        self.rewinding.store(true, SeqCst);
        self.stop();
    }

    /// Returns whether stages are to be taken back: the run in memory ends then, and another one goes on.
    pub(crate) fn is_being_rewound(&self) -> bool {
        self.rewinding.load(SeqCst) || self.journal.record(REWIND).is_some()
    }

    /// Returns when the first timer is due, if the instance only waits and need not be in memory meanwhile.
    #[allow(clippy::option_option, reason = "whether it only waits, and until when")]
    pub(crate) fn waits_elsewhere(&self) -> Option<Option<Timestamp>> {
        self.journal.idle_until().filter(|until| self.leaves(*until))
    }

    /// Whether it is worth leaving the memory until then.
    fn leaves(&self, until: Option<Timestamp>) -> bool {
        match (until, self.idle_timeout) {
            (_, Duration::MAX) => false,
            (None, _) => true,
            (Some(until), idle_timeout) => until.since(self.journal.now()) > idle_timeout,
        }
    }

    pub(crate) fn emit_restored(&self) {
        if !self.caught_up.swap(true, SeqCst) {
            self.catching_up.notify_waiters();
        }
    }

    /// Polls until the run ends, halts, only waits, or is stopped. Records are restored without leaving.
    pub(crate) fn poll<T>(
        &self,
        core: &RunState,
        whole: Pin<&mut (impl Future<Output = Result<T, Failure>> + ?Sized)>,
        woken: &mut Option<Arc<PollWaker>>,
        context: &mut Context<'_>,
    ) -> Poll<Outcome<T>> {
        let woken = PollWaker::of(woken, context.waker());
        self.journal.begin_driving(context.waker());
        woken.begin_poll();
        let polled = self.poll_driving(core, whole, &woken, context);
        self.journal.end_driving();
        if woken.end_poll() && polled.is_pending() {
            context.waker().wake_by_ref();
        }
        polled
    }

    fn poll_driving<T>(
        &self,
        core: &RunState,
        mut whole: Pin<&mut (impl Future<Output = Result<T, Failure>> + ?Sized)>,
        woken: &Arc<PollWaker>,
        context: &mut Context<'_>,
    ) -> Poll<Outcome<T>> {
        let waker = Waker::from(Arc::clone(woken));
        let mut passes = 0;
        loop {
            // What the store has taken wakes what waits for it.
            self.journal.poll_store(context);
            if let Some(halt) = self.journal.halted() {
                return Poll::Ready(Outcome::Halted(halt));
            }
            if self.stopping.load(SeqCst) {
                return Poll::Ready(Outcome::Stopped);
            }
            let before = self.journal.progress();
            woken.begin_poll();
            if let Poll::Ready(ended) = whole.as_mut().poll(&mut Context::from_waker(&waker)) {
                // What it ended with may come of something that can't be read.
                return Poll::Ready(match self.journal.halted() {
                    Some(halt) => Outcome::Halted(halt),
                    None => Outcome::Ended(ended),
                });
            }
            self.journal.poll_store(context);
            if self.journal.is_restoring() {
                if self.journal.is_writing() {
                    return Poll::Pending;
                }
                if !woken.is_woken() && self.journal.progress() == before {
                    self.journal.release();
                    if !self.journal.is_restoring() {
                        core.emit_restored();
                    }
                }
                continue;
            }
            self.emit_restored();
            if woken.is_woken() || self.journal.halted().is_some() || self.stopping.load(SeqCst) {
                // The run goes on at once: no wake counts twice. A run that always wakes itself yields now and then.
                passes += 1;
                if passes < PASSES {
                    continue;
                }
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            return self.waits_elsewhere().map_or(Poll::Pending, |until| Poll::Ready(Outcome::Waits(until)));
        }
    }
}

/// The waker of a run's polls. A wake that comes during a poll is noted, and the run is polled again at once; any other
/// one wakes the run's task. A wake of the task during its own poll would have it polled once more for nothing.
pub(crate) struct PollWaker {
    inner: Waker,
    /// `POLLED`, `WOKEN`, or both.
    state: AtomicU8,
}

/// The run is being polled.
const POLLED: u8 = 1;
/// The run was woken since its last poll began.
const WOKEN: u8 = 2;

impl PollWaker {
    /// Returns a waker for polls with `waker`: the one of the poll before, if it fits.
    fn of(before: &mut Option<Arc<Self>>, waker: &Waker) -> Arc<Self> {
        if let Some(woken) = before
            && woken.inner.will_wake(waker)
        {
            return Arc::clone(woken);
        }
        let woken = Arc::new(Self { inner: waker.clone(), state: AtomicU8::new(0) });
        *before = Some(Arc::clone(&woken));
        woken
    }

    fn begin_poll(&self) {
        self.state.store(POLLED, SeqCst);
    }

    /// Ends the poll. Returns whether the run was woken during it.
    fn end_poll(&self) -> bool {
        self.state.swap(0, SeqCst) & WOKEN != 0
    }

    fn is_woken(&self) -> bool {
        self.state.load(SeqCst) & WOKEN != 0
    }
}

impl Wake for PollWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.fetch_or(WOKEN, SeqCst) & POLLED == 0 {
            self.inner.wake_by_ref();
        }
    }
}

impl<T> Outcome<Option<T>> {
    /// Returns the outcome with its output. A run that ended without an output was rewound.
    pub(crate) fn of_run(self) -> Outcome<T> {
        match self {
            Self::Ended(Ok(Some(output))) => Outcome::Ended(Ok(output)),
            Self::Ended(Ok(None)) | Self::Rewound => Outcome::Rewound,
            Self::Ended(Err(failure)) => Outcome::Ended(Err(failure)),
            Self::Halted(halt) => Outcome::Halted(halt),
            Self::Waits(until) => Outcome::Waits(until),
            Self::Stopped => Outcome::Stopped,
        }
    }
}
