//! Failures and cancellations while a stage is being undone, or in its grace period.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes, waits};
use expect_test::expect;

cases!(
    in_flight_when_cancelled,
    undo_fails_when_cancelled,
    cancelled_while_undoing,
    fails_while_undoing,
    fails_while_others_finish,
);

workflow! {
    workflow InFlightWhenCancelled() with script: Script {
        #[undo(script.undo(panicking))]
        stage panicking: Effect = script.effect(ctx);
        #[undo(script.undo(failing))]
        stage failing: Effect = script.effect(ctx);
        #[undo(script.undo(succeeding))]
        stage succeeding: Effect = script.effect(ctx);
        #[undo(script.undo(done))]
        stage done: Effect = script.effect(ctx);
    }
}

// Each may finish. What fails then has nothing to undo, and is not in doubt; the failure that is told is the
// cancellation.
fn in_flight_when_cancelled() -> Case<InFlightWhenCancelled> {
    let script = Script::new()
        .plan("panicking", takes(20).panics("smoke"))
        .plan("failing", takes(30).fails("no"))
        .plan("succeeding", takes(40))
        .plan("undo succeeding", takes(3))
        .plan("done", takes(5));
    Case::new(&script, InFlightWhenCancelled::new(script.clone()), ()).cancel(10).trace(expect![[r#"
        0 - started
        0 panicking started
        0 failing started
        0 succeeding started
        0 done started
        5 done completed
        10 > cancel
        10 panicking cancelled
        10 failing cancelled
        10 succeeding cancelled
        40 succeeding undoing
        43 succeeding undone
        43 done undoing
        43 done undone
        43 - failed
        = was cancelled
    "#]])
}

workflow! {
    workflow UndoFailsWhenCancelled() with script: Script {
        #[undo(script.undo(first))]
        stage first: Effect = script.effect(ctx);
        #[after(first)]
        stage block = {
            #[undo(script.undo(second))]
            stage second: Effect = script.effect(ctx);
            #[after(second)]
            stage long = script.step(ctx, ());
        };
    }
}

fn undo_fails_when_cancelled() -> Case<UndoFailsWhenCancelled> {
    let script = Script::new()
        .plan("first", takes(2))
        .plan("undo first", takes(1).fails("gone"))
        .plan("second", takes(3))
        .plan("undo second", takes(4).fails("gone, too"))
        .plan("long", waits());
    Case::new(&script, UndoFailsWhenCancelled::new(script.clone()), ()).pattern([20]).cancel(10).trace(expect![[r#"
        0 - started
        0 first started
        2 first completed
        2 block started
        2 second started
        5 second completed
        5 long started
        10 > cancel
        10 long cancelled
        10 block cancelled
        10 second undoing
        14 second could not be undone: failed: gone, too
        14 first undoing
        15 first could not be undone: failed: gone
        15 - failed
        = was cancelled
        = not undone: stage 'second' failed: gone, too
        = not undone: stage 'first' failed: gone
    "#]])
}

workflow! {
    workflow CancelledWhileUndoing() with script: Script {
        #[undo(script.undo(first))]
        stage first: Effect = script.effect(ctx);
        #[undo(script.undo(second))]
        stage second: Effect = script.effect(ctx);
        #[after(first, second)]
        stage failing = script.step(ctx, ());
    }
}

// The run has failed already: a cancellation changes nothing.
fn cancelled_while_undoing() -> Case<CancelledWhileUndoing> {
    let script = Script::new()
        .plan("first", takes(2))
        .plan("undo first", takes(10))
        .plan("second", takes(1))
        .plan("undo second", takes(10))
        .plan("failing", takes(3).fails("no"));
    Case::new(&script, CancelledWhileUndoing::new(script.clone()), ()).cancel(10).trace(expect![[r#"
        0 - started
        0 first started
        0 second started
        1 second completed
        2 first completed
        2 failing started
        5 failing failed: no
        5 first undoing
        10 > cancel
        15 first undone
        15 second undoing
        25 second undone
        25 - failed
        = failed: stage 'failing' failed: no
    "#]])
}

workflow! {
    workflow FailsWhileUndoing() -> u32 with script: Script {
        #[fallback(1)]
        stage absorbed: u32 = {
            #[undo(script.undo(inner))]
            stage inner: Effect = script.effect(ctx);
            #[undo(script.undo(other))]
            stage other: Effect = script.effect(ctx);
            #[after(inner, other)]
            stage failing: u32 = script.step(ctx, 1);
            *failing
        };
        #[undo(script.undo(outer))]
        stage outer: Effect = script.effect(ctx);
        #[after(outer)]
        stage fatal: u32 = script.step(ctx, 2);
        absorbed + fatal
    }
}

// The block is being undone for its fallback when the run itself fails: the undos run to their end, each once, and then
// what lies outside is undone. The fallback never runs.
fn fails_while_undoing() -> Case<FailsWhileUndoing> {
    let script = Script::new()
        .plan("inner", takes(3))
        .plan("undo inner", takes(10))
        .plan("other", takes(4))
        .plan("undo other", takes(10))
        .plan("failing", takes(1).fails("absorbed"))
        .plan("outer", takes(2))
        .plan("undo outer", takes(1))
        .plan("fatal", takes(10).fails("fatal"));
    Case::new(&script, FailsWhileUndoing::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 absorbed started
        0 inner started
        0 other started
        0 outer started
        2 outer completed
        2 fatal started
        3 inner completed
        4 other completed
        4 failing started
        5 failing failed: absorbed
        5 other undoing
        12 fatal failed: fatal
        12 absorbed cancelled
        15 other undone
        15 inner undoing
        25 inner undone
        25 outer undoing
        26 outer undone
        26 - failed
        = failed: stage 'fatal' failed: fatal
    "#]])
}

workflow! {
    workflow FailsWhileOthersFinish() with script: Script {
        #[undo(script.undo(slow))]
        stage slow: Effect = script.effect(ctx);
        #[undo(script.undo(slower))]
        stage slower: Effect = script.effect(ctx);
        stage failing = script.step(ctx, ());
    }
}

// A stage in its grace period fails too: the first failure is reported.
fn fails_while_others_finish() -> Case<FailsWhileOthersFinish> {
    let script = Script::new()
        .plan("slow", takes(20).fails("second"))
        .plan("slower", takes(30))
        .plan("undo slower", takes(1))
        .plan("failing", takes(10).fails("first"));
    Case::new(&script, FailsWhileOthersFinish::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 slow started
        0 slower started
        0 failing started
        10 failing failed: first
        10 slow cancelled
        10 slower cancelled
        30 slower undoing
        31 slower undone
        31 - failed
        = failed: stage 'failing' failed: first
    "#]])
}
