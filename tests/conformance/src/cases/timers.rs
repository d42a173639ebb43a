//! `sleep`, `sleep_until`.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes};
use expect_test::expect;
use std::time::{Duration, SystemTime};

cases!(
    side_by_side,
    one_after_the_other,
    length_of_a_stage,
    no_wait,
    moments,
    every_so_often,
    of_each_item,
    cut_by_a_failure,
    many_days,
    timer_against_timer,
);

workflow! {
    workflow SideBySide() -> u32 with script: Script {
        stage short = sleep(10ms);
        stage long = sleep(30ms);
        #[after(short, long)]
        stage both: u32 = script.step(ctx, 1);
        #[after(short)]
        stage early: u32 = script.step(ctx, 2);
        both + early
    }
}

fn side_by_side() -> Case<SideBySide> {
    let script = Script::new().plan("early", takes(5)).plan("both", takes(1));
    Case::new(&script, SideBySide::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 short started
        0 long started
        10 short completed
        10 early started
        15 early completed
        30 long completed
        30 both started
        31 both completed
        31 - ended
        = 3
    "#]])
}

workflow! {
    workflow OneAfterTheOther() with script: Script {
        stage morning = seq {
            stage alarm = sleep(1s);
            stage coffee = script.step(ctx, ());
            stage snooze = sleep(9min);
        };
        #[after(morning)]
        stage up = script.step(ctx, ());
    }
}

fn one_after_the_other() -> Case<OneAfterTheOther> {
    let script = Script::new().plan("coffee", takes(5));
    Case::new(&script, OneAfterTheOther::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 morning started
        0 alarm started
        1000 alarm completed
        1000 coffee started
        1005 coffee completed
        1005 snooze started
        541005 snooze completed
        541005 morning completed
        541005 up started
        541005 up completed
        541005 - ended
        = ()
    "#]])
}

workflow! {
    workflow LengthOfAStage() with script: Script {
        // Known only when it starts.
        stage found: u64 = script.ask::<u64>(ctx);
        stage pause = sleep(Duration::from_millis(*found));
        #[after(pause)]
        stage rest = {
            stage half = sleep(Duration::from_millis(found / 2));
        };
    }
}

fn length_of_a_stage() -> Case<LengthOfAStage> {
    let script = Script::new().plan("found", takes(3).gives(40));
    Case::new(&script, LengthOfAStage::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 found started
        3 found completed
        3 pause started
        43 pause completed
        43 rest started
        43 half started
        63 half completed
        63 rest completed
        63 - ended
        = ()
    "#]])
}

workflow! {
    workflow NoWait() -> u32 with script: Script {
        stage none = sleep(0s);
        #[after(none)]
        stage next: u32 = script.step(ctx, 1);
        next
    }
}

fn no_wait() -> Case<NoWait> {
    let script = Script::new();
    Case::new(&script, NoWait::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 none started
        0 none completed
        0 next started
        0 next completed
        0 - ended
        = 1
    "#]])
}

workflow! {
    workflow Moments(past: SystemTime, future: SystemTime) with script: Script {
        stage before = script.step(ctx, ());
        // A moment that has passed is no wait.
        #[after(before)]
        stage passed = sleep_until(*past);
        // One that is far away can be withdrawn.
        #[after(passed)]
        stage first = race {
            { stage far = sleep_until(*future); },
            { stage near = script.step(ctx, ()); },
        };
    }
}

fn moments() -> Case<Moments> {
    let script = Script::new().plan("before", takes(5)).plan("near", takes(20));
    let past = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    let future = SystemTime::UNIX_EPOCH + Duration::from_hours(300 * 365 * 24);
    Case::new(&script, Moments::new(script.clone()), (past, future)).trace(expect![[r#"
        0 - started
        0 before started
        5 before completed
        5 passed started
        5 passed completed
        5 first started
        5 far started
        5 near started
        25 near completed
        25 first decided: 2
        25 far cancelled
        25 first completed
        25 - ended
        = ()
    "#]])
}

workflow! {
    workflow EverySoOften() -> u32 with script: Script {
        // A wait between two questions, and none after the last.
        stage answered: u32 = loop asked: u32 = 1 {
            stage is_ready: bool = script.ask::<bool>(ctx);
            if *is_ready {
                break *asked
            } else {
                continue {
                    stage pause = sleep(10ms);
                    #[after(pause)]
                    stage more: u32 = asked + 1;
                    more
                }
            }
        };
        answered
    }
}

fn every_so_often() -> Case<EverySoOften> {
    let script = Script::new().plan("is_ready", takes(1).gives(false)).plan("is_ready[2]", takes(1).gives(true));
    Case::new(&script, EverySoOften::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 answered started
        0 is_ready[0] started
        1 is_ready[0] completed
        1 answered[0] decided: else
        1 answered[0] decided: continue
        1 pause[0] started
        11 pause[0] completed
        11 more[0] started
        11 more[0] completed
        11 is_ready[1] started
        12 is_ready[1] completed
        12 answered[1] decided: else
        12 answered[1] decided: continue
        12 pause[1] started
        22 pause[1] completed
        22 more[1] started
        22 more[1] completed
        22 is_ready[2] started
        23 is_ready[2] completed
        23 answered[2] decided: *is_ready
        23 answered[2] decided: break
        23 answered completed
        23 - ended
        = 3
    "#]])
}

workflow! {
    workflow OfEachItem(waits: Vec<u64>) -> Vec<u64> with script: Script {
        #[concurrency(2)]
        stage all: Vec<u64> = for wait in waits {
            stage pause = sleep(Duration::from_millis(*wait));
            #[after(pause)]
            stage told: u64 = script.step(ctx, *wait);
            told
        };
        all
    }
}

fn of_each_item() -> Case<OfEachItem> {
    let script = Script::new().plan("told", takes(1));
    Case::new(&script, OfEachItem::new(script.clone()), (vec![30, 10, 5],)).trace(expect![[r#"
        0 - started
        0 all started
        0 pause[0] started
        0 pause[1] started
        10 pause[1] completed
        10 told[1] started
        11 told[1] completed
        11 pause[2] started
        16 pause[2] completed
        16 told[2] started
        17 told[2] completed
        30 pause[0] completed
        30 told[0] started
        31 told[0] completed
        31 all completed
        31 - ended
        = [30, 10, 5]
    "#]])
}

workflow! {
    workflow CutByAFailure() with script: Script {
        #[undo(script.undo(booked))]
        stage booked: Effect = script.effect(ctx);
        // Only waits: it is cut at once.
        #[after(booked)]
        stage reminder = seq {
            stage month = sleep(30d);
            stage mail = script.step(ctx, ());
        };
        #[after(booked)]
        stage paid = script.step(ctx, ());
    }
}

fn cut_by_a_failure() -> Case<CutByAFailure> {
    let script =
        Script::new().plan("booked", takes(2)).plan("paid", takes(7).fails("no money")).plan("undo booked", takes(1));
    Case::new(&script, CutByAFailure::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 booked started
        2 booked completed
        2 reminder started
        2 month started
        2 paid started
        9 paid failed: no money
        9 month cancelled
        9 reminder cancelled
        9 booked undoing
        10 booked undone
        10 - failed
        = failed: stage 'paid' failed: no money
    "#]])
}

workflow! {
    workflow ManyDays() with script: Script {
        stage contract = sleep(365d);
        stage exact = sleep(Duration::from_millis(86_400_001));
        #[after(contract, exact)]
        stage renewed = script.step(ctx, ());
    }
}

fn many_days() -> Case<ManyDays> {
    let script = Script::new().plan("renewed", takes(1));
    Case::new(&script, ManyDays::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 contract started
        0 exact started
        86400001 exact completed
        31536000000 contract completed
        31536000000 renewed started
        31536000001 renewed completed
        31536000001 - ended
        = ()
    "#]])
}

workflow! {
    workflow TimerAgainstTimer(waits: Vec<u64>, is_patient: bool) -> u32 with script: Script {
        // Of two that end at once the one written first decides; one whose condition does not hold never does.
        stage first: u32 = select {
            sleep(Duration::from_millis(waits[0])) => script.step(ctx, 1),
            sleep(Duration::from_millis(waits[1])) => script.step(ctx, 2),
            sleep(Duration::from_millis(waits[2])) => script.step(ctx, 3),
            sleep(1ms) if !*is_patient => script.step(ctx, 4),
        };
        first
    }
}

fn timer_against_timer() -> Case<TimerAgainstTimer> {
    let script = Script::new().plan("first", takes(1));
    let input = (vec![20, 10, 10], true);
    Case::new(&script, TimerAgainstTimer::new(script.clone()), input).trace(expect![[r#"
        0 - started
        0 first started
        10 first decided: sleep
        11 first completed
        11 - ended
        = 2
    "#]])
}
