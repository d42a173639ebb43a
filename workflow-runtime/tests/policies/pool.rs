use super::{Clock, milliseconds, settle};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    task::{JoinSet, yield_now},
    time::{sleep, timeout},
};
use workflow_runtime::policy::{Pool, PoolTooSmall, acquire_all};

/// Awaits a future that must be ready without a wait.
async fn at_once<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::ZERO, future).await.expect("it comes at once")
}

#[tokio::test(start_paused = true)]
async fn permits_are_given_out_and_come_back() {
    let pool = Pool::new(5);
    let three = pool.acquire(3).await.unwrap();
    assert_eq!((three.permits(), pool.available(), pool.size()), (3, 2, 5));
    let two = pool.clone().acquire(2).await.unwrap();
    assert_eq!(pool.available(), 0);
    assert!(timeout(milliseconds(10), pool.acquire(1)).await.is_err());
    drop(three);
    assert_eq!(pool.available(), 3);
    drop(two);
    assert_eq!(pool.available(), 5);
    assert_eq!(pool.acquire(0).await.unwrap().permits(), 0);
}

#[tokio::test(start_paused = true)]
async fn more_than_there_are_is_an_error_at_once() {
    let clock = Clock::start();
    let (small, large) = (Pool::new(2), Pool::new(10));
    let held = small.acquire(2).await.unwrap();
    let refused = small.acquire(3).await.unwrap_err();
    assert_eq!(refused, PoolTooSmall { wanted: 3, size: 2 });
    assert_eq!(refused.to_string(), "3 permits asked of a pool of 2");
    // Nothing is taken of the others, and nothing is waited for.
    let refused = at_once(acquire_all(&[(&large, 4), (&small, 3)])).await.unwrap_err();
    assert_eq!(refused, PoolTooSmall { wanted: 3, size: 2 });
    // What is asked of one pool in several places counts together.
    let refused = at_once(acquire_all(&[(&small, 1), (&large, 1), (&small.clone(), 2)])).await.unwrap_err();
    assert_eq!(refused, PoolTooSmall { wanted: 3, size: 2 });
    let refused = at_once(acquire_all(&[(&small, usize::MAX), (&small, usize::MAX)])).await.unwrap_err();
    assert_eq!(refused, PoolTooSmall { wanted: usize::MAX, size: 2 });
    assert_eq!(Pool::new(0).acquire(1).await.unwrap_err().to_string(), "1 permit asked of a pool of 0");
    assert_eq!((large.available(), clock.milliseconds()), (10, 0));
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn several_are_taken_and_given_back_together() {
    let (one, two) = (Pool::new(4), Pool::new(4));
    let permits = at_once(acquire_all(&[(&two, 1), (&one, 2), (&two, 2)])).await.unwrap();
    assert_eq!((permits.permits(), one.available(), two.available()), (5, 2, 1));
    drop(permits);
    assert_eq!((one.available(), two.available()), (4, 4));
    assert_eq!(acquire_all(&[]).await.unwrap().permits(), 0);
}

#[tokio::test(start_paused = true)]
async fn first_come_first_served_whatever_the_size() {
    let pool = Pool::new(3);
    let held = pool.acquire(2).await.unwrap();
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut tasks = JoinSet::new();
    for (number, permits) in [3, 1, 2, 1].into_iter().enumerate() {
        let (pool, order) = (pool.clone(), Arc::clone(&order));
        tasks.spawn(async move {
            let _permit = pool.acquire(permits).await.unwrap();
            order.lock().unwrap().push(number);
            sleep(milliseconds(10)).await;
        });
        settle().await;
    }
    assert_eq!(*order.lock().unwrap(), [0_usize; 0], "one is free, but the first in the queue wants three");
    drop(held);
    tasks.join_all().await;
    assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3]);
    assert_eq!(pool.available(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_waiter_leaks_nothing_and_blocks_nobody() {
    let pool = Pool::new(3);
    let held = pool.acquire(2).await.unwrap();
    let large = tokio::spawn(pool.acquire(3));
    settle().await;
    let small = tokio::spawn(pool.acquire(1));
    settle().await;
    assert!(!small.is_finished(), "it waits behind the large one");
    large.abort();
    assert!(large.await.is_err());
    let small = small.await.unwrap().unwrap();
    drop((held, small));
    assert_eq!(pool.available(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_is_cancelled_between_pools_gives_back_the_first() {
    let (one, two) = (Pool::new(2), Pool::new(2));
    let held = two.acquire(1).await.unwrap();
    assert!(timeout(milliseconds(10), acquire_all(&[(&two, 2), (&one, 2)])).await.is_err());
    assert_eq!((one.available(), two.available()), (2, 1));
    drop(held);
    assert_eq!(two.available(), 2);
}

#[tokio::test(start_paused = true)]
async fn dropped_at_each_poll_it_leaks_nothing() {
    let pools = [Pool::new(1), Pool::new(1), Pool::new(1)];
    let wanted = [(&pools[2], 1), (&pools[0], 1), (&pools[1], 1)];
    for busy in &pools {
        let held = busy.acquire(1).await.unwrap();
        let mut waiting = Box::pin(acquire_all(&wanted));
        assert!(timeout(Duration::ZERO, &mut waiting).await.is_err());
        // Its turn has come, and it is gone before it takes it.
        drop(held);
        drop(waiting);
        assert!(pools.iter().all(|pool| pool.available() == 1));
    }
}

#[test]
#[should_panic(expected = "a pool has at most")]
fn a_pool_that_is_too_large_is_refused() {
    let _ = Pool::new(usize::MAX);
}

/// A pool, and how many of its permits are in use.
#[derive(Clone)]
struct Watched {
    pool: Pool,
    used: Arc<AtomicUsize>,
}

impl Watched {
    fn new(size: usize) -> Self {
        Self { pool: Pool::new(size), used: Arc::default() }
    }

    fn take(&self, permits: usize) {
        let used = self.used.fetch_add(permits, SeqCst) + permits;
        assert!(used <= self.pool.size(), "{used} of {}", self.pool.size());
    }

    fn give(&self, permits: usize) {
        self.used.fetch_sub(permits, SeqCst);
    }
}

/// Tasks that each take several pools, several times, in an order of their own; some give up waiting. Whether all ended
/// within that time.
async fn conflict(seed: u64, in_order: bool, time: Duration) -> bool {
    let mut random = fastrand::Rng::with_seed(seed);
    let pools: Vec<Watched> = (0..random.usize(2..=4)).map(|_| Watched::new(random.usize(1..=3))).collect();
    let mut tasks = JoinSet::new();
    for _ in 0..random.usize(2..=8) {
        let (pools, mut random) = (pools.clone(), random.fork());
        tasks.spawn(async move {
            for _ in 0..random.usize(1..=4) {
                random_round(&pools, &mut random, in_order).await;
            }
        });
    }
    let all_ended = timeout(time, tasks.join_all()).await.is_ok();
    if all_ended {
        for Watched { pool, used } in &pools {
            assert_eq!((pool.available(), used.load(SeqCst)), (pool.size(), 0), "seed {seed}");
        }
    }
    all_ended
}

async fn random_round(pools: &[Watched], random: &mut fastrand::Rng, in_order: bool) {
    let mut wanted: Vec<(&Watched, usize)> =
        pools.iter().map(|watched| (watched, random.usize(1..=watched.pool.size()))).collect();
    random.shuffle(&mut wanted);
    wanted.truncate(random.usize(1..=pools.len()));
    let asked: Vec<(&Pool, usize)> = wanted.iter().map(|(watched, permits)| (&watched.pool, *permits)).collect();
    let (patience, yields) = (random.u8(..4), random.u8(..3));

    let mut one_by_one = Vec::new();
    let mut together = None;
    if in_order {
        let waiting = acquire_all(&asked);
        // One in four gives up after some polls; how many, the others decide.
        if patience == 0 {
            let patient = async {
                for _ in 0..yields {
                    yield_now().await;
                }
            };
            tokio::select! { biased; permits = waiting => together = Some(permits.unwrap()), () = patient => return }
        } else {
            together = Some(waiting.await.unwrap());
        }
    } else {
        for (pool, permits) in asked {
            one_by_one.push(pool.acquire(permits).await.unwrap());
            yield_now().await;
        }
    }
    for (watched, permits) in &wanted {
        watched.take(*permits);
    }
    for _ in 0..yields {
        yield_now().await;
    }
    for (watched, permits) in &wanted {
        watched.give(*permits);
    }
    drop((one_by_one, together));
}

const SEEDS: u64 = 1_000;
/// Far longer than the work takes. With paused time it passes at once if no task can go on.
const LONG: Duration = Duration::from_secs(20);

#[tokio::test(start_paused = true)]
async fn conflicting_orders_never_deadlock_on_one_thread() {
    for seed in 0..SEEDS {
        assert!(conflict(seed, true, LONG).await, "seed {seed} is stuck");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn conflicting_orders_never_deadlock_on_several_threads() {
    for seed in 0..SEEDS {
        assert!(conflict(seed, true, LONG).await, "seed {seed} is stuck");
    }
}

/// So that the two tests above are known to test something.
#[tokio::test(start_paused = true)]
async fn taken_one_by_one_in_those_orders_they_do() {
    let mut stuck = 0;
    for seed in 0..100 {
        stuck += u32::from(!conflict(seed, false, LONG).await);
    }
    assert!(stuck > 10, "{stuck}");
}
