//! A wait for a signal: all that name it in one scope get the same value.

use super::{fallback::Fallback, queue::SignalQueue};
use crate::{
    failure::{Failure, FailureKind, exit::Exit},
    future::wake_list::WakeList,
    output::shared::{OutputRef, OwnedOrShared},
    policy::{DisplayDuration, duration::saturating_add},
    run::frame::Frame,
    stage_id::StageId,
    sync::lock,
};
use std::{
    future::{Future, poll_fn},
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::Poll,
    time::Duration,
};
use tokio::{sync::OnceCell, time::Instant};

/// One wait for a signal: all that name it in one scope get the same value.
pub struct SignalWait<'a, T> {
    pub(crate) queue: &'a SignalQueue<T>,
    pub(crate) value: OnceCell<OwnedOrShared<T>>,
    limit: Option<Duration>,
    /// Whether the signal was late: a value that arrives later is not taken.
    pub(crate) is_late: AtomicBool,
    opening: Mutex<Gate>,
    /// Whether no other scope takes from the queue later.
    last: bool,
    /// Record of the taken signal, in a durable workflow.
    #[cfg(feature = "durable")]
    pub(crate) kept: Option<super::taken_record::KeptSignal<'a, T>>,
}

/// The condition under which the wait begins: stages that must end first.
struct Gate {
    left: u32,
    /// Instant from which no stage is left.
    since: Instant,
    waiting: WakeList,
}

impl<'a, T> SignalWait<'a, T> {
    /// Creates the wait in a scope that begins now. The wait begins, and its limit counts, once `after` stages of the
    /// scope have ended.
    #[must_use]
    pub fn new(queue: &'a SignalQueue<T>, limit: Option<Duration>, last: bool, after: u32) -> Self {
        let opening = Mutex::new(Gate { left: after, since: Instant::now(), waiting: WakeList::new() });
        Self {
            queue,
            value: OnceCell::new(),
            limit,
            is_late: AtomicBool::new(false),
            opening,
            last,
            #[cfg(feature = "durable")]
            kept: None,
        }
    }

    /// Makes the wait a recorded one, in a durable workflow: `frame` and `stage` are those of the scope.
    #[cfg(feature = "durable")]
    #[must_use]
    pub fn kept(
        self,
        frame: Frame<'a>,
        stage: StageId,
        name: &'static str,
        payload: crate::journal::payload::Payload<T>,
        falls_back: bool,
    ) -> Self {
        Self { kept: super::taken_record::KeptSignal::new(frame, stage, name, payload, falls_back), ..self }
    }

    /// Notes that one of these stages has ended.
    pub fn consumer_ended(&self) {
        let mut opening = lock(&self.opening);
        opening.left -= 1;
        opening.since = Instant::now();
        let waiting = if opening.left == 0 { opening.waiting.take() } else { WakeList::new() };
        drop(opening);
        waiting.wake();
    }

    /// Returns since when the wait has begun.
    async fn opened(&self) -> Instant {
        poll_fn(|context| {
            let mut opening = lock(&self.opening);
            if opening.left == 0 {
                return Poll::Ready(opening.since);
            }
            opening.waiting.register(context);
            Poll::Pending
        })
        .await
    }

    /// Returns the value, once it has arrived.
    ///
    /// # Errors
    /// The value did not arrive in time.
    pub async fn get(&self, frame: Frame<'_>, stage: StageId, name: &'static str) -> Result<&OwnedOrShared<T>, Exit> {
        self.ask(frame, (stage, name), None, || async { Err(self.late(frame, stage, name)) }).await
    }

    /// Returns the value, or that of the fallback, which `begin` starts.
    ///
    /// # Errors
    /// The fallback's, for all that ask.
    pub async fn get_or<'f, F>(
        &self,
        frame: Frame<'f>,
        stage: StageId,
        name: &'static str,
        fallback: &Fallback<'f, T>,
        begin: impl FnOnce() -> F,
    ) -> Result<&OwnedOrShared<T>, Exit>
    where
        F: Future<Output = Result<T, Exit>> + Send + 'f,
    {
        self.ask(frame, (stage, name), Some(fallback.failure()), || fallback.run(frame, begin)).await
    }

    /// Restores the records of the fallback, for its undos: the stages that waited for it may not wait again.
    #[cfg(feature = "durable")]
    pub async fn take_up<'f, F>(&self, frame: Frame<'f>, fallback: &Fallback<'f, T>, begin: impl FnOnce() -> F)
    where
        F: Future<Output = Result<T, Exit>> + Send + 'f,
        T: Send + 'f,
    {
        if let Some(order) = self.kept.as_ref().and_then(super::taken_record::KeptSignal::last_of_fallback) {
            super::taken_record::catch_up(frame, order, fallback.take_up(frame, begin)).await;
        }
    }

    /// Waits for the value. `failure`: the cell for the fallback's failure. Without a value the waiting stage has
    /// failed, although it never ran.
    async fn ask<F: Future<Output = Result<T, Exit>>>(
        &self,
        frame: Frame<'_>,
        (stage, name): (StageId, &'static str),
        failure: Option<&OnceLock<Failure>>,
        late: impl FnOnce() -> F,
    ) -> Result<&OwnedOrShared<T>, Exit> {
        let value = self.value.get_or_try_init(|| async {
            if let Some(failure) = failure.and_then(OnceLock::get) {
                return Err(failure.clone().into());
            }
            let value = self.taken(frame, (stage, name), late).await;
            if let (Err(Exit::Failed(failed)), Some(failure)) = (&value, failure) {
                failure.get_or_init(|| failed.clone());
            }
            let value = value?;
            if self.last {
                self.queue.close();
            }
            Ok(OwnedOrShared::Shared(OutputRef::new(value)))
        });
        value.await.inspect_err(|stop| frame.failed_waiting(stage, stop))
    }

    /// Returns the next value of the queue, or that of `late`.
    async fn taken<F: Future<Output = Result<T, Exit>>>(
        &self,
        frame: Frame<'_>,
        (stage, name): (StageId, &'static str),
        late: impl FnOnce() -> F,
    ) -> Result<T, Exit> {
        let since = self.opened().await;
        #[cfg(feature = "durable")]
        if let Some(kept) = &self.kept {
            let limit = self.limit.map(|limit| saturating_add(since, limit));
            return kept.get(self.queue, limit, (frame, stage), || self.is_now_late(), late).await;
        }
        let taken = match self.limit {
            _ if self.is_late.load(Relaxed) => None,
            None => Some(self.queue.take().await),
            Some(limit) => tokio::time::timeout_at(saturating_add(since, limit), self.queue.take()).await.ok(),
        };
        match taken {
            Some((_, value)) => {
                frame.signalled(stage, name);
                Ok(value)
            }
            None => {
                self.is_now_late();
                late().await
            }
        }
    }

    /// Takes nothing from now on.
    fn is_now_late(&self) {
        self.is_late.store(true, Relaxed);
        if self.last {
            self.queue.close();
        }
    }

    /// Returns the value, which a stage has waited for before.
    pub fn peek(&self) -> &T {
        match self.value.get() {
            Some(value) => value,
            None => unreachable!("a `let` is evaluated after the signals that it names have arrived"),
        }
    }

    fn late(&self, frame: Frame<'_>, stage: StageId, name: &str) -> Exit {
        let limit = self.limit.unwrap_or_default();
        let why = format!("signal '{name}' did not arrive within {}", DisplayDuration(limit));
        frame.core.failure(stage, FailureKind::Timeout, Some(why.into())).into()
    }
}

/// A signal that what owns all that it needs has been lent: it arrived before.
pub struct Arrived<'a, T> {
    value: &'a T,
}

impl<'a, T> Arrived<'a, T> {
    /// Creates the signal from its value.
    #[must_use]
    pub const fn new(value: &'a T) -> Self {
        Self { value }
    }

    /// As [`SignalWait::peek`].
    #[must_use]
    pub const fn peek(&self) -> &'a T {
        self.value
    }
}
