//! Without a declared type, `for`, `quorum` and `#[when]` discard their values, whatever their type.
#![allow(
    clippy::large_futures,
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_async,
    clippy::let_underscore_untyped,
    reason = "what users write is not the point here"
)]
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering::Relaxed},
};
use workflow_runtime::{FailureKind, workflow};

#[derive(Debug)]
struct Problem;
impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("problem")
    }
}
impl std::error::Error for Problem {}
fn any(_: &Problem) -> bool {
    true
}

#[derive(Clone, Default)]
struct Calls(Arc<AtomicU32>);
impl Calls {
    fn value(&self) -> u32 {
        self.0.fetch_add(1, Relaxed)
    }
    fn result(&self, bad: bool) -> Result<u32, Problem> {
        self.0.fetch_add(1, Relaxed);
        if bad { Err(Problem) } else { Ok(1) }
    }
    async fn later(&self) -> String {
        self.0.fetch_add(1, Relaxed);
        tokio::task::yield_now().await;
        String::new()
    }
    async fn later_result(&self, bad: bool) -> Result<Vec<u8>, Problem> {
        tokio::task::yield_now().await;
        self.result(bad).map(|_| Vec::new())
    }
}

workflow! {
    workflow Discards(bad: u32) with calls: Calls, lock: Mutex<Vec<u32>> {
        stage values = for item in 0..2u32 { calls.value() + item };
        stage results = for _ in 0..1 { calls.result(*bad == 1) };
        stage futures = for _ in 0..1 { calls.later() };
        stage fallible = for _ in 0..1 { calls.later_result(*bad == 2) };
        stage blocks = for item in 0..2u32 {
            stage inner: String = calls.later();
            match item { 0 => inner, _ => calls.result(*bad == 3) }
        };
        stage nested = for outer in 0..2u32 { for each in 0..*outer { calls.value() + each } };
        stage most = quorum(2) { calls.value(), calls.later_result(*bad == 4), calls.later_result(*bad == 4) };
        stage some = quorum(1) for item in 0..2u32 { calls.value() + item };
        stage looped = for _ in 0..1 { loop { if calls.value() > 0 { break calls.later() } } };
        stage locked = for item in 0..2u32 { lock.lock().unwrap().push(*item) };
        #[when(*bad < 100)]
        stage plain = calls.value();
        #[when(*bad < 100)]
        stage given = calls.later_result(*bad == 5);
        #[when(*bad < 100)]
        stage block = { stage within: u32 = calls.value(); within };
        #[when(*bad < 100)]
        #[spawn]
        stage spawned = calls.result(*bad == 6);
        #[when(*bad < 100)]
        #[blocking]
        stage blocked = calls.result(*bad == 7);
        #[when(*bad < 100)]
        #[blocking]
        #[retry(1, if = any)]
        stage judged_blocked = calls.result(*bad == 8);
        #[when(*bad < 100)]
        #[retry(1, if = any)]
        stage judged = calls.later_result(*bad == 9);
        #[when(*bad < 100)]
        #[fallback(calls.value())]
        stage falls = calls.result(true);
        #[until(values)]
        stage cut = calls.later();
        #[after(values, results, futures, fallible, blocks, nested, most, some, looped, locked, plain, given, block,
            spawned, blocked, judged_blocked, judged, falls, cut)]
        stage _all = ();
        match *bad { 10 => for _ in 0..1 { calls.result(true) }, _ => for _ in 0..1 { calls.value() } }
    }
}

#[tokio::test]
async fn their_values_are_dropped_and_their_errors_are_not() {
    let calls = Calls::default();
    Discards::new(calls.clone(), Mutex::default()).run(0).await.unwrap();
    assert!(calls.0.load(Relaxed) > 20);
    let stages = [
        Some("results"),
        Some("fallible"),
        Some("blocks"),
        Some("most"),
        Some("given"),
        Some("spawned"),
        Some("blocked"),
        Some("judged_blocked"),
        Some("judged"),
        None,
    ];
    for (bad, stage) in (1..).zip(stages) {
        let failure = Discards::new(calls.clone(), Mutex::default()).run(bad).await.unwrap_err();
        let kind = if stage == Some("most") { FailureKind::QuorumFailed } else { FailureKind::Error };
        assert_eq!((failure.stage(), failure.kind()), (stage, kind));
        assert!(failure.downcast_ref::<Problem>().is_some());
        let attempts = if stage.is_some_and(|stage| stage.starts_with("judged")) { 2 } else { 1 };
        assert_eq!(failure.attempts(), attempts, "{stage:?}");
    }
}
