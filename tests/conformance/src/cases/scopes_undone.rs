//! Scopes that are rolled back alone: their stages are undone, and the surroundings go on.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes, waits};
use expect_test::expect;
use workflow_runtime::Failure;

cases!(
    failed_attempt_of_a_block,
    attempt_that_was_late,
    attempt_whose_undo_fails,
    before_a_fallback,
    before_a_catch,
    failing_undo_before_a_catch,
    block_with_an_undo,
    return_undoes_nothing,
    scopes_in_scopes,
    kept_by_a_loop_after_its_rounds,
    deadline_of_the_run,
    inner_failure_is_caught_and_a_later_one_undoes,
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

workflow! {
    workflow BlockWithAnUndo() with script: Script {
        #[undo(script.undo(opened))]
        stage opened: Effect = {
            stage asked = script.step(ctx, ());
            #[after(asked)]
            stage account: Effect = script.effect(ctx);
            account.clone()
        };
        #[undo(script.undo(tidy))]
        stage tidy: Effect = script.effect(ctx);
        #[after(opened, tidy)]
        stage last = script.step(ctx, ());
    }
}

fn block_with_an_undo() -> Case<BlockWithAnUndo> {
    let script = Script::new()
        .plan("asked", takes(10))
        .plan("account", takes(20))
        .plan("undo account", takes(5))
        .plan("tidy", takes(25))
        .plan("undo tidy", takes(6))
        .plan("last", takes(1).fails("no"));
    Case::new(&script, BlockWithAnUndo::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 opened started
        0 tidy started
        0 asked started
        10 asked completed
        10 account started
        25 tidy completed
        30 account completed
        30 opened completed
        30 last started
        31 last failed: no
        31 opened undoing
        36 opened undone
        36 tidy undoing
        42 tidy undone
        42 - failed
        = failed: stage 'last' failed: no
    "#]])
}

workflow! {
    workflow ReturnUndoesNothing(is_enough: bool) -> u32 with script: Script {
        #[undo(script.undo(made))]
        stage made: Effect = script.effect(ctx);
        stage slow: u32 = script.step(ctx, 1);
        #[after(made)]
        stage left: u32 = if *is_enough {
            stage checked: u32 = script.step(ctx, 2);
            return *checked
        } else {
            3
        };
        slow + left
    }
}

fn return_undoes_nothing() -> Case<ReturnUndoesNothing> {
    let script = Script::new().plan("made", takes(5)).plan("checked", takes(4)).plan("slow", takes(50));
    Case::new(&script, ReturnUndoesNothing::new(script.clone()), (true,)).pattern([43]).trace(expect![[r#"
        0 - started
        0 made started
        0 slow started
        5 made completed
        5 left started
        5 left decided: *is_enough
        5 checked started
        9 checked completed
        9 left cancelled
        9 slow cancelled
        9 - ended
        = 2
    "#]])
}

workflow! {
    workflow ScopesInScopes() with script: Script {
        #[undo(script.undo(outer))]
        stage outer: Effect = script.effect(ctx);
        #[after(outer)]
        #[retry(1)]
        stage middle = {
            #[undo(script.undo(second))]
            stage second: Effect = script.effect(ctx);
            #[after(second)]
            #[retry(1)]
            stage inner = {
                #[undo(script.undo(third))]
                stage third: Effect = script.effect(ctx);
                #[after(third)]
                stage failing = script.step(ctx, ());
            };
        };
    }
}

fn scopes_in_scopes() -> Case<ScopesInScopes> {
    let script = Script::new()
        .plan("outer", takes(1))
        .plan("second", takes(2))
        .plan("third", takes(3))
        .plan("failing", takes(10).fails("no"));
    Case::new(&script, ScopesInScopes::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 outer started
        1 outer completed
        1 middle started
        1 second started
        3 second completed
        3 inner started
        3 third started
        6 third completed
        6 failing started
        16 failing failed: no
        16 third undoing
        16 third undone
        16 inner attempt 1 failed: stage 'failing' failed: no, next in 0 ms
        16 inner attempt 2 started
        16 third[1] started
        19 third[1] completed
        19 failing[1] started
        29 failing[1] failed: no
        29 third[1] undoing
        29 third[1] undone
        29 inner attempt 2 failed: stage 'failing' failed: no
        29 inner failed: stage 'failing' failed: no
        29 second undoing
        29 second undone
        29 middle attempt 1 failed: stage 'failing' failed: no, next in 0 ms
        29 middle attempt 2 started
        29 second[1] started
        31 second[1] completed
        31 inner[1] started
        31 third[1] started
        34 third[1] completed
        34 failing[1] started
        44 failing[1] failed: no
        44 third[1] undoing
        44 third[1] undone
        44 inner[1] attempt 1 failed: stage 'failing' failed: no, next in 0 ms
        44 inner[1] attempt 2 started
        44 third[1][1] started
        47 third[1][1] completed
        47 failing[1][1] started
        57 failing[1][1] failed: no
        57 third[1][1] undoing
        57 third[1][1] undone
        57 inner[1] attempt 2 failed: stage 'failing' failed: no
        57 inner[1] failed: stage 'failing' failed: no
        57 second[1] undoing
        57 second[1] undone
        57 middle attempt 2 failed: stage 'failing' failed: no
        57 middle failed: stage 'failing' failed: no
        57 outer undoing
        57 outer undone
        57 - failed
        = failed: stage 'failing' failed: no
    "#]])
}

workflow! {
    workflow KeptByALoopAfterItsRounds() with script: Script {
        #[max(3)]
        stage rounds: u32 = loop count: u32 = 0 {
            #[catch]
            stage tried: Result<u32, Failure> = {
                #[undo(script.undo(made))]
                stage made: Effect = script.effect(ctx);
                #[after(made)]
                stage checked: u32 = script.step(ctx, count + 1);
                *checked
            };
            match tried {
                Ok(2) => break 2,
                Ok(more) => continue *more,
                Err(_) => continue count + 1,
            }
        };
        #[after(rounds)]
        stage last = script.step(ctx, ());
    }
}

fn kept_by_a_loop_after_its_rounds() -> Case<KeptByALoopAfterItsRounds> {
    let script = Script::new()
        .plan("made", takes(5))
        .plan("undo made", takes(1))
        .plan("checked[0]", takes(2).fails("odd"))
        .plan("checked[1]", takes(3))
        .plan("last", takes(1).fails("no"));
    Case::new(&script, KeptByALoopAfterItsRounds::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 rounds started
        0 tried[0] started
        0 made[0] started
        5 made[0] completed
        5 checked[0] started
        7 checked[0] failed: odd
        7 made[0] undoing
        8 made[0] undone
        8 tried[0] attempt 1 failed: stage 'checked' failed: odd
        8 tried[0] completed
        8 rounds[0] decided: Err(_)
        8 rounds[0] decided: continue
        8 tried[1] started
        8 made[1] started
        13 made[1] completed
        13 checked[1] started
        16 checked[1] completed
        16 tried[1] completed
        16 rounds[1] decided: Ok(2)
        16 rounds[1] decided: break
        16 rounds completed
        16 last started
        17 last failed: no
        17 made[1] undoing
        18 made[1] undone
        18 - failed
        = failed: stage 'last' failed: no
    "#]])
}

workflow! {
    #[deadline(100ms)]
    workflow DeadlineOfTheRun() with script: Script {
        #[undo(script.undo(made))]
        stage made: Effect = script.effect(ctx);
        #[after(made)]
        #[undo(script.undo(sent))]
        stage sent: Effect = script.effect(ctx);
        #[after(made)]
        stage slow = script.step(ctx, ());
    }
}

fn deadline_of_the_run() -> Case<DeadlineOfTheRun> {
    let script = Script::new()
        .plan("made", takes(10))
        .plan("undo made", takes(50))
        .plan("sent", takes(120))
        .plan("undo sent", takes(20))
        .plan("slow", waits());
    Case::new(&script, DeadlineOfTheRun::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 made started
        10 made completed
        10 sent started
        10 slow started
        100 sent cancelled
        100 slow cancelled
        130 sent undoing
        150 sent undone
        150 made undoing
        200 made undone
        200 - failed
        = passed its deadline: the whole run took longer than 100ms
    "#]])
}

workflow! {
    workflow InnerFailureIsCaughtAndALaterOneUndoes() with script: Script {
        #[catch]
        stage first: Result<(), Failure> = {
            #[undo(script.undo(lost))]
            stage lost: Effect = script.effect(ctx);
            #[after(lost)]
            stage failing = script.step(ctx, ());
        };
        #[catch]
        stage second: Result<(), Failure> = {
            #[undo(script.undo(kept))]
            stage kept: Effect = script.effect(ctx);
        };
        stage last = script.step(ctx, assert!(first.is_err() && second.is_ok()));
    }
}

fn inner_failure_is_caught_and_a_later_one_undoes() -> Case<InnerFailureIsCaughtAndALaterOneUndoes> {
    let script = Script::new()
        .plan("lost", takes(5))
        .plan("undo lost", takes(10))
        .plan("failing", takes(1).fails("no"))
        .plan("kept", takes(7))
        .plan("last", takes(1).fails("neither"));
    Case::new(&script, InnerFailureIsCaughtAndALaterOneUndoes::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 first started
        0 lost started
        0 second started
        0 kept started
        5 lost completed
        5 failing started
        6 failing failed: no
        6 lost undoing
        7 kept completed
        7 second completed
        16 lost undone
        16 first attempt 1 failed: stage 'failing' failed: no
        16 first completed
        16 last started
        17 last failed: neither
        17 kept undoing
        17 kept undone
        17 - failed
        = failed: stage 'last' failed: neither
    "#]])
}
