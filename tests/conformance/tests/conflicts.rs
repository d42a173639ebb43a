//! Stages that take several pools in conflicting orders: they all finish, whatever is cancelled or dropped meanwhile.
//!
//! Each seed makes pools, a number of runs that share them, and what becomes of each run. The stages count what they
//! hold.

use fastrand::Rng;
use std::{
    future::{Future, poll_fn},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::Poll,
    time::Duration,
};
use tokio::{
    sync::mpsc,
    task::{JoinSet, yield_now},
    time::timeout,
};
use workflow_runtime::{Failure, FailureKind, Pool, workflow};

/// A pool, and how many of its permits are in use.
#[derive(Clone)]
struct Watched {
    pool: Pool,
    used: Arc<AtomicUsize>,
}

/// A number of permits, in use until they are dropped.
struct Using(Arc<AtomicUsize>, usize);

impl Drop for Using {
    fn drop(&mut self) {
        self.0.fetch_sub(self.1, SeqCst);
    }
}

impl Watched {
    fn new(size: usize) -> Self {
        Self { pool: Pool::new(size), used: Arc::default() }
    }

    fn using(&self, permits: usize) -> Using {
        let used = self.used.fetch_add(permits, SeqCst) + permits;
        let using = Using(Arc::clone(&self.used), permits);
        assert!(used <= self.pool.size(), "{used} of {} permits are in use", self.pool.size());
        using
    }
}

/// The actions of one run.
#[derive(Clone, Copy)]
struct Plan {
    /// How many permits of each pool its stages ask for.
    permits: [usize; 3],
    /// How often each of them yields while it holds them.
    yields: usize,
}

#[derive(Clone)]
struct World([Watched; 3]);

impl World {
    fn pool(&self, number: usize) -> Pool {
        self.0[number].pool.clone()
    }

    /// Holds what its stage has taken of the pools named, for some time.
    async fn hold(&self, plan: Plan, pools: &[usize]) -> usize {
        let using: Vec<Using> = pools.iter().map(|&pool| self.0[pool].using(plan.permits[pool])).collect();
        for _ in 0..plan.yields {
            yield_now().await;
        }
        using.len()
    }

    /// Holds the permits, and fails the first attempt.
    async fn hold_twice(&self, plan: Plan, pools: &[usize], attempt: u32) -> Result<usize, String> {
        let held = self.hold(plan, pools).await;
        if attempt == 1 { Err("again".to_owned()) } else { Ok(held) }
    }
}

workflow! {
    workflow Conflicts(plan: Plan) -> usize with world: World, left: Pool, middle: Pool, right: Pool {
        #[acquire(left, plan.permits[0])]
        #[acquire(middle, plan.permits[1])]
        #[acquire(right, plan.permits[2])]
        stage forth: usize = world.hold(*plan, &[0, 1, 2]);

        #[acquire(right, plan.permits[2])]
        #[acquire(middle, plan.permits[1])]
        #[acquire(left, plan.permits[0])]
        stage back: usize = world.hold(*plan, &[2, 1, 0]);

        #[retry(1)]
        #[acquire(middle, plan.permits[1])]
        #[acquire(left, plan.permits[0])]
        stage again: usize = world.hold_twice(*plan, &[1, 0], ctx.attempt());

        #[spawn]
        #[acquire(right, plan.permits[2])]
        #[acquire(left, plan.permits[0])]
        stage away: usize = world.hold(*plan, &[2, 0]);

        stage items: Vec<usize> = for number in 0..4_usize {
            match number % 2 {
                0 => {
                    #[acquire(left, plan.permits[0])]
                    #[acquire(right, plan.permits[2])]
                    stage even: usize = world.hold(*plan, &[0, 2]);
                    even
                }
                _ => {
                    #[acquire(right, plan.permits[2])]
                    #[acquire(middle, plan.permits[1])]
                    stage odd: usize = world.hold(*plan, &[2, 1]);
                    odd
                }
            }
        };

        // A loser gives back the permits that it holds, or gives up waiting.
        stage raced: usize = race {
            {
                #[acquire(middle, plan.permits[1])]
                #[acquire(right, plan.permits[2])]
                stage one: usize = world.hold(*plan, &[1, 2]);
                one
            },
            {
                #[acquire(right, plan.permits[2])]
                #[acquire(middle, plan.permits[1])]
                stage other: usize = world.hold(*plan, &[2, 1]);
                other
            },
        };
        forth + back + again + away + items.iter().sum::<usize>() + raced
    }

    workflow Everything() -> usize with world: World, left: Pool, middle: Pool, right: Pool {
        #[acquire(middle, middle.size())]
        #[acquire(left, left.size())]
        #[acquire(right, right.size())]
        stage all: usize = world.0.iter().map(|watched| watched.used.load(SeqCst)).sum::<usize>();
        all
    }
}

/// Says when it has begun, and ends when it is told to.
#[derive(Clone)]
struct Gate {
    begun: mpsc::UnboundedSender<()>,
    end: Arc<Mutex<std::sync::mpsc::Receiver<()>>>,
}

impl Gate {
    fn pass(&self) {
        self.begun.send(()).unwrap();
        self.end.lock().unwrap().recv().unwrap();
    }
}

workflow! {
    workflow Blocked() with gate: Gate, pool: Pool {
        #[blocking]
        #[acquire(pool)]
        stage passed = gate.pass();
    }
}

/// Permits that the stages of a run hold together, by the number in each stage.
const HELD: usize = 3 + 3 + 2 + 2 + 4 * 2 + 2;

/// The end of a run.
#[derive(Clone, Copy)]
enum Fate {
    Ends,
    IsCancelled(usize),
    IsDropped(usize),
}

async fn fated(workflow: Conflicts, plan: Plan, fate: Fate) -> Option<Result<usize, Failure>> {
    match fate {
        Fate::Ends => Some(workflow.run(plan).await),
        Fate::IsCancelled(yields) => {
            let handle = workflow.start(plan);
            for _ in 0..yields {
                yield_now().await;
            }
            handle.cancel();
            Some(handle.await)
        }
        Fate::IsDropped(polls) => {
            let mut run = Box::pin(workflow.run(plan));
            let mut left = polls;
            poll_fn(|context| match run.as_mut().poll(context) {
                Poll::Ready(ended) => Poll::Ready(Some(ended)),
                Poll::Pending if left == 0 => Poll::Ready(None),
                Poll::Pending => {
                    left -= 1;
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
            })
            .await
        }
    }
}

async fn conflict(seed: u64) {
    let mut random = Rng::with_seed(seed);
    let world = World(std::array::from_fn(|_| Watched::new(random.usize(1..=3))));
    let pools = || (world.pool(0), world.pool(1), world.pool(2));
    let (left, middle, right) = pools();
    let workflow = Conflicts::new(world.clone(), left, middle, right);
    let mut runs = JoinSet::new();
    for _ in 0..random.usize(1..=3) {
        let plan = Plan {
            permits: std::array::from_fn(|pool| random.usize(1..=world.0[pool].pool.size())),
            yields: random.usize(0..4),
        };
        let fate = match random.u8(0..4) {
            0 => Fate::IsCancelled(random.usize(0..20)),
            1 => Fate::IsDropped(random.usize(0..20)),
            _ => Fate::Ends,
        };
        runs.spawn(fated(workflow.clone(), plan, fate));
    }
    while let Some(ended) = runs.join_next().await {
        match ended.expect("no run panics") {
            None => {}
            Some(Ok(held)) => assert_eq!(held, HELD, "seed {seed}"),
            Some(Err(failure)) => {
                assert_eq!(failure.kind(), FailureKind::Cancelled, "seed {seed}: {failure:#}");
            }
        }
    }
    let (left, middle, right) = pools();
    let used = Everything::new(world.clone(), left, middle, right).run().await;
    assert_eq!(used.expect("it gets all permits"), 0, "seed {seed}");
    for Watched { pool, used } in &world.0 {
        assert_eq!((pool.available(), used.load(SeqCst)), (pool.size(), 0), "seed {seed}");
    }
}

#[tokio::test]
async fn a_blocking_call_keeps_its_permits_until_it_ends() {
    let (begun, mut has_begun) = mpsc::unbounded_channel();
    let (end, ends) = std::sync::mpsc::channel();
    let pool = Pool::new(1);
    let gate = Gate { begun, end: Arc::new(Mutex::new(ends)) };
    let run = tokio::spawn(Blocked::new(gate, pool.clone()).run());
    has_begun.recv().await.unwrap();
    run.abort();
    assert!(run.await.unwrap_err().is_cancelled());
    assert_eq!(pool.available(), 0);
    end.send(()).unwrap();
    drop(pool.acquire(1).await.unwrap());
    assert_eq!(pool.available(), 1);
}

const SEEDS: u64 = 1_000;

/// Far longer than the work takes. With paused time it passes at once if no task can go on.
const LONG: Duration = Duration::from_mins(1);

#[tokio::test(start_paused = true)]
async fn none_is_stuck_on_one_thread() {
    for seed in 0..SEEDS {
        timeout(LONG, conflict(seed)).await.unwrap_or_else(|_| panic!("seed {seed} is stuck"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn none_is_stuck_on_several_threads() {
    for seed in 0..SEEDS {
        let conflict = tokio::spawn(conflict(seed));
        timeout(LONG, conflict).await.unwrap_or_else(|_| panic!("seed {seed} is stuck")).unwrap();
    }
}
