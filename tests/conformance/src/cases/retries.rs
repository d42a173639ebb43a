//! `#[retry]`, with `#[timeout]`, `#[deadline]`, `#[fallback]`.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes, waits};
use expect_test::expect;
use std::time::Duration;
use workflow_runtime::Failure;

cases!(
    doubling_waits,
    late_then_fallback,
    at_once,
    exact_waits,
    spent,
    final_failures,
    deadline_cuts_a_wait,
    deadline_cuts_an_attempt,
    default_of_the_workflow,
    retries_in_retries,
);

workflow! {
    workflow DoublingWaits() -> u32 with script: Script {
        #[retry(5, exponential(100ms..300ms), jitter = none)]
        stage tried: u32 = script.step(ctx, 1);
        tried
    }
}

fn doubling_waits() -> Case<DoublingWaits> {
    let busy = takes(10).fails("busy");
    let script = Script::new().plan("tried", [busy.clone(), busy.clone(), busy.clone(), busy, takes(1)]);
    Case::new(&script, DoublingWaits::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 tried started
        10 tried attempt 1 failed: busy, next in 100 ms
        110 tried attempt 2 started
        120 tried attempt 2 failed after 2 attempts: busy, next in 200 ms
        320 tried attempt 3 started
        330 tried attempt 3 failed after 3 attempts: busy, next in 300 ms
        630 tried attempt 4 started
        640 tried attempt 4 failed after 4 attempts: busy, next in 300 ms
        940 tried attempt 5 started
        941 tried completed
        941 - ended
        = 1
    "#]])
}

workflow! {
    workflow LateThenFallback() -> u32 with script: Script {
        #[timeout(20ms)]
        #[retry(1, fixed(5ms))]
        #[fallback(script.step(ctx, 7))]
        stage rate: u32 = script.step(ctx, 1);
        rate
    }
}

fn late_then_fallback() -> Case<LateThenFallback> {
    let script = Script::new().plan("rate", [waits(), takes(30), takes(3)]);
    Case::new(&script, LateThenFallback::new(script.clone()), ())
        .trace(expect![[r#"
        0 - started
        0 rate started
        20 rate attempt 1 timed out: it took longer than 20ms, next in 5 ms
        25 rate attempt 2 started
        45 rate attempt 2 timed out after 2 attempts: it took longer than 20ms
        45 rate decided: fallback
        48 rate completed
        48 - ended
        = 7
    "#]])
        // An attempt that was interrupted counts, and takes its time again.
        .or_interrupted(["1"])
}

workflow! {
    workflow AtOnce() -> u32 with script: Script {
        #[retry(2)]
        stage tried: u32 = script.step(ctx, ctx.attempt());
        tried
    }
}

fn at_once() -> Case<AtOnce> {
    let script = Script::new().plan("tried", [takes(10).fails("one"), takes(20).fails("two"), takes(5)]);
    Case::new(&script, AtOnce::new(script.clone()), ())
        .trace(expect![[r#"
        0 - started
        0 tried started
        10 tried attempt 1 failed: one, next in 0 ms
        10 tried attempt 2 started
        30 tried attempt 2 failed after 2 attempts: two, next in 0 ms
        30 tried attempt 3 started
        35 tried completed
        35 - ended
        = 3
    "#]])
        // An attempt that was interrupted counts, and takes its time again.
        .or_interrupted(["4"])
}

workflow! {
    workflow ExactWaits(pause: Duration) -> u32 with script: Script {
        #[retry(2, fixed(*pause))]
        stage tried: u32 = script.step(ctx, 1);
        tried
    }
}

fn exact_waits() -> Case<ExactWaits> {
    let script = Script::new().plan("tried", [takes(7).fails("one"), takes(0).fails("two"), takes(1)]);
    Case::new(&script, ExactWaits::new(script.clone()), (Duration::from_millis(33),)).trace(expect![[r#"
        0 - started
        0 tried started
        7 tried attempt 1 failed: one, next in 33 ms
        40 tried attempt 2 started
        40 tried attempt 2 failed after 2 attempts: two, next in 33 ms
        73 tried attempt 3 started
        74 tried completed
        74 - ended
        = 1
    "#]])
}

workflow! {
    workflow Spent() -> u32 with script: Script {
        #[undo(script.undo(before))]
        stage before: Effect = script.effect(ctx);
        #[after(before)]
        #[retry(1, fixed(10ms))]
        stage tried: u32 = script.step(ctx, 1);
        *tried
    }
}

fn spent() -> Case<Spent> {
    let script = Script::new().plan("before", takes(1)).plan("tried", takes(5).fails("down"));
    Case::new(&script, Spent::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 before started
        1 before completed
        1 tried started
        6 tried attempt 1 failed: down, next in 10 ms
        16 tried attempt 2 started
        21 tried attempt 2 failed after 2 attempts: down
        21 tried failed after 2 attempts: down
        21 before undoing
        21 before undone
        21 - failed
        = failed: stage 'tried' failed after 2 attempts: down
    "#]])
}

workflow! {
    workflow FinalFailures(number: u32) -> Vec<String> with script: Script {
        #[retry(3)]
        #[catch]
        stage panicked: Result<u32, Failure> = script.step(ctx, 1);
        #[retry(3)]
        #[catch]
        stage failed: Result<u32, Failure> = {
            stage inner: u32 = script.step(ctx, 1);
            if *number > *inner { fail "too many" } else { 0 }
        };
        [panicked, failed].into_iter().flat_map(|one| one.as_ref().err()).map(|why| format!("{why:#}")).collect::<Vec<_>>()
    }
}

fn final_failures() -> Case<FinalFailures> {
    let script = Script::new().plan("panicked", takes(10).panics("broken")).plan("inner", takes(5));
    Case::new(&script, FinalFailures::new(script.clone()), (2,)).trace(expect![[r#"
        0 - started
        0 panicked started
        0 failed started
        0 inner started
        5 inner completed
        5 failed decided: *number > *inner
        5 failed attempt 1 failed: too many
        5 failed completed
        10 panicked attempt 1 panicked: broken
        10 panicked completed
        10 - ended
        = ["stage 'panicked' of workflow 'FinalFailures' panicked: broken", "stage 'failed' of workflow 'FinalFailures' failed: too many"]
    "#]])
}

workflow! {
    workflow DeadlineCutsAWait(patience: Duration) -> u32 with script: Script {
        #[deadline(*patience)]
        #[retry(9, fixed(40ms))]
        stage tried: u32 = script.step(ctx, 1);
        tried
    }
}

fn deadline_cuts_a_wait() -> Case<DeadlineCutsAWait> {
    let script = Script::new().plan("tried", takes(10).fails("down"));
    Case::new(&script, DeadlineCutsAWait::new(script.clone()), (Duration::from_millis(95),)).trace(expect![[r#"
        0 - started
        0 tried started
        10 tried attempt 1 failed: down, next in 40 ms
        50 tried attempt 2 started
        60 tried attempt 2 failed after 2 attempts: down
        95 tried passed its deadline after 2 attempts: all its attempts together took longer than 95ms
        95 - failed
        = failed: stage 'tried' passed its deadline after 2 attempts: all its attempts together took longer than 95ms
    "#]])
}

workflow! {
    workflow DeadlineCutsAnAttempt(patience: Duration) -> u32 with script: Script {
        #[deadline(*patience)]
        #[timeout(60ms)]
        #[retry(9, fixed(40ms))]
        #[fallback(script.step(ctx, 2))]
        stage tried: u32 = script.step(ctx, 1);
        tried
    }
}

fn deadline_cuts_an_attempt() -> Case<DeadlineCutsAnAttempt> {
    let script = Script::new().plan("tried", [takes(10).fails("down"), takes(100), takes(5)]);
    Case::new(&script, DeadlineCutsAnAttempt::new(script.clone()), (Duration::from_millis(95),)).trace(expect![[r#"
        0 - started
        0 tried started
        10 tried attempt 1 failed: down, next in 40 ms
        50 tried attempt 2 started
        95 tried attempt 2 passed its deadline after 2 attempts: all its attempts together took longer than 95ms
        95 tried decided: fallback
        100 tried completed
        100 - ended
        = 2
    "#]])
}

workflow! {
    #[retry(1, fixed(10ms))]
    workflow DefaultOfTheWorkflow() -> u32 with script: Script {
        stage plain: u32 = script.step(ctx, 1);
        #[retry(2)]
        stage own: u32 = script.step(ctx, 2);
        stage around: u32 = {
            stage inner: u32 = script.step(ctx, 3);
            inner
        };
        plain + own + around
    }
}

fn default_of_the_workflow() -> Case<DefaultOfTheWorkflow> {
    let busy = takes(5).fails("busy");
    let script = Script::new()
        .plan("plain", [busy.clone(), takes(1)])
        .plan("own", [takes(6).fails("busy"), takes(7).fails("busy"), takes(2)])
        .plan("inner", busy)
        .plan("inner[1]", [takes(8).fails("busy"), takes(3)]);
    Case::new(&script, DefaultOfTheWorkflow::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 around started
        0 plain started
        0 own started
        0 inner started
        5 plain attempt 1 failed: busy, next in 10 ms
        5 inner attempt 1 failed: busy, next in 10 ms
        6 own attempt 1 failed: busy, next in 0 ms
        6 own attempt 2 started
        13 own attempt 2 failed after 2 attempts: busy, next in 0 ms
        13 own attempt 3 started
        15 plain attempt 2 started
        15 own completed
        15 inner attempt 2 started
        16 plain completed
        20 inner attempt 2 failed after 2 attempts: busy
        20 inner failed after 2 attempts: busy
        20 around failed: stage 'inner' failed after 2 attempts: busy
        20 - failed
        = failed: stage 'inner' failed after 2 attempts: busy
    "#]])
}

workflow! {
    workflow RetriesInRetries() -> u32 with script: Script {
        #[retry(1, fixed(100ms))]
        stage outer: u32 = {
            #[undo(script.undo(booked))]
            stage booked: Effect = script.effect(ctx);
            #[after(booked)]
            #[retry(1, fixed(10ms))]
            stage inner: u32 = script.step(ctx, 1);
            *inner
        };
        outer
    }
}

fn retries_in_retries() -> Case<RetriesInRetries> {
    let script = Script::new()
        .plan("booked", takes(5))
        .plan("undo booked", takes(3))
        .plan("inner", takes(1).fails("down"))
        .plan("inner[1]", [takes(2).fails("down"), takes(2)]);
    Case::new(&script, RetriesInRetries::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 outer started
        0 booked started
        5 booked completed
        5 inner started
        6 inner attempt 1 failed: down, next in 10 ms
        16 inner attempt 2 started
        17 inner attempt 2 failed after 2 attempts: down
        17 inner failed after 2 attempts: down
        17 booked undoing
        20 booked undone
        20 outer attempt 1 failed: stage 'inner' failed after 2 attempts: down, next in 100 ms
        120 outer attempt 2 started
        120 booked[1] started
        125 booked[1] completed
        125 inner[1] started
        127 inner[1] attempt 1 failed: down, next in 10 ms
        137 inner[1] attempt 2 started
        139 inner[1] completed
        139 outer completed
        139 - ended
        = 1
    "#]])
}
