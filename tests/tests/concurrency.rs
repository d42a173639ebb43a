//! Concurrency is real, and bounded where a bound is set.
#![deny(warnings)]
use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread::ThreadId,
};
use tokio::{sync::Notify, task::yield_now};
use workflow_runtime::workflow;

/// Two sides, each of which goes on only once it has seen the other.
#[derive(Default)]
struct Meeting {
    here: [AtomicBool; 2],
    arrived: [Notify; 2],
    threads: Mutex<Vec<ThreadId>>,
}

impl Meeting {
    async fn meet(&self, side: usize) -> u32 {
        self.arrived[side].notify_one();
        self.arrived[1 - side].notified().await;
        1
    }
    /// On the CPU: gives its thread only to the operating system.
    fn spin(&self, side: usize) -> u32 {
        self.here[side].store(true, SeqCst);
        self.threads.lock().unwrap().push(std::thread::current().id());
        while !self.here[1 - side].load(SeqCst) {
            std::thread::yield_now();
        }
        1
    }
    async fn spin_later(&self, side: usize) -> u32 {
        std::future::ready(()).await;
        self.spin(side)
    }
    fn used_two_threads(&self) -> bool {
        let threads = self.threads.lock().unwrap();
        threads.len() == 2 && threads[0] != threads[1]
    }
}

workflow! {
    workflow Join() -> u32 with meeting: Meeting {
        stage left: u32 = meeting.meet(0);
        stage right: u32 = meeting.meet(1);
        left + right
    }
    workflow LongJoin() -> u32 with meeting: Meeting {
        stage start: u32 = 0;
        stage l1: u32 = start + 1;
        stage l2: u32 = meeting.meet(l1.saturating_sub(1) as usize);
        stage r1: u32 = async { yield_now().await; *start };
        stage r2: u32 = meeting.meet(*r1 as usize + 1);
        stage others: Vec<u32> = for item in 0..3u32 { *item };
        l2 + r2 + others.len() as u32 - 3
    }
    workflow Graph() -> u32 with meeting: Meeting {
        // An N, which no nest of joins expresses.
        stage a: u32 = 0;
        stage b: u32 = 0;
        stage left: u32 = meeting.meet(*a as usize);
        stage right: u32 = meeting.meet((a + b) as usize + 1);
        left + right
    }
    workflow Wide() -> u32 with meeting: Meeting {
        stage w1: u32 = meeting.meet(0);
        stage w2: u32 = 0; stage w3: u32 = 0; stage w4: u32 = 0; stage w5: u32 = 0; stage w6: u32 = 0; stage w7: u32 = 0;
        stage w8: u32 = 0; stage w9: u32 = 0; stage w10: u32 = 0; stage w11: u32 = 0; stage w12: u32 = 0; stage w13: u32 = 0;
        stage w14: u32 = meeting.meet(1);
        w1 + w2 + w3 + w4 + w5 + w6 + w7 + w8 + w9 + w10 + w11 + w12 + w13 + w14
    }
    workflow Blocks() -> u32 with meeting: Meeting {
        stage one: u32 = { stage left: u32 = { stage deeper: u32 = meeting.meet(0); deeper }; left };
        stage other: u32 = if *one == *one && false { 0 } else { stage right: u32 = 0; right };
        stage another: u32 = match 1 { 1 => { stage arm: u32 = seq { stage first = (); stage second: u32 = meeting.meet(1); second }; arm }, _ => 0 };
        one + other + another
    }
    workflow Rounds() -> u32 with meeting: Meeting {
        stage one: u32 = loop round: u32 = 0 {
            stage next: u32 = async { if *round == 2 { meeting.meet(0).await } else { yield_now().await; 0 } };
            if *round == 2 { break next } else { continue *round + 1 }
        };
        stage other: u32 = meeting.meet(1);
        one + other
    }
    workflow Items() -> u32 with meeting: Meeting {
        stage both: Vec<u32> = for side in [0usize, 1] { meeting.meet(*side) };
        both.iter().sum::<u32>()
    }
    workflow NestedItems() -> u32 with meeting: Meeting {
        stage both: Vec<Vec<u32>> = for outer in [0usize, 1] { for inner in [0usize, 1] {
            stage here: u32 = async { if *inner == 1 { meeting.meet(*outer).await } else { 0 } };
            here
        } };
        both.iter().flatten().sum::<u32>()
    }
    workflow Racers() -> u32 with meeting: Meeting {
        stage first: u32 = race {
            { stage left: u32 = meeting.meet(0); stage never: u32 = std::future::pending::<u32>(); left + never },
            { stage right: u32 = meeting.meet(1); right + 1 },
        };
        first
    }
    workflow Quorum() -> u32 with meeting: Meeting {
        stage both: Vec<u32> = quorum(2) { meeting.meet(1), meeting.meet(0) };
        both.iter().sum::<u32>()
    }
    workflow Spawned() -> u32 with meeting: Meeting {
        #[spawn]
        stage left: u32 = meeting.spin_later(0);
        #[spawn]
        stage right: u32 = meeting.spin(1);
        left + right
    }
    workflow SpawnedBlocks() -> u32 with meeting: Meeting {
        #[spawn]
        stage left: u32 = { stage l1: u32 = meeting.spin_later(0); l1 };
        stage right: u32 = { #[spawn] stage r1: u32 = { stage r2: u32 = meeting.spin(1); r2 }; r1 };
        left + right
    }
    workflow SpawnedItems() -> u32 with meeting: Meeting {
        stage both: Vec<u32> = for side in 0..2usize { #[spawn] stage one: u32 = meeting.spin(*side); one };
        both.iter().sum::<u32>()
    }
    workflow Blocking() -> u32 with meeting: Meeting {
        #[blocking]
        stage left: u32 = meeting.spin(0);
        #[blocking]
        stage right: u32 = meeting.spin(1);
        left + right
    }
    workflow BlockingAndNot() -> u32 with meeting: Meeting {
        #[blocking]
        stage left: u32 = meeting.spin(0);
        stage right: u32 = async { while !meeting.here[0].load(SeqCst) { yield_now().await; } meeting.spin(1) };
        left + right
    }
    workflow BlockingItems() -> u32 with meeting: Meeting {
        stage both: Vec<u32> = for side in 0..2usize { #[blocking] stage one: u32 = meeting.spin(*side); one };
        both.iter().sum::<u32>()
    }
}

#[tokio::test]
async fn stages_that_nothing_connects_wait_for_each_other() {
    macro_rules! meets {
        ($($Workflow:ident)*) => { $(
            assert_eq!($Workflow::new(Meeting::default()).run().await.unwrap(), 2, stringify!($Workflow));
            assert_eq!($Workflow::new(Meeting::default()).start().await.unwrap(), 2, stringify!($Workflow));
        )* };
    }
    meets!(Join LongJoin Graph Wide Blocks Rounds Items NestedItems Racers Quorum);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spawned_stages_use_two_threads() {
    macro_rules! two_threads {
        ($($Workflow:ident)*) => { $(
            // Two runs that share their services.
            let workflow = $Workflow::new(Meeting::default());
            assert_eq!(workflow.start().await.unwrap(), 2, stringify!($Workflow));
            // Not from the test's own thread: that one is no worker, but it only waits here.
            let workflow = $Workflow::new(Meeting::default());
            assert_eq!(workflow.run().await.unwrap(), 2, stringify!($Workflow));
        )* };
    }
    two_threads!(Spawned SpawnedBlocks SpawnedItems Blocking BlockingItems BlockingAndNot);
}

workflow! {
    workflow SpawnedThreads() -> bool with meeting: Meeting {
        #[spawn]
        stage left: u32 = meeting.spin(0);
        #[spawn]
        stage right: u32 = meeting.spin(1);
        #[after(left, right)]
        stage two: bool = meeting.used_two_threads();
        *two
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_cpu_bound_stages_use_two_threads() {
    assert!(SpawnedThreads::new(Meeting::default()).run().await.unwrap());
}

#[tokio::test]
async fn blocking_stages_leave_a_single_thread_alone() {
    assert_eq!(Blocking::new(Meeting::default()).run().await.unwrap(), 2);
    assert_eq!(BlockingItems::new(Meeting::default()).run().await.unwrap(), 2);
    assert_eq!(BlockingAndNot::new(Meeting::default()).run().await.unwrap(), 2);
}

/// How many are inside at once.
#[derive(Default)]
struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
    total: AtomicUsize,
    /// All wait until this number is inside, or, when none is left to come, forever: a bound that is not reached hangs.
    open_at: usize,
    opened: Notify,
}

impl Gauge {
    fn opening_at(open_at: usize) -> Self {
        Self { open_at, ..Self::default() }
    }
    async fn inside(&self) -> u32 {
        self.total.fetch_add(1, SeqCst);
        let now = self.now.fetch_add(1, SeqCst) + 1;
        self.most.fetch_max(now, SeqCst);
        let opened = self.opened.notified();
        if now >= self.open_at {
            self.opened.notify_waiters();
        } else if self.most.load(SeqCst) < self.open_at {
            opened.await;
        }
        yield_now().await;
        self.now.fetch_sub(1, SeqCst);
        1
    }
    fn seen(&self) -> (usize, usize, usize) {
        (self.most.load(SeqCst), self.total.load(SeqCst), self.now.load(SeqCst))
    }
}

workflow! {
    workflow Bounded(items: usize, bound: usize) -> (usize, usize, usize) with gauge: Gauge {
        #[concurrency(*bound)]
        stage all: Vec<u32> = for _item in 0..*items {
            stage before = ();
            #[after(before)]
            stage inside: u32 = gauge.inside();
            inside
        };
        #[after(all)]
        stage seen: (usize, usize, usize) = gauge.seen();
        seen
    }
    workflow Default32(items: usize) -> (usize, usize, usize) with gauge: Gauge {
        stage all: Vec<u32> = for _item in 0..*items { gauge.inside() };
        #[after(all)]
        stage seen: (usize, usize, usize) = gauge.seen();
        seen
    }
    workflow OneAtATime(items: Vec<String>) -> (usize, usize, usize, String) with gauge: Gauge, order: Mutex<String> {
        #[concurrency(1)]
        stage all: Vec<u32> = for item in items { async { order.lock().unwrap().push_str(item); gauge.inside().await } };
        #[after(all)]
        stage seen: (usize, usize, usize) = gauge.seen();
        (seen.0, seen.1, seen.2, order.lock().unwrap().clone())
    }
    workflow InAnArm(items: usize) -> (usize, usize, usize) with gauge: Gauge {
        stage all: Vec<u32> = match *items {
            0 => Vec::new(),
            _ => #[concurrency(3)] for _item in 0..*items { gauge.inside() },
        };
        #[after(all)]
        stage seen: (usize, usize, usize) = gauge.seen();
        seen
    }
    workflow AtOnce(items: u64) -> u64 {
        stage squares: Vec<u64> = for item in 0..*items { stage square: u64 = *item * *item; square };
        #[concurrency(1)]
        stage sums: Vec<u64> = for one in squares { one + 1 };
        #[concurrency(1_000_000)]
        stage later: Vec<u64> = for sum in sums { async { yield_now().await; *sum } };
        stage empty: Vec<u64> = for _none in 0..0 { 5u64 };
        later.iter().sum::<u64>() + empty.len() as u64
    }
}

#[tokio::test]
async fn a_for_never_exceeds_its_bound_and_reaches_it() {
    for (items, bound) in [(10, 3), (100, 7), (3, 3), (1_000, 100), (10_000, 999), (50, 1), (2, 2)] {
        let run = Bounded::new(Gauge::opening_at(bound)).run(items, bound);
        assert_eq!(run.await.unwrap(), (bound, items, 0));
    }
    // More room than items: all at once.
    for (items, bound) in [(4, 5), (1, 10), (300, usize::MAX)] {
        let run = Bounded::new(Gauge::opening_at(items)).run(items, bound);
        assert_eq!(run.await.unwrap(), (items, items, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_on_several_threads() {
    let run = Bounded::new(Gauge::opening_at(20)).start(1_000, 20);
    assert_eq!(run.await.unwrap(), (20, 1_000, 0));
}

#[tokio::test]
async fn a_for_without_a_bound_runs_32_at_once() {
    assert_eq!(Default32::new(Gauge::opening_at(32)).run(500).await.unwrap(), (32, 500, 0));
    assert_eq!(Default32::new(Gauge::opening_at(31)).run(31).await.unwrap(), (31, 31, 0));
    assert_eq!(Default32::new(Gauge::opening_at(0)).run(0).await.unwrap(), (0, 0, 0));
}

#[tokio::test]
async fn one_at_a_time_is_in_order() {
    let items = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
    let run = OneAtATime::new(Gauge::opening_at(1), Mutex::default()).run(items);
    assert_eq!(run.await.unwrap(), (1, 4, 0, "abcd".to_owned()));
}

#[tokio::test]
async fn a_for_that_is_an_arm_has_its_own_bound() {
    assert_eq!(InAnArm::new(Gauge::opening_at(3)).run(10).await.unwrap(), (3, 10, 0));
}

#[tokio::test]
async fn items_that_end_at_once_make_room_at_once() {
    let expected = |items: u64| (0..items).map(|item| item * item + 1).sum::<u64>();
    for items in [0, 1, 32, 33, 10_000] {
        assert_eq!(AtOnce::new().run(items).await.unwrap(), expected(items));
    }
    assert_eq!(AtOnce::new().start(10_000).await.unwrap(), expected(10_000));
}
