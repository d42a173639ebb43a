//! Reuses a value for the same key.
//!
//! No crate does all of it. `moka` keeps its own time, which paused time does not move, and brings a dozen crates
//! along. It hands a failure to all waiters instead of letting the next one try. `quick_cache` lets the next one try,
//! but knows no expiry. The map below is locked for a look-up only, which costs nothing beside a stage that is worth
//! caching.

use super::duration::saturating_add;
use crate::sync::lock;
use std::{
    collections::{HashMap, VecDeque},
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

/// Values by key, each computed by one and reused by all, until it expires.
///
/// While one caller computes the value of a key, all others that request the key wait. If that caller fails or is
/// cancelled, the next of them computes, in the order in which they came; failures are not kept.
///
/// Clones share one cache. It is bounded: beyond its capacity ([`DEFAULT_CAPACITY`](Self::DEFAULT_CAPACITY) by default)
/// the values that were computed first go first. Expired values go whenever any key is requested or filled, at a cost
/// of `O(1)` for each value ever kept; there is no task and no timer. A key being computed counts for nothing.
///
/// Keys are hashed, compared, cloned and dropped under the cache's lock; values are not. The value is cloned once a
/// hit.
///
/// ```
/// use std::{convert::Infallible, time::Duration};
/// use workflow_runtime::policy::Cache;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> Result<(), Infallible> {
/// let rates = Cache::new(Some(Duration::from_secs(60)));
/// assert_eq!(rates.get_or_compute("EUR", async || Ok::<_, Infallible>(1.08)).await?, 1.08);
/// assert_eq!(rates.get_or_compute("EUR", async || Ok::<_, Infallible>(9.99)).await?, 1.08);
///
/// tokio::time::advance(Duration::from_secs(60)).await;
/// assert_eq!(rates.get_or_compute("EUR", async || Ok::<_, Infallible>(1.11)).await?, 1.11);
/// # Ok(()) }
/// ```
pub struct Cache<K, V> {
    shared: Arc<CacheInner<K, V>>,
}

struct CacheInner<K, V> {
    time_to_live: Option<Duration>,
    capacity: usize,
    kept: Mutex<Kept<K, V>>,
}

struct Kept<K, V> {
    slots: HashMap<K, CacheSlot<V>>,
    /// The keys that are filled, each once, in the order in which they were, which is that of their expiry too.
    filled: VecDeque<(K, Option<Instant>)>,
}

enum CacheSlot<V> {
    /// The gate lets one through at a time, and is closed once there is a value.
    Computing {
        gate: Arc<Semaphore>,
        /// Number of callers at the gate or through it. The last one to leave removes the slot.
        interested: usize,
    },
    Filled(Arc<V>),
}

/// The state of a key in a [`Cache`].
#[derive(Debug)]
pub enum Cached<K: Eq + Hash, V> {
    /// A value that was computed before.
    Hit(V),
    /// No value: the caller computes it.
    Miss(Turn<K, V>),
}

impl<K, V> Cache<K, V> {
    /// Number of values that a cache keeps by default.
    pub const DEFAULT_CAPACITY: usize = 10_000;

    /// Creates a cache whose values expire `time_to_live` after they were computed, or never.
    ///
    /// With a life of no time at all a value is never reused, but it is still computed by one at a time.
    #[must_use]
    pub fn new(time_to_live: Option<Duration>) -> Self {
        Self::bounded(Self::DEFAULT_CAPACITY, time_to_live)
    }

    /// Creates a cache of at most `capacity` values.
    #[must_use]
    pub fn bounded(capacity: usize, time_to_live: Option<Duration>) -> Self {
        let kept = Mutex::new(Kept { slots: HashMap::new(), filled: VecDeque::new() });
        Self { shared: Arc::new(CacheInner { time_to_live, capacity, kept }) }
    }

    /// Returns the number of values that the cache keeps, expired ones included until the next call removes them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.lock().filled.len()
    }

    /// Whether it keeps none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Cache<K, V> {
    /// Returns the value of a key, or the turn to compute it.
    ///
    /// While another caller has the turn, this one waits for as long as that takes. So a caller with the turn must not
    /// wait for its key again. Dropping the future gives up its place in the queue.
    ///
    /// # Cancel safety
    /// Not cancel safe: dropping the future loses the place in the queue. No turn is lost.
    pub async fn get(&self, key: K) -> Cached<K, V> {
        loop {
            let gate = match self.shared.look_up(&key) {
                Found::Value(value) => return Cached::Hit(V::clone(&value)),
                Found::Gate(gate) => gate,
            };
            let interest = Interest { shared: Arc::clone(&self.shared), key: key.clone(), gate };
            if let Ok(permit) = Arc::clone(&interest.gate).acquire_owned().await {
                return Cached::Miss(Turn { interest, _permit: permit });
            }
            // Closed: there is a value, if it has not expired meanwhile.
        }
    }

    /// Returns the value of a key, which is computed if the cache has none.
    ///
    /// `compute` is not called for a hit. If it is cancelled, fails or panics, the next caller that waits for this key
    /// computes.
    ///
    /// # Errors
    ///
    /// The error of `compute`, which only its own caller gets.
    ///
    /// # Cancel safety
    /// Dropping the future drops the computation, if this call has the turn. The turn passes to the next caller.
    pub async fn get_or_compute<E, F>(&self, key: K, compute: impl FnOnce() -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>>,
    {
        match self.get(key).await {
            Cached::Hit(value) => Ok(value),
            Cached::Miss(turn) => {
                let value = compute().await?;
                turn.fill(value.clone());
                Ok(value)
            }
        }
    }
}

impl<K, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Cache")
            .field("time_to_live", &self.shared.time_to_live)
            .field("capacity", &self.shared.capacity)
            .field("len", &self.len())
            .finish()
    }
}

enum Found<V> {
    Value(Arc<V>),
    Gate(Arc<Semaphore>),
}

impl<K, V> CacheInner<K, V> {
    fn lock(&self) -> MutexGuard<'_, Kept<K, V>> {
        lock(&self.kept)
    }
}

impl<K: Eq + Hash + Clone, V> CacheInner<K, V> {
    fn look_up(&self, key: &K) -> Found<V> {
        let mut kept = self.lock();
        let expired = kept.purge(self.capacity);
        let found = match kept.slots.get_mut(key) {
            Some(CacheSlot::Filled(value)) => Found::Value(Arc::clone(value)),
            Some(CacheSlot::Computing { gate, interested }) => {
                *interested += 1;
                Found::Gate(Arc::clone(gate))
            }
            None => {
                let gate = Arc::new(Semaphore::new(1));
                kept.slots.insert(key.clone(), CacheSlot::Computing { gate: Arc::clone(&gate), interested: 1 });
                Found::Gate(gate)
            }
        };
        drop(kept);
        drop(expired);
        found
    }
}

impl<K: Eq + Hash, V> Kept<K, V> {
    /// Takes out what has expired or is too much; the caller drops it, without the lock.
    fn purge(&mut self, capacity: usize) -> Vec<CacheSlot<V>> {
        let mut gone = Vec::new();
        let mut now = None;
        while let Some((_, expires)) = self.filled.front() {
            let expired = expires.is_some_and(|expires| expires <= *now.get_or_insert_with(Instant::now));
            if !expired && self.filled.len() <= capacity {
                break;
            }
            gone.extend(self.filled.pop_front().and_then(|(key, _)| self.slots.remove(&key)));
        }
        gone
    }
}

/// The turn to compute the value of a key. All other callers that request the key wait for the outcome.
///
/// Dropped unfilled, it passes to the next of them.
#[must_use = "dropped unfilled, it passes to the next"]
pub struct Turn<K: Eq + Hash, V> {
    interest: Interest<K, V>,
    _permit: OwnedSemaphorePermit,
}

impl<K: Eq + Hash + Clone, V> Turn<K, V> {
    /// Keeps the value, whose life begins now, and hands it to all waiting callers.
    pub fn fill(self, value: V) {
        let Interest { shared, key, gate } = &self.interest;
        let mut kept = shared.lock();
        let expires = shared.time_to_live.map(|life| saturating_add(Instant::now(), life));
        kept.slots.insert(key.clone(), CacheSlot::Filled(Arc::new(value)));
        kept.filled.push_back((key.clone(), expires));
        let gone = kept.purge(shared.capacity);
        drop(kept);
        gate.close();
        drop(gone);
    }
}

impl<K: Eq + Hash + fmt::Debug, V> fmt::Debug for Turn<K, V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Turn").field("key", &self.interest.key).finish_non_exhaustive()
    }
}

/// A caller that is at the gate of a slot, or through it.
struct Interest<K: Eq + Hash, V> {
    shared: Arc<CacheInner<K, V>>,
    key: K,
    gate: Arc<Semaphore>,
}

impl<K: Eq + Hash, V> Drop for Interest<K, V> {
    fn drop(&mut self) {
        let mut kept = self.shared.lock();
        // The slot may have been filled, and after that even be computed anew, at another gate.
        if let Some(CacheSlot::Computing { gate, interested }) = kept.slots.get_mut(&self.key)
            && Arc::ptr_eq(gate, &self.gate)
        {
            *interested -= 1;
            if *interested == 0 {
                kept.slots.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_slot_stays_for_a_key_that_nobody_computes() {
        let cache: Cache<u32, ()> = Cache::new(None);
        let slots = || cache.shared.lock().slots.len();
        for key in 0..10 {
            let Cached::Miss(turn) = cache.get(key).await else { unreachable!("nothing is ever filled") };
            let waiting = tokio::spawn({
                let cache = cache.clone();
                async move { cache.get(key).await }
            });
            tokio::task::yield_now().await;
            assert_eq!(slots(), 1);
            waiting.abort();
            assert!(waiting.await.is_err());
            assert_eq!(slots(), 1);
            drop(turn);
            assert_eq!(slots(), 0);
        }
    }
}
