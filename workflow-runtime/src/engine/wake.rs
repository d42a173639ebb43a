//! The waking of instances: by callers, by timers, and once the store takes changes again.

use super::{
    error::EngineError,
    inner::{AFTER_STORE_FAILURE, DynInstance, EngineInner, MANY, OnTheWay, PAGE},
};
use crate::{
    failure::panic::{Panicked, catch_panics},
    journal::record::encode_record,
    sync::lock,
};
use std::{sync::Arc, time::Duration};
use workflow_store::{Batch, Change, Instance, InstanceKey, InstanceStatus, Loaded, StoreError, StoreErrorKind};

impl EngineInner {
    /// Brings an instance into memory, unless it is there or has ended. The caller holds its gate.
    pub(crate) async fn activate(
        self: &Arc<Self>,
        key: InstanceKey,
    ) -> Result<Option<Arc<dyn DynInstance>>, EngineError> {
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
        Ok(Some(self.load(loaded, status != InstanceStatus::Waiting, on_the_way)?))
    }

    /// Brings a loaded instance into memory.
    pub(crate) fn load(
        self: &Arc<Self>,
        loaded: Loaded,
        interrupted: bool,
        on_the_way: Option<OnTheWay>,
    ) -> Result<Arc<dyn DynInstance>, EngineError> {
        if let Some(brought) = &mut *lock(&self.brought) {
            brought.insert(loaded.instance.key);
        }
        self.run(loaded, interrupted, on_the_way)
    }

    fn run(
        self: &Arc<Self>,
        loaded: Loaded,
        interrupted: bool,
        on_the_way: Option<OnTheWay>,
    ) -> Result<Arc<dyn DynInstance>, EngineError> {
        let workflow = self.workflow_of(&loaded.instance)?;
        let (key, id) = (loaded.instance.key, loaded.instance.id.clone());
        let (live, run) = workflow.live(self, loaded, interrupted, on_the_way);
        {
            let mut all = lock(&self.live);
            // Within the lock: the end of the engine waits for the instances in there.
            if self.is_stopping() {
                return Err(EngineError::ShutDown);
            }
            all.insert(key, Arc::clone(&live));
        }
        let shared = Arc::clone(self);
        self.spawn(async move {
            if let Err(payload) = catch_panics(run).await {
                let _gate = shared.gate(key).await;
                shared.leave(key);
                let error =
                    EngineError::Codec { id: id.clone(), why: format!("it panicked: {}", Panicked::of(payload)) };
                shared.handle_error(key, &id, &error);
            }
        });
        Ok(live)
    }

    /// Activates an instance in the background. An error is reported to `tracing`.
    pub(crate) async fn wake(self: &Arc<Self>, instance: &Instance) {
        let _gate = self.gate(instance.key).await;
        if let Err(error) = self.activate(instance.key).await {
            self.handle_error(instance.key, &instance.id, &error);
        }
    }

    /// Handles the error of an activation. After an error of the store the activation is retried; else the instance is
    /// parked as soon as its gate is free.
    pub(crate) fn handle_error(self: &Arc<Self>, key: InstanceKey, id: &str, error: &EngineError) {
        match error {
            EngineError::ShutDown => {}
            EngineError::Store(store) if store.kind() != StoreErrorKind::Damaged => {
                tracing::error!(target: "workflow", instance = id, error = format_args!("{error:#}"), "could not load the instance: retrying in 5 s");
                self.retry_later(key, id.to_owned());
            }
            _ => {
                let (shared, id, reason) = (Arc::clone(self), id.to_owned(), format!("{error:#}"));
                self.spawn(async move {
                    let _gate = shared.gate(key).await;
                    let reply = || EngineError::Parked { id: id.clone(), reason: reason.clone() };
                    if let Err(error) = shared.park(key, &reason, reply).await {
                        tracing::error!(target: "workflow", instance = id, %error, "could not park the instance: retrying in 5 s");
                        shared.retry_later(key, id);
                    }
                });
            }
        }
    }

    /// Whether the store interrupted the instance, not the end of a process. Returns `true` once.
    pub(crate) fn was_failed_by_store(&self, key: InstanceKey) -> bool {
        lock(&self.failed_by_store).remove(&key)
    }

    /// Tries once more what the store failed.
    pub(crate) fn retry_later(self: &Arc<Self>, key: InstanceKey, id: String) {
        lock(&self.failed_by_store).insert(key);
        let shared = Arc::clone(self);
        self.spawn(async move {
            tokio::time::sleep(AFTER_STORE_FAILURE).await;
            let _gate = shared.gate(key).await;
            match shared.activate(key).await {
                Ok(Some(_)) => {}
                // The instance has ended, or is parked: no further attempt follows.
                Ok(None) => _ = shared.was_failed_by_store(key),
                Err(error) => shared.handle_error(key, &id, &error),
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
                        tracing::error!(target: "workflow", %error, "could not park the damaged instance");
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
            self.handle_error(key, &id, &error);
        }
    }

    /// Resumes instances that an earlier engine parked because it did not have their workflow, and this engine has it.
    pub(crate) async fn unpark_known(self: Arc<Self>) {
        let mut after = None;
        while !self.is_stopping() {
            let page = match self.store.list(after, PAGE, &[InstanceStatus::Parked]).await {
                Ok(page) => page,
                Err(error) if is_of_one(&error) => {
                    // The instance is parked already, and stays so.
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

    /// Resumes each instance that waits since an earlier build of its workflow, once. A stage that is new beside the
    /// wait begins, and a wait that is shorter now ends earlier. An instance that can't go on is parked now, and not
    /// when its timer fires.
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
                    .is_some_and(|known| encode_record(&known.build()) != instance.outcome)
            };
            for instance in page.iter().filter(is_changed) {
                while self.resident_instances() > MANY {
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

    /// Whether the instance is parked because an earlier engine did not have its workflow, and this engine has it.
    pub(crate) fn is_known_now(&self, instance: &Instance) -> bool {
        let unknown = || EngineError::UnknownWorkflow { id: instance.id.clone(), workflow: instance.workflow.clone() };
        instance.status == InstanceStatus::Parked
            && self.workflows.contains_key(instance.workflow.as_str())
            && super::error::parked_reason(&instance.outcome) == unknown().to_string()
    }

    /// Wakes whatever is due, as long as the engine lives.
    pub(crate) async fn timer_loop(self: Arc<Self>) {
        while !self.is_stopping() {
            let news = self.timers.notified();
            let due = match self.store.due(self.now(), PAGE).await {
                Ok(due) => due,
                Err(error) if is_of_one(&error) && self.park_damaged(&error).await.is_ok() => continue,
                Err(error) => {
                    wait_to_look_again("due instances", &error).await;
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

    /// Parks an instance, which can't go on without an operator.
    async fn park(&self, key: InstanceKey, reason: &str, reply: impl Fn() -> EngineError) -> Result<(), StoreError> {
        let parked =
            Change::Status { status: InstanceStatus::Parked, wake_at: None, outcome: Some(encode_record(&reason)) };
        self.store.commit(Batch { instance: key, changes: vec![parked] }).await?;
        tracing::warn!(target: "workflow", instance = key.0, reason, "the instance is parked");
        self.reply_end(key, || Err(reply()));
        Ok(())
    }
}

/// Waits after an error of the store, before the next look.
async fn wait_to_look_again(what: &str, error: &StoreError) {
    tracing::error!(target: "workflow", %error, "could not read {what} from the store: retrying in 5 s");
    tokio::time::sleep(AFTER_STORE_FAILURE).await;
}

/// Returns whether the error concerns one instance that can't be read: the others can.
fn is_of_one(error: &StoreError) -> bool {
    error.kind() == StoreErrorKind::Damaged && error.instance().is_some()
}
