//! `#[timeout]`, of each attempt.

use crate::workflow;
use crate::{Case, Effect, Refusal, Script, case::cases, takes, waits};
use expect_test::expect;
use workflow_runtime::{Failure, FailureKind};

cases!(
    just_in_time,
    block_is_late,
    each_attempt_of_a_block,
    items_are_late,
    rounds_together,
    late_is_no_own_error,
    default_of_the_workflow,
    signal_is_late,
    signal_after_a_stage,
);

workflow! {
    workflow JustInTime() -> u32 with script: Script {
        #[timeout(20ms)]
        stage exact: u32 = script.step(ctx, 1);
        #[after(exact)]
        #[deadline(5ms)]
        stage last: u32 = script.step(ctx, 2);
        exact + last
    }
}

// Each stage takes exactly as long as its limit allows.
fn just_in_time() -> Case<JustInTime> {
    let script = Script::new().plan("exact", takes(20)).plan("last", takes(5));
    Case::new(&script, JustInTime::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 exact started
        20 exact completed
        20 last started
        25 last completed
        25 - ended
        = 3
    "#]])
}

workflow! {
    workflow BlockIsLate() with script: Script {
        #[undo(script.undo(before))]
        stage before: Effect = script.effect(ctx);
        #[after(before)]
        #[timeout(30ms)]
        stage block = {
            #[undo(script.undo(inner))]
            stage inner: Effect = script.effect(ctx);
            #[after(inner)]
            stage slow = script.step(ctx, ());
            stage other = script.step(ctx, ());
            #[after(slow)]
            stage never = script.step(ctx, ());
        };
    }
}

fn block_is_late() -> Case<BlockIsLate> {
    let script = Script::new()
        .plan("before", takes(1))
        .plan("inner", takes(10))
        .plan("undo inner", takes(4))
        .plan("undo before", takes(2))
        .plan("slow", takes(100))
        .plan("other", waits());
    Case::new(&script, BlockIsLate::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 before started
        1 before completed
        1 block started
        1 inner started
        1 other started
        11 inner completed
        11 slow started
        31 slow cancelled
        31 other cancelled
        31 inner undoing
        35 inner undone
        35 block timed out: it took longer than 30ms
        35 before undoing
        37 before undone
        37 - failed
        = failed: stage 'block' timed out: it took longer than 30ms
    "#]])
}

workflow! {
    workflow EachAttemptOfABlock() -> u32 with script: Script {
        // What an attempt leaves is undone before the wait for the next begins.
        #[timeout(20ms)]
        #[retry(2, fixed(7ms))]
        stage block: u32 = {
            #[undo(script.undo(held))]
            stage held: Effect = script.effect(ctx);
            #[after(held)]
            stage used: u32 = script.step(ctx, ctx.attempt());
            used
        };
        block
    }
}

fn each_attempt_of_a_block() -> Case<EachAttemptOfABlock> {
    let script = Script::new()
        .plan("held", takes(5))
        .plan("undo held", takes(3))
        .plan("used", takes(50))
        .plan("used[2]", takes(1).fails("busy"))
        .plan("used[3]", takes(2));
    Case::new(&script, EachAttemptOfABlock::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 block started
        0 held started
        5 held completed
        5 used started
        20 used cancelled
        20 held undoing
        23 held undone
        23 block attempt 1 timed out: it took longer than 20ms, next in 7 ms
        30 block attempt 2 started
        30 held[1] started
        35 held[1] completed
        35 used[1] started
        50 used[1] cancelled
        50 held[1] undoing
        53 held[1] undone
        53 block attempt 2 timed out after 2 attempts: it took longer than 20ms, next in 7 ms
        60 block attempt 3 started
        60 held[2] started
        65 held[2] completed
        65 used[2] started
        66 used[2] failed: busy
        66 held[2] undoing
        69 held[2] undone
        69 block attempt 3 failed: stage 'used' failed: busy
        69 block failed: stage 'used' failed: busy
        69 - failed
        = failed: stage 'used' failed: busy
    "#]])
}

workflow! {
    workflow ItemsAreLate(items: Vec<u32>) -> bool with script: Script {
        #[catch]
        #[timeout(32ms)]
        stage all: Result<Vec<u32>, Failure> = {
            #[concurrency(2)]
            stage each: Vec<u32> = for item in items {
                #[undo(script.undo(made))]
                stage made: Effect = script.effect(ctx);
                #[after(made)]
                stage sent: u32 = script.step(ctx, *item);
                sent.clone()
            };
            each
        };
        all.is_err()
    }
}

fn items_are_late() -> Case<ItemsAreLate> {
    let script = Script::new()
        .plan("made", takes(5))
        .plan("undo made", takes(1))
        .plan("sent", takes(10))
        .plan("sent[0]", takes(100));
    Case::new(&script, ItemsAreLate::new(script.clone()), (vec![1, 2, 3, 4],)).trace(expect![[r#"
        0 - started
        0 all started
        0 each started
        0 made[0] started
        0 made[1] started
        5 made[0] completed
        5 sent[0] started
        5 made[1] completed
        5 sent[1] started
        15 sent[1] completed
        15 made[2] started
        20 made[2] completed
        20 sent[2] started
        30 sent[2] completed
        30 made[3] started
        32 sent[0] cancelled
        32 made[3] cancelled
        32 each cancelled
        35 made[3] undoing
        36 made[3] undone
        36 made[2] undoing
        37 made[2] undone
        37 made[1] undoing
        38 made[1] undone
        38 made[0] undoing
        39 made[0] undone
        39 all attempt 1 timed out: it took longer than 32ms
        39 all completed
        39 - ended
        = true
    "#]])
}

workflow! {
    workflow RoundsTogether() -> u32 with script: Script {
        // The timeout is that of all rounds, not of each.
        #[timeout(25ms)]
        #[fallback(99)]
        stage counted: u32 = loop round: u32 = 0 {
            stage step = script.step(ctx, ());
            #[after(step)]
            stage next: u32 = round + 1;
            if *next == 4 { break next } else { continue next }
        };
        counted
    }
}

fn rounds_together() -> Case<RoundsTogether> {
    let script = Script::new().plan("step", takes(10));
    Case::new(&script, RoundsTogether::new(script.clone()), ())
        .trace(expect![[r#"
        0 - started
        0 counted started
        0 step[0] started
        10 step[0] completed
        10 next[0] started
        10 next[0] completed
        10 counted[0] decided: else
        10 counted[0] decided: continue
        10 step[1] started
        20 step[1] completed
        20 next[1] started
        20 next[1] completed
        20 counted[1] decided: else
        20 counted[1] decided: continue
        20 step[2] started
        25 step[2] cancelled
        25 counted attempt 1 timed out: it took longer than 25ms
        25 counted decided: fallback
        25 counted completed
        25 - ended
        = 99
    "#]])
        // A timeout starts anew with the attempt.
        .or_interrupted(["4"])
}

workflow! {
    workflow LateIsNoOwnError() -> bool with script: Script {
        // A `#[catch]` of the stage's own error does not take what is late.
        #[catch]
        stage outer: Result<bool, Failure> = {
            #[catch]
            #[timeout(10ms)]
            stage refused: Result<u32, Refusal> = script.step(ctx, 1);
            #[after(refused)]
            #[catch]
            #[timeout(10ms)]
            stage late: Result<u32, Refusal> = script.step(ctx, 2);
            refused.is_err() && late.is_err()
        };
        outer.as_ref().is_err_and(|why| why.kind() == FailureKind::Timeout)
    }
}

fn late_is_no_own_error() -> Case<LateIsNoOwnError> {
    let script = Script::new().plan("refused", takes(5).fails("no")).plan("late", waits());
    Case::new(&script, LateIsNoOwnError::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 outer started
        0 refused started
        5 refused attempt 1 failed
        5 refused completed
        5 late started
        15 late timed out: it took longer than 10ms
        15 outer attempt 1 failed: stage 'late' timed out: it took longer than 10ms
        15 outer completed
        15 - ended
        = true
    "#]])
}

workflow! {
    #[timeout(10ms)]
    workflow DefaultOfTheWorkflow() -> u32 with script: Script {
        #[timeout(50ms)]
        stage own: u32 = script.step(ctx, 1);
        #[fallback(7)]
        stage default: u32 = script.step(ctx, 2);
        own + default
    }
}

fn default_of_the_workflow() -> Case<DefaultOfTheWorkflow> {
    let script = Script::new().plan("own", takes(40)).plan("default", takes(30));
    Case::new(&script, DefaultOfTheWorkflow::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 own started
        0 default started
        10 default attempt 1 timed out: it took longer than 10ms
        10 default decided: fallback
        10 default completed
        40 own completed
        40 - ended
        = 8
    "#]])
}

workflow! {
    workflow SignalIsLate() -> u32 with script: Script {
        #[timeout(30ms)]
        #[fallback(7)]
        signal soft: u32;
        #[timeout(50ms)]
        signal hard: u32;
        stage given: u32 = script.step(ctx, *soft);
        #[catch]
        stage never: Result<u32, Failure> = { stage named: u32 = script.step(ctx, *hard); named };
        given + never.as_ref().map_or(100, |number| *number)
    }
}

fn signal_is_late() -> Case<SignalIsLate> {
    let script = Script::new().plan("given", takes(3));
    Case::new(&script, SignalIsLate::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 never started
        30 given started
        33 given completed
        50 named enabled
        50 named timed out: signal 'hard' did not arrive within 50ms
        50 never attempt 1 failed: stage 'named' timed out: signal 'hard' did not arrive within 50ms
        50 never completed
        50 - ended
        = 107
    "#]])
}

workflow! {
    workflow SignalAfterAStage() -> u32 with script: Script {
        stage asked = script.step(ctx, ());
        // Its time begins when the question has been asked.
        #[after(asked)]
        #[timeout(30ms)]
        signal reply: u32;
        stage told: u32 = script.step(ctx, *reply);
        told
    }
}

fn signal_after_a_stage() -> Case<SignalAfterAStage> {
    let script = Script::new().plan("asked", takes(20));
    Case::new(&script, SignalAfterAStage::new(script.clone()), ()).signal(45, SignalAfterAStageSignal::Reply(4)).trace(
        expect![[r#"
            0 - started
            0 asked started
            20 asked completed
            45 > signal
            45 told got signal reply
            45 told started
            45 told completed
            45 - ended
            = 4
        "#]],
    )
}
