//! `#[cache]`: a value is used again for the same key.

use crate::{Case, Effect, Script, case::cases, takes, workflow};
use expect_test::expect;
use workflow_runtime::Failure;

cases!(
    same_key_waits,
    expired_in_a_later_round,
    failures_are_not_kept,
    hit_has_nothing_to_undo,
    fallback_is_kept,
    turn_passes_on,
    key_of_several,
);

workflow! {
    workflow SameKeyWaits(names: Vec<String>) -> Vec<u32> with script: Script {
        stage rates: Vec<u32> = for name in names {
            #[cache(key = name.clone())]
            stage rate: u32 = script.ask::<u32>(ctx);
            *rate
        };
        rates
    }
}

fn same_key_waits() -> Case<SameKeyWaits> {
    let script = Script::new().plan("rate[0]", takes(20).gives(5)).plan("rate[1]", takes(10).gives(6));
    let names = ["euro", "yen", "euro", "yen"].map(str::to_owned).to_vec();
    Case::new(&script, SameKeyWaits::new(script.clone()), (names,)).trace(expect![[r#"
        0 - started
        0 rates started
        0 rate[0] started
        0 rate[1] started
        0 rate[2] enabled
        0 rate[3] enabled
        10 rate[1] completed
        10 rate[3] completed
        20 rate[0] completed
        20 rate[2] completed
        20 rates completed
        20 - ended
        = [5, 6, 5, 6]
    "#]])
}

workflow! {
    workflow ExpiredInALaterRound() -> u32 with script: Script {
        stage total: u32 = loop sofar: (u32, u32) = (0, 0) {
            #[cache(key = "rate", ttl = 50ms)]
            stage rate: u32 = script.ask::<u32>(ctx);
            #[after(rate)]
            stage pause = sleep(20ms);
            if sofar.0 == 3 { break sofar.1 + rate } else { continue (sofar.0 + 1, sofar.1 + rate) }
        };
        total
    }
}

fn expired_in_a_later_round() -> Case<ExpiredInALaterRound> {
    let script = Script::new().plan("rate", takes(10).gives(1)).plan("rate[3]", takes(10).gives(100));
    Case::new(&script, ExpiredInALaterRound::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 total started
        0 rate[0] started
        10 rate[0] completed
        10 pause[0] started
        30 pause[0] completed
        30 total[0] decided: else
        30 total[0] decided: continue
        30 rate[1] enabled
        30 rate[1] completed
        30 pause[1] started
        50 pause[1] completed
        50 total[1] decided: else
        50 total[1] decided: continue
        50 rate[2] enabled
        50 rate[2] completed
        50 pause[2] started
        70 pause[2] completed
        70 total[2] decided: else
        70 total[2] decided: continue
        70 rate[3] started
        80 rate[3] completed
        80 pause[3] started
        100 pause[3] completed
        100 total[3] decided: sofar.0 == 3
        100 total[3] decided: break
        100 total completed
        100 - ended
        = 103
    "#]])
}

workflow! {
    workflow FailuresAreNotKept(names: Vec<String>) -> usize with script: Script {
        #[catch]
        #[concurrency(1)]
        stage rates: Vec<Result<u32, Failure>> = for name in names {
            #[cache(key = name.clone())]
            #[retry(1)]
            stage rate: u32 = script.step(ctx, 1);
            *rate
        };
        rates.iter().flatten().count()
    }
}

fn failures_are_not_kept() -> Case<FailuresAreNotKept> {
    let script = Script::new().plan("rate[0]", takes(10).fails("down")).plan("rate[1]", takes(5));
    let names = ["euro", "euro", "euro"].map(str::to_owned).to_vec();
    Case::new(&script, FailuresAreNotKept::new(script.clone()), (names,)).trace(expect![[r#"
        0 - started
        0 rates started
        0 rate[0] started
        10 rate[0] attempt 1 failed: down, next in 0 ms
        10 rate[0] attempt 2 started
        20 rate[0] attempt 2 failed after 2 attempts: down
        20 rate[0] failed after 2 attempts: down
        20 rate[1] started
        25 rate[1] completed
        25 rate[2] enabled
        25 rate[2] completed
        25 rates completed
        25 - ended
        = 2
    "#]])
}

workflow! {
    workflow HitHasNothingToUndo(names: Vec<String>) with script: Script {
        #[concurrency(1)]
        stage accounts: Vec<String> = for name in names {
            #[cache(key = name.clone())]
            #[undo(script.undo(account))]
            stage account: Effect = script.effect(ctx);
            account.place().to_owned()
        };
        stage last = script.step(ctx, assert!(accounts[0] == accounts[1]));
    }
}

fn hit_has_nothing_to_undo() -> Case<HitHasNothingToUndo> {
    let script = Script::new().plan("account", takes(10)).plan("last", takes(5).fails("no"));
    let names = ["eve", "eve", "bob"].map(str::to_owned).to_vec();
    Case::new(&script, HitHasNothingToUndo::new(script.clone()), (names,)).trace(expect![[r#"
        0 - started
        0 accounts started
        0 account[0] started
        10 account[0] completed
        10 account[1] enabled
        10 account[1] completed
        10 account[2] started
        20 account[2] completed
        20 accounts completed
        20 last started
        25 last failed: no
        25 account[2] undoing
        25 account[2] undone
        25 account[0] undoing
        25 account[0] undone
        25 - failed
        = failed: stage 'last' failed: no
    "#]])
}

workflow! {
    workflow FallbackIsKept(names: Vec<String>) -> Vec<u32> with script: Script {
        #[concurrency(1)]
        stage rates: Vec<u32> = for name in names {
            #[cache(key = name.clone())]
            #[fallback(7)]
            stage rate: u32 = script.step(ctx, 1);
            *rate
        };
        rates
    }
}

fn fallback_is_kept() -> Case<FallbackIsKept> {
    let script = Script::new().plan("rate[0]", takes(10).fails("down"));
    let names = ["euro", "euro"].map(str::to_owned).to_vec();
    Case::new(&script, FallbackIsKept::new(script.clone()), (names,)).trace(expect![[r#"
        0 - started
        0 rates started
        0 rate[0] started
        10 rate[0] attempt 1 failed: down
        10 rate[0] decided: fallback
        10 rate[0] completed
        10 rate[1] enabled
        10 rate[1] completed
        10 rates completed
        10 - ended
        = [7, 7]
    "#]])
}

workflow! {
    workflow TurnPassesOn(names: Vec<String>) -> usize with script: Script {
        // The first fails while the second and the third wait for it: the second asks instead, and the third has its
        // answer.
        #[catch]
        stage rates: Vec<Result<u32, Failure>> = for name in names {
            #[cache(key = name.clone())]
            stage rate: u32 = script.step(ctx, 4);
            *rate
        };
        rates.iter().flatten().count()
    }
}

fn turn_passes_on() -> Case<TurnPassesOn> {
    let script = Script::new().plan("rate[0]", takes(30).fails("down")).plan("rate[1]", takes(20));
    let names = ["euro", "euro", "euro"].map(str::to_owned).to_vec();
    Case::new(&script, TurnPassesOn::new(script.clone()), (names,)).trace(expect![[r#"
        0 - started
        0 rates started
        0 rate[0] started
        0 rate[1] enabled
        0 rate[2] enabled
        30 rate[0] failed: down
        30 rate[1] attempt 1 started
        50 rate[1] completed
        50 rate[2] completed
        50 rates completed
        50 - ended
        = 2
    "#]])
}

workflow! {
    workflow KeyOfSeveral(pairs: Vec<(String, u32)>) -> Vec<u32> with script: Script {
        #[concurrency(1)]
        stage rates: Vec<u32> = for (name, day) in pairs {
            #[cache(key = (name.clone(), *day % 7), ttl = 1h)]
            stage rate: u32 = script.step(ctx, *day);
            *rate
        };
        rates
    }
}

fn key_of_several() -> Case<KeyOfSeveral> {
    let script = Script::new().plan("rate", takes(10));
    let pairs = [("euro", 1), ("yen", 1), ("euro", 8), ("euro", 2)].map(|(name, day)| (name.to_owned(), day)).to_vec();
    Case::new(&script, KeyOfSeveral::new(script.clone()), (pairs,)).trace(expect![[r#"
        0 - started
        0 rates started
        0 rate[0] started
        10 rate[0] completed
        10 rate[1] started
        20 rate[1] completed
        20 rate[2] enabled
        20 rate[2] completed
        20 rate[3] started
        30 rate[3] completed
        30 rates completed
        30 - ended
        = [1, 1, 1, 2]
    "#]])
}
