//! The handle of one durable instance.

use super::{
    error::{End, EngineError, parked_reason},
    inner::EngineInner,
    instance::{CANCELLED, ResidentInstance},
    waiting::{Awaited, InstanceEnd},
};
use crate::{
    durable::{
        rewind::asked_for,
        workflow::{Delivered, Durable},
    },
    failure::Failure,
    journal::{
        crashes::Interruptions,
        failure::StoredFailure,
        path::{CRASH_COUNT, REWIND, THROWN},
        record::RecordKind,
    },
    signal::error::SignalError,
};
use std::{
    fmt,
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};
use workflow_store::{Batch, Change, Instance, InstanceKey, InstanceStatus, NewSignal, Record, StoredSignal};

/// A durable instance of the workflow `W`, in memory or not. Cloning costs two reference counts.
///
/// A call of [`signal`](Self::signal), [`cancel`](Self::cancel) or [`rewind`](Self::rewind) takes effect as soon as its
/// future has been polled, also if the future is dropped before it ends. Then the caller does not learn the outcome.
pub struct InstanceHandle<W> {
    shared: Arc<EngineInner>,
    key: InstanceKey,
    id: Arc<str>,
    workflow: PhantomData<fn() -> W>,
}

impl<W> Clone for InstanceHandle<W> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), key: self.key, id: Arc::clone(&self.id), workflow: PhantomData }
    }
}

impl<W> fmt::Debug for InstanceHandle<W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("InstanceHandle").field("id", &self.id).finish_non_exhaustive()
    }
}

impl<W: Durable> InstanceHandle<W> {
    pub(crate) fn new(shared: Arc<EngineInner>, key: InstanceKey, id: impl Into<Arc<str>>) -> Self {
        Self { shared, key, id: id.into(), workflow: PhantomData }
    }

    /// Returns the id that the caller gave the instance.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the status of the instance.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Cancel safety
    /// Cancel safe: it only reads.
    pub async fn status(&self) -> Result<InstanceStatus, EngineError> {
        Ok(self.stored().await?.status)
    }

    async fn stored(&self) -> Result<Instance, EngineError> {
        let found = self.shared.store.find(&self.id).await?;
        found.ok_or_else(|| EngineError::NotFound { id: self.id.to_string() })
    }

    /// Returns the output of the instance, once it has one.
    ///
    /// # Errors
    /// [`EngineError::Failed`] with its failure, [`EngineError::Parked`] where it waits for a person,
    /// [`EngineError::ShutDown`] where the engine ends before it does; the store's.
    ///
    /// # Cancel safety
    /// Cancel safe. The instance goes on, and the caller may request its result again.
    pub async fn result(&self) -> Result<W::Output, EngineError> {
        // Asked before the store is, so that its end can't come in between.
        let end = self.shared.await_end(self.key);
        if self.shared.is_stopping() {
            return Err(EngineError::ShutDown);
        }
        // An instance in memory reports its end; while its gate is held, it has not reported it yet.
        let gate = self.shared.gate(self.key).await;
        let is_live = self.shared.live(self.key).is_some();
        drop(gate);
        let bytes = if is_live { end.come().await? } else { self.stored_result(end).await? };
        W::output().decode(&bytes).map_err(|error| self.payload(format!("its output can't be read: {error}")))
    }

    /// Returns the result of an instance that may have ended already, or that is not in memory.
    async fn stored_result(&self, end: Awaited) -> InstanceEnd {
        let stored = self.stored().await?;
        Ok(match stored.status {
            InstanceStatus::Completed => stored.outcome,
            InstanceStatus::Failed => {
                let failure = self.stored_failure(&stored.outcome)?;
                return Err(EngineError::Failed { id: self.id.to_string(), failure });
            }
            InstanceStatus::Parked if !self.shared.is_known_now(&stored) => {
                let reason = parked_reason(&stored.outcome);
                return Err(EngineError::Parked { id: self.id.to_string(), reason });
            }
            _ => end.come().await?,
        })
    }

    fn stored_failure(&self, bytes: &[u8]) -> Result<Failure, EngineError> {
        let failure = serde_json::from_slice::<StoredFailure>(bytes)
            .map_err(|error| self.payload(format!("its failure can't be read: {error}")))?;
        Ok(failure.restore())
    }

    /// Says how an instance ended that has.
    fn ended(&self, stored: &Instance) -> EngineError {
        let how = match stored.status {
            InstanceStatus::Completed => End::Completed,
            _ => match self.stored_failure(&stored.outcome) {
                Ok(failure) => End::of(failure),
                Err(error) => return error,
            },
        };
        EngineError::Ended { id: self.id.to_string(), how }
    }

    fn payload(&self, why: String) -> EngineError {
        EngineError::Codec { id: self.id.to_string(), why }
    }

    /// Returns the typed state of the instance: the status of each stage, and the outputs that are still needed. An
    /// instance that only waits is brought into memory for it.
    ///
    /// # Errors
    /// [`EngineError::Ended`] once it has ended, which says how; [`EngineError::Parked`]; the store's.
    ///
    /// # Cancel safety
    /// Cancel safe. If the future is dropped, the instance may stay in memory until it only waits.
    pub async fn state(&self) -> Result<Arc<W::State>, EngineError> {
        let live = {
            let _gate = self.shared.gate(self.key).await;
            self.live().await?
        };
        live.caught_up().await;
        Ok(Arc::clone(&live.state))
    }

    /// Returns the instance in memory, and brings it there if necessary. The caller holds its gate.
    async fn live(&self) -> Result<Arc<ResidentInstance<W>>, EngineError> {
        match self.shared.activate(self.key).await? {
            Some(live) => {
                live.any().downcast().map_err(|_| EngineError::Conflict { id: self.id.to_string(), what: "workflow" })
            }
            None => match self.stored().await? {
                stored if stored.status == InstanceStatus::Parked => Err(self.parked(&stored)),
                stored => Err(self.ended(&stored)),
            },
        }
    }

    /// Sends the instance a signal, which is on disk when this returns. Signals wait in order until they are taken, and
    /// each is delivered once.
    ///
    /// # Errors
    /// [`EngineError::Signal`] where nothing can take it any more, or its `#[accept]` does not hold or panics;
    /// [`EngineError::Codec`] where it can't be stored, or not be read again; the store's.
    ///
    /// # Cancel safety
    /// Once the future has been polled, the engine sends the signal, also if the future is dropped. The caller then does not
    /// know whether the instance has it: [`signal_once`](Self::signal_once) may be repeated.
    pub async fn signal(&self, signal: W::Signal) -> Result<(), EngineError> {
        self.send(None, signal).await
    }

    /// Sends the instance a signal once: a further signal with the same key is dropped.
    ///
    /// # Errors
    /// As [`signal`](Self::signal).
    ///
    /// # Cancel safety
    /// Once the future has been polled, the engine sends the signal, also if the future is dropped. A repetition with the
    /// same key is safe.
    pub async fn signal_once(&self, key: impl Into<String>, signal: W::Signal) -> Result<(), EngineError> {
        self.send(Some(key.into()), signal).await
    }

    async fn send(&self, once: Option<String>, signal: W::Signal) -> Result<(), EngineError> {
        // A panic is the condition's: nothing is sent.
        let accepted = catch_unwind(AssertUnwindSafe(|| W::accept(&signal)));
        accepted.unwrap_or(Err(SignalError::Panicked)).map_err(|error| self.refused(error))?;
        let (name, payload) =
            W::encode_signal(&signal).map_err(|error| self.payload(format!("the signal can't be stored: {error}")))?;
        let (run, new) = (self.clone(), NewSignal { name: name.to_owned(), payload, once });
        self.shared.shielded(async move { run.store_and_deliver(new).await }).await
    }

    fn refused(&self, error: SignalError) -> EngineError {
        EngineError::Signal { id: self.id.to_string(), error }
    }

    async fn store_and_deliver(&self, new: NewSignal) -> Result<(), EngineError> {
        let _gate = self.shared.gate(self.key).await;
        if self.shared.live(self.key).is_none() && self.stored().await?.status.has_ended() {
            return Err(self.refused(SignalError::Closed));
        }
        // In memory before the signal is on disk: should the process end then, the next one goes on with it.
        let live = match self.shared.activate(self.key).await {
            Ok(live) => live.and_then(|live| live.any().downcast::<ResidentInstance<W>>().ok()),
            Err(EngineError::ShutDown) => None,
            Err(error) => return Err(error),
        };
        let (name, payload) = (new.name.clone(), new.payload.clone());
        let stored = self.shared.store.signal(self.key, new).await?;
        let Some(live) = live else { return Ok(()) };
        // Without that, the next process would not know that the instance has something to do.
        live.journal.brought().await;
        let Some(number) = stored else { return Ok(()) };
        if live.is_being_rewound() {
            // This run ends: the one that goes on without the stages that are taken back is given all that is stored.
            return Ok(());
        }
        let error = match live.deliver(&StoredSignal { number, name, payload }) {
            Delivered::Closed => self.refused(SignalError::Closed),
            Delivered::Unreadable(error) => self.payload(format!("the signal can't be read again: {error}")),
            Delivered::Waits | Delivered::Unknown => return Ok(()),
        };
        // No wait takes the signal now or later.
        live.journal.drop_signal(number);
        Err(error)
    }

    /// Rewinds a stage: it and all stages that depend on it are undone, the last first, and run again, under new
    /// idempotency keys. A stage inside another one takes the outermost one along. Signals that the workflow has taken
    /// stay taken. Running stages are interrupted, and run again. A parked instance goes on with it, also if the
    /// records of the stage can't be read any more (it is not undone then).
    ///
    /// Returns as soon as the request is on disk.
    ///
    /// # Errors
    /// [`EngineError::Ended`] where it has ended, which says how; [`EngineError::Undoing`] where it is being undone;
    /// the store's.
    ///
    /// # Cancel safety
    /// Once the future has been polled, the engine rewinds the stage, also if the future is dropped. A repetition may
    /// rewind the stage once more.
    ///
    /// ```
    /// # use workflow_runtime::{engine::Engine, store::MemoryStore, workflow};
    /// # workflow! {
    /// #     #[durable] pub workflow Payment(amount: u32) -> u32 {
    /// #         signal approved: bool;
    /// #         stage risk: u32 = *amount / 2;
    /// #         stage charged: u32 = if *approved { *risk } else { fail "declined".to_owned() };
    /// #         charged
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let engine = Engine::builder().store(MemoryStore::new()).workflow(Payment::new()).start().await?;
    /// let run = engine.start::<Payment>("order-42", 10).await?;
    /// run.rewind(PaymentStage::Risk).await?; // Its rules have changed.
    /// run.signal(PaymentSignal::Approved(true)).await?;
    /// assert_eq!(run.result().await?, 5);
    /// # Ok(()) }
    /// ```
    pub async fn rewind(&self, stage: W::Stage) -> Result<(), EngineError> {
        let (run, name) = (self.clone(), stage.to_string());
        self.shared.shielded(async move { run.request_rewind(name).await }).await
    }

    async fn request_rewind(&self, name: String) -> Result<(), EngineError> {
        let undoing = || EngineError::Undoing { id: self.id.to_string() };
        let _gate = self.shared.gate(self.key).await;
        let mut live = self.shared.live(self.key);
        if live.is_none() && self.stored().await?.status == InstanceStatus::Running {
            // The instance was interrupted, and is not resumed yet: activating it counts the interruption.
            live = self.shared.activate(self.key).await?;
        }
        if let Some(live) = live {
            let Ok(live) = live.any().downcast::<ResidentInstance<W>>() else {
                return Err(EngineError::Conflict { id: self.id.to_string(), what: "workflow" });
            };
            if [CANCELLED, THROWN].iter().any(|path| live.journal.record(path).is_some()) {
                return Err(undoing());
            }
            let asked = asked_for(live.journal.record(REWIND).as_ref(), name);
            live.journal.wish(REWIND, RecordKind::Rewind, asked).await?;
            live.rewind();
            return Ok(());
        }
        let loaded = self.shared.store.load(self.key).await?;
        let record = |path: &str| loaded.records.iter().find(|(found, _)| found == path).map(|(_, record)| record);
        if loaded.instance.status.has_ended() {
            return Err(self.ended(&loaded.instance));
        }
        if [CANCELLED, THROWN].iter().any(|path| record(path).is_some()) {
            return Err(undoing());
        }
        self.wish_of_parked(REWIND, RecordKind::Rewind, |before| asked_for(before, name)).await?;
        self.shared.activate(self.key).await.map(|_| ())
    }

    /// Cancels the instance: running stages are dropped, and completed ones are undone. It returns as soon as the
    /// request is on disk. An instance that was cancelled before stays so.
    ///
    /// # Errors
    /// [`EngineError::Ended`] where it has completed or failed, which says how: nothing happens then. The store's.
    ///
    /// # Cancel safety
    /// Once the future has been polled, the engine cancels the instance, also if the future is dropped. A repetition is
    /// safe.
    pub async fn cancel(&self) -> Result<(), EngineError> {
        let run = self.clone();
        self.shared.shielded(async move { run.request_cancellation().await }).await
    }

    async fn request_cancellation(&self) -> Result<(), EngineError> {
        let live = {
            let _gate = self.shared.gate(self.key).await;
            match self.live().await {
                Err(EngineError::Ended { how: End::Cancelled(_), .. }) => return Ok(()),
                Err(EngineError::Parked { .. }) => {
                    self.wish_of_parked(CANCELLED, RecordKind::Cancelled, |_| Vec::new()).await?;
                    self.live().await?
                }
                live => {
                    let live = live?;
                    live.journal.wish(CANCELLED, RecordKind::Cancelled, Vec::new()).await?;
                    live.cancel.cancel();
                    live
                }
            }
        };
        // The instance may not be able to go on, not even to its end.
        live.caught_up().await;
        match self.stored().await? {
            stored if stored.status == InstanceStatus::Parked => Err(self.parked(&stored)),
            _ => Ok(()),
        }
    }

    /// Puts what a caller wants of an instance that is parked, and lets it run. The caller holds its gate.
    async fn wish_of_parked(
        &self,
        path: &str,
        kind: RecordKind,
        payload: impl FnOnce(Option<&Record>) -> Vec<u8>,
    ) -> Result<(), EngineError> {
        let loaded = self.shared.store.load(self.key).await?;
        let order = loaded.records.iter().map(|(_, record)| record.order + 1).max().unwrap_or_default();
        let before = loaded.records.iter().find(|(found, _)| found == path).map(|(_, record)| record);
        let record = Record { order, kind: kind as u8, payload: payload(before) };
        // A person has looked at it.
        let forgiven = loaded.records.iter().filter_map(|(path, record)| {
            let payload = Interruptions::forgiven(record)?;
            Some(Change::Put { path: path.as_str().into(), record: Record { payload, ..record.clone() } })
        });
        let mut changes: Vec<Change> = forgiven.collect();
        changes.extend([
            Change::Put { path: path.into(), record },
            Change::Remove { path: CRASH_COUNT.into() },
            Change::Status { status: InstanceStatus::Running, wake_at: None, outcome: None },
        ]);
        Ok(self.shared.store.commit(Batch { instance: self.key, changes }).await?)
    }

    fn parked(&self, stored: &workflow_store::Instance) -> EngineError {
        EngineError::Parked { id: self.id.to_string(), reason: parked_reason(&stored.outcome) }
    }
}
