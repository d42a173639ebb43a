//! What all handles and all instances of one engine share: which instances are in memory, and who waits for them.

use super::{
    error::EngineError,
    instance::AnyLive,
    registration::{OnTheWay, Registered},
    waiting::{Awaited, Ended, Waiting},
};
use crate::{
    failure::panic::{Panicked, unless_panicked},
    future::clock::Clock,
    journal::{crashes::Suspects, record::own},
    run::observation::Told,
};
use std::{
    collections::{HashMap, HashSet},
    panic::resume_unwind,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, oneshot},
    task::JoinSet,
};
use workflow_store::{
    Batch, Change, Instance, InstanceKey, InstanceStatus, Loaded, Session, Store, StoreError, StoreErrorKind, Timestamp,
};

/// How many locks all instances share: enough that two that are busy at once seldom meet, since one of them may be held until
/// the end of its instance is on disk. Those that are busy at once are often those that began one after the other.
const GATES: usize = 1 << 14;

/// How many instances may be in memory when one is taken up because its workflow has changed.
const MANY: usize = 4096;

/// How many instances are looked for at once.
const PAGE: usize = 256;

/// When an instance is tried again that the store failed.
const AFTER_STORE_FAILURE: Duration = Duration::from_secs(5);

pub(crate) struct Shared {
    pub(crate) store: Arc<dyn Store>,
    /// How many engines before this one have not come to their end.
    pub(crate) interruptions: u64,
    /// Permits of what may be the cause of interruptions.
    pub(crate) suspects: Suspects,
    /// Keeps other engines from the store until this one has ended.
    session: Mutex<Option<Session>>,
    pub(crate) clock: Clock,
    /// How long an instance waits in memory for a timer.
    pub(crate) linger: Duration,
    /// What runs in the background, and can be cut.
    tasks: Mutex<JoinSet<()>>,
    pub(crate) workflows: HashMap<&'static str, Arc<dyn Registered>>,
    /// Those in memory.
    live: Mutex<HashMap<InstanceKey, Arc<dyn AnyLive>>>,
    /// Those that were brought into memory while it is still being found out what an earlier process left: what was read of
    /// them then no longer holds.
    brought: Mutex<Option<HashSet<InstanceKey>>>,
    /// Those that the store has cut, and that are not in memory again.
    failed_by_store: Mutex<HashSet<InstanceKey>>,
    /// What observers know of instances that are not in memory, and were. Of those without observers, nothing.
    pub(crate) told: Mutex<HashMap<InstanceKey, Told>>,
    /// Callers that wait for the end of an instance.
    waiting: Waiting,
    /// Whoever brings an instance into memory, out of it, or hands it a signal, holds its gate.
    gates: Vec<tokio::sync::Mutex<()>>,
    /// A timer may be due earlier than was known.
    pub(crate) timers: Notify,
    stopping: AtomicBool,
    /// An instance has left the memory.
    left: Notify,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(
        (store, session): (Arc<dyn Store>, Session),
        clock: Clock,
        linger: Duration,
        workflows: HashMap<&'static str, Arc<dyn Registered>>,
    ) -> Self {
        Self {
            store,
            interruptions: session.interruptions(),
            suspects: Suspects::default(),
            session: Mutex::new(Some(session)),
            clock,
            linger,
            tasks: Mutex::default(),
            workflows,
            live: Mutex::default(),
            brought: Mutex::new(Some(HashSet::new())),
            failed_by_store: Mutex::default(),
            told: Mutex::default(),
            waiting: Waiting::default(),
            gates: (0..GATES).map(|_| tokio::sync::Mutex::new(())).collect(),
            timers: Notify::new(),
            stopping: AtomicBool::new(false),
            left: Notify::new(),
        }
    }

    pub(crate) async fn gate(&self, key: InstanceKey) -> tokio::sync::MutexGuard<'_, ()> {
        let gate = usize::try_from(key.0.unsigned_abs()).unwrap_or_default() % GATES;
        self.gates[gate].lock().await
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(SeqCst)
    }

    pub(crate) fn live(&self, key: InstanceKey) -> Option<Arc<dyn AnyLive>> {
        lock(&self.live).get(&key).cloned()
    }

    /// How many instances are in memory.
    pub(crate) fn in_memory(&self) -> usize {
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
        // Those that have ended are forgotten.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(run);
    }

    /// Runs to its end, also where whoever has asked for it no longer waits: between a change on disk and what it means for
    /// the instance in memory nothing is cut.
    pub(crate) async fn whole<T: Send + 'static>(
        &self,
        run: impl Future<Output = Result<T, EngineError>> + Send + 'static,
    ) -> Result<T, EngineError> {
        // What a handle of an engine that has ended writes would pass by the engine that has the store now.
        if lock(&self.session).is_none() {
            return Err(EngineError::ShutDown);
        }
        let (sender, ended) = oneshot::channel();
        let run = unless_panicked(Box::pin(run));
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
    pub(crate) fn keep_told(&self, key: InstanceKey, told: Option<Told>) {
        if let Some(told) = told {
            lock(&self.told).insert(key, told);
        }
    }

    pub(crate) fn take_told(&self, key: InstanceKey) -> Option<Told> {
        lock(&self.told).remove(&key)
    }

    // Those who wait.

    /// Returns a receiver of what the instance ends with.
    pub(crate) fn await_end(&self, key: InstanceKey) -> Awaited {
        self.waiting.of(key)
    }

    pub(crate) fn tell_end(&self, key: InstanceKey, ended: impl FnMut() -> Ended) {
        self.waiting.tell(key, ended);
    }

    // Into memory.

    /// Brings an instance into memory, unless it is there or has ended. The caller holds its gate.
    pub(crate) async fn activate(self: &Arc<Self>, key: InstanceKey) -> Result<Option<Arc<dyn AnyLive>>, EngineError> {
        if let Some(live) = self.live(key) {
            return Ok(Some(live));
        }
        if self.is_stopping() {
            return Err(EngineError::ShutDown);
        }
        let loaded = self.store.load(key).await?;
        let status = loaded.instance.status;
        if !matches!(status, InstanceStatus::Running | InstanceStatus::Waiting) && !self.is_known_now(&loaded.instance)
        {
            return Ok(None);
        }
        self.workflow_of(&loaded.instance)?;
        let on_the_way = (status != InstanceStatus::Running).then(|| {
            // On disk no later than whatever comes of it, or what it is brought for.
            let changes = vec![Change::Status { status: InstanceStatus::Running, wake_at: None, outcome: None }];
            let batch = Batch { instance: key, changes: changes.clone() };
            (changes, self.store.commit(batch))
        });
        // What was parked may have been at work.
        Ok(Some(self.bring(loaded, status != InstanceStatus::Waiting, on_the_way)?))
    }

    /// The same for what is loaded already.
    pub(crate) fn bring(
        self: &Arc<Self>,
        loaded: Loaded,
        interrupted: bool,
        on_the_way: Option<OnTheWay>,
    ) -> Result<Arc<dyn AnyLive>, EngineError> {
        if let Some(brought) = &mut *lock(&self.brought) {
            brought.insert(loaded.instance.key);
        }
        self.run(loaded, interrupted, on_the_way)
    }

    fn workflow_of(&self, instance: &Instance) -> Result<&Arc<dyn Registered>, EngineError> {
        self.workflows.get(instance.workflow.as_str()).ok_or_else(|| EngineError::UnknownWorkflow {
            id: instance.id.clone(),
            workflow: instance.workflow.clone(),
        })
    }

    fn run(
        self: &Arc<Self>,
        loaded: Loaded,
        interrupted: bool,
        on_the_way: Option<OnTheWay>,
    ) -> Result<Arc<dyn AnyLive>, EngineError> {
        let workflow = self.workflow_of(&loaded.instance)?;
        let (key, id) = (loaded.instance.key, loaded.instance.id.clone());
        let (live, run) = workflow.live(self, loaded, interrupted, on_the_way);
        {
            let mut all = lock(&self.live);
            // Within the lock: whoever stops the engine waits for those that are in there.
            if self.is_stopping() {
                return Err(EngineError::ShutDown);
            }
            all.insert(key, Arc::clone(&live));
        }
        let shared = Arc::clone(self);
        self.spawn(async move {
            if let Err(payload) = unless_panicked(run).await {
                let _gate = shared.gate(key).await;
                shared.leave(key);
                let error =
                    EngineError::Payload { id: id.clone(), why: format!("it panicked: {}", Panicked::of(payload)) };
                shared.could_not(key, &id, &error);
            }
        });
        Ok(live)
    }

    /// The same in the background; what can't be brought is told to `tracing`.
    pub(crate) async fn wake(self: &Arc<Self>, instance: &Instance) {
        let _gate = self.gate(instance.key).await;
        if let Err(error) = self.activate(instance.key).await {
            self.could_not(instance.key, &instance.id, &error);
        }
    }

    /// What the store failed is tried again; what can't go on is parked, as soon as its gate is free.
    pub(crate) fn could_not(self: &Arc<Self>, key: InstanceKey, id: &str, error: &EngineError) {
        match error {
            EngineError::ShutDown => {}
            EngineError::Store(store) if store.kind() != StoreErrorKind::Damaged => {
                tracing::error!(target: "workflow", instance = id, error = format_args!("{error:#}"), "the instance is tried again in 5 s");
                self.try_later(key, id.to_owned());
            }
            _ => {
                let (shared, id, reason) = (Arc::clone(self), id.to_owned(), format!("{error:#}"));
                self.spawn(async move {
                    let _gate = shared.gate(key).await;
                    let told = || EngineError::Parked { id: id.clone(), reason: reason.clone() };
                    if let Err(error) = shared.park(key, &reason, told).await {
                        tracing::error!(target: "workflow", instance = id, %error, "the instance is tried again in 5 s");
                        shared.try_later(key, id);
                    }
                });
            }
        }
    }

    /// It was cut by the store, and not by the end of a process. Told once.
    pub(crate) fn was_failed_by_store(&self, key: InstanceKey) -> bool {
        lock(&self.failed_by_store).remove(&key)
    }

    /// Tries once more what the store failed.
    pub(crate) fn try_later(self: &Arc<Self>, key: InstanceKey, id: String) {
        lock(&self.failed_by_store).insert(key);
        let shared = Arc::clone(self);
        self.spawn(async move {
            tokio::time::sleep(AFTER_STORE_FAILURE).await;
            let _gate = shared.gate(key).await;
            match shared.activate(key).await {
                Ok(Some(_)) => {}
                // It has ended, or is parked: it is not tried any more.
                Ok(None) => _ = shared.was_failed_by_store(key),
                Err(error) => shared.could_not(key, &id, &error),
            }
        });
    }

    /// Brings into memory whatever an earlier process left. While a page of it is brought, the next one is read.
    pub(crate) async fn resume(self: Arc<Self>) {
        let (mut after, mut ahead) = (None, None);
        while !self.is_stopping() {
            let reading = ahead.take().unwrap_or_else(|| self.store.running(after, PAGE));
            let page = match reading.await {
                Ok(page) => page,
                Err(error) if is_of_one(&error) => {
                    after = error.instance();
                    if self.park_damaged(&error).await.is_err() {
                        tracing::error!(target: "workflow", %error, "the instance can't go on");
                    }
                    continue;
                }
                Err(error) => {
                    wait_to_look_again("unfinished instances", &error).await;
                    continue;
                }
            };
            // A page may be short before the last one: before an instance that can't be read.
            match page.last() {
                Some(last) => after = Some(last.instance.key),
                None => break,
            }
            ahead = Some(self.store.running(after, PAGE));
            for loaded in page {
                self.go_on(loaded).await;
            }
        }
        *lock(&self.brought) = None;
    }

    /// Brings a running instance into memory, unless it is there, or was.
    async fn go_on(self: &Arc<Self>, loaded: Loaded) {
        let key = loaded.instance.key;
        let gate = self.gate(key).await;
        if self.live(key).is_some() || self.is_stopping() {
            return;
        }
        if lock(&self.brought).as_ref().is_none_or(|brought| brought.contains(&key)) {
            drop(gate);
            return self.wake(&loaded.instance).await;
        }
        let id = loaded.instance.id.clone();
        if let Err(error) = self.run(loaded, true, None) {
            self.could_not(key, &id, &error);
        }
    }

    /// What was parked because an earlier engine did not have its workflow goes on where this one has it.
    pub(crate) async fn take_up_known(self: Arc<Self>) {
        let mut after = None;
        while !self.is_stopping() {
            let page = match self.store.list(after, PAGE, &[InstanceStatus::Parked]).await {
                Ok(page) => page,
                Err(error) if is_of_one(&error) => {
                    // It is parked, which is all that can be done.
                    after = error.instance();
                    continue;
                }
                Err(error) => {
                    wait_to_look_again("parked instances", &error).await;
                    continue;
                }
            };
            for instance in page.iter().filter(|instance| self.is_known_now(instance)) {
                self.wake(instance).await;
            }
            match page.last() {
                Some(last) => after = Some(last.key),
                None => return,
            }
        }
    }

    /// What waits since an earlier build of its workflow is taken up once: a stage that is new beside the wait begins, a wait
    /// that is shorter now ends earlier, and what can't go on is parked now, and not when its timer fires.
    pub(crate) async fn take_up_changed(self: Arc<Self>) {
        let mut after = None;
        while !self.is_stopping() {
            let page = match self.store.list(after, PAGE, &[InstanceStatus::Waiting]).await {
                Ok(page) => page,
                Err(error) if is_of_one(&error) => {
                    // Its timer or a signal shows the damage.
                    after = error.instance();
                    continue;
                }
                Err(error) => {
                    wait_to_look_again("instances of an earlier build", &error).await;
                    continue;
                }
            };
            // (One that this engine does not have parks, which says so.)
            let is_changed = |instance: &&Instance| {
                self.workflows
                    .get(instance.workflow.as_str())
                    .is_some_and(|known| own(&known.build()) != instance.outcome)
            };
            for instance in page.iter().filter(is_changed) {
                while self.in_memory() > MANY {
                    let _ = tokio::time::timeout(Duration::from_secs(1), self.left.notified()).await;
                }
                self.wake(instance).await;
            }
            match page.last() {
                Some(last) => after = Some(last.key),
                None => return,
            }
        }
    }

    /// It is parked because an earlier engine did not have its workflow, and this one has it.
    pub(crate) fn is_known_now(&self, instance: &Instance) -> bool {
        let unknown = || EngineError::UnknownWorkflow { id: instance.id.clone(), workflow: instance.workflow.clone() };
        instance.status == InstanceStatus::Parked
            && self.workflows.contains_key(instance.workflow.as_str())
            && super::parked_reason(&instance.outcome) == unknown().to_string()
    }

    /// Wakes whatever is due, as long as the engine lives.
    pub(crate) async fn keep_time(self: Arc<Self>) {
        while !self.is_stopping() {
            let news = self.timers.notified();
            let due = match self.store.due(self.now(), PAGE).await {
                Ok(due) => due,
                Err(error) if is_of_one(&error) && self.park_damaged(&error).await.is_ok() => continue,
                Err(error) => {
                    wait_to_look_again("what is due", &error).await;
                    continue;
                }
            };
            for instance in &due.instances {
                self.wake(instance).await;
            }
            if due.instances.len() == PAGE {
                continue;
            }
            match due.next {
                None => news.await,
                Some(at) => {
                    let _ = tokio::time::timeout(self.clock.wait(at.into()), news).await;
                }
            }
        }
    }

    /// Parks an instance that the store can't read, so that it keeps no other one from being woken.
    async fn park_damaged(&self, damage: &StoreError) -> Result<(), StoreError> {
        let Some(instance) = damage.instance() else { return Err(damage.clone()) };
        self.park(instance, &damage.to_string(), || EngineError::Store(damage.clone())).await
    }

    /// It can't go on without a person.
    async fn park(&self, key: InstanceKey, reason: &str, told: impl Fn() -> EngineError) -> Result<(), StoreError> {
        let parked = Change::Status { status: InstanceStatus::Parked, wake_at: None, outcome: Some(own(&reason)) };
        self.store.commit(Batch { instance: key, changes: vec![parked] }).await?;
        tracing::warn!(target: "workflow", instance = key.0, reason, "the instance is parked");
        self.tell_end(key, || Err(told()));
        Ok(())
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
        self.waiting.tell_all(|| Err(EngineError::ShutDown));
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().into()
    }
}

/// The store could not tell; it is asked again a little later.
async fn wait_to_look_again(what: &str, error: &StoreError) {
    tracing::error!(target: "workflow", %error, "can't look for {what}: tried again in 5 s");
    tokio::time::sleep(AFTER_STORE_FAILURE).await;
}

/// One instance can't be read; the others can.
fn is_of_one(error: &StoreError) -> bool {
    error.kind() == StoreErrorKind::Damaged && error.instance().is_some()
}
