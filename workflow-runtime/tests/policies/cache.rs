use super::{Clock, milliseconds, settle};
use std::{
    convert::Infallible,
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    sync::oneshot,
    task::JoinSet,
    time::{advance, sleep, timeout},
};
use workflow_runtime::policy::{Cache, Cached, Turn};

async fn turn<V: Clone>(cache: &Cache<u32, V>, key: u32) -> Turn<u32, V> {
    match cache.get(key).await {
        Cached::Miss(turn) => turn,
        Cached::Hit(_) => panic!("there is a value"),
    }
}

async fn hit<V: Clone>(cache: &Cache<u32, V>, key: u32) -> Option<V> {
    match cache.get(key).await {
        Cached::Hit(value) => Some(value),
        Cached::Miss(_) => None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_is_computed_once_for_a_key() {
    let cache = Cache::new(None);
    let computed = AtomicUsize::new(0);
    for key in [1, 2, 1, 1, 2, 3] {
        let compute = async || {
            computed.fetch_add(1, SeqCst);
            Ok::<_, Infallible>(key * 10)
        };
        assert_eq!(cache.clone().get_or_compute(key, compute).await, Ok(key * 10));
    }
    assert_eq!((computed.into_inner(), cache.len()), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn a_value_expires_to_the_millisecond_after_it_was_computed() {
    let cache = Cache::new(Some(milliseconds(100)));
    let slow = async || {
        sleep(milliseconds(70)).await;
        Ok::<_, Infallible>("first")
    };
    cache.get_or_compute(1, slow).await.unwrap();
    advance(milliseconds(99)).await;
    assert_eq!(hit(&cache, 1).await, Some("first"));
    advance(milliseconds(1)).await;
    assert_eq!(hit(&cache, 1).await, None);
    turn(&cache, 1).await.fill("second");
    advance(milliseconds(99)).await;
    assert_eq!(hit(&cache, 1).await, Some("second"));
}

#[tokio::test(start_paused = true)]
async fn a_value_without_a_time_to_live_stays() {
    let cache = Cache::new(None);
    turn(&cache, 1).await.fill("kept");
    advance(Duration::from_hours(24 * 365)).await;
    assert_eq!(hit(&cache, 1).await, Some("kept"));
    let cache = Cache::new(Some(Duration::MAX));
    turn(&cache, 1).await.fill("kept");
    assert_eq!(hit(&cache, 1).await, Some("kept"));
}

#[tokio::test(start_paused = true)]
async fn expired_values_do_not_pile_up() {
    let cache = Cache::new(Some(milliseconds(100)));
    let alive = Arc::new(());
    for key in 0..10_000 {
        turn(&cache, key).await.fill(Arc::clone(&alive));
        advance(milliseconds(1)).await;
        assert!(cache.len() <= 100);
        assert!(Arc::strong_count(&alive) <= 101);
    }
    advance(milliseconds(100)).await;
    // A request for any key removes them.
    drop(turn(&cache, 77_777).await);
    assert!(cache.is_empty());
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[tokio::test(start_paused = true)]
async fn beyond_its_capacity_the_oldest_goes() {
    let cache = Cache::bounded(3, None);
    for key in 0..5 {
        turn(&cache, key).await.fill(key);
        assert!(cache.len() <= 3);
    }
    assert_eq!((hit(&cache, 0).await, hit(&cache, 1).await), (None, None));
    assert_eq!((hit(&cache, 2).await, hit(&cache, 4).await), (Some(2), Some(4)));

    let nothing = Cache::bounded(0, None);
    turn(&nothing, 1).await.fill(1);
    assert_eq!((hit(&nothing, 1).await, nothing.len()), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn those_who_miss_together_compute_once() {
    let clock = Clock::start();
    let cache = Cache::new(Some(Duration::from_mins(1)));
    let computed = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..1_000 {
        let (cache, computed) = (cache.clone(), Arc::clone(&computed));
        tasks.spawn(async move {
            let compute = async || {
                sleep(milliseconds(40)).await;
                Ok::<_, Infallible>(computed.fetch_add(1, SeqCst))
            };
            cache.get_or_compute(1, compute).await
        });
    }
    assert!(tasks.join_all().await.into_iter().all(|value| value == Ok(0)));
    assert_eq!((computed.load(SeqCst), clock.milliseconds()), (1, 40));
}

#[tokio::test(start_paused = true)]
async fn keys_do_not_wait_for_each_other() {
    let cache = Cache::new(None);
    let held = turn(&cache, 1).await;
    turn(&cache, 2).await.fill("two");
    assert_eq!(hit(&cache, 2).await, Some("two"));
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn after_a_failure_the_next_who_waits_computes() {
    let clock = Clock::start();
    let cache = Cache::new(None);
    let mut tasks = JoinSet::new();
    for number in 0..5_u32 {
        let cache = cache.clone();
        tasks.spawn(async move {
            let compute = async || {
                sleep(milliseconds(10)).await;
                if number < 2 { Err(number) } else { Ok(number) }
            };
            (number, cache.get_or_compute(1, compute).await)
        });
    }
    let mut ended = tasks.join_all().await;
    ended.sort_unstable();
    assert_eq!(ended, [(0, Err(0)), (1, Err(1)), (2, Ok(2)), (3, Ok(2)), (4, Ok(2))]);
    assert_eq!(clock.milliseconds(), 30);
}

#[tokio::test(start_paused = true)]
async fn after_a_cancellation_or_a_panic_the_next_who_waits_computes() {
    let cache: Cache<u32, u32> = Cache::new(None);
    let asking = |compute: fn() -> u32| {
        let cache = cache.clone();
        tokio::spawn(async move {
            let compute = async || {
                sleep(milliseconds(10)).await;
                Ok::<_, Infallible>(compute())
            };
            cache.get_or_compute(1, compute).await
        })
    };
    let cancelled = asking(|| unreachable!());
    settle().await;
    let panics = asking(|| panic!("on purpose"));
    let (second, third) = (asking(|| 2), asking(|| 3));
    settle().await;
    cancelled.abort();
    assert!(cancelled.await.is_err());
    assert!(panics.await.is_err());
    assert_eq!((second.await.unwrap(), third.await.unwrap()), (Ok(2), Ok(2)));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_waiter_is_passed_over_and_nothing_is_left_behind() {
    let cache: Cache<u32, Arc<()>> = Cache::new(None);
    let first = turn(&cache, 1).await;
    let waiting = || {
        let cache = cache.clone();
        tokio::spawn(async move { matches!(cache.get(1).await, Cached::Miss(_)) })
    };
    let (second, third) = (waiting(), waiting());
    settle().await;
    second.abort();
    assert!(second.await.is_err());
    drop(first);
    assert!(third.await.unwrap());

    // The turn passes to a caller that is gone before it can take it.
    let first = turn(&cache, 1).await;
    let mut second = Box::pin(cache.get(1));
    assert!(timeout(Duration::ZERO, &mut second).await.is_err());
    drop(first);
    drop(second);
    assert!(format!("{cache:?}").contains("len: 0"));
    drop(timeout(milliseconds(1), turn(&cache, 1)).await.expect("nobody has the turn any more"));
}

#[tokio::test(start_paused = true)]
async fn a_turn_may_be_kept_and_filled_elsewhere() {
    let cache = Cache::new(None);
    let (send, receive) = oneshot::channel();
    tokio::spawn({
        let cache = cache.clone();
        async move { send.send(turn(&cache, 1).await).ok() }
    });
    receive.await.unwrap().fill("elsewhere");
    assert_eq!(hit(&cache, 1).await, Some("elsewhere"));
}

#[tokio::test(start_paused = true)]
async fn without_any_life_it_is_still_one_at_a_time() {
    let clock = Clock::start();
    let cache = Cache::new(Some(Duration::ZERO));
    let mut tasks = JoinSet::new();
    for number in 0..5 {
        let cache = cache.clone();
        tasks.spawn(async move {
            let compute = async || {
                sleep(milliseconds(10)).await;
                Ok::<_, Infallible>(number)
            };
            assert_eq!(cache.get_or_compute(1, compute).await, Ok(number));
        });
    }
    tasks.join_all().await;
    assert_eq!(clock.milliseconds(), 50);
}

/// A caller that computes a key alone, until it is dropped, by a cancellation too.
struct Alone<'a>(&'a AtomicUsize);

impl<'a> Alone<'a> {
    fn new(computing: &'a AtomicUsize) -> Self {
        assert_eq!(computing.fetch_add(1, SeqCst), 0);
        Self(computing)
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_several_threads_never_two_compute_one_key() {
    const KEYS: usize = 4;
    let cache: Cache<usize, usize> = Cache::bounded(2, Some(milliseconds(1)));
    let computing: Arc<[AtomicUsize; KEYS]> = Arc::default();
    let mut tasks = JoinSet::new();
    for seed in 0..200 {
        let (cache, computing) = (cache.clone(), Arc::clone(&computing));
        tasks.spawn(async move {
            let mut random = fastrand::Rng::with_seed(seed);
            for _ in 0..50 {
                let key = random.usize(..KEYS);
                let (outcome, yields) = (random.u8(..3), random.u8(..4));
                let computing = &computing[key];
                let compute = async || {
                    let _alone = Alone::new(computing);
                    for _ in 0..yields {
                        tokio::task::yield_now().await;
                    }
                    match outcome {
                        0 => Err(()),
                        1 => Ok(key),
                        // Cancelled with the turn in hand.
                        _ => pending().await,
                    }
                };
                if let Ok(Ok(value)) = timeout(milliseconds(1), cache.get_or_compute(key, compute)).await {
                    assert_eq!(value, key);
                }
            }
        });
    }
    timeout(Duration::from_mins(1), tasks.join_all()).await.expect("nobody waits for ever");
    for key in 0..KEYS {
        drop(timeout(milliseconds(100), cache.get(key)).await.expect("nobody has the turn any more"));
    }
}
