//! `#[breaker]` through workflows: when it lets a call pass, and which runs share it. All times are to the millisecond.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{Instant, advance, sleep},
};
use workflow_runtime::{FailureKind, workflow};

/// Another service that may be down. Each call takes 10 ms.
#[derive(Clone, Default)]
struct Remote(Arc<Inner>);

#[derive(Default)]
struct Inner {
    is_down: AtomicBool,
    calls: AtomicU32,
}

impl Remote {
    fn down() -> Self {
        let remote = Self::default();
        remote.0.is_down.store(true, SeqCst);
        remote
    }

    fn comes_back(&self) {
        self.0.is_down.store(false, SeqCst);
    }

    fn calls(&self) -> u32 {
        self.0.calls.load(SeqCst)
    }

    async fn call(&self) -> Result<u32, &'static str> {
        let call = self.0.calls.fetch_add(1, SeqCst) + 1;
        sleep(Duration::from_millis(10)).await;
        if self.0.is_down.load(SeqCst) { Err("down") } else { Ok(call) }
    }
}

workflow! {
    workflow Asking() -> u32 with remote: Remote {
        #[breaker(failures = 3, cooldown = 1s)]
        stage answer: u32 = remote.call();
        answer
    }

    workflow Once() -> u32 with remote: Remote {
        #[breaker(failures = 1, cooldown = 1h)]
        #[spawn]
        stage answer: u32 = remote.call();
        answer
    }

    workflow TwoBreakers() -> (bool, bool) with first: Remote, second: Remote {
        #[breaker(failures = 1, cooldown = 1s)]
        #[catch]
        stage one: Result<u32, workflow_runtime::Failure> = first.call();
        #[breaker(failures = 1, cooldown = 1s)]
        #[catch]
        stage other: Result<u32, workflow_runtime::Failure> = second.call();
        (one.is_ok(), other.is_ok())
    }
}

/// Nothing, or how it failed; and how long that took.
async fn ended(workflow: &Asking) -> (Option<FailureKind>, u128) {
    let start = Instant::now();
    let failure = workflow.run().await.err().map(|failure| failure.kind());
    (failure, start.elapsed().as_millis())
}

const FAILED: (Option<FailureKind>, u128) = (Some(FailureKind::Error), 10);
const NOT_TRIED: (Option<FailureKind>, u128) = (Some(FailureKind::BreakerOpen), 0);
const ANSWERED: (Option<FailureKind>, u128) = (None, 10);

/// Three runs that fail, one after the other: it is open from now on.
async fn opened(workflow: &Asking) {
    for _ in 0..3 {
        assert_eq!(ended(workflow).await, FAILED);
    }
}

async fn pass(milliseconds: u64) {
    advance(Duration::from_millis(milliseconds)).await;
}

#[tokio::test(start_paused = true)]
async fn it_opens_fails_fast_probes_once_and_closes() {
    let remote = Remote::down();
    let workflow = Asking::new(remote.clone());
    opened(&workflow).await;
    assert_eq!(ended(&workflow).await, NOT_TRIED);
    pass(999).await;
    assert_eq!(ended(&workflow).await, NOT_TRIED);
    assert_eq!(remote.calls(), 3);

    pass(1).await;
    remote.comes_back();
    let (probe, beside) = tokio::join!(ended(&workflow), ended(&workflow));
    assert_eq!((probe, beside), (ANSWERED, NOT_TRIED));
    assert_eq!(remote.calls(), 4);
    // Closed: all pass, and the failures are counted anew.
    let (one, other) = tokio::join!(ended(&workflow), ended(&workflow));
    assert_eq!((one, other), (ANSWERED, ANSWERED));
    remote.0.is_down.store(true, SeqCst);
    opened(&workflow).await;
    assert_eq!(ended(&workflow).await, NOT_TRIED);
}

#[tokio::test(start_paused = true)]
async fn a_failing_probe_opens_it_for_a_whole_cooldown() {
    let remote = Remote::down();
    let workflow = Asking::new(remote.clone());
    opened(&workflow).await;
    pass(1000).await;
    assert_eq!(ended(&workflow).await, FAILED);
    pass(999).await;
    assert_eq!(ended(&workflow).await, NOT_TRIED);
    assert_eq!(remote.calls(), 4);
    pass(1).await;
    remote.comes_back();
    assert_eq!(ended(&workflow).await, ANSWERED);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_dropped_frees_its_place() {
    let remote = Remote::down();
    let workflow = Asking::new(remote.clone());
    opened(&workflow).await;
    pass(1000).await;
    remote.comes_back();
    let probe = tokio::spawn(workflow.run());
    tokio::task::yield_now().await;
    assert_eq!((remote.calls(), ended(&workflow).await), (4, NOT_TRIED));
    probe.abort();
    assert!(probe.await.is_err());
    assert_eq!(ended(&workflow).await, ANSWERED);
}

#[tokio::test(start_paused = true)]
async fn concurrent_runs_of_all_clones_share_it() {
    let remote = Remote::down();
    let workflow = Asking::new(remote.clone());
    // All are on their way before the first has failed.
    let mut runs: JoinSet<_> = (0..20).map(|_| workflow.clone().run()).collect();
    while let Some(ended) = runs.join_next().await {
        assert_eq!(ended.unwrap().unwrap_err().kind(), FailureKind::Error);
    }
    assert_eq!((remote.calls(), ended(&workflow).await), (20, NOT_TRIED));

    pass(1000).await;
    remote.comes_back();
    let mut runs: JoinSet<_> = (0..20).map(|_| workflow.clone().run()).collect();
    let mut answered = 0;
    while let Some(ended) = runs.join_next().await {
        match ended.unwrap() {
            Ok(_) => answered += 1,
            Err(failure) => assert_eq!(failure.kind(), FailureKind::BreakerOpen),
        }
    }
    assert_eq!((answered, remote.calls()), (1, 21));
}

#[tokio::test(start_paused = true)]
async fn each_stage_and_each_workflow_value_has_its_own() {
    let workflow = TwoBreakers::new(Remote::down(), Remote::default());
    assert_eq!(workflow.run().await.unwrap(), (false, true));
    assert_eq!(workflow.run().await.unwrap(), (false, true));

    let remote = Remote::down();
    opened(&Asking::new(remote.clone())).await;
    assert_eq!(ended(&Asking::new(remote)).await, FAILED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn open_for_one_thread_it_is_open_for_all() {
    let remote = Remote::down();
    let workflow = Once::new(remote.clone());
    assert_eq!(workflow.run().await.unwrap_err().kind(), FailureKind::Error);
    let mut runs = JoinSet::new();
    for _ in 0..100 {
        runs.spawn(workflow.run());
    }
    while let Some(ended) = runs.join_next().await {
        assert_eq!(ended.unwrap().unwrap_err().kind(), FailureKind::BreakerOpen);
    }
    assert_eq!(remote.calls(), 1);
}
