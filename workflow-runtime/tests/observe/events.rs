//! Every event, exactly, under paused time.

use super::trace::{Trace, after, until_third};
use std::time::Duration;
use tokio::time::sleep;
use workflow_runtime::{
    Failure,
    observe::{Event, Observer},
    workflow,
};

workflow! {
    workflow Chain(number: u64) -> u64 {
        stage one: u64 = after(10, *number);
        stage two: u64 = after(5, one + 1);
        two
    }
}

#[tokio::test(start_paused = true)]
async fn chain() {
    let trace = Trace::new();
    let chain = Chain::new().observed_by(trace.clone());
    assert_eq!(chain.clone().run(1).await.unwrap(), 2);
    let expected = [
        "0 - started",
        "0 one enabled",
        "0 one attempt 1 started",
        "10 one completed",
        "10 two enabled",
        "10 two attempt 1 started",
        "15 two completed",
        "15 - ended",
    ];
    trace.expect(&expected);
    let other = Trace::new();
    assert_eq!(chain.observed_by(other.clone()).start(1).await.unwrap(), 2);
    other.expect(&expected);
    assert_eq!(trace.lines.lock().unwrap().len(), 2 * expected.len());
}

workflow! {
    workflow Retried() -> u32 {
        #[retry(5, exponential(100ms..1s), jitter = none)]
        stage tried: u32 = until_third(ctx);
        tried
    }
}

#[tokio::test(start_paused = true)]
async fn retry_with_delays() {
    let trace = Trace::new();
    Retried::new().observed_by(trace.clone()).run().await.unwrap();
    trace.expect(&[
        "0 - started",
        "0 tried enabled",
        "0 tried attempt 1 started",
        "0 tried attempt 1 failed, next in 100 ms",
        "100 tried attempt 2 started",
        "100 tried attempt 2 failed, next in 200 ms",
        "300 tried attempt 3 started",
        "300 tried completed",
        "300 - ended",
    ]);
}

#[derive(Debug, PartialEq)]
struct Own;

workflow! {
    workflow Judged() -> u32 {
        #[retry(1, fixed(10ms), if = is_early)]
        #[fallback(7)]
        stage spent: u32 = until_third(ctx);

        #[after(spent)]
        #[timeout(20ms)]
        #[catch]
        stage late: Result<(), Failure> = after(30, ());

        #[after(late)]
        #[catch]
        stage own: Result<u32, Own> = Err::<u32, Own>(Own);

        *spent + u32::from(late.is_err()) + u32::from(*own == Err(Own))
    }
}

fn is_early(error: &&'static str) -> bool {
    *error == "too early"
}

#[tokio::test(start_paused = true)]
async fn absorbed_failures() {
    let trace = Trace::new();
    assert_eq!(Judged::new().observed_by(trace.clone()).run().await.unwrap(), 9);
    trace.expect(&[
        "0 - started",
        "0 spent enabled",
        "0 spent attempt 1 started",
        "0 spent attempt 1 failed, next in 10 ms",
        "10 spent attempt 2 started",
        "10 spent attempt 2 failed",
        "10 spent decided: fallback",
        "10 spent completed",
        "10 late enabled",
        "10 late attempt 1 started",
        "30 late attempt 1 failed",
        "30 late completed",
        "30 own enabled",
        "30 own attempt 1 started",
        "30 own attempt 1 failed",
        "30 own completed",
        "30 - ended",
    ]);
}

workflow! {
    workflow Cut() {
        #[retry(1, fixed(50ms))]
        #[deadline(70ms)]
        stage cut = after(30, Err::<(), _>("no"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_cuts_a_wait() {
    let trace = Trace::new();
    Cut::new().observed_by(trace.clone()).run().await.unwrap_err();
    trace.expect(&[
        "0 - started",
        "0 cut enabled",
        "0 cut attempt 1 started",
        "30 cut attempt 1 failed",
        "70 cut failed: stage 'cut' of workflow 'Cut' passed its deadline: all its attempts together took longer than 70ms",
        "70 - failed: stage 'cut' of workflow 'Cut' passed its deadline: all its attempts together took longer than 70ms",
    ]);
}

workflow! {
    workflow Race() -> u32 {
        stage winner: u32 = race {
            { stage slow: u32 = after(50, 1); slow },
            { stage fast: u32 = after(20, 2); fast },
        };
        winner
    }
}

#[tokio::test(start_paused = true)]
async fn race_with_a_cancelled_loser() {
    let trace = Trace::new();
    Race::new().observed_by(trace.clone()).run().await.unwrap();
    trace.expect(&[
        "0 - started",
        "0 winner enabled",
        "0 winner attempt 1 started",
        "0 slow enabled",
        "0 slow attempt 1 started",
        "0 fast enabled",
        "0 fast attempt 1 started",
        "20 fast completed",
        "20 winner decided: 2",
        "20 slow cancelled",
        "20 winner completed",
        "20 - ended",
    ]);
}

workflow! {
    workflow Rounds() -> u32 {
        stage counted: u32 = loop count: u32 = 0 {
            stage next: u32 = after(10, *count + 1);
            match *next {
                2.. => break next,
                _ => continue next,
            }
        };
        counted
    }
}

#[tokio::test(start_paused = true)]
async fn rounds_of_a_loop() {
    let trace = Trace::new();
    Rounds::new().observed_by(trace.clone()).run().await.unwrap();
    trace.expect(&[
        "0 - started",
        "0 counted enabled",
        "0 counted attempt 1 started",
        "0 next[0] enabled",
        "0 next[0] attempt 1 started",
        "10 next[0] completed",
        "10 counted[0] decided: _",
        "10 counted[0] decided: continue",
        "10 next[1] enabled",
        "10 next[1] attempt 1 started",
        "20 next[1] completed",
        "20 counted[1] decided: 2..",
        "20 counted[1] decided: break",
        "20 counted completed",
        "20 - ended",
    ]);
}

workflow! {
    workflow Items(times: Vec<u64>) -> Vec<u64> {
        #[concurrency(2)]
        stage all: Vec<u64> = for time in times {
            stage slept: u64 = after(*time, *time);
            slept
        };
        all
    }
}

#[tokio::test(start_paused = true)]
async fn items() {
    let trace = Trace::new();
    Items::new().observed_by(trace.clone()).run(vec![20, 10, 15]).await.unwrap();
    trace.expect(&[
        "0 - started",
        "0 all enabled",
        "0 all attempt 1 started",
        "0 slept[0] enabled",
        "0 slept[0] attempt 1 started",
        "0 slept[1] enabled",
        "0 slept[1] attempt 1 started",
        "10 slept[1] completed",
        "10 slept[2] enabled",
        "10 slept[2] attempt 1 started",
        "20 slept[0] completed",
        "25 slept[2] completed",
        "25 all completed",
        "25 - ended",
    ]);
}

workflow! {
    workflow Skips(wanted: bool) -> Option<u32> {
        #[when(*wanted)]
        stage maybe: Option<u32> = after(10, 1);

        #[after(maybe)]
        stage branch = if *wanted { stage yes = sleep(1ms); } else { stage no = sleep(2ms); };

        maybe
    }
}

#[tokio::test(start_paused = true)]
async fn a_condition_that_does_not_hold() {
    let trace = Trace::new();
    Skips::new().observed_by(trace.clone()).run(false).await.unwrap();
    trace.expect(&[
        "0 - started",
        "0 maybe enabled",
        "0 maybe skipped",
        "0 branch enabled",
        "0 branch attempt 1 started",
        "0 branch decided: else",
        "0 no enabled",
        "0 no attempt 1 started",
        "2 no completed",
        "2 branch completed",
        "2 - ended",
    ]);
    let trace = Trace::new();
    Skips::new().observed_by(trace.clone()).run(true).await.unwrap();
    trace.expect(&[
        "0 - started",
        "0 maybe enabled",
        "0 maybe attempt 1 started",
        "10 maybe completed",
        "10 branch enabled",
        "10 branch attempt 1 started",
        "10 branch decided: *wanted",
        "10 yes enabled",
        "10 yes attempt 1 started",
        "11 yes completed",
        "11 branch completed",
        "11 - ended",
    ]);
}

workflow! {
    workflow Approved() -> u32 {
        signal approval: u32;
        stage approved: u32 = *approval + 1;
        approved
    }
}

#[tokio::test(start_paused = true)]
async fn signals() {
    let trace = Trace::new();
    let run = Approved::new().observed_by(trace.clone()).start();
    sleep(Duration::from_millis(30)).await;
    run.signal(ApprovedSignal::Approval(4)).unwrap();
    assert_eq!(run.await.unwrap(), 5);
    trace.expect(&[
        "0 - started",
        "30 approved got signal approval",
        "30 approved enabled",
        "30 approved attempt 1 started",
        "30 approved completed",
        "30 - ended",
    ]);
}

workflow! {
    workflow Selects() -> u32 {
        signal answer: u32;
        stage chosen: u32 = select {
            signal answer => *answer,
            slow: u32 = { stage thought: u32 = after(50, 1); thought } => *slow,
            sleep(10ms) => { stage late: u32 = after(1, 9); late },
        };
        chosen
    }
}

#[tokio::test(start_paused = true)]
async fn select() {
    let trace = Trace::new();
    assert_eq!(Selects::new().observed_by(trace.clone()).run().await.unwrap(), 9);
    trace.expect(&[
        "0 - started",
        "0 chosen enabled",
        "0 chosen attempt 1 started",
        "0 thought enabled",
        "0 thought attempt 1 started",
        "10 thought cancelled",
        "10 chosen decided: sleep",
        "10 late enabled",
        "10 late attempt 1 started",
        "11 late completed",
        "11 chosen completed",
        "11 - ended",
    ]);
}

workflow! {
    workflow Forever() {
        stage outer = {
            stage inner = std::future::pending::<()>();
        };
        stage beside = std::future::pending::<()>();
    }
}

#[tokio::test(start_paused = true)]
async fn cancel() {
    let trace = Trace::new();
    let run = Forever::new().observed_by(trace.clone()).start();
    sleep(Duration::from_millis(10)).await;
    run.cancel();
    run.await.unwrap_err();
    let begin = [
        "0 - started",
        "0 outer enabled",
        "0 outer attempt 1 started",
        "0 beside enabled",
        "0 beside attempt 1 started",
        "0 inner enabled",
        "0 inner attempt 1 started",
        "10 inner cancelled",
        "10 outer cancelled",
        "10 beside cancelled",
    ];
    let cancelled = "10 - failed: workflow 'Forever' was cancelled";
    trace.expect(&[&begin[..], &[cancelled]].concat());

    let trace = Trace::new();
    let run = Forever::new().observed_by(trace.clone()).run();
    tokio::time::timeout(Duration::from_millis(10), run).await.unwrap_err();
    trace.expect(&[&begin[..], &["10 - cancelled"]].concat());
}

struct Clumsy;

impl Observer for Clumsy {
    fn event(&self, _: &Event<'_>) {
        panic!("an observer of no use");
    }
}

#[tokio::test(start_paused = true)]
async fn an_observer_that_panics_is_no_failure_of_the_run() {
    let trace = Trace::new();
    Chain::new().observed_by(Clumsy).observed_by(trace.clone()).run(1).await.unwrap();
    assert_eq!(trace.lines.lock().unwrap().len(), 8);
}

workflow! {
    workflow Elsewhere() -> u32 {
        #[spawn]
        stage spawned: u32 = {
            stage within: u32 = after(5, 1);
            within
        };
        #[blocking]
        stage blocked: u32 = *spawned + 1;
        blocked
    }
}

#[tokio::test(start_paused = true)]
async fn tasks_of_their_own() {
    let trace = Trace::new();
    Elsewhere::new().observed_by(trace.clone()).run().await.unwrap();
    trace.expect(&[
        "0 - started",
        "0 spawned enabled",
        "0 spawned attempt 1 started",
        "0 within enabled",
        "0 within attempt 1 started",
        "5 within completed",
        "5 spawned completed",
        "5 blocked enabled",
        "5 blocked attempt 1 started",
        "5 blocked completed",
        "5 - ended",
    ]);
}

workflow! {
    workflow Until() -> bool {
        signal stop: u32;
        #[until(stop)]
        stage cut: Option<u32> = after(50, 1);
        #[until(early)]
        #[after(tried)]
        stage skipped: Option<u32> = after(50, 1);
        stage early = after(1, ());
        #[until(stop)]
        #[retry(1)]
        stage tried: Option<u32> = after(5, 1);
        cut.is_none() && skipped.is_none() && tried.is_some()
    }
}

#[tokio::test(start_paused = true)]
async fn until() {
    let trace = Trace::new();
    let run = Until::new().observed_by(trace.clone()).start();
    sleep(Duration::from_millis(10)).await;
    run.signal(UntilSignal::Stop(0)).unwrap();
    assert!(run.await.unwrap());
    let lines = trace.lines.lock().unwrap();
    let of = |stage: &str| lines.iter().filter(|line| line.contains(stage)).cloned().collect::<Vec<_>>();
    assert_eq!(of("cut "), ["0 cut enabled", "0 cut attempt 1 started", "10 cut got signal stop", "10 cut cancelled"]);
    assert_eq!(of("skipped "), ["5 skipped enabled", "5 skipped skipped"]);
    assert_eq!(of("tried "), ["0 tried enabled", "0 tried attempt 1 started", "5 tried completed"]);
}

workflow! {
    workflow Cached(key: u32) -> u32 {
        #[cache(key = *key)]
        stage looked: u32 = after(10, 7);
        looked
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_from_a_cache_makes_no_attempt() {
    let trace = Trace::new();
    let cached = Cached::new().observed_by(trace.clone());
    cached.run(1).await.unwrap();
    cached.run(1).await.unwrap();
    trace.expect(&[
        "0 - started",
        "0 looked enabled",
        "0 looked attempt 1 started",
        "10 looked completed",
        "10 - ended",
        "10 - started",
        "10 looked enabled",
        "10 looked completed",
        "10 - ended",
    ]);
}
