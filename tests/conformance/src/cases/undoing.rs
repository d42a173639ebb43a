//! Undos that wait, are tried again, are late, fail or panic.

use crate::workflow;
use crate::{Case, Effect, Refusal, Script, case::cases, takes};
use expect_test::expect;
use workflow_runtime::FailureKind;

cases!(
    undo_is_late,
    undo_is_tried_again,
    undo_panics_and_the_others_run,
    undo_sees_why,
    several_undos_fail,
    cancelled_while_undoing,
    undo_of_a_fallback,
    undo_of_a_caught_failure,
);

workflow! {
    workflow UndoIsLate() with script: Script {
        #[undo(script.undo(first))]
        stage first: Effect = script.effect(ctx);
        #[after(first)]
        #[undo(script.undo(second), timeout(20ms), retry(1, fixed(5ms)))]
        stage second: Effect = script.effect(ctx);
        #[after(second)]
        stage last = script.step(ctx, ());
    }
}

fn undo_is_late() -> Case<UndoIsLate> {
    let script = Script::new()
        .plan("first", takes(1))
        .plan("second", takes(2))
        .plan("undo second", takes(100))
        .plan("undo first", takes(3))
        .plan("last", takes(4).fails("no"));
    Case::new(&script, UndoIsLate::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 first started
        1 first completed
        1 second started
        3 second completed
        3 last started
        7 last failed: no
        7 second undoing
        52 second could not be undone: timed out after 2 attempts: it took longer than 20ms
        52 first undoing
        55 first undone
        55 - failed
        = failed: stage 'last' failed: no
        = not undone: stage 'second' timed out after 2 attempts: it took longer than 20ms
    "#]])
}

fn is_busy(refusal: &Refusal) -> bool {
    refusal.0 == "busy"
}

workflow! {
    workflow UndoIsTriedAgain() with script: Script {
        #[undo(script.undo(first), retry(3, exponential(10ms..25ms), jitter = none, if = is_busy))]
        stage first: Effect = script.effect(ctx);
        #[undo(script.undo(second), retry(3, fixed(10ms), if = is_busy))]
        stage second: Effect = script.effect(ctx);
        #[after(first, second)]
        stage last = script.step(ctx, ());
    }
}

fn undo_is_tried_again() -> Case<UndoIsTriedAgain> {
    let busy = takes(1).fails("busy");
    let script = Script::new()
        .plan("first", takes(1))
        .plan("undo first", [busy.clone(), busy.clone(), busy.clone(), takes(1)])
        .plan("second", takes(2))
        .plan("undo second", [busy, takes(1).fails("gone")])
        .plan("last", takes(4).fails("no"));
    Case::new(&script, UndoIsTriedAgain::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 first started
        0 second started
        1 first completed
        2 second completed
        2 last started
        6 last failed: no
        6 second undoing
        18 second could not be undone: failed after 2 attempts: gone
        18 first undoing
        77 first undone
        77 - failed
        = failed: stage 'last' failed: no
        = not undone: stage 'second' failed after 2 attempts: gone
    "#]])
    // An attempt that failed, but is not recorded, is tried once more.
    .or_interrupted(["failed: stage 'last' failed: no\n= not undone: stage 'second' failed after 2 attempts: gone\n= not undone: stage 'first' failed after 4 attempts: busy"])
}

workflow! {
    workflow UndoPanicsAndTheOthersRun() with script: Script {
        #[undo(script.undo(first))]
        stage first: Effect = script.effect(ctx);
        #[undo(script.undo(second), retry(5))]
        stage second: Effect = script.effect(ctx);
        #[undo(script.undo(third))]
        stage third: Effect = script.effect(ctx);
        #[after(first, second, third)]
        stage last = script.step(ctx, ());
    }
}

fn undo_panics_and_the_others_run() -> Case<UndoPanicsAndTheOthersRun> {
    let script = Script::new()
        .plan("first", takes(1))
        .plan("second", takes(2))
        .plan("undo second", takes(5).panics("no such entry"))
        .plan("third", takes(3))
        .plan("last", takes(4).panics("out of paper"));
    Case::new(&script, UndoPanicsAndTheOthersRun::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 first started
        0 second started
        0 third started
        1 first completed
        2 second completed
        3 third completed
        3 last started
        7 last panicked: out of paper
        7 third undoing
        7 third undone
        7 second undoing
        12 second could not be undone: panicked: no such entry
        12 first undoing
        12 first undone
        12 - failed
        = failed: stage 'last' panicked: out of paper
        = not undone: stage 'second' panicked: no such entry
    "#]])
}

workflow! {
    workflow UndoSeesWhy() with script: Script {
        #[undo(async {
            if failure.stage() == Some("last") && failure.attempts() == 2 && failure.kind() == FailureKind::Error {
                script.undo(first).await
            } else {
                Err(Refusal(format!("{failure:#}")))
            }
        })]
        stage first: Effect = script.effect(ctx);
        #[after(first)]
        #[retry(1)]
        stage last = script.step(ctx, ());
    }
}

fn undo_sees_why() -> Case<UndoSeesWhy> {
    let script = Script::new().plan("first", takes(1)).plan("last", takes(4).fails("no"));
    Case::new(&script, UndoSeesWhy::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 first started
        1 first completed
        1 last started
        5 last attempt 1 failed: no, next in 0 ms
        5 last attempt 2 started
        9 last attempt 2 failed after 2 attempts: no
        9 last failed after 2 attempts: no
        9 first undoing
        9 first undone
        9 - failed
        = failed: stage 'last' failed after 2 attempts: no
    "#]])
    // An attempt that failed, but is not recorded, is tried once more.
    .or_interrupted(["failed: stage 'last' failed after 3 attempts: no\n= not undone: stage 'first' failed: stage 'last' failed after 3 attempts: no"])
}

workflow! {
    workflow SeveralUndosFail() with script: Script {
        #[undo(script.undo(first))]
        stage first: Effect = script.effect(ctx);
        stage block = {
            #[undo(script.undo(second))]
            stage second: Effect = script.effect(ctx);
            #[after(second)]
            #[undo(script.undo(third))]
            stage third: Effect = script.effect(ctx);
        };
        #[after(first, block)]
        stage last = script.step(ctx, ());
    }
}

fn several_undos_fail() -> Case<SeveralUndosFail> {
    let script = Script::new()
        .plan("first", takes(5))
        .plan("undo first", takes(1).fails("one"))
        .plan("second", takes(2))
        .plan("undo second", takes(2))
        .plan("third", takes(6))
        .plan("undo third", takes(3).fails("three"))
        .plan("last", takes(4).fails("no"));
    Case::new(&script, SeveralUndosFail::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 first started
        0 block started
        0 second started
        2 second completed
        2 third started
        5 first completed
        8 third completed
        8 block completed
        8 last started
        12 last failed: no
        12 third undoing
        15 third could not be undone: failed: three
        15 first undoing
        16 first could not be undone: failed: one
        16 second undoing
        18 second undone
        18 - failed
        = failed: stage 'last' failed: no
        = not undone: stage 'third' failed: three
        = not undone: stage 'first' failed: one
    "#]])
}

workflow! {
    workflow CancelledWhileUndoing() with script: Script {
        #[undo(script.undo(first))]
        stage first: Effect = script.effect(ctx);
        #[after(first)]
        #[undo(script.undo(second))]
        stage second: Effect = script.effect(ctx);
        #[after(second)]
        stage last = script.step(ctx, ());
    }
}

fn cancelled_while_undoing() -> Case<CancelledWhileUndoing> {
    let script = Script::new()
        .plan("first", takes(5))
        .plan("undo first", takes(10))
        .plan("second", takes(5))
        .plan("undo second", takes(20))
        .plan("last", takes(5).fails("no"));
    Case::new(&script, CancelledWhileUndoing::new(script.clone()), ()).cancel(25).trace(expect![[r#"
        0 - started
        0 first started
        5 first completed
        5 second started
        10 second completed
        10 last started
        15 last failed: no
        15 second undoing
        25 > cancel
        35 second undone
        35 first undoing
        45 first undone
        45 - failed
        = failed: stage 'last' failed: no
    "#]])
}

workflow! {
    workflow UndoOfAFallback() with script: Script {
        #[retry(1, fixed(10ms))]
        #[fallback(async { script.step(ctx, ()).await?; Ok::<Option<Effect>, Refusal>(None) })]
        #[undo(async { match car { Some(effect) => script.undo(effect).await, None => script.undo_place("the fallback").await } })]
        stage car: Option<Effect> = async { script.effect(ctx).await.map(Some) };
        #[after(car)]
        stage last = script.step(ctx, ());
    }
}

fn undo_of_a_fallback() -> Case<UndoOfAFallback> {
    let script = Script::new()
        .plan("car", [takes(5).fails("none left"), takes(6).fails("none left"), takes(7)])
        .plan("last", takes(4).fails("no"));
    Case::new(&script, UndoOfAFallback::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 car started
        5 car attempt 1 failed: none left, next in 10 ms
        15 car attempt 2 started
        21 car attempt 2 failed after 2 attempts: none left
        21 car decided: fallback
        28 car completed
        28 last started
        32 last failed: no
        32 car undoing
        32 car undone
        32 - failed
        = failed: stage 'last' failed: no
    "#]])
}

workflow! {
    workflow UndoOfACaughtFailure() -> bool with script: Script {
        #[catch]
        #[undo(async { match car { Ok(effect) => script.undo(effect).await, Err(_) => script.undo_place("nothing").await } })]
        stage car: Result<Effect, Refusal> = script.effect(ctx);
        #[after(car)]
        stage last: bool = script.step(ctx, true);
        *last
    }
}

fn undo_of_a_caught_failure() -> Case<UndoOfACaughtFailure> {
    let script = Script::new().plan("car", takes(5).fails("none left")).plan("last", takes(4).fails("no"));
    Case::new(&script, UndoOfACaughtFailure::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 car started
        5 car attempt 1 failed
        5 car completed
        5 last started
        9 last failed: no
        9 car undoing
        9 car undone
        9 - failed
        = failed: stage 'last' failed: no
    "#]])
}
