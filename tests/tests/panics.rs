//! Panics: what they say is dropped where a panic of that drop can't escape, a breaker counts them, a child's are
//! final.
#![allow(
    clippy::large_futures,
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_async,
    clippy::let_underscore_untyped,
    reason = "what users write is not the point here"
)]
use std::{
    panic::panic_any,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};
use workflow_runtime::{
    Failure, FailureKind,
    observe::{Event, Observer},
    workflow,
};

/// Says nothing, and panics when it is dropped, with another of its kind a few times over.
struct PanicsWhenDropped(u32);
impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        if self.0 > 0 {
            panic_any(Self(self.0 - 1));
        }
    }
}

fn breaks() -> u32 {
    panic_any(PanicsWhenDropped(3))
}

async fn breaks_later() -> u32 {
    tokio::task::yield_now().await;
    breaks()
}

/// Panics when the future that holds it is dropped.
struct DropsBadly;
impl Drop for DropsBadly {
    fn drop(&mut self) {
        panic_any(PanicsWhenDropped(3));
    }
}

async fn waits_and_drops_badly() -> u32 {
    let _guard = DropsBadly;
    std::future::pending().await
}

fn refuses(calls: &AtomicU32) -> u32 {
    calls.fetch_add(1, Relaxed);
    panic!("broken")
}

fn accepts(_: &u32) -> bool {
    panic_any(PanicsWhenDropped(1))
}

workflow! {
    workflow Inline() -> u32 { stage a: u32 = panic_any(PanicsWhenDropped(3)); a }
    workflow Later() -> u32 { stage a: u32 = breaks_later(); a }
    workflow Spawned() -> u32 { #[spawn] stage a: u32 = breaks_later(); a }
    workflow Blocked() -> u32 { #[blocking] stage a: u32 = breaks(); a }
    workflow Member() -> u32 {
        stage a: u32 = race { breaks_later(), breaks(), async { tokio::task::yield_now().await; 3 } };
        a
    }
    workflow Caught() -> u32 {
        #[catch]
        stage a: Result<u32, Failure> = breaks();
        #[fallback(4)]
        stage b: u32 = breaks_later();
        match a { Ok(_) => 0, Err(_) => *b }
    }
    workflow Undoing() -> u32 {
        #[undo(panic_any(PanicsWhenDropped(3)))]
        stage a: u32 = 1;
        #[after(a)]
        stage b: u32 = Err::<u32, _>("so it is undone");
        b
    }
    workflow Cut() -> u32 {
        stage a: u32 = waits_and_drops_badly();
        stage b: u32 = async { tokio::task::yield_now().await; Err::<u32, _>("first") };
        a + b
    }
    workflow CutMembers() -> u32 {
        stage a: u32 = { stage any: u32 = race { waits_and_drops_badly(), breaks() }; stage other: u32 = Err::<u32, _>("first"); any + other };
        a
    }
    workflow Asking() -> u32 {
        #[accept(accepts(answer))]
        signal answer: u32;
        stage a: u32 = answer + 0;
        a
    }

    workflow BreakerInline() -> u32 with calls: Arc<AtomicU32> {
        #[breaker(failures = 1, cooldown = 1h)]
        stage a: u32 = refuses(calls);
        a
    }
    workflow BreakerBlock() -> u32 with calls: Arc<AtomicU32> {
        #[breaker(failures = 1, cooldown = 1h)]
        stage a: u32 = { stage inside: u32 = refuses(calls); inside };
        a
    }
    workflow BreakerSpawned() -> u32 with calls: Arc<AtomicU32> {
        #[breaker(failures = 1, cooldown = 1h)]
        #[spawn]
        stage a: u32 = refuses(calls);
        a
    }
    workflow BreakerBlocking() -> u32 with calls: Arc<AtomicU32> {
        #[breaker(failures = 1, cooldown = 1h)]
        #[blocking]
        stage a: u32 = refuses(calls);
        a
    }

    workflow Child(how: u32) -> u32 with calls: Arc<AtomicU32> {
        stage asked: u32 = ask(calls, how);
        stage decided: u32 = if *how == 1 { fail "for good" } else { *asked };
        decided
    }
    workflow Parent(how: u32) -> u32 with child: Child {
        #[retry(2)]
        stage a: u32 = child.run(*how);
        a
    }
    workflow ParentOfWrapped(how: u32) -> u32 with child: Child {
        #[retry(2)]
        stage a: u32 = wrapped(child, *how);
        a
    }
    workflow ParentWithRules(how: u32) -> u32 with child: Child {
        #[retry(2, if = any_failure)]
        stage a: u32 = child.run(*how);
        a
    }
    workflow ParentOfBlock(how: u32) -> u32 with child: Child {
        #[retry(2)]
        stage a: u32 = { stage inside: u32 = child.run(*how); inside };
        a
    }
    workflow ParentOfMembers(how: u32) -> u32 with child: Child {
        #[retry(2)]
        stage a: u32 = race { child.run(*how), child.run(*how) };
        a
    }

    workflow CutByASibling() -> u32 {
        #[retry(1)]
        stage cut: u32 = nap();
        stage bad: u32 = breaks_later();
        cut + bad
    }
    workflow BrokenAttempt() -> u32 {
        #[retry(1)]
        stage bad: u32 = breaks_later();
        bad
    }
}

fn ask(calls: &AtomicU32, how: &u32) -> Result<u32, String> {
    calls.fetch_add(1, Relaxed);
    match how {
        0 => panic!("broken"),
        2 => Err("refused".to_owned()),
        how => Ok(*how),
    }
}

#[derive(Debug)]
struct Wrapped(Failure);
impl std::fmt::Display for Wrapped {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the child failed")
    }
}
impl std::error::Error for Wrapped {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

async fn wrapped(child: &Child, how: u32) -> Result<u32, Wrapped> {
    child.run(how).await.map_err(Wrapped)
}

fn any_failure(_: &Failure) -> bool {
    true
}

async fn nap() -> u32 {
    tokio::time::sleep(Duration::from_secs(9)).await;
    1
}

#[tokio::test(start_paused = true)]
async fn what_a_panic_said_is_dropped_where_nothing_comes_of_it() {
    let panicked = |ended: Result<u32, Failure>| assert_eq!(ended.unwrap_err().kind(), FailureKind::Panic);
    panicked(Inline::new().run().await);
    panicked(Later::new().run().await);
    panicked(Spawned::new().run().await);
    panicked(Blocked::new().run().await);
    panicked(Inline::new().start().await);
    panicked(Spawned::new().start().await);
    panicked(Inline::new().observed_by(Broken).run().await);
    assert_eq!(Member::new().run().await.unwrap(), 3);
    assert_eq!(Caught::new().run().await.unwrap(), 4);

    let failure = Undoing::new().run().await.unwrap_err();
    assert_eq!((failure.kind(), failure.undo_failures().len()), (FailureKind::Error, 1));
    assert_eq!(Cut::new().run().await.unwrap_err().kind(), FailureKind::Error);
    assert_eq!(CutMembers::new().run().await.unwrap_err().stage(), Some("other"));

    let run = Asking::new().start();
    tokio::task::yield_now().await;
    assert_eq!(run.signal(AskingSignal::Answer(1)), Err(workflow_runtime::SignalError::Panicked));
}

struct Broken;
impl Observer for Broken {
    fn event(&self, _: &Event<'_>) {
        panic_any(PanicsWhenDropped(3));
    }
}

#[tokio::test]
async fn a_panic_counts_for_a_breaker_wherever_the_stage_runs() {
    macro_rules! counts {
        ($($workflow:ident)*) => {$(
            let calls = Arc::<AtomicU32>::default();
            let workflow = $workflow::new(Arc::clone(&calls));
            assert_eq!(workflow.run().await.unwrap_err().kind(), FailureKind::Panic, stringify!($workflow));
            assert_eq!(workflow.run().await.unwrap_err().kind(), FailureKind::BreakerOpen, stringify!($workflow));
            assert_eq!(calls.load(Relaxed), 1);
        )*};
    }
    counts!(BreakerInline BreakerBlock BreakerSpawned BreakerBlocking);
}

#[tokio::test]
async fn what_is_final_in_a_child_is_final_around_it() {
    // A panic, a `fail`, an error; each, and how often the child was asked.
    for (how, calls_of) in [(0, 1), (1, 1), (2, 3)] {
        macro_rules! asked {
            ($($workflow:ident $times:literal)*) => {$(
                let calls = Arc::<AtomicU32>::default();
                let failure = $workflow::new(Child::new(Arc::clone(&calls))).run(how).await.unwrap_err();
                assert_eq!(calls.load(Relaxed), calls_of * $times, "{} {how}: {failure:#}", stringify!($workflow));
            )*};
        }
        asked!(Parent 1 ParentOfWrapped 1 ParentWithRules 1 ParentOfBlock 1 ParentOfMembers 2);
    }
}

#[derive(Clone, Default)]
struct Told(Arc<std::sync::Mutex<Vec<String>>>);
impl Observer for Told {
    fn event(&self, event: &Event<'_>) {
        if let Some(stage) = event.stage {
            self.0.lock().unwrap().push(format!("{stage} {}", event.kind));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_panic_of_a_sibling_is_no_failure_of_what_it_cuts() {
    let told = Told::default();
    assert_eq!(CutByASibling::new().observed_by(told.clone()).run().await.unwrap_err().stage(), Some("bad"));
    let told = told.0.lock().unwrap().clone();
    let cut: Vec<&str> = told.iter().filter_map(|line| line.strip_prefix("cut ")).collect();
    assert_eq!(cut, ["enabled", "attempt 1 started", "cancelled"], "{told:?}");
}

#[tokio::test]
async fn the_panic_of_an_attempt_is_told_of_it() {
    let told = Told::default();
    assert_eq!(BrokenAttempt::new().observed_by(told.clone()).run().await.unwrap_err().stage(), Some("bad"));
    let told = told.0.lock().unwrap().clone();
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told[2].starts_with("bad attempt 1 failed"), "{told:?}");
    assert!(told[3].starts_with("bad failed"), "{told:?}");
}
