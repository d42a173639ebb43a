//! `#[undo(.., on = attempt)]`, and what an undo may do itself: wait, be tried again, be late, fail, panic.

use crate::workflow;
use crate::{Case, Effect, Refusal, Script, case::cases, takes, waits};
use expect_test::expect;
use workflow_runtime::{FailureKind, Pool};

cases!(
    armed_before_the_answer,
    armed_though_it_succeeds,
    armed_once_for_all_attempts,
    armed_and_cut,
    not_armed_while_it_waits,
    armed_in_each_item,
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
    workflow ArmedBeforeTheAnswer() with script: Script {
        #[undo(script.undo(before))]
        stage before: Effect = script.effect(ctx);
        #[after(before)]
        #[undo(script.undo_place("_paid"), on = attempt)]
        stage _paid: Effect = script.effect(ctx);
    }
}

fn armed_before_the_answer() -> Case<ArmedBeforeTheAnswer> {
    let script = Script::new()
        .plan("before", takes(5))
        .plan("undo before", takes(1))
        .plan("_paid", takes(10).fails("connection reset"))
        .plan("undo _paid", takes(2));
    Case::new(&script, ArmedBeforeTheAnswer::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 before started
        5 before completed
        5 _paid started
        15 _paid failed: connection reset
        15 _paid undoing
        17 _paid undone
        17 before undoing
        18 before undone
        18 - failed
        = failed: stage '_paid' failed: connection reset
    "#]])
}

workflow! {
    workflow ArmedThoughItSucceeds() with script: Script {
        #[undo(script.undo_place("_paid"), on = attempt)]
        stage _paid: Effect = script.effect(ctx);
        #[undo(script.undo(noted))]
        stage noted: Effect = script.effect(ctx);
        #[after(_paid, noted)]
        stage told = script.step(ctx, ());
    }
}

fn armed_though_it_succeeds() -> Case<ArmedThoughItSucceeds> {
    let script =
        Script::new().plan("_paid", takes(20)).plan("noted", takes(10)).plan("told", takes(5).fails("no line"));
    Case::new(&script, ArmedThoughItSucceeds::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 _paid started
        0 noted started
        10 noted completed
        20 _paid completed
        20 told started
        25 told failed: no line
        25 _paid undoing
        25 _paid undone
        25 noted undoing
        25 noted undone
        25 - failed
        = failed: stage 'told' failed: no line
    "#]])
}

workflow! {
    workflow ArmedOnceForAllAttempts() -> u32 with script: Script {
        #[retry(2, fixed(10ms))]
        #[timeout(15ms)]
        #[undo(script.undo_place("paid"), on = attempt)]
        stage paid: Effect = script.effect(ctx);
        paid.place().len() as u32
    }
}

fn armed_once_for_all_attempts() -> Case<ArmedOnceForAllAttempts> {
    let script = Script::new().plan("paid", [waits(), takes(5).fails("busy"), takes(1).fails("closed")]);
    Case::new(&script, ArmedOnceForAllAttempts::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 paid started
        15 paid attempt 1 timed out: it took longer than 15ms, next in 10 ms
        25 paid attempt 2 started
        30 paid attempt 2 failed after 2 attempts: busy, next in 10 ms
        40 paid attempt 3 started
        41 paid attempt 3 failed after 3 attempts: closed
        41 paid failed after 3 attempts: closed
        41 paid undoing
        41 paid undone
        41 - failed
        = failed: stage 'paid' failed after 3 attempts: closed
    "#]])
}

workflow! {
    workflow ArmedAndCut() with script: Script {
        #[undo(script.undo_place("_paid"), on = attempt)]
        stage _paid: Effect = script.effect(ctx);
        stage beside = script.step(ctx, ());
    }
}

fn armed_and_cut() -> Case<ArmedAndCut> {
    let script =
        Script::new().plan("_paid", waits()).plan("undo _paid", takes(3)).plan("beside", takes(10).fails("no"));
    Case::new(&script, ArmedAndCut::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 _paid started
        0 beside started
        10 beside failed: no
        10 _paid cancelled
        30010 _paid undoing
        30013 _paid undone
        30013 - failed
        = failed: stage 'beside' failed: no
        = in doubt: _paid
    "#]])
}

workflow! {
    workflow NotArmedWhileItWaits() with script: Script, desks: Pool {
        #[acquire(desks)]
        stage holder = script.step(ctx, ());
        stage ready = script.step(ctx, ());
        #[after(ready)]
        #[acquire(desks)]
        #[undo(script.undo_place("_waiting"), on = attempt)]
        stage _waiting: Effect = script.effect(ctx);
        stage beside = script.step(ctx, ());
    }
}

fn not_armed_while_it_waits() -> Case<NotArmedWhileItWaits> {
    let script =
        Script::new().plan("holder", takes(100)).plan("ready", takes(5)).plan("beside", takes(20).fails("fire"));
    let desks = script.pool("desks", 1);
    Case::new(&script, NotArmedWhileItWaits::new(script.clone(), desks), ()).trace(expect![[r#"
        0 - started
        0 holder started
        0 ready started
        0 beside started
        5 ready completed
        5 _waiting started
        20 beside failed: fire
        20 holder cancelled
        20 _waiting cancelled
        20 - failed
        = failed: stage 'beside' failed: fire
    "#]])
}

workflow! {
    workflow ArmedInEachItem(orders: Vec<u32>) with script: Script {
        #[concurrency(2)]
        stage all = for order in orders {
            #[undo(script.undo_place(&format!("_sent[{order}]")), on = attempt)]
            stage _sent: Effect = script.effect(ctx);
        };
    }
}

fn armed_in_each_item() -> Case<ArmedInEachItem> {
    let script =
        Script::new().plan("_sent[0]", takes(10)).plan("_sent[1]", takes(25).fails("lost")).plan("_sent[2]", takes(30));
    Case::new(&script, ArmedInEachItem::new(script.clone()), (vec![0, 1, 2, 3],)).trace(expect![[r#"
        0 - started
        0 all started
        0 _sent[0] started
        0 _sent[1] started
        10 _sent[0] completed
        10 _sent[2] started
        25 _sent[1] failed: lost
        25 _sent[2] cancelled
        25 all failed: stage '_sent' failed: lost
        40 _sent[2] undoing
        40 _sent[2] undone
        40 _sent[0] undoing
        40 _sent[0] undone
        40 _sent[1] undoing
        40 _sent[1] undone
        40 - failed
        = failed: stage '_sent' failed: lost
    "#]])
}

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
