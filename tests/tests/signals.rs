//! Signals, `select`, `#[until]`.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::large_futures,
    clippy::unused_async,
    clippy::let_underscore_untyped,
    reason = "what users write is not the point here"
)]
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep};
use workflow_runtime::{Failure, FailureKind, SignalError, workflow};

#[derive(Debug, Clone, PartialEq)]
pub enum Approval {
    Granted(u32),
    Denied,
}

async fn takes(milliseconds: u64) -> u64 {
    sleep(Duration::from_millis(milliseconds)).await;
    milliseconds
}

workflow! {
    /// Waits for a person.
    pub workflow Approving(amount: u32) -> String {
        /// The person's decision.
        #[accept(!matches!(approval, Approval::Granted(0)))]
        signal approval: Approval;
        let limit: u32 = match approval { Approval::Granted(most) => *most, Approval::Denied => 0 };
        stage decided: String = match approval {
            Approval::Granted(_) if *limit >= *amount => format!("{amount} granted"),
            _ => "refused".to_owned(),
        };
        decided
    }
    workflow Late() -> u32 {
        #[timeout(3s)]
        #[fallback(7)]
        signal answer: u32;
        #[timeout(1s)]
        signal other: u32;
        stage first: u32 = *answer;
        #[when(*first == 8)]
        stage second: Option<u32> = *other;
        first + second.unwrap_or(0)
    }
    workflow Escalation() -> String {
        signal reply: String;
        stage background: u64 = takes(50);
        stage level: &'static str = select {
            signal reply => "replied",
            sleep(20ms) => "escalated",
        };
        stage waited: String = select {
            stage background => format!("background {background}"),
            quick: u64 = takes(30) if *level == "replied" => format!("quick {quick}"),
            never: u64 = takes(1_000_000) => format!("never {never}"),
        };
        format!("{level}, {waited}")
    }
    workflow Conversation() -> Vec<String> {
        stage said: Vec<String> = loop words: Vec<String> = Vec::new() {
            signal word: String;
            stage next: Vec<String> = words.iter().chain([word]).cloned().collect::<Vec<_>>();
            if word == "bye" { break next } else { continue next }
        };
        said
    }
    workflow Until() -> (Option<u64>, Option<u64>, u64) {
        signal stop: ();
        stage short: u64 = takes(10);
        #[until(short)]
        stage long: Option<u64> = takes(100);
        #[until(stop)]
        stage stoppable: Option<u64> = takes(60);
        (*long, *stoppable, *short)
    }
}

#[tokio::test(start_paused = true)]
async fn a_person_decides() {
    let run = Approving::new().start(5);
    assert_eq!(run.signal(ApprovingSignal::Approval(Approval::Granted(0))), Err(SignalError::Refused));
    run.signal(ApprovingSignal::Approval(Approval::Granted(9))).unwrap();
    assert_eq!(run.await.unwrap(), "5 granted");
    let mut run = Approving::new().start(5);
    sleep(Duration::from_secs(100)).await;
    run.signal(ApprovingSignal::Approval(Approval::Denied)).unwrap();
    assert_eq!((&mut run).await.unwrap(), "refused");
    assert_eq!(run.signal(ApprovingSignal::Approval(Approval::Denied)), Err(SignalError::Closed));
}

#[tokio::test(start_paused = true)]
async fn too_late() {
    let start = Instant::now();
    assert_eq!(Late::new().run().await.unwrap(), 7);
    assert_eq!(start.elapsed().as_millis(), 3_000);
    let run = Late::new().start();
    sleep(Duration::from_millis(1_500)).await;
    run.signal(LateSignal::Answer(8)).unwrap();
    let failure = run.await.unwrap_err();
    assert_eq!((failure.stage(), failure.kind()), (Some("second"), FailureKind::Timeout));
    assert_eq!(
        format!("{failure:#}"),
        "stage 'second' of workflow 'Late' timed out: signal 'other' did not arrive within 1s"
    );
}

#[tokio::test(start_paused = true)]
async fn the_first_head_decides() {
    assert_eq!(Escalation::new().run().await.unwrap(), "escalated, background 50");
    let run = Escalation::new().start();
    run.signal(EscalationSignal::Reply("hello".into())).unwrap();
    assert_eq!(run.await.unwrap(), "replied, quick 30");
}

#[tokio::test(start_paused = true)]
async fn each_round_takes_the_next() {
    let run = Conversation::new().start();
    for word in ["a", "b", "bye", "ignored"] {
        run.signal(ConversationSignal::Word(word.into())).unwrap();
    }
    assert_eq!(run.await.unwrap(), ["a", "b", "bye"]);
}

#[tokio::test(start_paused = true)]
async fn what_comes_first_cuts() {
    assert_eq!(Until::new().run().await.unwrap(), (None, Some(60), 10));
    let start = Instant::now();
    let run = Until::new().start();
    sleep(Duration::from_millis(20)).await;
    run.signal(UntilSignal::Stop(())).unwrap();
    assert_eq!(run.await.unwrap(), (None, None, 10));
    assert_eq!(start.elapsed().as_millis(), 20);
}

workflow! {
    workflow Attempted() -> (u32, u32) {
        #[retry(2)]
        stage asked: u32 = {
            signal answer: u32;
            stage even: u32 = (*answer % 2 == 0).then_some(*answer).ok_or("odd");
            even
        };
        #[retry(1)]
        stage again: u32 = match *asked {
            0 => 0,
            _ => {
                stage inner: u32 = {
                    signal other: u32;
                    stage checked: u32 = other.checked_sub(1).ok_or("none");
                    checked
                };
                inner
            }
        };
        (*asked, *again)
    }
}

#[tokio::test(start_paused = true)]
async fn each_attempt_takes_the_next() {
    let run = Attempted::new().start();
    run.signal(AttemptedSignal::Answer(1)).unwrap();
    sleep(Duration::from_secs(1)).await;
    run.signal(AttemptedSignal::Answer(3)).unwrap();
    run.signal(AttemptedSignal::Other(0)).unwrap();
    sleep(Duration::from_secs(1)).await;
    run.signal(AttemptedSignal::Answer(6)).unwrap();
    sleep(Duration::from_secs(1)).await;
    // The block has ended: nothing takes it any more.
    assert_eq!(run.signal(AttemptedSignal::Answer(8)), Err(SignalError::Closed));
    run.signal(AttemptedSignal::Other(5)).unwrap();
    assert_eq!(run.await.unwrap(), (6, 4));
}

workflow! {
    workflow AfterWork() -> (u32, &'static str) {
        stage before: u64 = takes(2_000);
        stage also: u64 = takes(3_000);
        // Counts from 3 s on, whichever stage waits first.
        #[after(before, also)]
        #[timeout(1s)]
        #[fallback(7)]
        signal answer: u32;
        stage slow: u64 = takes(10_000);
        stage chosen: &'static str = select {
            signal answer => "answered",
            sleep(3_500ms) => "not before 3.5 s",
        };
        stage value: u32 = if *slow > 0 { *answer } else { 0 };
        (*value, *chosen)
    }
    workflow AfterOutside() -> u32 {
        stage before: u64 = takes(2_000);
        stage block: u32 = {
            #[after(before)]
            #[timeout(1s)]
            signal answer: u32;
            stage chosen: u32 = select { signal answer => *answer, sleep(5s) => 0 };
            chosen
        };
        block
    }
}

#[tokio::test(start_paused = true)]
async fn the_timeout_of_a_signal_starts_when_what_it_comes_after_has_ended() {
    let start = Instant::now();
    assert_eq!(AfterWork::new().run().await.unwrap(), (7, "not before 3.5 s"));
    assert_eq!(start.elapsed().as_secs(), 10);
    let run = AfterWork::new().start();
    // Kept, but taken only when its time has come.
    run.signal(AfterWorkSignal::Answer(3)).unwrap();
    sleep(Duration::from_millis(2_500)).await;
    assert!(run.state().chosen.get().is_none());
    assert_eq!(run.await.unwrap(), (3, "answered"));
    let start = Instant::now();
    let failure = AfterOutside::new().run().await.unwrap_err();
    assert_eq!((failure.kind(), start.elapsed().as_secs()), (FailureKind::Timeout, 3));
}

workflow! {
    workflow OneHead(wanted: bool) -> Vec<u64> {
        signal stop: ();
        stage slow: u64 = takes(20);
        stage first: Vec<u64> = quorum(1) {
            select { signal stop => 0 },
            select { stage slow => *slow },
        };
        #[catch]
        stage only: Result<u64, workflow_runtime::Failure> = select { sleep(5ms) if *wanted => 5 };
        [first[0], *only.as_ref().unwrap_or(&7)].to_vec()
    }
}

#[tokio::test(start_paused = true)]
async fn one_head_is_a_wait() {
    assert_eq!(OneHead::new().run(true).await.unwrap(), [20, 5]);
    let run = OneHead::new().start(false);
    run.signal(OneHeadSignal::Stop(())).unwrap();
    assert_eq!(run.await.unwrap(), [0, 7]);
}

workflow! {
    workflow Choosy() -> u32 {
        #[accept(100 / *answer > 3)]
        signal answer: u32;
        answer + 0
    }
}

#[tokio::test(start_paused = true)]
async fn a_condition_that_panics_tells_the_sender() {
    let run = Choosy::new().start();
    tokio::task::yield_now().await;
    assert_eq!(run.signal(ChoosySignal::Answer(0)), Err(SignalError::Panicked));
    assert_eq!(run.signal(ChoosySignal::Answer(50)), Err(SignalError::Refused));
    run.signal(ChoosySignal::Answer(5)).unwrap();
    assert_eq!(run.await.unwrap(), 5);
}

workflow! {
    /// Adds up what has left, until the end.
    pub workflow Leaving() -> u32 {
        loop sum: u32 = 0 {
            signal left: u32;
            signal end: ();
            stage one: Option<u32> = select {
                signal end => { stage _over: () = *end; None },
                signal left => Some(*left),
            };
            match one {
                Some(more) => continue sum + more,
                None => break *sum,
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_signals_the_one_that_arrived_first_decides() {
    let running = Leaving::new().start();
    sleep(Duration::from_millis(1)).await;
    // The run is polled between none of them, and `end` stands first.
    running.signal(LeavingSignal::Left(5)).unwrap();
    running.signal(LeavingSignal::Left(6)).unwrap();
    running.signal(LeavingSignal::End(())).unwrap();
    assert_eq!(running.await.unwrap(), 11);
}

/// How often something was called, and how often it came to its end.
#[derive(Default)]
pub struct Calls {
    begun: AtomicU32,
    ended: AtomicU32,
    dropped: AtomicU32,
}

impl Calls {
    fn counted(&self) -> (u32, u32, u32) {
        (self.begun.load(SeqCst), self.ended.load(SeqCst), self.dropped.load(SeqCst))
    }
}

/// Counts the drops of a call.
struct Under<'a>(&'a Calls);

impl Drop for Under<'_> {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, SeqCst);
    }
}

async fn call(calls: &Calls, value: u32) -> u32 {
    calls.begun.fetch_add(1, SeqCst);
    let _under = Under(calls);
    sleep(Duration::from_millis(20)).await;
    calls.ended.fetch_add(1, SeqCst);
    value
}

async fn refuse(calls: &Calls) -> Result<u32, String> {
    call(calls, 0).await;
    Err("no answer at all".into())
}

async fn panics(calls: &Calls) -> u32 {
    call(calls, 0).await;
    panic!("the fallback broke")
}

async fn nap(milliseconds: u64) -> u32 {
    sleep(Duration::from_millis(milliseconds)).await;
    0
}

workflow! {
    workflow FirstIsCut() -> u32 with calls: Arc<Calls> {
        #[timeout(2ms)]
        #[fallback(call(calls, 5))]
        signal a: u32;
        stage x: u32 = race { *a, nap(10) };
        stage z: u32 = *a + *x;
        *z
    }
    workflow AllButOneAreCut() -> u32 with calls: Arc<Calls> {
        #[timeout(2ms)]
        #[fallback({ stage inner: u32 = call(calls, 4); *inner + 1 })]
        signal a: u32;
        stage x: u32 = race { *a, nap(10) };
        #[timeout(5ms)]
        #[fallback(1)]
        stage y: u32 = { stage asks: u32 = *a; *asks };
        stage short: u64 = takes(7);
        #[until(a)]
        stage stopped: Option<u64> = takes(9);
        stage head: u32 = select { signal a => *a, sleep(3ms) => 100 };
        #[after(short)]
        stage z: u32 = *a;
        x + y + z + head + u32::try_from(stopped.unwrap_or(0)).unwrap()
    }
    workflow NothingAsksAgain() -> u32 with calls: Arc<Calls> {
        #[timeout(2ms)]
        #[fallback(call(calls, 5))]
        signal a: u32;
        stage x: u32 = race { *a, nap(10) };
        #[after(x)]
        stage rest = sleep(1s);
        *x
    }
    workflow FallbackFails() -> String with calls: Arc<Calls> {
        #[timeout(2ms)]
        #[fallback(refuse(calls))]
        signal a: u32;
        #[catch]
        stage x: Result<u32, Failure> = *a;
        #[after(x)]
        #[catch]
        stage z: Result<u32, Failure> = { stage inner: u32 = *a + 1; *inner };
        format!("{:#}, {:#}", x.as_ref().unwrap_err(), z.as_ref().unwrap_err())
    }
    workflow FallbackPanics() -> u32 with calls: Arc<Calls> {
        #[timeout(2ms)]
        #[fallback(panics(calls))]
        signal a: u32;
        #[catch]
        stage x: Result<u32, Failure> = *a;
        #[after(x)]
        stage z: u32 = *a;
        z + x.as_ref().copied().unwrap_or(0)
    }
    workflow LateForAll() -> u32 {
        #[timeout(2ms)]
        signal a: u32;
        #[catch]
        stage x: Result<u32, Failure> = *a;
        #[after(x)]
        stage rest = sleep(10ms);
        #[after(rest)]
        stage z: u32 = *a;
        z + x.as_ref().copied().unwrap_or(0)
    }
    workflow LateInRounds() -> Vec<u32> with calls: Arc<Calls> {
        stage all: Vec<u32> = loop got: Vec<u32> = Vec::new() {
            #[timeout(2ms)]
            #[fallback(call(calls, 5))]
            signal a: u32;
            signal b: u32;
            stage one: u32 = select { signal a => *a, signal b => *b };
            stage next: Vec<u32> = got.iter().chain([one]).copied().collect::<Vec<_>>();
            if next.len() == 2 { break next } else { continue next }
        };
        all
    }
    workflow AskedByALoser() -> u32 with calls: Arc<Calls> {
        #[lazy]
        stage a: u32 = call(calls, 5);
        stage x: u32 = race { { stage asks: u32 = *a; *asks }, nap(10) };
        stage z: u32 = match *x { 0 => *a, _ => 0 };
        *z
    }
}

#[tokio::test(start_paused = true)]
async fn a_fallback_goes_on_where_the_first_that_asked_is_cut() {
    let (calls, start) = (Arc::<Calls>::default(), Instant::now());
    assert_eq!(FirstIsCut::new(Arc::clone(&calls)).run().await.unwrap(), 5);
    assert_eq!((calls.counted(), start.elapsed().as_millis()), ((1, 1, 1), 22));
    let (calls, start) = (Arc::<Calls>::default(), Instant::now());
    assert_eq!(AllButOneAreCut::new(Arc::clone(&calls)).run().await.unwrap(), 1 + 5 + 100 + 9);
    assert_eq!((calls.counted(), start.elapsed().as_millis()), ((1, 1, 1), 22));
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_nothing_waits_for_any_more_stands_still_and_ends_with_its_scope() {
    let calls = Arc::<Calls>::default();
    assert_eq!(NothingAsksAgain::new(Arc::clone(&calls)).run().await.unwrap(), 0);
    assert_eq!(calls.counted(), (1, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_signal_that_comes_after_its_fallback_has_begun_is_not_taken() {
    let calls = Arc::<Calls>::default();
    let run = FirstIsCut::new(Arc::clone(&calls)).start();
    sleep(Duration::from_millis(5)).await;
    assert_eq!(run.signal(FirstIsCutSignal::A(8)), Err(SignalError::Closed));
    assert_eq!((run.await.unwrap(), calls.counted()), (5, (1, 1, 1)));
    let run = LateForAll::new().start();
    sleep(Duration::from_millis(5)).await;
    assert_eq!(run.signal(LateForAllSignal::A(8)), Err(SignalError::Closed));
    let failure = run.await.unwrap_err();
    assert_eq!((failure.stage(), failure.kind()), (Some("z"), FailureKind::Timeout));
}

#[tokio::test(start_paused = true)]
async fn a_signal_that_comes_late_is_for_the_next_round_and_holds_up_no_other() {
    let (calls, start) = (Arc::<Calls>::default(), Instant::now());
    let run = LateInRounds::new(Arc::clone(&calls)).start();
    sleep(Duration::from_millis(5)).await;
    run.signal(LateInRoundsSignal::A(8)).unwrap();
    sleep(Duration::from_millis(2)).await;
    run.signal(LateInRoundsSignal::B(9)).unwrap();
    assert_eq!((run.await.unwrap(), start.elapsed().as_millis()), (vec![9, 8], 7));
    assert_eq!(calls.counted(), (1, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn the_failure_of_a_fallback_is_that_of_all_that_ask() {
    let calls = Arc::<Calls>::default();
    let failure = "no answer at all";
    let told = FallbackFails::new(Arc::clone(&calls)).run().await.unwrap();
    assert_eq!(told.matches(failure).count(), 2, "{told}");
    assert_eq!(calls.counted(), (1, 1, 1));
    let calls = Arc::<Calls>::default();
    let failure = FallbackPanics::new(Arc::clone(&calls)).run().await.unwrap_err();
    assert_eq!((failure.kind(), calls.counted()), (FailureKind::Panic, (1, 1, 1)));
}

#[tokio::test(start_paused = true)]
async fn a_lazy_stage_goes_on_where_the_first_that_asked_is_cut() {
    let (calls, start) = (Arc::<Calls>::default(), Instant::now());
    assert_eq!(AskedByALoser::new(Arc::clone(&calls)).run().await.unwrap(), 5);
    assert_eq!((calls.counted(), start.elapsed().as_millis()), ((1, 1, 1), 20));
}
