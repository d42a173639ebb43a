//! `#[retry]` through workflows: how often, and after what wait. All times are to the millisecond.
#![allow(clippy::trivially_copy_pass_by_ref, reason = "the functions of rules take a reference")]

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use workflow_runtime::{
    Failure, FailureKind, WorkflowExt,
    observe::{Event, EventKind, Observer},
    workflow,
};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Trouble {
    Busy,
    Lost,
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

impl std::error::Error for Trouble {}

fn is_busy(trouble: &Trouble) -> bool {
    *trouble == Trouble::Busy
}

fn is_lost(trouble: &Trouble) -> bool {
    *trouble == Trouble::Lost
}

/// Fails in that order, then succeeds; each call takes that long.
#[derive(Clone)]
struct Flaky {
    troubles: Arc<Mutex<VecDeque<Trouble>>>,
    takes: Duration,
}

impl Flaky {
    fn new(troubles: impl IntoIterator<Item = Trouble>) -> Self {
        Self { troubles: Arc::new(Mutex::new(troubles.into_iter().collect())), takes: Duration::ZERO }
    }

    /// Returns a service that never succeeds.
    fn always() -> Self {
        Self::new([Trouble::Busy; 100])
    }

    fn taking(self, milliseconds: u64) -> Self {
        Self { takes: Duration::from_millis(milliseconds), ..self }
    }

    async fn call(&self) -> Result<(), Trouble> {
        sleep(self.takes).await;
        let trouble = self.troubles.lock().unwrap().pop_front();
        trouble.map_or(Ok(()), Err)
    }
}

workflow! {
    workflow AtOnce() with flaky: Flaky {
        #[retry(4)]
        stage called = flaky.call();
    }
    workflow OneMore() with flaky: Flaky {
        #[retry(1)]
        stage called = flaky.call();
    }
    workflow Fixed() with flaky: Flaky {
        #[retry(3, fixed(70ms))]
        stage called = flaky.call();
    }
    workflow Doubling() with flaky: Flaky {
        #[retry(7, exponential(100ms..1s), jitter = none)]
        stage called = flaky.call();
    }
    workflow OddCap() with flaky: Flaky {
        #[retry(4, exponential(3ms..10ms), jitter = none)]
        stage called = flaky.call();
    }
    workflow Jittered() with flaky: Flaky {
        #[retry(5, exponential(200ms..1s))]
        stage called = flaky.call();
    }
    workflow Rules() with flaky: Flaky {
        #[retry(2, fixed(10ms), if = is_busy)]
        #[retry(1, fixed(100ms), if = is_lost)]
        #[retry(3, exponential(1s..9s), jitter = none)]
        stage called = flaky.call();
    }
    workflow NoRule() with flaky: Flaky {
        #[retry(9, if = is_busy)]
        stage called = flaky.call();
    }
    workflow CutShort() with flaky: Flaky {
        #[retry(2, fixed(400ms))]
        #[deadline(900ms)]
        stage called = flaky.call();
    }
    workflow TimedOut() with flaky: Flaky {
        #[retry(2, fixed(50ms))]
        #[timeout(30ms)]
        stage called = flaky.call();
    }
}

/// When each attempt began, in milliseconds, and the wait that was told before it.
#[derive(Clone)]
struct Attempts {
    start: Instant,
    seen: Arc<Mutex<(Vec<u128>, Vec<Duration>)>>,
}

impl Observer for Attempts {
    fn event(&self, event: &Event<'_>) {
        let (began, waits) = &mut *self.seen.lock().unwrap();
        match event.kind {
            EventKind::AttemptStarted { .. } => began.push(event.at.duration_since(self.start).as_millis()),
            EventKind::AttemptFailed { delay: Some(delay), .. } => waits.push(delay),
            _ => {}
        }
    }
}

/// The record of a run: the beginnings of its attempts, the waits between them, its end, and its result.
struct Seen {
    began: Vec<u128>,
    waits: Vec<Duration>,
    took: u128,
    ended: Result<(), Failure>,
}

impl Seen {
    fn kind(&self) -> Option<FailureKind> {
        self.ended.as_ref().err().map(Failure::kind)
    }
}

async fn run<W>(workflow: W) -> Seen
where
    W: workflow_runtime::Workflow<Input = (), Output = ()>,
{
    let start = Instant::now();
    let attempts = Attempts { start, seen: Arc::default() };
    let ended = workflow.observed_by(attempts.clone()).run_with(()).await;
    let took = start.elapsed().as_millis();
    let (began, waits) = attempts.seen.lock().unwrap().clone();
    Seen { began, waits, took, ended }
}

#[tokio::test(start_paused = true)]
async fn so_many_further_attempts_at_once() {
    let seen = run(AtOnce::new(Flaky::always())).await;
    assert_eq!((seen.began.len(), seen.took, seen.kind()), (5, 0, Some(FailureKind::Error)));
    assert_eq!(seen.ended.unwrap_err().attempts(), 5);
    let seen = run(AtOnce::new(Flaky::new([Trouble::Lost; 4]))).await;
    assert_eq!((seen.began.len(), seen.kind()), (5, None));
    let seen = run(OneMore::new(Flaky::always())).await;
    assert_eq!((seen.began.len(), seen.kind()), (2, Some(FailureKind::Error)));
}

#[tokio::test(start_paused = true)]
async fn fixed_waits_are_exact_and_count_from_the_failure() {
    let seen = run(Fixed::new(Flaky::always())).await;
    assert_eq!((seen.began, seen.took), (vec![0, 70, 140, 210], 210));
    let seen = run(Fixed::new(Flaky::always().taking(5))).await;
    assert_eq!((seen.began, seen.took), (vec![0, 75, 150, 225], 230));
}

#[tokio::test(start_paused = true)]
async fn exponential_waits_double_up_to_the_cap() {
    let seen = run(Doubling::new(Flaky::always())).await;
    assert_eq!(seen.waits, [100, 200, 400, 800, 1000, 1000, 1000].map(Duration::from_millis));
    assert_eq!(seen.began, [0, 100, 300, 700, 1500, 2500, 3500, 4500]);
    let seen = run(OddCap::new(Flaky::always())).await;
    assert_eq!(seen.waits, [3, 6, 10, 10].map(Duration::from_millis));
}

#[tokio::test(start_paused = true)]
async fn a_jitter_is_anything_up_to_the_capped_wait() {
    const SEEDS: u32 = 1_000;
    let caps = [200, 400, 800, 1000, 1000].map(Duration::from_millis);
    let (mut least, mut most, mut sums) = ([Duration::MAX; 5], [Duration::ZERO; 5], [Duration::ZERO; 5]);
    for seed in 0..SEEDS {
        // The runtime draws from the generator of the thread.
        fastrand::seed(seed.into());
        let seen = run(Jittered::new(Flaky::always())).await;
        assert_eq!(seen.waits.len(), 5);
        for (place, wait) in seen.waits.iter().enumerate() {
            assert!(*wait <= caps[place], "seed {seed}: {wait:?} before attempt {}", place + 2);
            least[place] = least[place].min(*wait);
            most[place] = most[place].max(*wait);
            sums[place] += *wait;
        }
    }
    for (place, cap) in caps.into_iter().enumerate() {
        // All alike: so were it not if the jitter came before the cap, or went around the wait.
        assert!(least[place] < cap / 50 && most[place] > cap * 49 / 50, "{:?} to {:?}", least[place], most[place]);
        let mean = sums[place] / SEEDS;
        assert!(mean > cap * 47 / 100 && mean < cap * 53 / 100, "{mean:?} of {cap:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_matching_rule_counts_and_each_counts_its_own() {
    use Trouble::{Busy, Lost};
    let seen = run(Rules::new(Flaky::new([Busy, Lost, Busy]))).await;
    assert_eq!((seen.kind(), seen.waits), (None, [10, 100, 10].map(Duration::from_millis).to_vec()));
    // The rule that holds is spent: the last, which holds too, does not count instead.
    let seen = run(Rules::new(Flaky::new([Busy, Lost, Lost, Busy]))).await;
    assert_eq!((seen.kind(), seen.began), (Some(FailureKind::Error), vec![0, 10, 110]));
    let seen = run(Rules::new(Flaky::new([Busy, Busy, Busy]))).await;
    assert_eq!((seen.kind(), seen.began), (Some(FailureKind::Error), vec![0, 10, 20]));
}

#[tokio::test(start_paused = true)]
async fn what_no_rule_is_for_is_not_tried_again() {
    let seen = run(NoRule::new(Flaky::new([Trouble::Busy, Trouble::Lost]))).await;
    assert_eq!((seen.began.len(), seen.ended.unwrap_err().attempts()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_cuts_a_wait_short() {
    let seen = run(CutShort::new(Flaky::always().taking(100))).await;
    assert_eq!((seen.began.as_slice(), seen.took), ([0, 500].as_slice(), 900));
    assert_eq!((seen.kind(), seen.ended.unwrap_err().attempts()), (Some(FailureKind::Deadline), 2));
    // One that fits is not.
    let seen = run(CutShort::new(Flaky::always().taking(10))).await;
    assert_eq!((seen.began, seen.took), (vec![0, 410, 820], 830));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_an_attempt() {
    let seen = run(TimedOut::new(Flaky::always().taking(100))).await;
    assert_eq!((seen.began.as_slice(), seen.took), ([0, 80, 160].as_slice(), 190));
    assert_eq!(seen.kind(), Some(FailureKind::Timeout));
}
