//! A store in memory that takes its time, fails, and crashes.

use crate::generator::numbers::Numbers;
use std::{
    collections::VecDeque,
    future::pending,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};
use workflow_runtime::store::{
    Batch, Due, Instance, InstanceKey, InstanceStatus, Loaded, MemoryStore, NewInstance, NewSignal, Session, Store,
    StoreError, StoreErrorKind, StoreFuture, Timestamp,
};

/// How slow a store is, and how often it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disk {
    /// The longest time until a write is on disk, in milliseconds.
    pub applies: u64,
    /// The longest time from there until it is acknowledged.
    pub tells: u64,
    /// How many of a hundred writes fail.
    pub fails: u64,
}

type Apply = Box<dyn FnOnce(&MemoryStore) + Send>;

struct Inner {
    numbers: Numbers,
    /// Writes on their way to the disk, in order.
    queued: VecDeque<(Instant, Apply)>,
    last: Option<Instant>,
    writes: u64,
    crash_at: Option<(u64, bool)>,
    crashed: bool,
}

/// A store over one in memory.
#[derive(Clone)]
pub struct SimulatedStore {
    memory: MemoryStore,
    disk: Disk,
    inner: Arc<Mutex<Inner>>,
    crash: Arc<Notify>,
    /// Counts the writes that fail, of all stores of one run.
    errors: Arc<AtomicU32>,
}

impl SimulatedStore {
    /// Makes a store on what `memory` holds. It counts its failed writes in `errors`.
    #[must_use]
    pub fn new(memory: MemoryStore, disk: Disk, seed: u64, errors: Arc<AtomicU32>) -> Self {
        let inner = Inner {
            numbers: Numbers::new(seed),
            queued: VecDeque::new(),
            last: None,
            writes: 0,
            crash_at: None,
            crashed: false,
        };
        Self { memory, disk, inner: Arc::new(Mutex::new(inner)), crash: Arc::new(Notify::new()), errors }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends when the store has come to the write at which it crashes.
    pub async fn crashed(&self) {
        self.crash.notified().await;
    }

    /// Crashes after `writes` writes: after the last of them is applied if `is_applied` holds, else before.
    pub fn crash_after(&self, writes: u64, is_applied: bool) {
        let mut inner = self.inner();
        inner.crash_at = Some((inner.writes + writes, is_applied));
    }

    /// Crashes: of what is on its way to the disk, some comes there, in order.
    pub fn cut(&self) {
        self.settle();
        let mut inner = self.inner();
        inner.crashed = true;
        let on_their_way = inner.queued.len() as u64;
        let survive = inner.numbers.below(on_their_way + 1);
        let survivors: Vec<Apply> =
            inner.queued.drain(..).take(usize::try_from(survive).unwrap_or(0)).map(|(_, apply)| apply).collect();
        drop(inner);
        for apply in survivors {
            apply(&self.memory);
        }
    }

    /// Applies what has come to the disk by now.
    fn settle(&self) {
        let now = Instant::now();
        loop {
            let mut inner = self.inner();
            match inner.queued.front() {
                Some((at, _)) if *at <= now => {}
                _ => return,
            }
            let Some((_, apply)) = inner.queued.pop_front() else { return };
            drop(inner);
            apply(&self.memory);
        }
    }

    fn write<T: Send + 'static>(
        &self,
        what: &str,
        write: impl FnOnce(&MemoryStore) -> StoreFuture<T> + Send + 'static,
    ) -> StoreFuture<T> {
        let store = self.clone();
        let done: Arc<Mutex<Option<StoreFuture<T>>>> = Arc::default();
        let told = Arc::clone(&done);
        let mut inner = self.inner();
        if inner.crashed {
            return Box::pin(pending());
        }
        let number = inner.writes;
        inner.writes += 1;
        if inner.numbers.chance(self.disk.fails) {
            self.errors.fetch_add(1, Relaxed);
            let (what, takes) = (what.to_owned(), inner.numbers.below(self.disk.applies + 1));
            drop(inner);
            return Box::pin(async move {
                tokio::time::sleep(Duration::from_millis(takes)).await;
                Err(StoreError::new(StoreErrorKind::Other, format!("the simulated disk failed: {what}")))
            });
        }
        let applies = inner.numbers.below(self.disk.applies + 1);
        let tells = inner.numbers.below(self.disk.tells + 1);
        let now = Instant::now();
        let applied_at = inner.last.unwrap_or(now).max(now + Duration::from_millis(applies));
        inner.last = Some(applied_at);
        let apply: Apply = Box::new(move |memory| {
            *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(write(memory));
        });
        let crash = inner.crash_at.filter(|(at, _)| *at == number);
        if let Some((_, is_applied)) = crash {
            let mut queued = std::mem::take(&mut inner.queued);
            if is_applied {
                queued.push_back((now, apply));
            }
            inner.crashed = true;
            drop(inner);
            if is_applied {
                for (_, apply) in queued {
                    apply(&self.memory);
                }
            }
            self.crash.notify_one();
            return Box::pin(pending());
        }
        inner.queued.push_back((applied_at, apply));
        drop(inner);
        let told_at = applied_at + Duration::from_millis(tells);
        Box::pin(async move {
            if told_at > Instant::now() {
                tokio::time::sleep_until(told_at).await;
            }
            store.settle();
            if store.inner().crashed {
                return pending().await;
            }
            let result = done.lock().unwrap_or_else(PoisonError::into_inner).take();
            match result {
                Some(result) => result.await,
                None => pending().await,
            }
        })
    }

    fn read<T: Send + 'static>(&self, read: impl FnOnce(&MemoryStore) -> StoreFuture<T>) -> StoreFuture<T> {
        self.settle();
        if self.inner().crashed {
            return Box::pin(pending());
        }
        read(&self.memory)
    }
}

impl Store for SimulatedStore {
    fn begin(&self) -> StoreFuture<Session> {
        self.memory.begin()
    }

    fn create(&self, instance: NewInstance) -> StoreFuture<InstanceKey> {
        self.write("create", |memory| memory.create(instance))
    }

    fn commit(&self, batch: Batch) -> StoreFuture<()> {
        self.write("commit", |memory| memory.commit(batch))
    }

    fn signal(&self, instance: InstanceKey, signal: NewSignal) -> StoreFuture<Option<i64>> {
        self.write("signal", move |memory| memory.signal(instance, signal))
    }

    fn find(&self, id: &str) -> StoreFuture<Option<Instance>> {
        self.read(|memory| memory.find(id))
    }

    fn load(&self, key: InstanceKey) -> StoreFuture<Loaded> {
        self.read(|memory| memory.load(key))
    }

    fn list(
        &self,
        after: Option<InstanceKey>,
        limit: usize,
        statuses: &[InstanceStatus],
    ) -> StoreFuture<Vec<Instance>> {
        self.read(|memory| memory.list(after, limit, statuses))
    }

    fn running(&self, after: Option<InstanceKey>, limit: usize) -> StoreFuture<Vec<Loaded>> {
        self.read(|memory| memory.running(after, limit))
    }

    fn due(&self, now: Timestamp, limit: usize) -> StoreFuture<Due> {
        self.read(|memory| memory.due(now, limit))
    }

    fn close(&self) -> StoreFuture<()> {
        self.settle();
        self.memory.close()
    }
}
