//! Failures as the caller sees them: the stage, the cause, the wording.
#![deny(warnings)]
// A stage sees others by reference, however small they are.
#![allow(clippy::trivially_copy_pass_by_ref)]

mod panics;

use std::{error::Error, fmt, future::Future, io, pin::pin, task::Poll};
use workflow_runtime::{BoxError, Failure, FailureKind, QuorumError, workflow};

/// An error of the user's own, with a cause of its own.
#[derive(Debug)]
struct Refused {
    code: u32,
    cause: io::Error,
}
impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "refused with code {}", self.code)
    }
}
impl Error for Refused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.cause)
    }
}

fn refuse(code: &u32) -> Result<u32, Refused> {
    Err(Refused { code: *code, cause: io::Error::other("the line is dead") })
}
fn refuse_if(refused: bool, code: &u32) -> Result<u32, Refused> {
    if refused { refuse(code) } else { Ok(*code) }
}
async fn refuse_later(code: &u32) -> Result<u32, Refused> {
    tokio::task::yield_now().await;
    refuse(code)
}
async fn fine(number: &u32) -> u32 {
    tokio::task::yield_now().await;
    *number
}

/// Polls to the end without any runtime: these workflows wake only themselves.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    for _ in 0..1_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
    panic!("it still waits");
}

workflow! {
    workflow Refusing(code: u32) -> u32 {
        stage before: u32 = fine(code);
        stage asked: u32 = refuse_later(before);
        stage after: u32 = fine(asked);
        *after
    }
}

#[tokio::test]
async fn a_failure_says_where_and_why() {
    let failure = Refusing::new().run(7).await.unwrap_err();
    assert_eq!(failure.workflow(), "Refusing");
    assert_eq!(failure.stage(), Some("asked"));
    assert_eq!(failure.kind(), FailureKind::Error);
    assert_eq!(failure.attempts(), 1);
    let refused = failure.source().and_then(|source| source.downcast_ref::<Refused>()).unwrap();
    assert_eq!(refused.code, 7);
    assert_eq!(failure.downcast_ref::<Refused>().unwrap().code, 7);
    assert!(failure.downcast_ref::<io::Error>().is_some(), "the cause of the cause");
    assert!(failure.downcast_ref::<fmt::Error>().is_none());
}

#[tokio::test]
async fn a_failure_in_words() {
    let failure = Refusing::new().run(7).await.unwrap_err();
    let line = "stage 'asked' of workflow 'Refusing' failed";
    let chain = "stage 'asked' of workflow 'Refusing' failed: refused with code 7: the line is dead";
    assert_eq!(format!("{failure}"), line);
    assert_eq!(format!("{failure:#}"), chain);
    assert_eq!(format!("{failure:?}"), chain);
    assert_eq!(format!("{failure:#?}"), chain);
    // What error reporters print: each error of the chain by itself, without repetition.
    let mut printed = failure.to_string();
    let mut next = failure.source();
    while let Some(error) = next {
        printed.push_str(": ");
        printed.push_str(&error.to_string());
        next = error.source();
    }
    assert_eq!(printed, chain);
    // A clone is the same failure.
    assert_eq!(format!("{:#}", failure.clone()), chain);
}

#[tokio::test]
async fn a_failure_is_an_error_like_any_other() {
    fn question_mark(failure: Failure) -> Result<(), BoxError> {
        Err(failure)?
    }
    let failure = Refusing::new().run(7).await.unwrap_err();
    let boxed = question_mark(failure).unwrap_err();
    assert_eq!(boxed.downcast_ref::<Failure>().unwrap().stage(), Some("asked"));
}

workflow! {
    workflow OfATail(code: u32) -> u32 {
        stage before: u32 = fine(code);
        refuse(before)
    }
}

#[tokio::test]
async fn the_workflow_s_own_tail_belongs_to_no_stage() {
    let failure = OfATail::new().run(2).await.unwrap_err();
    assert_eq!(failure.stage(), None);
    assert_eq!(format!("{failure}"), "workflow 'OfATail' failed");
    assert_eq!(format!("{failure:#}"), "workflow 'OfATail' failed: refused with code 2: the line is dead");
}

workflow! {
    /// Every construct around a stage that fails, and a tail of each that fails.
    workflow Nested(which: u32, number: u32) -> u32 {
        stage in_block: u32 = {
            stage block_inner: u32 = if *which == 0 { refuse(number) } else { fine(number) };
            stage block_named: u32 = async { if *which == 1 { Err("block named") } else { Ok(*number) } };
            async { if *which == 2 { Err("block tail") } else { Ok(block_inner + block_named) } }
        };
        stage in_seq: u32 = seq {
            stage seq_first = fine(number).await_nothing();
            stage seq_second: u32 = async { if *which == 3 { Err("second of a seq") } else { Ok(*number) } };
            seq_second
        };
        #[max(5)]
        stage in_loop: u32 = loop round: u32 = 0 {
            stage loop_inner: u32 = async { if *which == 4 && *round == 2 { Err("third round") } else { Ok(round + 1) } };
            if *loop_inner > 3 {
                break async { if *which == 5 { Err("break") } else { Ok(*loop_inner) } }
            } else {
                continue async { if *which == 6 { Err("continue") } else { Ok(*loop_inner) } }
            }
        };
        stage in_for: Vec<u32> = for item in 0..4u32 {
            stage for_inner: u32 = async { if *which == 7 && *item == 2 { Err("third item") } else { Ok(*item) } };
            stage for_nested: Vec<u32> = for other in 0..*item {
                stage for_innermost: u32 =
                    async { if *which == 8 && *other == 1 { Err("item in an item") } else { Ok(*other) } };
                for_innermost
            };
            async { if *which == 9 { Err("tail of a for") } else { Ok(for_inner + for_nested.len() as u32) } }
        };
        stage in_match: u32 = match *which {
            10 => refuse(number),
            11 => {
                stage arm_inner: u32 = refuse(number);
                arm_inner
            }
            12 => fail "so it is",
            _ => *number,
        };
        stage in_if: u32 = if *which == 13 {
            stage if_inner: u32 = refuse_later(number);
            if_inner
        } else {
            *number
        };
        #[when(*which == 14)]
        stage in_when: Option<u32> = refuse_later(number);
        #[spawn]
        stage in_spawn: u32 = {
            stage spawn_inner: u32 = async { if *which == 15 { Err("elsewhere") } else { Ok(*number) } };
            spawn_inner
        };
        #[blocking]
        stage in_blocking: u32 = refuse_if(*which == 16, number);
        stage deep: u32 = {
            stage deep_if: u32 = if *which >= 17 {
                stage deep_match: u32 = match number {
                    0 => 0,
                    _ => {
                        #[max(2)]
                        stage deep_loop: u32 = loop {
                            stage deepest: u32 = async { if *which == 17 { Err("deep down") } else { Ok(0) } };
                            if *deepest > 0 { break deepest }
                        };
                        deep_loop
                    }
                };
                deep_match
            } else {
                0
            };
            deep_if
        };
        in_block + in_seq + in_loop + in_for.len() as u32 + in_match + in_if + in_when.unwrap_or(0) + in_spawn
            + in_blocking + deep
    }
}

/// For a future that is not to be awaited: a stage's type may be declared `()` all the same.
trait AwaitNothing: Sized {
    fn await_nothing(self) {}
}
impl<F: Future> AwaitNothing for F {}

#[tokio::test]
async fn the_innermost_named_stage_is_the_one_that_failed() {
    let expected = [
        ("in_block", "block_inner", "refused with code 1: the line is dead"),
        ("in_block", "block_named", "block named"),
        ("in_block", "in_block", "block tail"),
        ("in_seq", "seq_second", "second of a seq"),
        ("in_loop", "loop_inner", "third round"),
        ("in_loop", "in_loop", "break"),
        ("in_loop", "in_loop", "continue"),
        ("in_for", "for_inner", "third item"),
        ("in_for", "for_innermost", "item in an item"),
        ("in_for", "in_for", "tail of a for"),
        ("in_match", "in_match", "refused with code 1: the line is dead"),
        ("in_match", "arm_inner", "refused with code 1: the line is dead"),
        ("in_match", "in_match", "so it is"),
        ("in_if", "if_inner", "refused with code 1: the line is dead"),
        ("in_when", "in_when", "refused with code 1: the line is dead"),
        ("in_spawn", "spawn_inner", "elsewhere"),
        ("in_blocking", "in_blocking", "refused with code 1: the line is dead"),
        ("deep", "deepest", "deep down"),
        ("deep", "deep_loop", "no `break` in 2 rounds"),
    ];
    for (which, (_, stage, why)) in (0u32..).zip(expected) {
        let failure = Nested::new().run(which, 1).await.unwrap_err();
        assert_eq!(failure.stage(), Some(stage), "case {which}: {failure:#}");
        let words = if which == 18 { "exceeded its limit of rounds" } else { "failed" };
        assert_eq!(format!("{failure:#}"), format!("stage '{stage}' of workflow 'Nested' {words}: {why}"));
        let kind = match which {
            12 => FailureKind::Failed,
            18 => FailureKind::RoundLimit,
            _ => FailureKind::Error,
        };
        assert_eq!(failure.kind(), kind, "case {which}");
    }
}

workflow! {
    workflow Child(code: u32) -> u32 {
        stage asked: u32 = refuse_later(code);
        asked
    }
    workflow Parent(code: u32) -> u32 with child: Child {
        stage delegated: u32 = child.run(*code);
        delegated
    }
    workflow Passing(code: u32) -> u32 with child: Child {
        stage attempted: Result<u32, Failure> = async { Ok::<_, Failure>(child.run(*code).await) };
        stage value: u32 = match attempted {
            Ok(good) => *good,
            Err(why) => fail why,
        };
        value
    }
}

#[tokio::test]
async fn a_child_s_failure_is_the_source_of_the_parent_s() {
    let failure = Parent::new(Child::new()).run(3).await.unwrap_err();
    assert_eq!((failure.workflow(), failure.stage()), ("Parent", Some("delegated")));
    let child = failure.source().and_then(|source| source.downcast_ref::<Failure>()).unwrap();
    assert_eq!((child.workflow(), child.stage()), ("Child", Some("asked")));
    assert_eq!(failure.downcast_ref::<Refused>().unwrap().code, 3);
    assert_eq!(
        format!("{failure:#}"),
        "stage 'delegated' of workflow 'Parent' failed: stage 'asked' of workflow 'Child' failed: \
         refused with code 3: the line is dead"
    );
}

#[tokio::test]
async fn fail_passes_a_failure_on_as_it_is() {
    let failure = Passing::new(Child::new()).run(3).await.unwrap_err();
    assert_eq!((failure.workflow(), failure.stage()), ("Child", Some("asked")));
}

workflow! {
    workflow Racing(numbers: Vec<u32>) -> u32 {
        stage winner: u32 = race for number in numbers {
            stage checked: u32 = async { if *number == 0 { refuse(number) } else { Ok(*number) } };
            checked
        };
        stage several: Vec<u32> = quorum(2) for number in numbers {
            async { if *number < 5 { Err(format!("{number} is too small")) } else { Ok(*number) } }
        };
        winner + several.iter().sum::<u32>()
    }
}

#[tokio::test]
async fn a_race_without_a_winner_keeps_every_reason() {
    let failure = Racing::new().run(vec![0, 0]).await.unwrap_err();
    assert_eq!((failure.stage(), failure.kind()), (Some("winner"), FailureKind::QuorumFailed));
    let too_few = failure.downcast_ref::<QuorumError>().unwrap();
    assert_eq!(too_few.failures().iter().map(Failure::stage).collect::<Vec<_>>(), [Some("checked"); 2]);
    assert!(failure.downcast_ref::<Refused>().is_some());
    assert_eq!(
        format!("{failure:#}"),
        "stage 'winner' of workflow 'Racing' did not reach its quorum: needed 1 of 2, 2 failed: \
         stage 'checked' of workflow 'Racing' failed: refused with code 0: the line is dead"
    );

    let failure = Racing::new().run(vec![1, 2, 9]).await.unwrap_err();
    assert_eq!((failure.stage(), failure.kind()), (Some("several"), FailureKind::QuorumFailed));
    let too_few = failure.downcast_ref::<QuorumError>().unwrap();
    let reasons: Vec<String> = too_few.failures().iter().map(|failure| format!("{failure:#}")).collect();
    // As soon as two can't be reached it is over.
    assert_eq!(
        reasons,
        [
            "stage 'several' of workflow 'Racing' failed: 1 is too small",
            "stage 'several' of workflow 'Racing' failed: 2 is too small",
        ]
    );
    // A race without members can't be won.
    let failure = Racing::new().run(vec![]).await.unwrap_err();
    assert_eq!((failure.stage(), failure.kind()), (Some("winner"), FailureKind::QuorumFailed));
    assert_eq!(
        format!("{failure:#}"),
        "stage 'winner' of workflow 'Racing' did not reach its quorum: needed 1 of 0, 0 failed"
    );
}

workflow! {
    workflow PlainStages(number: u32) -> u32 {
        stage doubled: u32 = async { *number * 2 };
        stage listed: Vec<u32> = for item in 0..*doubled {
            stage more: u32 = *item + 1;
            more
        };
        stage raced: u32 = race { async { 3 }, std::future::pending::<u32>() };
        listed.iter().sum::<u32>() + raced
    }
    workflow Spawning(_number: u32) -> u32 {
        #[spawn]
        stage elsewhere: u32 = async { 1u32 };
        elsewhere
    }
    workflow Blocking(number: u32) -> u32 {
        #[blocking]
        stage pool: u32 = 1 + *number;
        pool
    }
}

#[test]
fn plain_stages_need_no_runtime() {
    assert_eq!(block_on(PlainStages::new().run(2)).unwrap(), 1 + 2 + 3 + 4 + 3);
}

#[test]
fn a_task_outside_a_runtime_is_a_failure() {
    for (stage, failure) in [
        ("elsewhere", block_on(Spawning::new().run(1)).unwrap_err()),
        ("pool", block_on(Blocking::new().run(1)).unwrap_err()),
    ] {
        assert_eq!((failure.stage(), failure.kind()), (Some(stage), FailureKind::Error));
        assert!(format!("{failure:#}").ends_with("failed: a stage on a task of its own needs a tokio runtime"));
    }
}

#[test]
fn a_run_is_moved_between_runtimes() {
    // Polled once on one thread without a runtime, the rest elsewhere.
    let mut run = Box::pin(Refusing::new().run(1));
    let polled = run.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    assert!(polled.is_pending());
    let failure = std::thread::spawn(move || block_on(run)).join().unwrap().unwrap_err();
    assert_eq!(failure.stage(), Some("asked"));
}

fn gives_up(number: u32) -> ! {
    panic!("gave up at {number}")
}

workflow! {
    workflow Diverging(which: u32) -> u32 {
        #[when(*which == 0)]
        stage _skipped: Option<u32> = gives_up(0);
        stage block: u32 = { stage inner: u32 = if *which == 1 { gives_up(1) } else { 1 }; inner };
        stage arm: u32 = match *which { 2 => gives_up(2), _ => 1 };
        stage items: Vec<u32> = for item in 0..1u32 { if *which == 3 { gives_up(3) } else { item + 1 } };
        #[spawn]
        stage all: u32 = if *which == 4 { gives_up(4) } else { block + arm };
        #[retry(2)]
        stage tried: u32 = { let text: String = format!("{all}"); if *which == 5 { gives_up(5) } else { text.len() as u32 } };
        if *which == 6 { gives_up(6) } else { tried + items.len() as u32 }
    }
    workflow Never() -> u32 {
        stage never: u32 = gives_up(7);
        never + 1
    }
}

#[tokio::test]
async fn a_function_that_never_returns_may_stand_wherever_a_value_may() {
    for which in 0..7 {
        let failure = Diverging::new().run(which).await.unwrap_err();
        assert_eq!(
            (failure.kind(), failure.source().unwrap().to_string()),
            (FailureKind::Panic, format!("gave up at {which}"))
        );
    }
    assert_eq!(Diverging::new().run(9).await.unwrap(), 2);
    assert_eq!(Never::new().run().await.unwrap_err().stage(), Some("never"));
}

async fn refuse_at(place: u32, at: &u32) -> Result<u32, Refused> {
    tokio::task::yield_now().await;
    refuse_if(*at == place, at)
}
async fn panic_at(place: u32, at: &u32) -> u32 {
    tokio::task::yield_now().await;
    assert!(*at != place, "it was asked to");
    *at
}

workflow! {
    /// Stages that have waited when they fail, some of them after others ran within or beside one.
    workflow Waited(at: u32) -> u32 {
        stage refused: u32 = refuse_at(1, at);
        stage beside: u32 = { stage one: u32 = fine(refused); stage two: u32 = fine(refused); one + two };
        #[after(beside)]
        stage panicking: u32 = panic_at(2, at);
        #[after(panicking)]
        stage left: u32 = panic_at(3, at);
        #[after(panicking)]
        stage right: u32 = refuse_at(4, at);
        stage last: u32 = panic_at(5, left);
        panicking + right + last
    }
}

#[tokio::test]
async fn a_stage_that_has_waited_fails_under_its_own_name() {
    let expected = ["refused", "panicking", "left", "right", "last"];
    for (at, name) in (1..).zip(expected) {
        let failures = [Waited::new().run(at).await.unwrap_err(), Waited::new().start(at).await.unwrap_err()];
        for failure in failures {
            assert_eq!(failure.stage(), Some(name));
            assert_eq!(failure.kind() == FailureKind::Panic, matches!(at, 2 | 3 | 5));
        }
    }
    assert_eq!(Waited::new().run(6).await.unwrap(), 18);
}
