//! Scopes whose failure is absorbed by another attempt, a fallback or a `#[catch]`: their stages are undone first.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes};
use expect_test::expect;
use workflow_runtime::Failure;

cases!(
    failed_attempt_of_a_block,
    attempt_that_was_late,
    attempt_whose_undo_fails,
    before_a_fallback,
    before_a_catch,
    failing_undo_before_a_catch,
);

workflow! {
    workflow FailedAttemptOfABlock() with script: Script {
        #[undo(script.undo(before))]
        stage before: Effect = script.effect(ctx);
        #[after(before)]
        #[retry(2)]
        stage block = {
            #[undo(script.undo(left))]
            stage left: Effect = script.effect(ctx);
            #[undo(script.undo(right))]
            stage right: Effect = script.effect(ctx);
            #[after(left, right)]
            stage joined = script.step(ctx, ());
        };
        #[after(block)]
        stage last = script.step(ctx, ());
    }
}

fn failed_attempt_of_a_block() -> Case<FailedAttemptOfABlock> {
    let script = Script::new()
        .plan("before", takes(1))
        .plan("left", takes(10))
        .plan("right", takes(20))
        .plan("undo left", takes(1))
        .plan("undo right", takes(2))
        .plan("right[1]", takes(5).fails("locked"))
        .plan("joined", takes(1).fails("odd"))
        .plan("joined[2]", takes(1))
        .plan("last", takes(3).fails("no"));
    Case::new(&script, FailedAttemptOfABlock::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 before started
        1 before completed
        1 block started
        1 left started
        1 right started
        11 left completed
        21 right completed
        21 joined started
        22 joined failed: odd
        22 right undoing
        24 right undone
        24 left undoing
        25 left undone
        25 block attempt 1 failed: stage 'joined' failed: odd, next in 0 ms
        25 block attempt 2 started
        25 left[1] started
        25 right[1] started
        30 right[1] failed: locked
        30 left[1] cancelled
        35 left[1] undoing
        36 left[1] undone
        36 block attempt 2 failed: stage 'right' failed: locked, next in 0 ms
        36 block attempt 3 started
        36 left[2] started
        36 right[2] started
        46 left[2] completed
        56 right[2] completed
        56 joined[2] started
        57 joined[2] completed
        57 block completed
        57 last started
        60 last failed: no
        60 right[2] undoing
        62 right[2] undone
        62 left[2] undoing
        63 left[2] undone
        63 before undoing
        63 before undone
        63 - failed
        = failed: stage 'last' failed: no
    "#]])
}

workflow! {
    workflow AttemptThatWasLate() -> u32 with script: Script {
        #[timeout(30ms)]
        #[retry(1)]
        stage block: u32 = {
            #[undo(script.undo(made))]
            stage made: Effect = script.effect(ctx);
            #[undo(script.undo(sent))]
            #[after(made)]
            stage sent: Effect = script.effect(ctx);
            sent.place().len() as u32
        };
        *block
    }
}

fn attempt_that_was_late() -> Case<AttemptThatWasLate> {
    let script = Script::new()
        .plan("made", takes(10))
        .plan("undo made", takes(5))
        .plan("sent", takes(50))
        .plan("undo sent", takes(5))
        .plan("sent[1]", takes(19));
    Case::new(&script, AttemptThatWasLate::new(script.clone()), ())
        .trace(expect![[r#"
        0 - started
        0 block started
        0 made started
        10 made completed
        10 sent started
        30 sent cancelled
        60 sent undoing
        65 sent undone
        65 made undoing
        70 made undone
        70 block attempt 1 timed out: it took longer than 30ms, next in 0 ms
        70 block attempt 2 started
        70 made[1] started
        80 made[1] completed
        80 sent[1] started
        99 sent[1] completed
        99 block completed
        99 - ended
        = 7
    "#]])
        // A timeout starts anew with the attempt.
        .or_interrupted(["4"])
}

workflow! {
    workflow AttemptWhoseUndoFails() with script: Script {
        #[retry(2)]
        stage block = {
            #[undo(script.undo(made))]
            stage made: Effect = script.effect(ctx);
            #[after(made)]
            stage used = script.step(ctx, ());
        };
        #[after(block)]
        stage last = script.step(ctx, ());
    }
}

fn attempt_whose_undo_fails() -> Case<AttemptWhoseUndoFails> {
    let script = Script::new()
        .plan("made", takes(10))
        .plan("undo made", takes(5).fails("stuck"))
        .plan("undo made[1]", takes(5).fails("locked"))
        .plan("undo made[2]", takes(6).fails("lost"))
        .plan("used", takes(1).fails("odd"))
        .plan("used[2]", takes(2))
        .plan("last", takes(3).fails("no"));
    Case::new(&script, AttemptWhoseUndoFails::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 block started
        0 made started
        10 made completed
        10 used started
        11 used failed: odd
        11 made undoing
        16 made could not be undone: failed: stuck
        16 block attempt 1 failed: stage 'used' failed: odd, next in 0 ms
        16 block attempt 2 started
        16 made[1] started
        26 made[1] completed
        26 used[1] started
        27 used[1] failed: odd
        27 made[1] undoing
        32 made[1] could not be undone: failed: locked
        32 block attempt 2 failed: stage 'used' failed: odd, next in 0 ms
        32 block attempt 3 started
        32 made[2] started
        42 made[2] completed
        42 used[2] started
        44 used[2] completed
        44 block completed
        44 last started
        47 last failed: no
        47 made[2] undoing
        53 made[2] could not be undone: failed: lost
        53 - failed
        = failed: stage 'last' failed: no
        = not undone: stage 'made' failed: stuck
        = not undone: stage 'made' failed: locked
        = not undone: stage 'made' failed: lost
    "#]])
}

workflow! {
    workflow BeforeAFallback() -> String with script: Script {
        #[retry(1)]
        #[fallback({
            stage noted: String = script.step(ctx, "otherwise".to_owned());
            noted
        })]
        stage block: String = {
            #[undo(script.undo(made))]
            stage made: Effect = script.effect(ctx);
            #[after(made)]
            stage used = script.step(ctx, ());
            made.place().to_owned()
        };
        stage last: String = script.step(ctx, block.clone());
        last
    }
}

fn before_a_fallback() -> Case<BeforeAFallback> {
    let script = Script::new()
        .plan("made", takes(10))
        .plan("undo made", takes(5))
        .plan("used", takes(1).fails("odd"))
        .plan("noted", takes(3))
        .plan("last", takes(1));
    Case::new(&script, BeforeAFallback::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 block started
        0 made started
        10 made completed
        10 used started
        11 used failed: odd
        11 made undoing
        16 made undone
        16 block attempt 1 failed: stage 'used' failed: odd, next in 0 ms
        16 block attempt 2 started
        16 made[1] started
        26 made[1] completed
        26 used[1] started
        27 used[1] failed: odd
        27 made[1] undoing
        32 made[1] undone
        32 block attempt 2 failed: stage 'used' failed: odd
        32 block decided: fallback
        32 noted started
        35 noted completed
        35 block completed
        35 last started
        36 last completed
        36 - ended
        = "otherwise"
    "#]])
}

workflow! {
    workflow BeforeACatch() -> String with script: Script {
        #[catch]
        stage block: Result<u32, Failure> = {
            #[undo(script.undo(made))]
            stage made: Effect = script.effect(ctx);
            #[undo(script.undo(sent))]
            stage sent: Effect = script.effect(ctx);
            #[after(made)]
            stage used: u32 = script.step(ctx, sent.place().len() as u32);
            *used
        };
        stage last: String = script.step(ctx, match block {
            Ok(_) => "well".to_owned(),
            Err(why) => format!("{why:#}"),
        });
        last
    }
}

fn before_a_catch() -> Case<BeforeACatch> {
    let script = Script::new()
        .plan("made", takes(10))
        .plan("undo made", takes(5))
        .plan("sent", takes(8))
        .plan("undo sent", takes(6))
        .plan("used", takes(1).fails("odd"))
        .plan("last", takes(1));
    Case::new(&script, BeforeACatch::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 block started
        0 made started
        0 sent started
        8 sent completed
        10 made completed
        10 used started
        11 used failed: odd
        11 made undoing
        16 made undone
        16 sent undoing
        22 sent undone
        22 block attempt 1 failed: stage 'used' failed: odd
        22 block completed
        22 last started
        23 last completed
        23 - ended
        = "stage 'used' of workflow 'BeforeACatch' failed: odd"
    "#]])
}

workflow! {
    workflow FailingUndoBeforeACatch() -> usize with script: Script {
        #[catch]
        stage block: Result<u32, Failure> = {
            #[undo(script.undo(made))]
            stage made: Effect = script.effect(ctx);
            #[after(made)]
            stage used: u32 = script.step(ctx, 1);
            *used
        };
        stage last: usize = script.step(ctx, block.as_ref().map_or_else(|why| why.undo_failures().len(), |_| 0));
        *last
    }
}

fn failing_undo_before_a_catch() -> Case<FailingUndoBeforeACatch> {
    let script = Script::new()
        .plan("made", takes(10))
        .plan("undo made", takes(5).fails("stuck"))
        .plan("used", takes(1).fails("odd"))
        .plan("last", takes(1));
    Case::new(&script, FailingUndoBeforeACatch::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 block started
        0 made started
        10 made completed
        10 used started
        11 used failed: odd
        11 made undoing
        16 made could not be undone: failed: stuck
        16 block attempt 1 failed: stage 'used' failed: odd
        16 block completed
        16 last started
        17 last completed
        17 - ended
        = 1
    "#]])
}
