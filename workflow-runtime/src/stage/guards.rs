//! Breakers, caches and pools: all runs of one workflow value share them.

use crate::{
    failure::{FailureKind, exit::Exit},
    policy::{Breaker, Cache, Cached, Pool, PoolPermits, PoolTooSmall},
    run::{catch_panic::catch_panic, frame::Frame},
    stage_id::StageId,
};
use std::{
    any::Any,
    future::Future,
    hash::{Hash, Hasher},
    sync::OnceLock,
    time::Duration,
};

/// Breakers and caches that runs share. Each is created when first needed, since the types of keys are known only where
/// they are used.
#[derive(Default)]
pub struct SharedPolicies {
    places: Vec<OnceLock<Box<dyn Any + Send + Sync>>>,
}

impl SharedPolicies {
    /// Creates `count` breakers and caches.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self { places: std::iter::repeat_with(OnceLock::new).take(count).collect() }
    }

    fn get<T: Any + Send + Sync>(&self, place: usize, make: impl FnOnce() -> T) -> &T {
        match self.places[place].get_or_init(|| Box::new(make())).downcast_ref() {
            Some(found) => found,
            None => unreachable!("each place is used with one type"),
        }
    }
}

/// Runs one attempt behind a breaker.
///
/// # Errors
/// The attempt's, or that the breaker is open.
pub async fn with_breaker<T>(
    frame: Frame<'_>,
    stage: StageId,
    shared: &SharedPolicies,
    place: usize,
    settings: impl FnOnce() -> (u64, Duration),
    run: impl Future<Output = Result<T, Exit>>,
    is_good: impl FnOnce(&T) -> bool,
) -> Result<T, Exit> {
    // An `async fn` has room for what it is given and for what it awaits.
    // A panic counts as a failure, wherever the attempt runs.
    let run = Box::pin(catch_panic(frame.core, run));
    let breaker = shared.get(place, || {
        let (failures, cooldown) = settings();
        Breaker::new(u32::try_from(failures).unwrap_or(u32::MAX), cooldown)
    });
    let permit = match breaker.try_acquire() {
        Ok(permit) => permit,
        Err(open) => return Err(frame.core.failure(stage, FailureKind::BreakerOpen, Some(open.into())).into()),
    };
    let ended = run.await;
    match &ended {
        Ok(value) if is_good(value) => permit.succeed(),
        Ok(_) | Err(Exit::Failed(_)) => permit.fail(),
        Err(Exit::Returned) => drop(permit),
    }
    ended
}

/// A pool, or a reference to one.
#[diagnostic::on_unimplemented(
    message = "`#[acquire]` takes permits of a `Pool`, not of `{Self}`",
    label = "not a `Pool`"
)]
pub trait AsPool {
    /// Returns the pool.
    fn pool(&self) -> &Pool;
}
impl AsPool for Pool {
    fn pool(&self) -> &Pool {
        self
    }
}
impl<P: AsPool + ?Sized> AsPool for &P {
    fn pool(&self) -> &Pool {
        (**self).pool()
    }
}

/// Returns the pool of an `#[acquire]`.
pub fn pool<P: AsPool + ?Sized>(pool: &P) -> &Pool {
    pool.pool()
}

/// Waits for permits.
///
/// # Errors
/// A pool has fewer permits in all.
pub async fn permits(
    frame: Frame<'_>,
    stage: StageId,
    wanted: impl Future<Output = Result<PoolPermits, PoolTooSmall>>,
) -> Result<PoolPermits, Exit> {
    wanted.await.map_err(|small| frame.core.failure(stage, FailureKind::Failed, Some(small.into())).into())
}

/// A type whose values may be keys of a `#[cache]`.
#[diagnostic::on_unimplemented(
    message = "a key of `#[cache]` is compared and kept, and `{Self}` can't be",
    label = "not a key",
    note = "a key is `Eq + Hash + Clone + Send + Sync + 'static`: of a float its `to_bits()`, of a borrowed value its clone"
)]
pub trait CacheKey: Sized {
    /// Returns the key, with the proof that it is one.
    fn proven(self) -> ProvenKey<Self>;
}

#[diagnostic::do_not_recommend]
impl<K: Eq + Hash + Clone + Send + Sync + 'static> CacheKey for K {
    #[inline]
    fn proven(self) -> ProvenKey<K> {
        ProvenKey { key: self, eq: K::eq, hash: |key, mut hasher| key.hash(&mut hasher), copy: K::clone }
    }
}

/// A key that has been asked once whether it is one, where the user's expression stands.
pub struct ProvenKey<K> {
    key: K,
    eq: fn(&K, &K) -> bool,
    hash: fn(&K, &mut dyn Hasher),
    copy: fn(&K) -> K,
}

impl<K> PartialEq for ProvenKey<K> {
    fn eq(&self, other: &Self) -> bool {
        (self.eq)(&self.key, &other.key)
    }
}

impl<K> Eq for ProvenKey<K> {}

impl<K> Hash for ProvenKey<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.hash)(&self.key, state);
    }
}

impl<K> Clone for ProvenKey<K> {
    fn clone(&self) -> Self {
        Self { key: (self.copy)(&self.key), ..*self }
    }
}

/// Returns the key of a `#[cache]`: where it is none, the error stands at its expression.
#[inline]
pub fn cache_key<K: CacheKey>(key: K) -> ProvenKey<K> {
    key.proven()
}

/// Looks a key up.
pub async fn cached<K, V>(
    shared: &SharedPolicies,
    place: usize,
    time_to_live: Option<Duration>,
    key: ProvenKey<K>,
) -> Cached<ProvenKey<K>, V>
where
    K: Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    shared.get(place, || Cache::<ProvenKey<K>, V>::new(time_to_live)).get(key).await
}
