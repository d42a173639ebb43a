//! The state of an engine, which all its handles and instances share: the instances in memory, and the callers that
//! wait.

use super::{
    error::EngineError,
    waiting::{Awaited, InstanceEnd, Waiters},
};
use crate::{
    failure::panic::catch_panics,
    future::{boxed::BoxFuture, clock::Clock},
    journal::crashes::Suspects,
    run::observation::ObservedState,
    sync::lock,
};
use std::{
    any::Any,
    collections::{HashMap, HashSet},
    future::Future,
    panic::resume_unwind,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, oneshot},
    task::JoinSet,
};
use workflow_store::{Change, Instance, InstanceKey, Loaded, Session, Store, StoreFuture, Timestamp};

/// An instance in memory, whatever its workflow.
pub(crate) trait DynInstance: Any + Send + Sync {
    /// Returns the instance for a downcast.
    fn any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
    /// Asks the instance to leave the memory now.
    fn stop(&self);
    /// Suppresses events from futures dropped after this call, because the instance is being suspended, not cancelled.
    fn suspend(&self);
}

/// Changes that were sent to the store before the instance is in memory.
pub(crate) type OnTheWay = (Vec<Change>, StoreFuture<()>);

pub(crate) type RunFuture = BoxFuture<'static, ()>;

/// A workflow as the engine knows it.
pub(crate) trait WorkflowFactory: Send + Sync {
    /// Returns a fingerprint of the user's source.
    fn build(&self) -> u64;
    /// Returns an instance in memory, and the future that runs it.
    fn live(
        &self,
        shared: &Arc<EngineInner>,
        loaded: Loaded,
        interrupted: bool,
        on_the_way: Option<OnTheWay>,
    ) -> (Arc<dyn DynInstance>, RunFuture);
}

/// Number of stripes in the instance lock table. Two busy instances should seldom share a stripe, because a stripe may
/// be held until the end of its instance is on disk. Instances that are busy at once often began one after the other.
const LOCK_STRIPES: usize = 1 << 14;

/// Instances in memory, at most, when one is resumed because its workflow has changed.
pub(crate) const MANY: usize = 4096;

/// Instances that one look at the store returns, at most.
pub(crate) const PAGE: usize = 256;

/// Time after an error of the store, until an instance is tried again.
pub(crate) const AFTER_STORE_FAILURE: Duration = Duration::from_secs(5);

pub(crate) struct EngineInner {
    pub(crate) store: Arc<dyn Store>,
    /// Number of engines before this one that did not come to their end.
    pub(crate) interruptions: u64,
    /// Permits of what may be the cause of interruptions.
    pub(crate) suspects: Suspects,
    /// Keeps other engines from the store until this one has ended.
    session: Mutex<Option<Session>>,
    pub(crate) clock: Clock,
    /// Time that an instance waits in memory for a timer.
    pub(crate) idle_timeout: Duration,
    /// Background tasks, which may be aborted.
    tasks: Mutex<JoinSet<()>>,
    pub(crate) workflows: HashMap<&'static str, Arc<dyn WorkflowFactory>>,
    /// Instances in memory.
    pub(crate) live: Mutex<HashMap<InstanceKey, Arc<dyn DynInstance>>>,
    /// Instances brought into memory while the engine still reads what an earlier process left. For them that reading
    /// is out of date.
    pub(crate) brought: Mutex<Option<HashSet<InstanceKey>>>,
    /// Instances that left the memory because of an error of the store.
    pub(crate) failed_by_store: Mutex<HashSet<InstanceKey>>,
    /// Knowledge of the observers of instances that have left the memory. Instances without observers have none.
    pub(crate) observed: Mutex<HashMap<InstanceKey, ObservedState>>,
    /// Callers that wait for the end of an instance.
    waiting: Waiters,
    /// Striped locks of the instances. A task holds an instance's lock while it brings the instance into memory or out
    /// of it, or delivers a signal.
    gates: Vec<tokio::sync::Mutex<()>>,
    /// A timer may be due earlier than was known.
    pub(crate) timers: Notify,
    stopping: AtomicBool,
    /// An instance has left the memory.
    pub(crate) left: Notify,
}

impl EngineInner {
    pub(crate) fn new(
        (store, session): (Arc<dyn Store>, Session),
        clock: Clock,
        idle_timeout: Duration,
        workflows: HashMap<&'static str, Arc<dyn WorkflowFactory>>,
    ) -> Self {
        Self {
            store,
            interruptions: session.interruptions(),
            suspects: Suspects::default(),
            session: Mutex::new(Some(session)),
            clock,
            idle_timeout,
            tasks: Mutex::default(),
            workflows,
            live: Mutex::default(),
            brought: Mutex::new(Some(HashSet::new())),
            failed_by_store: Mutex::default(),
            observed: Mutex::default(),
            waiting: Waiters::default(),
            gates: (0..LOCK_STRIPES).map(|_| tokio::sync::Mutex::new(())).collect(),
            timers: Notify::new(),
            stopping: AtomicBool::new(false),
            left: Notify::new(),
        }
    }

    pub(crate) async fn gate(&self, key: InstanceKey) -> tokio::sync::MutexGuard<'_, ()> {
        let gate = usize::try_from(key.0.unsigned_abs()).unwrap_or_default() % LOCK_STRIPES;
        self.gates[gate].lock().await
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(SeqCst)
    }

    pub(crate) fn live(&self, key: InstanceKey) -> Option<Arc<dyn DynInstance>> {
        lock(&self.live).get(&key).cloned()
    }

    /// Returns the number of instances in memory.
    pub(crate) fn resident_instances(&self) -> usize {
        lock(&self.live).len()
    }

    pub(crate) fn leave(&self, key: InstanceKey) {
        let gone = lock(&self.live).remove(&key);
        drop(gone);
        self.left.notify_waiters();
    }

    /// Runs in the background.
    pub(crate) fn spawn(&self, run: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = lock(&self.tasks);
        // Finished tasks are removed.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(run);
    }

    /// Runs the future to completion even if the caller is dropped, so that the store and the instance in memory stay
    /// consistent.
    pub(crate) async fn shielded<T: Send + 'static>(
        &self,
        run: impl Future<Output = Result<T, EngineError>> + Send + 'static,
    ) -> Result<T, EngineError> {
        // What a handle of an engine that has ended writes would pass by the engine that has the store now.
        if lock(&self.session).is_none() {
            return Err(EngineError::ShutDown);
        }
        let (sender, ended) = oneshot::channel();
        let run = catch_panics(Box::pin(run));
        self.spawn(async move {
            let _ = sender.send(run.await);
        });
        match ended.await {
            Ok(Ok(ended)) => ended,
            Ok(Err(payload)) => resume_unwind(payload),
            Err(_) => Err(EngineError::ShutDown),
        }
    }

    /// Cuts all that runs, where it is.
    pub(crate) async fn abandon(&self) {
        self.stopping.store(true, SeqCst);
        for live in lock(&self.live).values() {
            live.suspend();
        }
        let mut tasks = std::mem::take(&mut *lock(&self.tasks));
        tasks.shutdown().await;
        lock(&self.live).clear();
        self.end_session();
    }

    /// Lets another engine have the store.
    pub(crate) fn end_session(&self) {
        drop(lock(&self.session).take());
    }

    /// Keeps what observers know of an instance until it is in memory again.
    pub(crate) fn keep_observed(&self, key: InstanceKey, observed: Option<ObservedState>) {
        if let Some(observed) = observed {
            lock(&self.observed).insert(key, observed);
        }
    }

    pub(crate) fn take_observed(&self, key: InstanceKey) -> Option<ObservedState> {
        lock(&self.observed).remove(&key)
    }

    // Callers that wait.

    /// Returns a receiver of what the instance ends with.
    pub(crate) fn await_end(&self, key: InstanceKey) -> Awaited {
        self.waiting.of(key)
    }

    pub(crate) fn reply_end(&self, key: InstanceKey, ended: impl FnMut() -> InstanceEnd) {
        self.waiting.reply(key, ended);
    }

    // Into memory.

    pub(crate) fn workflow_of(&self, instance: &Instance) -> Result<&Arc<dyn WorkflowFactory>, EngineError> {
        self.workflows.get(instance.workflow.as_str()).ok_or_else(|| EngineError::UnknownWorkflow {
            id: instance.id.clone(),
            workflow: instance.workflow.clone(),
        })
    }

    /// Stops all instances where they are, and waits until none is in memory.
    pub(crate) async fn stop(&self) {
        self.stopping.store(true, SeqCst);
        self.timers.notify_waiters();
        self.timers.notify_one();
        loop {
            let left = self.left.notified();
            let all: Vec<_> = lock(&self.live).values().cloned().collect();
            if all.is_empty() {
                break;
            }
            for live in all {
                live.stop();
            }
            left.await;
        }
        self.waiting.reply_all(|| Err(EngineError::ShutDown));
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().into()
    }
}
