//! Panics in the user's code: which stage failed, and which code goes on.

use super::fine;
use std::future::Future;
use workflow_runtime::{FailureKind, QuorumError, StageStatus, workflow};

/// Panics when it is dropped, unless something panics already.
#[derive(Debug)]
struct Grenade(bool);
impl Drop for Grenade {
    fn drop(&mut self) {
        assert!(!self.0 || std::thread::panicking(), "dropped");
    }
}
fn explode(armed: bool, what: &str) -> u32 {
    assert!(!armed, "{what}");
    0
}
fn panic_with_a_number() -> u32 {
    std::panic::panic_any(5)
}
async fn explode_later(armed: bool, what: &str) -> u32 {
    tokio::task::yield_now().await;
    explode(armed, what)
}

workflow! {
    /// Every place where the user's code can panic.
    workflow Panics(at: u32) -> u32 {
        let number: u32 = explode(*at == 0, "let");
        stage plain: u32 = explode(*at == 1, "plain") + *number;
        stage later: u32 = explode_later(*at == 2, "later");
        stage condition: u32 = if explode(*at == 3, "condition") == 0 { 0 } else { 1 };
        stage scrutinee: u32 = match explode(*at == 4, "scrutinee") { 0 => 0, _ => 1 };
        stage guarded: u32 = match *at { _ if explode(*at == 5, "guard") > 0 => 1, _ => 0 };
        #[max(explode(*at == 6, "max") + 2)]
        stage looped: u32 = loop {
            stage loop_inner: u32 = explode_later(*at == 7, "in a loop");
            if *at == u32::MAX { continue } else { break loop_inner }
        };
        stage items: Vec<u32> = for item in 0..explode(*at == 8, "items") + 3 {
            stage item_inner: u32 = explode_later(*at == 9 && *item == 1, "in an item");
            stage item_other: u32 = fine(item);
            item_inner + item_other
        };
        stage iterated: Vec<u32> = for item in (0..3u32).map(|item| explode(*at == 10 && item == 1, "iterator")) {
            stage iterated_inner: u32 = fine(item);
            iterated_inner
        };
        #[concurrency(explode(*at == 11, "bound") + 1)]
        stage bounded: Vec<u32> = for item in 0..2u32 { fine(item) };
        #[when(explode(*at == 12, "when") == 0)]
        stage optional: Option<u32> = fine(at);
        #[spawn]
        stage spawned: u32 = explode_later(*at == 13, "spawned");
        #[spawn]
        stage spawned_block: u32 = {
            stage spawned_inner: u32 = explode_later(*at == 14, "spawned block");
            spawned_inner
        };
        #[blocking]
        stage blocking: u32 = explode(*at == 15, "blocking");
        stage dropped: u32 = async {
            let grenade = Grenade(*at == 16);
            tokio::task::yield_now().await;
            drop(grenade);
            0
        };
        stage formatted: u32 = if *at == 17 { panic!("formatted {}", *at + 1) } else { 0 };
        stage payload: u32 = if *at == 18 { panic_with_a_number() } else { 0 };
        stage todo: u32 = if *at == 19 { todo!() } else { 0 };
        stage unreachable: u32 = if *at == 20 { unreachable!("so it seems") } else { 0 };
        stage quorate: Vec<u32> = quorum(explode(*at == 21, "needed") + 1) { fine(at), fine(at) };
        plain + later + condition + scrutinee + guarded + looped + items.len() as u32 + iterated.len() as u32
            + bounded.len() as u32 + optional.unwrap_or(0) + spawned + spawned_block + blocking + dropped
            + formatted + payload + todo + unreachable + quorate.len() as u32 + explode(*at == 22, "tail")
    }
}

#[tokio::test]
async fn a_panic_is_a_failure_of_the_stage_that_panicked() {
    let expected = [
        (Some("plain"), "let"),
        (Some("plain"), "plain"),
        (Some("later"), "later"),
        (Some("condition"), "condition"),
        (Some("scrutinee"), "scrutinee"),
        (Some("guarded"), "guard"),
        (Some("looped"), "max"),
        (Some("loop_inner"), "in a loop"),
        (Some("items"), "items"),
        (Some("item_inner"), "in an item"),
        (Some("iterated"), "iterator"),
        (Some("bounded"), "bound"),
        (Some("optional"), "when"),
        (Some("spawned"), "spawned"),
        (Some("spawned_inner"), "spawned block"),
        (Some("blocking"), "blocking"),
        (Some("dropped"), "dropped"),
        (Some("formatted"), "formatted 18"),
        (Some("payload"), "a panic without a message"),
        (Some("todo"), "not yet implemented"),
        (Some("unreachable"), "internal error: entered unreachable code: so it seems"),
        (Some("quorate"), "needed"),
        (None, "tail"),
    ];
    for (at, (stage, why)) in (0u32..).zip(expected) {
        let failure = Panics::new().run(at).await.unwrap_err();
        assert_eq!(failure.stage(), stage, "case {at}: {failure:#}");
        assert_eq!(failure.kind(), FailureKind::Panic, "case {at}: {failure:#}");
        assert_eq!(failure.attempts(), 1);
        let place = stage.map_or_else(String::new, |stage| format!("stage '{stage}' of "));
        assert_eq!(format!("{failure:#}"), format!("{place}workflow 'Panics' panicked: {why}"));

        let failure = Panics::new().start(at).await.unwrap_err();
        assert_eq!((failure.stage(), failure.kind()), (stage, FailureKind::Panic), "started, case {at}: {failure:#}");
    }
    assert_eq!(Panics::new().run(99).await.unwrap(), 3 + 3 + 2 + 99 + 1);
}

workflow! {
    workflow Absorbing(number: u32) -> (u32, Vec<u32>, u32) {
        stage raced: u32 = race {
            explode_later(true, "racer"),
            explode(true, "at once"),
            { stage racer_inner: u32 = explode_later(true, "inside a racer"); racer_inner },
            async { fine(&5).await },
        };
        stage voted: Vec<u32> = quorum(2) for vote in 0..4u32 { explode_later(*vote % 2 == 0, "member") };
        stage from_for: u32 = race for vote in 0..3u32 { explode_later(*vote < 2, "member").plus(*number) };
        (*raced, voted.clone(), *from_for)
    }
    workflow Hopeless(number: u32) -> u32 {
        stage raced: u32 = race {
            explode_later(*number > 0, "first"),
            { stage second: u32 = explode_later(*number > 0, "second"); second },
        };
        raced
    }
}

trait Plus {
    fn plus(self, number: u32) -> impl Future<Output = u32> + Send;
}
impl<F: Future<Output = u32> + Send> Plus for F {
    async fn plus(self, number: u32) -> u32 {
        self.await + number
    }
}

#[tokio::test]
async fn a_racer_absorbs_its_panic() {
    assert_eq!(Absorbing::new().run(2).await.unwrap(), (5, vec![0, 0], 2));
    let failure = Hopeless::new().run(1).await.unwrap_err();
    assert_eq!((failure.stage(), failure.kind()), (Some("raced"), FailureKind::QuorumFailed));
    let reasons = failure.downcast_ref::<QuorumError>().unwrap().failures();
    let reasons: Vec<String> = reasons.iter().map(|failure| format!("{failure:#}")).collect();
    assert_eq!(
        reasons,
        [
            "stage 'raced' of workflow 'Hopeless' panicked: first",
            "stage 'second' of workflow 'Hopeless' panicked: second",
        ]
    );
}

#[tokio::test]
async fn a_panic_shows_in_the_state_as_a_failure() {
    let mut handle = Panics::new().start(1);
    (&mut handle).await.unwrap_err();
    assert_eq!(handle.state().plain.status(), StageStatus::Failed);
    let mut handle = Panics::new().start(2);
    (&mut handle).await.unwrap_err();
    assert_eq!(handle.state().later.status(), StageStatus::Failed);
    let mut handle = Panics::new().start(9);
    (&mut handle).await.unwrap_err();
    assert_eq!(handle.state().items.status(), StageStatus::Failed);
    assert_eq!(handle.state().item_inner.get(1).unwrap().status(), StageStatus::Failed);
    assert_eq!(handle.state().item_other.get(1).unwrap().status(), StageStatus::Cancelled);
}
