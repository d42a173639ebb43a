//! Stages that are always ready yield to others, and their deadline passes; a wrong `size_hint` of items does no harm.
#![allow(
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_async,
    clippy::let_underscore_untyped,
    reason = "what users write is not the point here"
)]
use std::{
    future::poll_fn,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::time::Instant;
use workflow_runtime::{FailureKind, workflow};

fn refused(calls: &AtomicU32) -> Result<u32, String> {
    calls.fetch_add(1, Relaxed);
    Err("refused".to_owned())
}

fn counted(calls: &AtomicU32, count: &u32) -> u32 {
    calls.fetch_add(1, Relaxed);
    count.wrapping_add(1)
}

fn third(calls: &AtomicU32, k: &u64) -> Result<u32, &'static str> {
    calls.fetch_add(1, Relaxed);
    if *k == 3 { Ok(3) } else { Err("another") }
}

/// Says something else than it has.
struct Lying {
    left: u32,
    says: (usize, Option<usize>),
}
impl Lying {
    fn three(says: (usize, Option<usize>)) -> Self {
        Self { left: 3, says }
    }
}
impl Iterator for Lying {
    type Item = u32;
    fn next(&mut self) -> Option<u32> {
        self.left = self.left.checked_sub(1)?;
        Some(self.left)
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.says
    }
}

workflow! {
    workflow Refused() -> u32 with calls: Arc<AtomicU32> {
        #[deadline(50ms)]
        #[retry(2_000_000_000)]
        stage asked: u32 = refused(calls);
        asked
    }
    workflow RefusedIfAsked() -> u32 with calls: Arc<AtomicU32> {
        #[deadline(50ms)]
        #[retry(2_000_000_000, if = anything)]
        stage asked: u32 = refused(calls);
        asked
    }
    workflow RefusedBlock() -> u32 with calls: Arc<AtomicU32> {
        #[deadline(50ms)]
        #[retry(2_000_000_000)]
        stage asked: u32 = { stage inside: u32 = refused(calls); inside };
        asked
    }
    #[deadline(50ms)]
    workflow Rounds() -> u32 with calls: Arc<AtomicU32> {
        stage counted: u32 = loop count: u32 = 0 {
            stage more: u32 = counted(calls, count);
            if *count == u32::MAX { break count } else { continue more }
        };
        counted
    }
    workflow RoundsWithoutLimit() -> u32 with calls: Arc<AtomicU32> {
        stage counted: u32 = loop {
            stage more: u32 = calls.fetch_add(1, Relaxed);
            if *more == u32::MAX { break more } else { continue }
        };
        counted
    }
    workflow Beside() -> u32 with calls: Arc<AtomicU32> {
        stage first: u32 = select {
            endless: u32 = loop {
                stage more: u32 = calls.fetch_add(1, Relaxed);
                if *more == u32::MAX { break more } else { continue }
            } => *endless,
            sleep(20ms) => 7,
        };
        first
    }
    #[deadline(50ms)]
    workflow Items() -> usize with calls: Arc<AtomicU32> {
        stage all: Vec<u32> = for _k in 0..4_000_000_000_u32 { calls.fetch_add(1, Relaxed) };
        all.len()
    }
    workflow Members() -> u32 with calls: Arc<AtomicU32> {
        stage any: u32 = race for k in 0..1_000_000_000_000_u64 {
            third(calls, k)
        };
        any
    }
    #[deadline(50ms)]
    workflow NoMember() -> u32 with calls: Arc<AtomicU32> {
        stage any: u32 = race for _k in 0..1_000_000_000_000_u64 { refused(calls) };
        any
    }
    workflow Enough() -> usize {
        stage all: Vec<u64> = for k in 0..1_000_000_000_000_u64 { if *k == 3 { fail "enough" } else { *k } };
        all.len()
    }
    workflow Tolerant() -> usize {
        #[tolerate(2)]
        #[catch]
        stage all: Vec<Result<u64, workflow_runtime::Failure>> = for k in 0..1_000_000_000_000_u64 { fail format!("{k}") };
        all.len()
    }
    workflow Believing(says: (usize, Option<usize>)) -> u32 {
        stage each: Vec<u32> = for k in Lying::three(*says) { *k };
        #[tolerate(50%)]
        #[catch]
        stage some: Vec<Result<u32, workflow_runtime::Failure>> = for k in Lying::three(*says) { *k };
        stage any: u32 = race for k in Lying::three(*says) { *k };
        stage two: Vec<u32> = quorum(2) for k in Lying::three(*says) { *k };
        each.iter().sum::<u32>() * 1000 + u32::try_from(some.len()).unwrap_or(0) * 100 + any * 10 + two.iter().sum::<u32>()
    }
    workflow TooFew(says: (usize, Option<usize>)) -> usize with calls: Arc<AtomicU32> {
        stage four: Vec<u32> = quorum(4) for _k in Lying::three(*says) { calls.fetch_add(1, Relaxed) };
        four.len()
    }
}

fn anything(_: &String) -> bool {
    true
}

/// How often another task of the runtime gets its turn until `run` has ended; and what it ended with.
async fn turns<T: Send + 'static>(run: impl Future<Output = T> + Send + 'static) -> (u32, T) {
    let turns = Arc::<AtomicU32>::default();
    let counted = Arc::clone(&turns);
    let other = tokio::spawn(async move {
        loop {
            counted.fetch_add(1, Relaxed);
            tokio::task::yield_now().await;
        }
    });
    let ended = tokio::spawn(run).await.expect("ends");
    other.abort();
    (turns.load(Relaxed), ended)
}

macro_rules! ends_at_its_deadline {
    ($($name:ident $workflow:ident $least:literal)*) => {$(
        #[tokio::test]
        async fn $name() {
            let calls = Arc::<AtomicU32>::default();
            let (turns, ended) = turns($workflow::new(Arc::clone(&calls)).run()).await;
            assert_eq!(ended.unwrap_err().kind(), FailureKind::Deadline);
            let calls = calls.load(Relaxed);
            assert!(calls > 0 && calls < 2_000_000_000);
            // The other task is not counted on for more than its share.
            assert!(turns >= calls / $least, "{turns} turns in {calls} calls");
        }
    )*};
}
ends_at_its_deadline! {
    attempts_end_at_their_deadline Refused 200
    attempts_by_rules_end_at_their_deadline RefusedIfAsked 200
    attempts_of_a_block_end_at_their_deadline RefusedBlock 200
    rounds_end_at_the_deadline_of_the_run Rounds 2_000
    items_end_at_the_deadline_of_the_run Items 2_000
    members_end_at_the_deadline_of_the_run NoMember 2_000
}

#[tokio::test]
async fn an_endless_loop_can_be_cancelled() {
    let calls = Arc::<AtomicU32>::default();
    let run = RoundsWithoutLimit::new(Arc::clone(&calls)).start();
    while calls.load(Relaxed) < 10_000 {
        tokio::task::yield_now().await;
    }
    run.cancel();
    assert_eq!(run.await.unwrap_err().kind(), FailureKind::Cancelled);
}

#[tokio::test]
async fn other_heads_get_their_turn_beside_an_endless_loop() {
    assert_eq!(Beside::new(Arc::default()).run().await.unwrap(), 7);
}

#[test]
fn without_tokio_a_run_gives_way_by_itself() {
    let calls = Arc::<AtomicU32>::default();
    let mut run = pin!(RoundsWithoutLimit::new(Arc::clone(&calls)).run());
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..3 {
        let before = calls.load(Relaxed);
        assert!(run.as_mut().poll(&mut context).is_pending());
        let rounds = calls.load(Relaxed) - before;
        assert!((1..=2_000).contains(&rounds), "{rounds} rounds in one poll");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_gives_way_is_woken_at_once() {
    let began = Instant::now();
    let calls = Arc::<AtomicU32>::default();
    let mut run = Box::pin(RoundsWithoutLimit::new(Arc::clone(&calls)).run());
    poll_fn(|context| {
        let _ = run.as_mut().poll(context);
        if calls.load(Relaxed) > 100_000 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn items_are_taken_as_they_are_needed() {
    assert_eq!(
        format!("{:#}", Enough::new().run().await.unwrap_err()),
        "stage 'all' of workflow 'Enough' failed: enough"
    );
    assert_eq!(Tolerant::new().run().await.unwrap_err().kind(), FailureKind::ToleranceExceeded);
    let calls = Arc::<AtomicU32>::default();
    assert_eq!(Members::new(Arc::clone(&calls)).run().await.unwrap(), 3);
    assert_eq!(calls.load(Relaxed), 4);
}

#[tokio::test]
async fn what_an_iterator_says_of_its_length_is_not_believed() {
    for says in [(usize::MAX, None), (usize::MAX, Some(usize::MAX)), (0, Some(0)), (7, Some(2))] {
        // 2 + 1 + 0, three, the first, the first two.
        assert_eq!(Believing::new().run(says).await.unwrap(), 3_000 + 300 + 20 + 3, "{says:?}");
        let calls = Arc::<AtomicU32>::default();
        let failure = TooFew::new(Arc::clone(&calls)).run(says).await.unwrap_err();
        assert_eq!(failure.kind(), FailureKind::QuorumFailed, "{says:?}");
        assert_eq!(calls.load(Relaxed), 0, "too few from the start, so none is begun");
    }
}
