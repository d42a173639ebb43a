//! Stages with an undo that are running when their scope is rolled back: they may finish, or are in doubt.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes, waits};
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
    under_way_in_a_branch,
    under_way_in_a_round,
    losing_racer_in_doubt,
    withdrawn_head_in_doubt,
    block_under_way,
    several_under_way,
    on_a_task,
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

workflow! {
    workflow UnderWayInABranch(is_abroad: bool) -> usize with script: Script {
        stage shipped: usize = if *is_abroad {
            #[undo(script.undo(flown))]
            stage flown: Effect = script.effect(ctx);
            stage weighed: u32 = script.step(ctx, 3);
            flown.place().len() + *weighed as usize
        } else {
            0
        };
        stage beside = script.step(ctx, ());
        *shipped
    }
}

fn under_way_in_a_branch() -> Case<UnderWayInABranch> {
    let script =
        Script::new().plan("flown", takes(40)).plan("weighed", takes(50)).plan("beside", takes(10).fails("no"));
    Case::new(&script, UnderWayInABranch::new(script.clone()), (true,)).trace(expect![[r#"
        0 - started
        0 shipped started
        0 shipped decided: *is_abroad
        0 flown started
        0 weighed started
        0 beside started
        10 beside failed: no
        10 flown cancelled
        10 weighed cancelled
        10 shipped cancelled
        40 flown undoing
        40 flown undone
        40 - failed
        = failed: stage 'beside' failed: no
    "#]])
}

workflow! {
    workflow UnderWayInARound() -> u32 with script: Script {
        #[max(3)]
        stage rounds: u32 = loop count: u32 = 0 {
            #[undo(script.undo(made))]
            stage made: Effect = script.effect(ctx);
            stage checked: bool = script.ask::<bool>(ctx);
            if *checked { break made.place().len() as u32 } else { continue count + 1 }
        };
        *rounds
    }
}

fn under_way_in_a_round() -> Case<UnderWayInARound> {
    let script = Script::new()
        .plan("made", takes(20))
        .plan("undo made", takes(3))
        .plan("checked", takes(10).gives(false))
        .plan("checked[1]", takes(5).fails("lost"));
    Case::new(&script, UnderWayInARound::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 rounds started
        0 made[0] started
        0 checked[0] started
        10 checked[0] completed
        20 made[0] completed
        20 rounds[0] decided: else
        20 rounds[0] decided: continue
        20 made[1] started
        20 checked[1] started
        25 checked[1] failed: lost
        25 made[1] cancelled
        25 rounds failed: stage 'checked' failed: lost
        40 made[1] undoing
        43 made[1] undone
        43 made[0] undoing
        46 made[0] undone
        46 - failed
        = failed: stage 'checked' failed: lost
    "#]])
}

workflow! {
    workflow LosingRacerInDoubt() -> usize with script: Script {
        stage first: usize = race {
            {
                #[timeout(50ms)]
                #[undo(script.undo(slow))]
                stage slow: Effect = script.effect(ctx);
                slow.place().len()
            },
            { stage quick: usize = script.step(ctx, 9); quick },
        };
        stage last: usize = script.step(ctx, *first);
        *last
    }
}

fn losing_racer_in_doubt() -> Case<LosingRacerInDoubt> {
    let script = Script::new().plan("slow", waits()).plan("quick", takes(10)).plan("last", takes(5).fails("no"));
    Case::new(&script, LosingRacerInDoubt::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 first started
        0 slow started
        0 quick started
        10 quick completed
        10 first decided: 2
        10 slow cancelled
        50 first completed
        50 last started
        55 last failed: no
        55 - failed
        = failed: stage 'last' failed: no
        = in doubt: slow
    "#]])
}

workflow! {
    workflow WithdrawnHeadInDoubt() -> usize with script: Script {
        stage first: usize = select {
            sent: usize = {
                #[timeout(50ms)]
                #[undo(script.undo(slow))]
                stage slow: Effect = script.effect(ctx);
                slow.place().len()
            } => *sent,
            sleep(20ms) => 1,
        };
        stage last: usize = script.step(ctx, *first);
        *last
    }
}

fn withdrawn_head_in_doubt() -> Case<WithdrawnHeadInDoubt> {
    let script = Script::new().plan("slow", waits()).plan("last", takes(5));
    Case::new(&script, WithdrawnHeadInDoubt::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 first started
        0 slow started
        20 slow cancelled
        50 first decided: sleep
        50 first completed
        50 last started
        55 last completed
        55 - ended
        = 1
    "#]])
}

workflow! {
    workflow BlockUnderWay() with script: Script {
        #[undo(script.undo(opened))]
        stage opened: Effect = {
            stage asked = script.step(ctx, ());
            #[after(asked)]
            stage account: Effect = script.effect(ctx);
            account.clone()
        };
        stage failing = script.step(ctx, ());
    }
}

fn block_under_way() -> Case<BlockUnderWay> {
    let script = Script::new()
        .plan("asked", takes(20))
        .plan("account", takes(20))
        .plan("undo account", takes(5))
        .plan("failing", takes(10).fails("no"));
    Case::new(&script, BlockUnderWay::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 opened started
        0 asked started
        0 failing started
        10 failing failed: no
        10 opened cancelled
        20 asked completed
        20 account started
        40 account completed
        40 opened undoing
        45 opened undone
        45 - failed
        = failed: stage 'failing' failed: no
    "#]])
}

workflow! {
    workflow SeveralUnderWay() with script: Script {
        #[undo(script.undo(one))]
        stage one: Effect = script.effect(ctx);
        #[undo(script.undo(two))]
        stage two: Effect = script.effect(ctx);
        #[undo(script.undo(three))]
        stage three: Effect = script.effect(ctx);
        #[undo(script.undo_place("_four"), on = attempt)]
        stage _four: Effect = script.effect(ctx);
    }
}

fn several_under_way() -> Case<SeveralUnderWay> {
    let script = Script::new()
        .plan("one", takes(70))
        .plan("undo one", takes(1))
        .plan("two", takes(50))
        .plan("undo two", takes(2))
        .plan("three", takes(60).fails("lost"))
        .plan("_four", takes(80))
        .plan("undo _four", takes(4));
    Case::new(&script, SeveralUnderWay::new(script.clone()), ()).cancel(20).trace(expect![[r#"
        0 - started
        0 one started
        0 two started
        0 three started
        0 _four started
        20 > cancel
        20 one cancelled
        20 two cancelled
        20 three cancelled
        20 _four cancelled
        80 _four undoing
        84 _four undone
        84 one undoing
        85 one undone
        85 two undoing
        87 two undone
        87 - failed
        = was cancelled
    "#]])
}

workflow! {
    workflow OnATask() with script: Script {
        #[spawn]
        #[undo(script.undo(booked))]
        stage booked: Effect = script.effect(ctx);
        stage failing = script.step(ctx, ());
    }
}

fn on_a_task() -> Case<OnATask> {
    let script =
        Script::new().plan("booked", takes(40)).plan("undo booked", takes(2)).plan("failing", takes(10).fails("no"));
    Case::new(&script, OnATask::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 booked started
        0 failing started
        10 failing failed: no
        10 booked cancelled
        40 booked undoing
        42 booked undone
        42 - failed
        = failed: stage 'failing' failed: no
    "#]])
}
