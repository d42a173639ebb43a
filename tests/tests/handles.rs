//! A handle lets go of its run, cancels it, and is awaited.
#![deny(warnings)]
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};
use tokio::{sync::oneshot, task::yield_now};
use workflow_runtime::{FailureKind, StageContext, StageStatus, workflow};
use workflow_tests::guards::{Guard, Live, hold};

workflow! {
    workflow Waiting(started: Arc<AtomicBool>, open: Mutex<Option<oneshot::Receiver<u32>>>) -> u32 with live: Live {
        stage guarded: u32 = {
            stage announced: Guard = { started.store(true, SeqCst); live.guard(1) }.held();
            stage answer: u32 = receive(open);
            *answer + announced.1
        };
        stage _beside: u32 = hold(live, 5, 1);
        guarded
    }
}
trait Held: Sized {
    fn held(self) -> Self {
        self
    }
}
impl Held for Guard {}
async fn receive(open: &Mutex<Option<oneshot::Receiver<u32>>>) -> Result<u32, oneshot::error::RecvError> {
    let receiver = open.lock().unwrap().take().unwrap();
    receiver.await
}

struct UnderWay {
    live: Live,
    started: Arc<AtomicBool>,
    answer: oneshot::Sender<u32>,
    handle: workflow_runtime::Handle<Waiting>,
}
fn started() -> UnderWay {
    let (live, started) = (Live::default(), Arc::<AtomicBool>::default());
    let (answer, receiver) = oneshot::channel();
    let handle = Waiting::new(live.clone()).start(started.clone(), Mutex::new(Some(receiver)));
    UnderWay { live, started, answer, handle }
}

#[tokio::test]
async fn dropping_the_handle_detaches() {
    let UnderWay { live, started, mut answer, handle } = started();
    drop(handle);
    while !started.load(SeqCst) {
        yield_now().await;
    }
    for _ in 0..100 {
        yield_now().await;
    }
    assert!(!answer.is_closed());
    assert!(live.now() > 0);
    answer.send(1).unwrap();
    live.gone().await;
    answer = oneshot::channel().0;
    drop(answer);
}

#[tokio::test]
async fn cancel_stops() {
    let UnderWay { live, started, answer, handle } = started();
    while !started.load(SeqCst) {
        yield_now().await;
    }
    assert!(!handle.is_finished());
    handle.cancel();
    handle.cancel();
    let failure = handle.await.unwrap_err();
    assert_eq!((failure.kind(), failure.stage(), failure.workflow()), (FailureKind::Cancelled, None, "Waiting"));
    assert_eq!(format!("{failure:#}"), "workflow 'Waiting' was cancelled");
    assert_eq!(live.now(), 0);
    assert!(answer.is_closed());
}

#[tokio::test]
async fn cancel_before_the_first_poll_starts_nothing() {
    let UnderWay { live, started, handle, answer: _answer } = started();
    handle.cancel();
    assert_eq!(handle.await.unwrap_err().kind(), FailureKind::Cancelled);
    assert_eq!((started.load(SeqCst), live.ever()), (false, 0));
}

#[tokio::test]
async fn cancel_after_the_end_changes_nothing() {
    let UnderWay { answer, mut handle, .. } = started();
    answer.send(4).unwrap();
    while !handle.is_finished() {
        yield_now().await;
    }
    handle.cancel();
    assert_eq!((&mut handle).await.unwrap(), 5);
    assert!(handle.is_finished());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancel_comes_from_any_thread() {
    let UnderWay { live, started, handle, answer: _answer } = started();
    while !started.load(SeqCst) {
        yield_now().await;
    }
    let handle = std::thread::spawn(move || {
        handle.cancel();
        handle
    });
    assert_eq!(handle.join().unwrap().await.unwrap_err().kind(), FailureKind::Cancelled);
    assert_eq!(live.now(), 0);
}

#[tokio::test]
async fn a_handle_is_awaited_by_reference() {
    let UnderWay { started, answer, mut handle, .. } = started();
    while !started.load(SeqCst) {
        tokio::select! {
            biased;
            _ = &mut handle => unreachable!("nobody has answered"),
            () = yield_now() => {}
        }
    }
    assert_eq!(handle.state().answer.status(), StageStatus::Running);
    answer.send(41).unwrap();
    assert_eq!((&mut handle).await.unwrap(), 42);
    assert_eq!(handle.state().answer.get().as_deref(), Some(&41));
}

#[tokio::test]
async fn a_cancelled_run_shows_what_was_cut() {
    let UnderWay { started, mut handle, answer: _answer, .. } = started();
    while !started.load(SeqCst) {
        yield_now().await;
    }
    handle.cancel();
    (&mut handle).await.unwrap_err();
    let state = handle.state();
    assert_eq!(state.announced.status(), StageStatus::Completed);
    assert_eq!(state.answer.status(), StageStatus::Cancelled);
    assert_eq!(state.guarded.status(), StageStatus::Cancelled);
}

#[test]
fn a_runtime_that_goes_away_cancels() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let entered = runtime.enter();
    let UnderWay { live, handle, started: _, answer: _answer } = started();
    runtime.block_on(async { yield_now().await });
    drop(entered);
    drop(runtime);
    let other = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(other.block_on(handle).unwrap_err().kind(), FailureKind::Cancelled);
    assert_eq!(live.now(), 0);
}

workflow! {
    workflow Blocking(seen: Arc<AtomicUsize>) -> u32 {
        #[blocking]
        stage call: u32 = until_cancelled(ctx, seen);
        call
    }
}
fn until_cancelled(ctx: &StageContext, seen: &AtomicUsize) -> u32 {
    seen.store(1, SeqCst);
    while !ctx.is_cancelled() {
        std::thread::yield_now();
    }
    seen.store(2, SeqCst);
    0
}

#[tokio::test]
async fn a_blocking_call_learns_that_nobody_waits() {
    let seen = Arc::<AtomicUsize>::default();
    let handle = Blocking::new().start(seen.clone());
    while seen.load(SeqCst) == 0 {
        yield_now().await;
    }
    handle.cancel();
    handle.await.unwrap_err();
    while seen.load(SeqCst) == 1 {
        yield_now().await;
    }
}
