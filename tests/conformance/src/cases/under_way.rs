//! Stages with an undo that are running when their scope is rolled back: they may finish, or are in doubt.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes};
use expect_test::expect;
use workflow_runtime::Pool;

cases!(
    finishes_and_is_undone,
    fails_and_leaves_nothing,
    late_by_its_own_timeout,
    longer_than_the_grace,
    only_waits_for_its_next_attempt,
    only_waits_for_a_permit,
    not_tried_again,
    falls_back_on_nothing,
    fallback_under_way,
);

workflow! {
    workflow FinishesAndIsUndone() with script: Script {
        #[undo(script.undo(done))]
        stage done: Effect = script.effect(ctx);
        #[undo(script.undo(booked))]
        stage booked: Effect = script.effect(ctx);
        stage failing = script.step(ctx, ());
    }
}

fn finishes_and_is_undone() -> Case<FinishesAndIsUndone> {
    let script = Script::new()
        .plan("done", takes(5))
        .plan("undo done", takes(1))
        .plan("booked", takes(40))
        .plan("undo booked", takes(2))
        .plan("failing", takes(10).fails("no"));
    Case::new(&script, FinishesAndIsUndone::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 done started
        0 booked started
        0 failing started
        5 done completed
        10 failing failed: no
        10 booked cancelled
        40 booked undoing
        42 booked undone
        42 done undoing
        43 done undone
        43 - failed
        = failed: stage 'failing' failed: no
    "#]])
}

workflow! {
    workflow FailsAndLeavesNothing() with script: Script {
        #[undo(script.undo(booked))]
        stage booked: Effect = script.effect(ctx);
        #[undo(script.undo(broken))]
        stage broken: Effect = script.effect(ctx);
        stage failing = script.step(ctx, ());
    }
}

fn fails_and_leaves_nothing() -> Case<FailsAndLeavesNothing> {
    let script = Script::new()
        .plan("booked", takes(40).fails("full"))
        .plan("broken", takes(50).panics("broken"))
        .plan("failing", takes(10).fails("no"));
    Case::new(&script, FailsAndLeavesNothing::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 booked started
        0 broken started
        0 failing started
        10 failing failed: no
        10 booked cancelled
        10 broken cancelled
        50 - failed
        = failed: stage 'failing' failed: no
    "#]])
}

workflow! {
    workflow LateByItsOwnTimeout() with script: Script {
        #[timeout(25ms)]
        #[undo(script.undo(booked))]
        stage booked: Effect = script.effect(ctx);
        #[timeout(1h)]
        #[undo(script.undo(slow))]
        stage slow: Effect = script.effect(ctx);
        stage failing = script.step(ctx, ());
    }
}

fn late_by_its_own_timeout() -> Case<LateByItsOwnTimeout> {
    let script = Script::new()
        .plan("booked", takes(40))
        .plan("slow", takes(90_000))
        .plan("undo slow", takes(5))
        .plan("failing", takes(10).fails("no"));
    Case::new(&script, LateByItsOwnTimeout::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 booked started
        0 slow started
        0 failing started
        10 failing failed: no
        10 booked cancelled
        10 slow cancelled
        90000 slow undoing
        90005 slow undone
        90005 - failed
        = failed: stage 'failing' failed: no
        = in doubt: booked
    "#]])
}

workflow! {
    workflow LongerThanTheGrace() with script: Script {
        #[undo(script.undo(done))]
        stage done: Effect = script.effect(ctx);
        #[undo(script.undo(just_so))]
        stage just_so: Effect = script.effect(ctx);
        #[undo(script.undo(too_long))]
        stage too_long: Effect = script.effect(ctx);
    }
}

fn longer_than_the_grace() -> Case<LongerThanTheGrace> {
    let script = Script::new().plan("done", takes(10)).plan("just_so", takes(30_049)).plan("too_long", takes(30_051));
    Case::new(&script, LongerThanTheGrace::new(script.clone()), ())
        .cancel(50)
        .trace(expect![[r#"
        0 - started
        0 done started
        0 just_so started
        0 too_long started
        10 done completed
        50 > cancel
        50 just_so cancelled
        50 too_long cancelled
        30050 just_so undoing
        30050 just_so undone
        30050 done undoing
        30050 done undone
        30050 - failed
        = was cancelled
        = in doubt: too_long
    "#]])
        // A stage that was running runs again, and ends in time.
        .or_interrupted(["was cancelled"])
}

workflow! {
    workflow OnlyWaitsForItsNextAttempt() with script: Script {
        #[retry(3, fixed(1min))]
        #[undo(script.undo(booked))]
        stage booked: Effect = script.effect(ctx);
        stage failing = script.step(ctx, ());
    }
}

fn only_waits_for_its_next_attempt() -> Case<OnlyWaitsForItsNextAttempt> {
    let script =
        Script::new().plan("booked", [takes(5).fails("busy"), takes(5)]).plan("failing", takes(10).fails("no"));
    Case::new(&script, OnlyWaitsForItsNextAttempt::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 booked started
        0 failing started
        5 booked attempt 1 failed: busy, next in 60000 ms
        10 failing failed: no
        10 booked cancelled
        10 - failed
        = failed: stage 'failing' failed: no
    "#]])
}

workflow! {
    workflow OnlyWaitsForAPermit() with script: Script, desks: Pool {
        #[acquire(desks)]
        #[undo(script.undo(first))]
        stage first: Effect = script.effect(ctx);
        stage pause = script.step(ctx, ());
        #[after(pause)]
        #[acquire(desks)]
        #[undo(script.undo(second))]
        stage second: Effect = script.effect(ctx);
        stage failing = script.step(ctx, ());
    }
}

fn only_waits_for_a_permit() -> Case<OnlyWaitsForAPermit> {
    let script = Script::new().plan("first", takes(30)).plan("pause", takes(1)).plan("failing", takes(10).fails("no"));
    let desks = script.pool("desks", 1);
    Case::new(&script, OnlyWaitsForAPermit::new(script.clone(), desks), ()).trace(expect![[r#"
        0 - started
        0 first started
        0 pause started
        0 failing started
        1 pause completed
        1 second started
        10 failing failed: no
        10 first cancelled
        10 second cancelled
        30 first undoing
        30 first undone
        30 - failed
        = failed: stage 'failing' failed: no
    "#]])
}

workflow! {
    workflow NotTriedAgain() with script: Script {
        #[retry(3)]
        #[undo(script.undo(booked))]
        stage booked: Effect = script.effect(ctx);
        stage failing = script.step(ctx, ());
    }
}

fn not_tried_again() -> Case<NotTriedAgain> {
    let script =
        Script::new().plan("booked", [takes(30).fails("busy"), takes(5)]).plan("failing", takes(10).fails("no"));
    Case::new(&script, NotTriedAgain::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 booked started
        0 failing started
        10 failing failed: no
        10 booked cancelled
        30 - failed
        = failed: stage 'failing' failed: no
    "#]])
}

workflow! {
    workflow FallsBackOnNothing() with script: Script {
        #[fallback(script.effect(ctx))]
        #[undo(script.undo(booked))]
        stage booked: Effect = async { script.step(ctx, ()).await?; script.effect(ctx).await };
        stage failing = script.step(ctx, ());
    }
}

fn falls_back_on_nothing() -> Case<FallsBackOnNothing> {
    let script =
        Script::new().plan("booked", [takes(30).fails("busy"), takes(5)]).plan("failing", takes(10).fails("no"));
    Case::new(&script, FallsBackOnNothing::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 booked started
        0 failing started
        10 failing failed: no
        10 booked cancelled
        30 - failed
        = failed: stage 'failing' failed: no
    "#]])
}

workflow! {
    workflow FallbackUnderWay() with script: Script {
        #[fallback(script.effect(ctx))]
        #[undo(script.undo(booked))]
        stage booked: Effect = async { script.step(ctx, ()).await?; script.effect(ctx).await };
        stage failing = script.step(ctx, ());
    }
}

fn fallback_under_way() -> Case<FallbackUnderWay> {
    let script =
        Script::new().plan("booked", [takes(5).fails("busy"), takes(30)]).plan("failing", takes(10).fails("no"));
    Case::new(&script, FallbackUnderWay::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 booked started
        0 failing started
        5 booked attempt 1 failed: busy
        5 booked decided: fallback
        10 failing failed: no
        10 booked cancelled
        35 booked undoing
        35 booked undone
        35 - failed
        = failed: stage 'failing' failed: no
    "#]])
}
