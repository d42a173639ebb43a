//! `select`: the first head to end decides.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes, waits};
use expect_test::expect;

cases!(
    signal_decides,
    signal_stays_for_who_asks_later,
    stage_head_goes_on,
    ended_stages_in_order_written,
    conditions_on_heads,
    no_condition_holds,
    timer_against_work,
    early_signal_decides,
    in_each_round,
    select_in_select,
    cancelled_while_waiting,
);

workflow! {
    workflow SignalDecides() -> u32 with script: Script {
        signal reply: u32;
        stage level: u32 = select {
            signal reply => script.step(ctx, reply + 1),
            found: u32 = { stage searched: u32 = script.step(ctx, 7); searched } => *found,
            sleep(200ms) => 0,
        };
        level
    }
}

fn signal_decides() -> Case<SignalDecides> {
    let script = Script::new().plan("searched", takes(100)).plan("level", takes(5));
    Case::new(&script, SignalDecides::new(script.clone()), ())
        .pattern([16])
        .signal(30, SignalDecidesSignal::Reply(40))
        .trace(expect![[r#"
            0 - started
            0 level started
            0 searched started
            30 > signal
            30 level got signal reply
            30 searched cancelled
            30 level decided: signal reply
            35 level completed
            35 - ended
            = 41
        "#]])
}

workflow! {
    workflow SignalStaysForWhoAsksLater() -> u32 with script: Script {
        signal reply: u32;
        stage first: u32 = select {
            signal reply => *reply,
            sleep(10ms) => 0,
        };
        #[after(first)]
        stage second: u32 = script.step(ctx, *reply);
        first * 100 + second
    }
}

fn signal_stays_for_who_asks_later() -> Case<SignalStaysForWhoAsksLater> {
    let script = Script::new().plan("second", takes(3));
    Case::new(&script, SignalStaysForWhoAsksLater::new(script.clone()), ())
        .signal(20, SignalStaysForWhoAsksLaterSignal::Reply(5))
        .trace(expect![[r#"
            0 - started
            0 first started
            10 first decided: sleep
            10 first completed
            20 > signal
            20 second got signal reply
            20 second started
            23 second completed
            23 - ended
            = 5
        "#]])
}

workflow! {
    workflow StageHeadGoesOn() -> u32 with script: Script {
        stage quick: u32 = script.step(ctx, 1);
        stage slow: u32 = script.step(ctx, 2);
        stage first: u32 = select {
            stage slow => *slow,
            stage quick => script.step(ctx, *quick),
        };
        stage noted: u32 = script.step(ctx, first * 10);
        noted + slow
    }
}

fn stage_head_goes_on() -> Case<StageHeadGoesOn> {
    let script = Script::new().plan("quick", takes(10)).plan("slow", takes(50)).plan("first", takes(2));
    let script = script.plan("noted", takes(5));
    Case::new(&script, StageHeadGoesOn::new(script.clone()), ()).pattern([9]).trace(expect![[r#"
        0 - started
        0 quick started
        0 slow started
        0 first started
        10 quick completed
        10 first decided: stage quick
        12 first completed
        12 noted started
        17 noted completed
        50 slow completed
        50 - ended
        = 12
    "#]])
}

workflow! {
    workflow EndedStagesInOrderWritten() -> u32 with script: Script {
        stage one: u32 = script.step(ctx, 1);
        stage two: u32 = script.step(ctx, 2);
        stage later: u32 = script.step(ctx, 3);
        #[after(later)]
        stage first: u32 = select {
            sleep(1ms) => 9,
            stage two => *two,
            stage one => *one,
        };
        first
    }
}

fn ended_stages_in_order_written() -> Case<EndedStagesInOrderWritten> {
    let script = Script::new().plan("one", takes(1)).plan("two", takes(2)).plan("later", takes(10));
    Case::new(&script, EndedStagesInOrderWritten::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 one started
        0 two started
        0 later started
        1 one completed
        2 two completed
        10 later completed
        10 first started
        10 first decided: stage two
        10 first completed
        10 - ended
        = 2
    "#]])
}

workflow! {
    workflow ConditionsOnHeads(is_patient: bool) -> String with script: Script {
        signal reply: String;
        stage level: String = select {
            sleep(10ms) if !*is_patient => "escalated".to_owned(),
            signal reply if *is_patient => reply.clone(),
            found: String = script.step(ctx, "found".to_owned()) if !*is_patient => found.clone(),
            sleep(50ms) => "late".to_owned(),
        };
        level
    }
}

fn conditions_on_heads() -> Case<ConditionsOnHeads> {
    let script = Script::new().plan("level", takes(20));
    Case::new(&script, ConditionsOnHeads::new(script.clone()), (true,)).trace(expect![[r#"
        0 - started
        0 level started
        50 level decided: sleep
        50 level completed
        50 - ended
        = "late"
    "#]])
}

workflow! {
    workflow NoConditionHolds(is_open: bool) -> u32 with script: Script {
        #[undo(script.undo(booked))]
        stage booked: Effect = script.effect(ctx);
        #[after(booked)]
        stage chosen: u32 = select {
            sleep(10ms) if *is_open => 1,
            made: u32 = script.step(ctx, 2) if *is_open => *made,
        };
        *chosen
    }
}

fn no_condition_holds() -> Case<NoConditionHolds> {
    let script = Script::new().plan("booked", takes(5));
    Case::new(&script, NoConditionHolds::new(script.clone()), (false,)).trace(expect![[r#"
        0 - started
        0 booked started
        5 booked completed
        5 chosen started
        5 chosen failed: no condition of its heads holds
        5 booked undoing
        5 booked undone
        5 - failed
        = failed: stage 'chosen' failed: no condition of its heads holds
    "#]])
}

workflow! {
    workflow TimerAgainstWork(work: u32) -> u32 with script: Script {
        stage quick: u32 = select {
            sleep(30ms) => 0,
            made: u32 = script.step(ctx, *work) => made + 1,
        };
        stage slow: u32 = select {
            sleep(30ms) => 0,
            built: u32 = script.step(ctx, *work) => built + 1,
        };
        quick * 10 + slow
    }
}

fn timer_against_work() -> Case<TimerAgainstWork> {
    let script = Script::new().plan("quick", takes(20)).plan("slow", takes(40));
    Case::new(&script, TimerAgainstWork::new(script.clone()), (4,)).trace(expect![[r#"
        0 - started
        0 quick started
        0 slow started
        20 quick decided: made
        20 quick completed
        30 slow decided: sleep
        30 slow completed
        30 - ended
        = 50
    "#]])
}

workflow! {
    workflow EarlySignalDecides() -> u32 with script: Script {
        signal answer: u32;
        stage asked: u32 = script.step(ctx, 1);
        #[after(asked)]
        stage decided: u32 = select {
            sleep(0ms) => 0,
            signal answer => *answer,
        };
        #[after(decided)]
        stage again: u32 = select {
            signal answer => *answer,
            sleep(0ms) => 0,
        };
        decided * 10 + again
    }
}

fn early_signal_decides() -> Case<EarlySignalDecides> {
    let script = Script::new().plan("asked", takes(20));
    Case::new(&script, EarlySignalDecides::new(script.clone()), ())
        .pattern([24])
        .signal(5, EarlySignalDecidesSignal::Answer(4))
        .trace(expect![[r#"
            0 - started
            0 asked started
            5 > signal
            20 asked completed
            20 decided started
            20 decided decided: sleep
            20 decided completed
            20 again started
            20 again got signal answer
            20 again decided: signal answer
            20 again completed
            20 - ended
            = 4
        "#]])
}

workflow! {
    workflow InEachRound() -> Vec<u32> with script: Script {
        stage collected: Vec<u32> = loop so_far: Vec<u32> = Vec::new() {
            signal more: u32;
            select {
                signal more => continue [so_far.as_slice(), &[*more]].concat(),
                sleep(50ms) => break so_far.clone(),
            }
        };
        stage counted: Vec<u32> = script.step(ctx, collected.clone());
        counted
    }
}

fn in_each_round() -> Case<InEachRound> {
    let script = Script::new().plan("counted", takes(1));
    Case::new(&script, InEachRound::new(script.clone()), ())
        .pattern([15])
        .signal(10, InEachRoundSignal::More(1))
        .signal(55, InEachRoundSignal::More(2))
        .trace(expect![[r#"
            0 - started
            0 collected started
            10 > signal
            10 collected[0] got signal more
            10 collected[0] decided: signal more
            10 collected[0] decided: continue
            55 > signal
            55 collected[1] got signal more
            55 collected[1] decided: signal more
            55 collected[1] decided: continue
            105 collected[2] decided: sleep
            105 collected[2] decided: break
            105 collected completed
            105 counted started
            106 counted completed
            106 - ended
            = [1, 2]
        "#]])
}

workflow! {
    workflow SelectInSelect() -> u32 with script: Script {
        signal outer_stop: u32;
        signal inner_stop: u32;
        stage chosen: u32 = select {
            inner: u32 = {
                stage nested: u32 = select {
                    signal inner_stop => *inner_stop,
                    sleep(100ms) => script.step(ctx, 1),
                };
                nested
            } => inner * 2,
            signal outer_stop => *outer_stop,
        };
        *chosen
    }
}

fn select_in_select() -> Case<SelectInSelect> {
    let script = Script::new().plan("nested", takes(50));
    Case::new(&script, SelectInSelect::new(script.clone()), ()).signal(120, SelectInSelectSignal::OuterStop(3)).trace(
        expect![[r#"
            0 - started
            0 chosen started
            0 nested started
            100 nested decided: sleep
            120 > signal
            120 chosen got signal outer_stop
            120 nested cancelled
            120 chosen decided: signal outer_stop
            120 chosen completed
            120 - ended
            = 3
        "#]],
    )
}

workflow! {
    workflow CancelledWhileWaiting() -> u32 with script: Script {
        signal reply: u32;
        #[undo(script.undo(asked))]
        stage asked: Effect = script.effect(ctx);
        #[after(asked)]
        stage chosen: u32 = select {
            signal reply => *reply,
            made: u32 = script.step(ctx, 1) => *made,
        };
        *chosen
    }
}

fn cancelled_while_waiting() -> Case<CancelledWhileWaiting> {
    let script = Script::new().plan("asked", takes(5)).plan("undo asked", takes(4)).plan("chosen", waits());
    Case::new(&script, CancelledWhileWaiting::new(script.clone()), ()).cancel(30).trace(expect![[r#"
        0 - started
        0 asked started
        5 asked completed
        5 chosen started
        30 > cancel
        30 chosen cancelled
        30 asked undoing
        34 asked undone
        34 - failed
        = was cancelled
    "#]])
}
