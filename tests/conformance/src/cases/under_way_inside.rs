//! Stages with an undo that are running inside a branch, a round, a racer, a head, a block or a task when their scope is rolled back.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes, waits};
use expect_test::expect;

cases!(
    under_way_in_a_branch,
    under_way_in_a_round,
    losing_racer_in_doubt,
    withdrawn_head_in_doubt,
    block_under_way,
    several_under_way,
    on_a_task,
);

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
