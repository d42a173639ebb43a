//! A store that lies in memory: for tests, and for instances that may end with their process.

use crate::{
    error::{StoreError, StoreErrorKind},
    instance::{Instance, InstanceKey, NewInstance, Status},
    record::{Batch, Change, Record, within},
    session::{Exclusive, Session},
    signal::{NewSignal, StoredSignal},
    store::{Due, Loaded, Store, Storing},
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

/// A store that lies in memory.
///
/// Clones share their content, and each is closed on its own: an engine that is started on a clone goes on with what another
/// one left. One engine has the content at a time.
///
/// ```
/// use workflow_store::{MemoryStore, Store};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), workflow_store::StoreError> {
/// let store = MemoryStore::new();
/// store.clone().close().await?;
/// assert_eq!(store.find("order-42").await?, None); // This one is still open.
/// # Ok(()) }
/// ```
#[derive(Default)]
pub struct MemoryStore {
    content: Arc<Mutex<Content>>,
    /// Shared by all clones.
    exclusive: Exclusive,
    closed: AtomicBool,
    /// An engine has begun on this one.
    begun: AtomicBool,
}

#[derive(Clone, Default)]
struct Content {
    instances: BTreeMap<InstanceKey, Stored>,
    by_id: HashMap<String, InstanceKey>,
    /// Those that wait for a timer.
    waiting: BTreeSet<(Timestamp, InstanceKey)>,
    last_key: i64,
    /// How many engines have not come to their end.
    interruptions: u64,
    /// One is under way, or has broken off.
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
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy of all that is stored now, which shares nothing with this one: what a crash at this moment would leave.
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

    /// Does it at once: nothing here takes long.
    fn done<T: Send + 'static>(&self, work: impl FnOnce(&mut Content) -> Result<T, StoreError>) -> Storing<T> {
        let done = match self.closed.load(Ordering::Acquire) {
            true => Err(StoreError::new(StoreErrorKind::Closed, "the store in memory is closed")),
            false => work(&mut self.content()),
        };
        Box::pin(std::future::ready(done))
    }
}

impl Clone for MemoryStore {
    /// On the same content, and open.
    fn clone(&self) -> Self {
        Self::of(self.content.clone(), self.exclusive.clone())
    }
}

impl Content {
    fn stored(&mut self, key: InstanceKey) -> Result<&mut Stored, StoreError> {
        self.instances.get_mut(&key).ok_or_else(|| StoreError::missing(key))
    }

    fn begin(&mut self) -> u64 {
        self.interruptions += u64::from(self.begun);
        self.begun = true;
        self.interruptions
    }

    fn create(&mut self, new: NewInstance) -> Result<InstanceKey, StoreError> {
        let NewInstance { id, workflow, version, input, created_at } = new;
        if self.by_id.contains_key(&id) {
            return Err(StoreError::exists(&id));
        }
        self.last_key += 1;
        let key = InstanceKey(self.last_key);
        self.by_id.insert(id.clone(), key);
        let (status, outcome, wake_at, interruptions) = (Status::Running, Vec::new(), None, self.interruptions);
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
        let before = stored.wakes();
        let deleted = batch.changes.into_iter().any(|change| stored.apply(change));
        let after = stored.wakes();
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
    /// When it is due, where it waits for a timer.
    fn wakes(&self) -> Option<Timestamp> {
        self.instance.wake_at.filter(|_| self.instance.status == Status::Waiting)
    }

    fn loaded(&self) -> Loaded {
        Loaded {
            instance: self.instance.clone(),
            records: self.records.iter().map(|(path, record)| (path.clone(), record.clone())).collect(),
            signals: self.signals.values().cloned().collect(),
        }
    }

    /// Whether it is to be deleted: then nothing is applied any more.
    fn apply(&mut self, change: Change) -> bool {
        match change {
            Change::Put { path, record } => _ = self.records.insert(path.as_ref().to_owned(), record),
            Change::Remove { path } => _ = self.records.remove(path.as_ref()),
            Change::RemoveWithin { prefix } => self.records.extract_if(within(&prefix), |_, _| true).for_each(drop),
            Change::Status { status, wake_at, outcome } => {
                self.instance.status = status;
                self.instance.wake_at = wake_at;
                if let Some(outcome) = outcome {
                    self.instance.outcome = outcome;
                }
            }
            Change::Take { number } => _ = self.signals.remove(&number),
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
    fn begin(&self) -> Storing<Session> {
        let claim = self.exclusive.claim();
        self.done(|content| {
            let claim = claim.ok_or_else(|| StoreError::in_use("the store in memory"))?;
            self.begun.store(true, Ordering::Release);
            Ok(Session::new(content.begin(), claim))
        })
    }

    fn create(&self, new: NewInstance) -> Storing<InstanceKey> {
        self.done(|content| content.create(new))
    }

    fn commit(&self, batch: Batch) -> Storing<()> {
        self.done(|content| content.commit(batch))
    }

    fn signal(&self, instance: InstanceKey, signal: NewSignal) -> Storing<Option<i64>> {
        self.done(|content| {
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

    fn find(&self, id: &str) -> Storing<Option<Instance>> {
        self.done(|content| {
            let found = content.by_id.get(id).and_then(|key| content.instances.get(key));
            Ok(found.map(|stored| stored.instance.clone()))
        })
    }

    fn load(&self, key: InstanceKey) -> Storing<Loaded> {
        self.done(|content| content.stored(key).map(|stored| stored.loaded()))
    }

    fn list(&self, after: Option<InstanceKey>, limit: usize, statuses: &[Status]) -> Storing<Vec<Instance>> {
        self.done(|content| {
            let from = after.map_or(Bound::Unbounded, Bound::Excluded);
            let all = content.instances.range((from, Bound::Unbounded)).map(|(_, stored)| &stored.instance);
            let found = all.filter(|instance| statuses.is_empty() || statuses.contains(&instance.status));
            Ok(found.take(limit).cloned().collect())
        })
    }

    fn running(&self, after: Option<InstanceKey>, limit: usize) -> Storing<Vec<Loaded>> {
        self.done(|content| {
            let from = after.map_or(Bound::Unbounded, Bound::Excluded);
            let all = content.instances.range((from, Bound::Unbounded)).map(|(_, stored)| stored);
            let running = all.filter(|stored| stored.instance.status == Status::Running);
            Ok(running.take(limit).map(Stored::loaded).collect())
        })
    }

    fn due(&self, now: Timestamp, limit: usize) -> Storing<Due> {
        self.done(|content| Ok(content.due(now, limit)))
    }

    fn close(&self) -> Storing<()> {
        self.closed.store(true, Ordering::Release);
        if self.begun.swap(false, Ordering::AcqRel) {
            self.content().begun = false;
        }
        Box::pin(std::future::ready(Ok(())))
    }
}
