//! How stages run: retry, fallback, catch; in `limits.rs` their times, in `shared.rs` what runs share.
#![allow(
    clippy::large_futures,
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_async,
    clippy::let_underscore_untyped,
    reason = "what users write is not the point here"
)]

mod limits;
mod shared;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::Instant;
use workflow_runtime::{Failure, FailureKind, Pool, workflow};

#[derive(Debug, PartialEq)]
enum Problem {
    Busy,
    Gone,
}
impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{self:?}")
    }
}
impl std::error::Error for Problem {}
fn busy(problem: &Problem) -> bool {
    *problem == Problem::Busy
}

#[derive(Default)]
struct Service {
    calls: AtomicU32,
    /// Calls that fail first.
    flaky: u32,
    /// Duration of each call.
    takes: Duration,
}
impl Service {
    async fn call(&self) -> Result<u32, Problem> {
        let call = self.calls.fetch_add(1, Relaxed) + 1;
        tokio::time::sleep(self.takes).await;
        if call <= self.flaky { Err(Problem::Busy) } else { Ok(call) }
    }
    async fn gone(&self) -> Result<u32, Problem> {
        self.calls.fetch_add(1, Relaxed);
        Err(Problem::Gone)
    }
}

workflow! {
    workflow Retrying() -> u32 with service: Service {
        #[retry(3, exponential(100ms..300ms), jitter = none)]
        #[timeout(1s)]
        stage called: u32 = service.call();
        called
    }
    workflow Judging() -> u32 with service: Service {
        #[retry(3, fixed(10ms), if = busy)]
        stage called: u32 = service.gone();
        called
    }
    workflow Falling() -> u32 with service: Service {
        #[retry(1)]
        #[fallback(if failure.attempts() == 2 { 7 } else { 8 })]
        stage called: u32 = service.call();
        called
    }
    workflow FallingAndCatching(falls: bool) -> String with service: Service {
        #[catch]
        #[retry(1)]
        #[fallback(if *falls { fail failure } else { failure.attempts() })]
        stage called: Result<u32, Failure> = service.call();
        match called {
            Ok(value) => format!("fell back on {value}"),
            Err(why) => format!("{why:#}"),
        }
    }
    #[fallback(99)]
    workflow CatchesInstead() -> u32 with service: Service {
        stage falls: u32 = service.gone();
        #[catch]
        #[after(falls)]
        stage caught: Result<u32, Problem> = service.gone();
        falls + u32::from(caught.is_err())
    }
    workflow Catching() -> (String, Result<u32, Problem>) with service: Service {
        #[catch]
        stage _own: Result<u32, Problem> = service.gone();
        #[catch]
        stage every: Result<u32, Failure> = { stage inner: u32 = service.gone(); inner };
        #[catch]
        stage panicked: Result<u32, Failure> = panic!("at the disco");
        let text: String = format!("{:#} {:#}", every.as_ref().unwrap_err(), panicked.as_ref().unwrap_err());
        #[catch]
        #[retry(2)]
        stage again: Result<u32, Problem> = service.gone();
        #[after(again)]
        stage waited = sleep(3s);
        match again { Ok(_) => fail "no", Err(_) => (text.clone(), Err(Problem::Gone)) }
    }
}

#[tokio::test(start_paused = true)]
async fn retries_wait_as_told() {
    let start = Instant::now();
    let value = Retrying::new(Service { flaky: 3, ..Service::default() }).run().await.unwrap();
    assert_eq!(value, 4);
    assert_eq!(start.elapsed().as_millis(), 100 + 200 + 300);
    let failure = Retrying::new(Service { flaky: 9, ..Service::default() }).run().await.unwrap_err();
    assert_eq!((failure.attempts(), failure.kind()), (4, FailureKind::Error));
    assert_eq!(failure.downcast_ref::<Problem>(), Some(&Problem::Busy));
    let failure =
        Retrying::new(Service { takes: Duration::from_secs(2), ..Service::default() }).run().await.unwrap_err();
    assert_eq!((failure.attempts(), failure.kind()), (4, FailureKind::Timeout));
}

#[tokio::test(start_paused = true)]
async fn rules_judge() {
    let failure = Judging::new(Service::default()).run().await.unwrap_err();
    assert_eq!(failure.attempts(), 1);
    assert_eq!(Falling::new(Service { flaky: 9, ..Service::default() }).run().await.unwrap(), 7);
    assert_eq!(Falling::new(Service { flaky: 1, ..Service::default() }).run().await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn catches() {
    let start = Instant::now();
    let (text, own) = Catching::new(Service::default()).run().await.unwrap();
    assert_eq!(
        text,
        "stage 'inner' of workflow 'Catching' failed: Gone stage 'panicked' of workflow 'Catching' panicked: at the disco"
    );
    assert_eq!(own, Err(Problem::Gone));
    assert_eq!(start.elapsed().as_secs(), 3);
}
workflow! {
    workflow Tolerant(numbers: Vec<u32>, allowed: u32) -> (usize, String) {
        #[catch]
        #[tolerate(*allowed)]
        #[concurrency(1)]
        stage checked: Vec<Result<u32, Failure>> = for number in numbers {
            stage one: u32 = if *number == 0 { panic!("zero") } else { Ok::<u32, String>(*number) };
            one
        };
        #[catch]
        #[tolerate(50%)]
        stage odd: Vec<Result<u32, Failure>> = for number in numbers {
            number.checked_sub(1).ok_or("zero again")
        };
        let good: usize = checked.iter().flatten().count() + odd.iter().flatten().count();
        (*good, checked.iter().filter_map(|ended| ended.as_ref().err()).map(|why| format!("{why:#}")).collect::<String>())
    }
}

#[tokio::test(start_paused = true)]
async fn some_items_may_fail() {
    let (good, why) = Tolerant::new().run(vec![1, 0, 2], 1).await.unwrap();
    assert_eq!((good, why.as_str()), (4, "stage 'one' of workflow 'Tolerant' panicked: zero"));
    let failure = Tolerant::new().run(vec![1, 0, 0, 2], 1).await.unwrap_err();
    assert_eq!((failure.stage(), failure.kind()), (Some("checked"), FailureKind::ToleranceExceeded));
}

fn late(failure: &Failure) -> bool {
    failure.kind() == FailureKind::Timeout
}

impl Service {
    fn call_now(&self) -> Result<u32, Problem> {
        let call = self.calls.fetch_add(1, Relaxed) + 1;
        if call <= self.flaky { Err(Problem::Busy) } else { Ok(call) }
    }
    /// On which thread.
    fn thread(&self) -> Result<std::thread::ThreadId, Problem> {
        self.call_now().map(|_| std::thread::current().id())
    }
}

type Thread = std::thread::ThreadId;

workflow! {
    workflow Elsewhere() -> (Result<Thread, Problem>, Result<Thread, Problem>) with service: Service {
        #[catch]
        #[blocking]
        stage blocked: Result<Thread, Problem> = service.thread();
        #[after(blocked)]
        #[catch]
        #[spawn]
        stage spawned: Result<Thread, Problem> = async { tokio::task::yield_now().await; service.thread() };
        (blocked.as_ref().map_or(Err(Problem::Busy), |id| Ok(*id)), spawned.as_ref().map_or(Err(Problem::Busy), |id| Ok(*id)))
    }
    workflow JudgedElsewhere() -> (u32, u32) with service: Service {
        #[retry(2, if = busy)]
        #[blocking]
        stage blocked: u32 = service.call_now();
        #[after(blocked)]
        #[retry(2, if = busy)]
        #[spawn]
        stage spawned: u32 = service.gone();
        (*blocked, *spawned)
    }
    workflow JudgedBlock(gone: bool) -> u32 with service: Service {
        #[retry(2, if = busy)]
        stage block: u32 = {
            stage inner: u32 = if *gone { service.gone() } else { service.call() };
            inner
        };
        block
    }
    workflow JudgedRace() -> u32 with service: Service {
        #[retry(4, if = busy)]
        #[spawn]
        stage raced: u32 = race { service.call(), { stage slow: u32 = service.call(); slow } };
        raced
    }
    workflow OnlyTimeouts() -> u32 with service: Service {
        #[retry(3, if = late)]
        stage block: u32 = {
            #[timeout(100ms)]
            stage inner: u32 = service.call();
            inner
        };
        block
    }
}

#[tokio::test]
async fn an_own_error_is_caught_wherever_the_stage_runs() {
    let (blocked, spawned) = Elsewhere::new(Service::default()).run().await.unwrap();
    assert_ne!(blocked.unwrap(), std::thread::current().id());
    spawned.unwrap();
    let (blocked, spawned) = Elsewhere::new(Service { flaky: 1, ..Service::default() }).run().await.unwrap();
    assert_eq!(blocked, Err(Problem::Busy));
    spawned.unwrap();
    let (blocked, spawned) = Elsewhere::new(Service { flaky: 2, ..Service::default() }).run().await.unwrap();
    assert_eq!((blocked, spawned), (Err(Problem::Busy), Err(Problem::Busy)));
}

#[tokio::test]
async fn rules_judge_wherever_the_stage_runs() {
    let failure = JudgedElsewhere::new(Service { flaky: 2, ..Service::default() }).run().await.unwrap_err();
    assert_eq!((failure.stage(), failure.attempts()), (Some("spawned"), 1));
    let failure = JudgedElsewhere::new(Service { flaky: 9, ..Service::default() }).run().await.unwrap_err();
    assert_eq!((failure.stage(), failure.attempts()), (Some("blocked"), 3));
    let failure = JudgedRace::new(Service { flaky: 99, ..Service::default() }).run().await.unwrap_err();
    assert_eq!((failure.stage(), failure.attempts()), (Some("raced"), 5));
}

#[tokio::test(start_paused = true)]
async fn rules_judge_what_a_block_failed_with() {
    assert_eq!(JudgedBlock::new(Service { flaky: 2, ..Service::default() }).run(false).await.unwrap(), 3);
    let judged = JudgedBlock::new(Service { flaky: 5, ..Service::default() });
    assert_eq!(judged.run(false).await.unwrap_err().downcast_ref::<Problem>(), Some(&Problem::Busy)); // 3 calls,
    assert_eq!(judged.run(true).await.unwrap_err().downcast_ref::<Problem>(), Some(&Problem::Gone)); // one,
    assert_eq!(judged.run(false).await.unwrap(), 6); // and two.
}

#[tokio::test(start_paused = true)]
async fn timeouts_alone_are_tried_again() {
    let start = Instant::now();
    let slow = OnlyTimeouts::new(Service { takes: Duration::from_secs(1), ..Service::default() });
    assert_eq!(slow.run().await.unwrap_err().kind(), FailureKind::Timeout);
    assert_eq!(start.elapsed().as_millis(), 400);
    let start = Instant::now();
    let flaky = OnlyTimeouts::new(Service { flaky: 1, takes: Duration::from_millis(10), ..Service::default() });
    assert_eq!(flaky.run().await.unwrap_err().kind(), FailureKind::Error);
    assert_eq!(start.elapsed().as_millis(), 10);
}

fn gone(problem: &Problem) -> bool {
    *problem == Problem::Gone
}

impl Service {
    /// Busy, gone, busy, gone..
    async fn in_turn(&self) -> Result<u32, Problem> {
        if self.calls.fetch_add(1, Relaxed).is_multiple_of(2) { Err(Problem::Busy) } else { Err(Problem::Gone) }
    }
}

workflow! {
    workflow InTurn() -> u32 with service: Service {
        #[retry(1, fixed(1s), if = busy)]
        #[retry(9, fixed(10s), if = gone)]
        #[retry(9, fixed(1min))]
        stage called: u32 = service.in_turn();
        called
    }
    workflow Undoes() with service: Service {
        #[undo(service.in_turn_undone(), retry(9, fixed(1s), if = busy))]
        stage done = ();
        #[after(done)]
        stage bad = fail "no";
    }
}

impl Service {
    async fn in_turn_undone(&self) -> Result<(), Problem> {
        self.in_turn().await.map(drop)
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_rule_whose_if_holds_counts() {
    let start = Instant::now();
    let failure = InTurn::new(Service::default()).run().await.unwrap_err();
    // Busy, 1 s, gone, 10 s, busy: the first rule is spent, and the last is not asked.
    assert_eq!((failure.attempts(), start.elapsed().as_secs()), (3, 11));
    let failure = Undoes::new(Service::default()).run().await.unwrap_err();
    let undone = &failure.undo_failures()[0];
    assert_eq!((undone.attempts(), undone.downcast_ref()), (2, Some(&Problem::Gone)));
}

#[tokio::test(start_paused = true)]
async fn a_fallback_comes_first_and_its_failure_is_caught() {
    let both = FallingAndCatching::new(Service { flaky: 9, ..Service::default() });
    assert_eq!(both.run(false).await.unwrap(), "fell back on 2");
    let said = both.run(true).await.unwrap();
    assert_eq!(said, "stage 'called' of workflow 'FallingAndCatching' failed after 2 attempts: Busy");
    assert_eq!(CatchesInstead::new(Service::default()).run().await.unwrap(), 100);
}

workflow! {
    workflow FinalRace(final_ones: u32) -> u32 with service: Service {
        #[retry(2)]
        stage raced: u32 = race {
            { stage first: u32 = if *final_ones > 0 { fail "final" } else { service.call() }; first },
            { stage second: u32 = if *final_ones > 1 { panic!("final, too") } else { service.call() }; second },
        };
        raced
    }
    workflow FinalQuorum(final_ones: u32) -> Vec<u32> with service: Service {
        #[retry(2)]
        stage reached: Vec<u32> = quorum(2) for number in 0..3u32 {
            stage one: u32 = if *number < *final_ones { fail "final" } else { service.call() };
            one
        };
        reached
    }
}

#[tokio::test(start_paused = true)]
async fn a_race_whose_members_have_failed_for_good_is_not_tried_again() {
    let attempts = async |ones: u32| {
        let busy = || Service { flaky: 99, ..Service::default() };
        let race = FinalRace::new(busy()).run(ones).await.unwrap_err();
        let quorum = FinalQuorum::new(busy()).run(ones).await.unwrap_err();
        assert_eq!((race.kind(), quorum.kind()), (FailureKind::QuorumFailed, FailureKind::QuorumFailed));
        (race.attempts(), quorum.attempts())
    };
    assert_eq!(attempts(0).await, (3, 3));
    assert_eq!(attempts(1).await, (3, 3)); // The others might still do it.
    assert_eq!(attempts(2).await, (1, 1));
}

workflow! {
    #[retry(2)]
    #[acquire(desks)]
    workflow DefaultsInside(numbers: Vec<u32>) -> u32 with service: Arc<Service>, desks: Pool {
        // The `for` contains no stage: the expression of its items is its own.
        stage first: Vec<u32> = for number in numbers { async { service.call().await.map(|call| call + number) } };
        stage block: u32 = {
            stage middle: u32 = match first.len() {
                0 => { stage inner: u32 = service.call(); inner },
                _ => 0,
            };
            middle
        };
        block
    }
}

#[tokio::test(start_paused = true)]
async fn a_default_is_not_multiplied_by_blocks() {
    for (numbers, stage) in [(vec![], "inner"), (vec![1], "first")] {
        let service = Arc::new(Service { flaky: 99, ..Service::default() });
        let failing = DefaultsInside::new(Arc::clone(&service), Pool::new(1));
        let failure = failing.run(numbers).await.unwrap_err();
        assert_eq!((failure.stage(), failure.attempts(), service.calls.load(Relaxed)), (Some(stage), 3, 3));
    }
    let service = Arc::new(Service { flaky: 2, ..Service::default() });
    assert_eq!(DefaultsInside::new(service, Pool::new(1)).run(vec![]).await.unwrap(), 3);
}
