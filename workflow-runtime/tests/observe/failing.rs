//! The events of what fails, panics, is undone and tried again, exactly, under paused time.

use super::trace::{Trace, after};
use workflow_runtime::{StageContext, workflow};

workflow! {
    workflow Undoes() {
        #[undo(after(5, ()))]
        stage booked: u32 = after(10, 1);

        #[undo(async move { Err::<(), _>("stuck") })]
        #[after(booked)]
        stage paid: u32 = after(10, 2);

        #[after(paid)]
        stage shipped = Err::<(), _>("no carrier");
    }
}

#[tokio::test(start_paused = true)]
async fn undo_on_failure() {
    let trace = Trace::new();
    let failure = Undoes::new().observed_by(trace.clone()).run().await.unwrap_err();
    assert_eq!(failure.undo_failures().len(), 1);
    trace.expect(&[
        "0 - started",
        "0 booked enabled",
        "0 booked attempt 1 started",
        "10 booked completed",
        "10 paid enabled",
        "10 paid attempt 1 started",
        "20 paid completed",
        "20 shipped enabled",
        "20 shipped attempt 1 started",
        "20 shipped attempt 1 failed",
        "20 shipped failed: stage 'shipped' of workflow 'Undoes' failed: no carrier",
        "20 paid undoing",
        "20 paid could not be undone",
        "20 booked undoing",
        "25 booked undone",
        "25 - failed: stage 'shipped' of workflow 'Undoes' failed: no carrier; not undone: stage 'paid' of workflow 'Undoes' failed: stuck",
    ]);
}

workflow! {
    workflow Armed() {
        #[undo(after(5, ()), on = attempt)]
        stage charge: u32 = after(10, 1);
        #[after(charge)]
        stage shipped = Err::<(), _>("no carrier");
    }
}

#[tokio::test(start_paused = true)]
async fn an_undo_armed_before_the_attempt_is_undone_once() {
    let trace = Trace::new();
    Armed::new().observed_by(trace.clone()).run().await.unwrap_err();
    let lines = trace.lines.lock().unwrap();
    let undos: Vec<&String> = lines.iter().filter(|line| line.contains("undo")).collect();
    assert_eq!(undos, ["10 charge undoing", "15 charge undone"]);
}

fn broken() -> u32 {
    panic!("out of order")
}

workflow! {
    workflow Panics() -> u32 {
        stage outer: u32 = {
            stage inner: u32 = broken();
            inner
        };

        #[fallback(1)]
        #[after(outer)]
        stage never: u32 = broken();
        *never
    }
}

workflow! {
    workflow Survives() -> u32 {
        #[fallback(1)]
        stage shaky: u32 = broken();
        *shaky
    }
}

#[tokio::test(start_paused = true)]
async fn panics() {
    let trace = Trace::new();
    Panics::new().observed_by(trace.clone()).run().await.unwrap_err();
    let failed = "failed: stage 'inner' of workflow 'Panics' panicked: out of order";
    trace.expect(&[
        "0 - started",
        "0 outer enabled",
        "0 outer attempt 1 started",
        "0 inner enabled",
        "0 inner attempt 1 started",
        "0 inner attempt 1 failed",
        &format!("0 inner {failed}"),
        "0 outer attempt 1 failed",
        &format!("0 outer {failed}"),
        &format!("0 - {failed}"),
    ]);
    let trace = Trace::new();
    Survives::new().observed_by(trace.clone()).run().await.unwrap();
    trace.expect(&[
        "0 - started",
        "0 shaky enabled",
        "0 shaky attempt 1 started",
        "0 shaky attempt 1 failed",
        "0 shaky decided: fallback",
        "0 shaky completed",
        "0 - ended",
    ]);
}

workflow! {
    workflow Losers(numbers: Vec<u64>) -> u64 {
        stage first: u64 = race for number in numbers {
            #[undo(after(1, ()))]
            stage reserved: u64 = after(*number, *number);
            stage confirmed: u64 = after(10, *reserved);
            confirmed
        };
        match *first {
            20 => { stage twenty: u64 = after(1, 20); twenty },
            _ => return 0,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_loser_is_undone_in_its_item() {
    let trace = Trace::new();
    assert_eq!(Losers::new().observed_by(trace.clone()).run(vec![25, 20]).await.unwrap(), 20);
    trace.expect(&[
        "0 - started",
        "0 first enabled",
        "0 first attempt 1 started",
        "0 reserved[0] enabled",
        "0 reserved[0] attempt 1 started",
        "0 reserved[1] enabled",
        "0 reserved[1] attempt 1 started",
        "20 reserved[1] completed",
        "20 confirmed[1] enabled",
        "20 confirmed[1] attempt 1 started",
        "25 reserved[0] completed",
        "25 confirmed[0] enabled",
        "25 confirmed[0] attempt 1 started",
        "30 confirmed[1] completed",
        "30 first decided: 2",
        "30 confirmed[0] cancelled",
        "30 reserved[0] undoing",
        "31 reserved[0] undone",
        "31 first completed",
        "31 - decided: 20",
        "31 twenty enabled",
        "31 twenty attempt 1 started",
        "32 twenty completed",
        "32 - ended",
    ]);
}

workflow! {
    workflow Again() -> u32 {
        #[retry(1, fixed(5ms))]
        stage block: u32 = {
            stage part: u32 = on_second_block(ctx);
            stage beside: u32 = after(10, 1);
            *part + *beside
        };
        block
    }
}

fn on_second_block(ctx: &StageContext) -> Result<u32, &'static str> {
    if ctx.idempotency_key().contains("block[1]") { Ok(1) } else { Err("too early") }
}

#[tokio::test(start_paused = true)]
async fn a_block_that_is_tried_again() {
    let trace = Trace::new();
    assert_eq!(Again::new().observed_by(trace.clone()).run().await.unwrap(), 2);
    trace.expect(&[
        "0 - started",
        "0 block enabled",
        "0 block attempt 1 started",
        "0 beside enabled",
        "0 beside attempt 1 started",
        "0 part enabled",
        "0 part attempt 1 started",
        "0 part attempt 1 failed",
        "0 part failed: stage 'part' of workflow 'Again' failed: too early",
        "0 beside cancelled",
        "0 block attempt 1 failed, next in 5 ms",
        "5 block attempt 2 started",
        "5 beside[1] enabled",
        "5 beside[1] attempt 1 started",
        "5 part[1] enabled",
        "5 part[1] attempt 1 started",
        "5 part[1] completed",
        "15 beside[1] completed",
        "15 block completed",
        "15 - ended",
    ]);
}
