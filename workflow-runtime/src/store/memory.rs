//! A store that lies in memory: for tests, and for instances that may end with their process.

use super::{
    Batch, Change, Due, Instance, InstanceKey, Loaded, NewInstance, NewSignal, Record, Status, Store, StoreError,
    StoredSignal, Storing, Timestamp, within,
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A store that lies in memory. Clones share their content: an engine that is started on a clone goes on with what
/// another one left.
#[derive(Clone, Default)]
pub struct MemoryStore {
    content: Arc<Mutex<Content>>,
}

#[derive(Default)]
struct Content {
    instances: BTreeMap<InstanceKey, Stored>,
    by_id: HashMap<String, InstanceKey>,
    last_key: i64,
    last_signal: i64,
}

#[derive(Clone)]
struct Stored {
    instance: Instance,
    records: BTreeMap<Arc<str>, Record>,
    signals: Vec<StoredSignal>,
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
        let content = self.lock();
        let copy = Content {
            instances: content.instances.clone(),
            by_id: content.by_id.clone(),
            last_key: content.last_key,
            last_signal: content.last_signal,
        };
        Self { content: Arc::new(Mutex::new(copy)) }
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Content {
    fn stored(&self, key: InstanceKey) -> Result<&Stored, StoreError> {
        self.instances.get(&key).ok_or_else(|| StoreError::missing(key))
    }

    fn commit(&mut self, batch: Batch) -> Result<(), StoreError> {
        let Self { instances, by_id, .. } = self;
        let stored = instances.get_mut(&batch.instance).ok_or_else(|| StoreError::missing(batch.instance))?;
        for change in batch.changes {
            match change {
                Change::Put { path, record } => {
                    stored.records.insert(path, record);
                }
                Change::Remove { path } => {
                    stored.records.remove(&path);
                }
                Change::RemoveWithin { prefix } => {
                    let range = within(&prefix);
                    stored.records.retain(|path, _| !range.contains(&path.to_string()));
                }
                Change::Status { status, wake_at, outcome } => {
                    stored.instance.status = status;
                    stored.instance.wake_at = wake_at;
                    if let Some(outcome) = outcome {
                        stored.instance.outcome = outcome;
                    }
                }
                Change::Take { number } => stored.signals.retain(|signal| signal.number != number),
                Change::Clear => {
                    stored.records.clear();
                    stored.signals.clear();
                }
                Change::Delete => {
                    by_id.remove(&stored.instance.id);
                    instances.remove(&batch.instance);
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

fn done<T: Send + 'static>(result: Result<T, StoreError>) -> Storing<T> {
    Box::pin(std::future::ready(result))
}

impl Store for MemoryStore {
    fn create(&self, new: NewInstance) -> Storing<InstanceKey> {
        let mut content = self.lock();
        if content.by_id.contains_key(&new.id) {
            return done(Err(StoreError::exists(&new.id)));
        }
        content.last_key += 1;
        let key = InstanceKey(content.last_key);
        content.by_id.insert(new.id.clone(), key);
        let NewInstance { id, workflow, version, input, created_at } = new;
        let instance = Instance {
            key,
            id,
            workflow,
            version,
            input,
            created_at,
            status: Status::Running,
            outcome: Vec::new(),
            wake_at: None,
        };
        let stored = Stored { instance, records: BTreeMap::new(), signals: Vec::new(), once: HashSet::new() };
        content.instances.insert(key, stored);
        done(Ok(key))
    }

    fn commit(&self, batch: Batch) -> Storing<()> {
        done(self.lock().commit(batch))
    }

    fn signal(&self, instance: InstanceKey, signal: NewSignal) -> Storing<Option<i64>> {
        let mut content = self.lock();
        let Content { instances, last_signal, .. } = &mut *content;
        let Some(stored) = instances.get_mut(&instance) else { return done(Err(StoreError::missing(instance))) };
        if signal.once.is_some_and(|once| !stored.once.insert(once)) {
            return done(Ok(None));
        }
        *last_signal += 1;
        stored.signals.push(StoredSignal { number: *last_signal, name: signal.name, payload: signal.payload });
        done(Ok(Some(*last_signal)))
    }

    fn find(&self, id: &str) -> Storing<Option<Instance>> {
        let content = self.lock();
        let found = content.by_id.get(id).and_then(|key| content.instances.get(key));
        done(Ok(found.map(|stored| stored.instance.clone())))
    }

    fn load(&self, key: InstanceKey) -> Storing<Loaded> {
        done(self.lock().stored(key).map(|stored| Loaded {
            instance: stored.instance.clone(),
            records: stored.records.iter().map(|(path, record)| (path.to_string(), record.clone())).collect(),
            signals: stored.signals.clone(),
        }))
    }

    fn list(&self, after: Option<InstanceKey>, limit: usize, statuses: &[Status]) -> Storing<Vec<Instance>> {
        let content = self.lock();
        let all = content.instances.values().map(|stored| &stored.instance);
        let found = all
            .filter(|instance| after.is_none_or(|after| instance.key > after))
            .filter(|instance| statuses.is_empty() || statuses.contains(&instance.status));
        done(Ok(found.take(limit).cloned().collect()))
    }

    fn due(&self, now: Timestamp, limit: usize) -> Storing<Due> {
        let content = self.lock();
        let waiting = content.instances.values().map(|stored| &stored.instance);
        let mut waiting: Vec<(Timestamp, &Instance)> = waiting
            .filter(|instance| instance.status == Status::Waiting)
            .filter_map(|instance| instance.wake_at.map(|at| (at, instance)))
            .collect();
        waiting.sort_by_key(|&(at, instance)| (at, instance.key));
        let due = waiting.iter().take_while(|&&(at, _)| at <= now).take(limit).count();
        let next = waiting.get(due).map(|&(at, _)| at);
        done(Ok(Due { instances: waiting[..due].iter().map(|&(_, instance)| instance.clone()).collect(), next }))
    }

    fn close(&self) -> Storing<()> {
        done(Ok(()))
    }
}
