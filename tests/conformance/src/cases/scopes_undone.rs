//! Scopes that are rolled back alone: their stages are undone, and the surroundings go on.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes, waits};
use expect_test::expect;
use workflow_runtime::Failure;

cases!(
    block_with_an_undo,
    return_undoes_nothing,
    scopes_in_scopes,
    kept_by_a_loop_after_its_rounds,
    deadline_of_the_run,
    inner_failure_is_caught_and_a_later_one_undoes,
);

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
