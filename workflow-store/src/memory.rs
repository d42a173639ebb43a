//! The store in memory.

use crate::{
    error::{StoreError, StoreErrorKind},
    instance::{Instance, InstanceKey, InstanceStatus, NewInstance},
    record::{Batch, Change, Record, prefix_range},
    session::{Exclusive, Session},
    signal::{NewSignal, StoredSignal},
    store::{Due, Loaded, Store, StoreFuture},
    timestamp::Timestamp,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    ops::Bound,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// A store in memory, for tests and for instances that may end with their process.
///
/// Clones share their content, and each clone is closed on its own. An engine on one clone goes on
/// with the instances that an engine on another clone left. One engine has the content at a time.
///
/// ```
/// use workflow_store::{MemoryStore, Store};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), workflow_store::StoreError> {
/// let store = MemoryStore::new();
/// store.clone().close().await?;
/// assert_eq!(store.find("order-42").await?, None); // `store` itself is still open.
/// # Ok(()) }
/// ```
#[derive(Default)]
pub struct MemoryStore {
    content: Arc<Mutex<Content>>,
    /// The right to run an engine, which all clones share.
    exclusive: Exclusive,
    closed: AtomicBool,
    /// Whether an engine has begun a session on this clone.
    begun: AtomicBool,
}

#[derive(Clone, Default)]
struct Content {
    instances: BTreeMap<InstanceKey, Stored>,
    by_id: HashMap<String, InstanceKey>,
    /// The instances that wait for a timer.
    waiting: BTreeSet<(Timestamp, InstanceKey)>,
    last_key: i64,
    /// The number of sessions that ended without `close`.
    interruptions: u64,
    /// Whether a session is open, or has ended without `close`.
    begun: bool,
}

#[derive(Clone)]
struct Stored {
    instance: Instance,
    records: BTreeMap<String, Record>,
    signals: BTreeMap<i64, StoredSignal>,
    last_signal: i64,
    once: HashSet<String>,
}

impl MemoryStore {
    /// Creates an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a copy of the current content, which shares nothing with this store. The copy is
    /// what a crash at this moment would leave.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        Self::of(Arc::new(Mutex::new(self.content().clone())), Exclusive::default())
    }

    fn of(content: Arc<Mutex<Content>>, exclusive: Exclusive) -> Self {
        Self { content, exclusive, closed: AtomicBool::new(false), begun: AtomicBool::new(false) }
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does the work at once, since no work takes long. Returns a future that is ready.
    fn respond<T: Send + 'static>(&self, work: impl FnOnce(&mut Content) -> Result<T, StoreError>) -> StoreFuture<T> {
        let result = match self.closed.load(Ordering::Acquire) {
            true => Err(StoreError::new(StoreErrorKind::Closed, "the store in memory is closed")),
            false => work(&mut self.content()),
        };
        Box::pin(std::future::ready(result))
    }
}

impl Clone for MemoryStore {
    /// Returns an open store with the same content.
    fn clone(&self) -> Self {
        Self::of(self.content.clone(), self.exclusive.clone())
    }
}

impl Content {
    fn stored(&mut self, key: InstanceKey) -> Result<&mut Stored, StoreError> {
        self.instances.get_mut(&key).ok_or_else(|| StoreError::not_found(key))
    }

    fn begin(&mut self) -> u64 {
        self.interruptions += u64::from(self.begun);
        self.begun = true;
        self.interruptions
    }

    fn create(&mut self, new: NewInstance) -> Result<InstanceKey, StoreError> {
        let NewInstance { id, workflow, version, input, created_at } = new;
        if self.by_id.contains_key(&id) {
            return Err(StoreError::already_exists(&id));
        }
        self.last_key += 1;
        let key = InstanceKey(self.last_key);
        self.by_id.insert(id.clone(), key);
        let (status, outcome, wake_at, interruptions) = (InstanceStatus::Running, Vec::new(), None, self.interruptions);
        let instance =
            Instance { key, id, workflow, version, input, created_at, status, outcome, wake_at, interruptions };
        let (records, signals, once) = (BTreeMap::new(), BTreeMap::new(), HashSet::new());
        self.instances.insert(key, Stored { instance, records, signals, last_signal: 0, once });
        Ok(key)
    }

    fn commit(&mut self, batch: Batch) -> Result<(), StoreError> {
        let (key, interruptions) = (batch.instance, self.interruptions);
        let stored = self.stored(key)?;
        stored.instance.interruptions = interruptions;
        let before = stored.due_at();
        let deleted = batch.changes.into_iter().any(|change| stored.apply(change));
        let after = stored.due_at();
        if deleted && let Some(stored) = self.instances.remove(&key) {
            self.by_id.remove(&stored.instance.id);
        }
        if let Some(at) = before {
            self.waiting.remove(&(at, key));
        }
        if let Some(at) = after.filter(|_| !deleted) {
            self.waiting.insert((at, key));
        }
        Ok(())
    }

    fn due(&self, now: Timestamp, limit: usize) -> Due {
        let mut waiting = self.waiting.iter().peekable();
        let mut due = Due::default();
        while due.instances.len() < limit
            && let Some((_, key)) = waiting.next_if(|&&(at, _)| at <= now)
        {
            due.instances.extend(self.instances.get(key).map(|stored| stored.instance.clone()));
        }
        due.next = waiting.peek().map(|&&(at, _)| at);
        due
    }
}

impl Stored {
    /// Returns the time at which the instance is due, if it waits for a timer.
    fn due_at(&self) -> Option<Timestamp> {
        self.instance.wake_at.filter(|_| self.instance.status == InstanceStatus::Waiting)
    }

    fn loaded(&self) -> Loaded {
        Loaded {
            instance: self.instance.clone(),
            records: self.records.iter().map(|(path, record)| (path.clone(), record.clone())).collect(),
            signals: self.signals.values().cloned().collect(),
        }
    }

    /// Applies a change. Returns whether the instance is to be deleted, after which no change is
    /// applied.
    fn apply(&mut self, change: Change) -> bool {
        match change {
            Change::Put { path, record } => _ = self.records.insert(path.as_ref().to_owned(), record),
            Change::Remove { path } => _ = self.records.remove(path.as_ref()),
            Change::RemoveWithin { prefix } => {
                self.records.extract_if(prefix_range(&prefix), |_, _| true).for_each(drop);
            }
            Change::Status { status, wake_at, outcome } => {
                self.instance.status = status;
                self.instance.wake_at = wake_at;
                if let Some(outcome) = outcome {
                    self.instance.outcome = outcome;
                }
            }
            Change::ConsumeSignal { number } => _ = self.signals.remove(&number),
            Change::Clear => {
                self.records.clear();
                self.signals.clear();
            }
            Change::Delete => return true,
        }
        false
    }
}

impl Store for MemoryStore {
    fn begin(&self) -> StoreFuture<Session> {
        let claim = self.exclusive.claim();
        self.respond(|content| {
            let claim = claim.ok_or_else(|| StoreError::in_use("the store in memory"))?;
            self.begun.store(true, Ordering::Release);
            Ok(Session::new(content.begin(), claim))
        })
    }

    fn create(&self, new: NewInstance) -> StoreFuture<InstanceKey> {
        self.respond(|content| content.create(new))
    }

    fn commit(&self, batch: Batch) -> StoreFuture<()> {
        self.respond(|content| content.commit(batch))
    }

    fn signal(&self, instance: InstanceKey, signal: NewSignal) -> StoreFuture<Option<i64>> {
        self.respond(|content| {
            let stored = content.stored(instance)?;
            let NewSignal { name, payload, once } = signal;
            if once.is_some_and(|once| !stored.once.insert(once)) {
                return Ok(None);
            }
            stored.last_signal += 1;
            let number = stored.last_signal;
            stored.signals.insert(number, StoredSignal { number, name, payload });
            Ok(Some(number))
        })
    }

    fn find(&self, id: &str) -> StoreFuture<Option<Instance>> {
        self.respond(|content| {
            let found = content.by_id.get(id).and_then(|key| content.instances.get(key));
            Ok(found.map(|stored| stored.instance.clone()))
        })
    }

    fn load(&self, key: InstanceKey) -> StoreFuture<Loaded> {
        self.respond(|content| content.stored(key).map(|stored| stored.loaded()))
    }

    fn list(
        &self,
        after: Option<InstanceKey>,
        limit: usize,
        statuses: &[InstanceStatus],
    ) -> StoreFuture<Vec<Instance>> {
        self.respond(|content| {
            let from = after.map_or(Bound::Unbounded, Bound::Excluded);
            let all = content.instances.range((from, Bound::Unbounded)).map(|(_, stored)| &stored.instance);
            let found = all.filter(|instance| statuses.is_empty() || statuses.contains(&instance.status));
            Ok(found.take(limit).cloned().collect())
        })
    }

    fn running(&self, after: Option<InstanceKey>, limit: usize) -> StoreFuture<Vec<Loaded>> {
        self.respond(|content| {
            let from = after.map_or(Bound::Unbounded, Bound::Excluded);
            let all = content.instances.range((from, Bound::Unbounded)).map(|(_, stored)| stored);
            let running = all.filter(|stored| stored.instance.status == InstanceStatus::Running);
            Ok(running.take(limit).map(Stored::loaded).collect())
        })
    }

    fn due(&self, now: Timestamp, limit: usize) -> StoreFuture<Due> {
        self.respond(|content| Ok(content.due(now, limit)))
    }

    fn close(&self) -> StoreFuture<()> {
        self.closed.store(true, Ordering::Release);
        if self.begun.swap(false, Ordering::AcqRel) {
            self.content().begun = false;
        }
        Box::pin(std::future::ready(Ok(())))
    }
}
