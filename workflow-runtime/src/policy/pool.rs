//! Bounds what goes on at once.
//!
//! [`tokio::sync::Semaphore`] does the waiting. It is fair: callers are served in the order in which they came, and
//! small requests do not overtake a large one. A dropped waiter gives back the permits that it had so far. This module
//! adds an order between pools, and an error instead of a wait that could never end.

use std::{
    error::Error,
    fmt,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A number of permits that stages share.
///
/// Clones share one pool. A pool is fair: it gives out permits in the order of the requests. Small requests don't
/// starve a large one, and wait behind it.
///
/// ```
/// use workflow_runtime::policy::{Pool, acquire_all};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), workflow_runtime::policy::PoolTooSmall> {
/// let (connections, licences) = (Pool::new(10), Pool::new(2));
///
/// let permits = acquire_all(&[(&connections, 3), (&licences, 1)]).await?;
/// assert_eq!((connections.available(), licences.available()), (7, 1));
/// drop(permits);
/// assert_eq!((connections.available(), licences.available()), (10, 2));
///
/// let refused = licences.acquire(3).await.unwrap_err();
/// assert_eq!(refused.to_string(), "3 permits asked of a pool of 2");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Pool {
    /// Place in the order in which several pools are taken.
    place: u64,
    size: usize,
    permits: Arc<Semaphore>,
}

impl Pool {
    /// The most permits that a pool can have.
    pub const MAX_SIZE: usize =
        if Semaphore::MAX_PERMITS < u32::MAX as usize { Semaphore::MAX_PERMITS } else { u32::MAX as usize };

    /// Creates a pool with this number of permits.
    ///
    /// # Panics
    ///
    /// If they are more than [`MAX_SIZE`](Self::MAX_SIZE).
    #[must_use]
    pub fn new(permits: usize) -> Self {
        static PLACES: AtomicU64 = AtomicU64::new(0);
        assert!(permits <= Self::MAX_SIZE, "a pool has at most {} permits", Self::MAX_SIZE);
        Self { place: PLACES.fetch_add(1, Relaxed), size: permits, permits: Arc::new(Semaphore::new(permits)) }
    }

    /// Returns the number of permits that the pool has in all.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Returns the number of permits that are neither held nor promised to a waiter.
    #[must_use]
    pub fn available(&self) -> usize {
        self.permits.available_permits()
    }

    /// Acquires this number of permits. With zero it resolves at once.
    ///
    /// The future takes its place in the queue when it is first polled, and gives it up when it is dropped. A caller
    /// that holds permits and requests more can deadlock: acquire together what is needed together, with
    /// [`acquire_all`].
    ///
    /// # Errors
    ///
    /// [`PoolTooSmall`], at once, if the pool has fewer permits in all.
    ///
    /// # Cancel safety
    /// Not cancel safe: dropping the future loses the place in the queue. No permit is lost.
    pub fn acquire(
        &self,
        permits: usize,
    ) -> impl Future<Output = Result<PoolPermit, PoolTooSmall>> + Send + 'static + use<> {
        let pool = self.clone();
        async move { Ok(pool.check(permits)?.take().await) }
    }

    /// Returns the request, unless the pool has fewer permits in all.
    fn check(self, permits: usize) -> Result<Request, PoolTooSmall> {
        let refused = PoolTooSmall { wanted: permits, size: self.size };
        if permits > self.size {
            return Err(refused);
        }
        let permits = u32::try_from(permits).map_err(|_| refused)?;
        Ok(Request { pool: self, permits })
    }
}

/// Waits for permits of several pools, and takes them in one order, the same for everybody.
///
/// So no two callers of this function can each hold what the other waits for, whatever the order in which they name the
/// pools. A pool that is named twice gets one request, for the sum. The price: a caller may hold permits of one pool
/// while it waits for another.
///
/// The promise does not cover a caller that already holds permits: permits of a block and of a stage inside it, say.
///
/// Its place in the first pool's queue is taken when it is first polled; dropping it gives back what it has so far.
///
/// # Errors
///
/// [`PoolTooSmall`], at once, before any permit is taken, if one of the pools has fewer permits in all.
///
/// # Cancel safety
/// Not cancel safe: dropping the future gives back the permits that it has, and loses the place in the queue.
pub fn acquire_all(
    wanted: &[(&Pool, usize)],
) -> impl Future<Output = Result<PoolPermits, PoolTooSmall>> + Send + 'static + use<> {
    let mut wanted: Vec<(Pool, usize)> = wanted.iter().map(|(pool, permits)| ((*pool).clone(), *permits)).collect();
    wanted.sort_by_key(|(pool, _)| pool.place);
    wanted.dedup_by(|(next, more), (pool, permits)| {
        let same = next.place == pool.place;
        if same {
            *permits = permits.saturating_add(*more);
        }
        same
    });
    async move {
        let requests = wanted.into_iter().map(|(pool, permits)| pool.check(permits)).collect::<Result<Vec<_>, _>>()?;
        let mut held = Vec::with_capacity(requests.len());
        for request in requests {
            held.push(request.take().await);
        }
        Ok(PoolPermits { held })
    }
}

/// A request for permits of one pool.
struct Request {
    pool: Pool,
    permits: u32,
}

impl Request {
    async fn take(self) -> PoolPermit {
        match self.pool.permits.acquire_many_owned(self.permits).await {
            Ok(held) => PoolPermit { held },
            Err(_) => unreachable!("nobody closes a pool"),
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Pool")
            .field("size", &self.size)
            .field("available", &self.available())
            .finish_non_exhaustive()
    }
}

/// Permits of a [`Pool`]; they go back when it is dropped.
#[derive(Debug)]
#[must_use = "its permits go back when it is dropped"]
pub struct PoolPermit {
    held: OwnedSemaphorePermit,
}

impl PoolPermit {
    /// Returns the number of permits.
    #[must_use]
    pub fn permits(&self) -> usize {
        self.held.num_permits()
    }
}

/// Permits of several [`Pool`]s; they go back when it is dropped.
#[derive(Debug)]
#[must_use = "its permits go back when it is dropped"]
pub struct PoolPermits {
    held: Vec<PoolPermit>,
}

impl PoolPermits {
    /// Returns the number of permits, of all pools together.
    #[must_use]
    pub fn permits(&self) -> usize {
        self.held.iter().map(PoolPermit::permits).sum()
    }
}

/// More permits were requested than the [`Pool`] has in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PoolTooSmall {
    /// Number of requested permits.
    pub wanted: usize,
    /// Number of permits in the pool.
    pub size: usize,
}

impl fmt::Display for PoolTooSmall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.wanted == 1 { "" } else { "s" };
        write!(formatter, "{} permit{plural} asked of a pool of {}", self.wanted, self.size)
    }
}

impl Error for PoolTooSmall {}
