//! `fail`, and the tail.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes, waits};
use expect_test::expect;

cases!(
    fails_at_once,
    item_says_fail,
    racer_says_fail,
    member_says_fail,
    round_says_fail,
    last_word_fails,
    tail_waits_for_all,
);

workflow! {
    workflow FailsAtOnce(amount: u32) with script: Script {
        #[undo(script.undo(held))]
        stage held: Effect = script.effect(ctx);
        #[after(held)]
        #[retry(3)]
        stage checked = {
            stage limit: u32 = script.step(ctx, 100);
            if *amount > *limit { fail "too much" }
        };
        #[after(held)]
        stage slow = script.step(ctx, ());
        #[after(checked)]
        stage never = script.step(ctx, ());
    }
}

fn fails_at_once() -> Case<FailsAtOnce> {
    let script =
        Script::new().plan("held", takes(5)).plan("undo held", takes(1)).plan("limit", takes(3)).plan("slow", waits());
    Case::new(&script, FailsAtOnce::new(script.clone()), (500,)).pattern([43]).trace(expect![[r#"
        0 - started
        0 held started
        5 held completed
        5 checked started
        5 limit started
        5 slow started
        8 limit completed
        8 checked decided: *amount > *limit
        8 checked failed: too much
        8 slow cancelled
        8 held undoing
        9 held undone
        9 - failed
        = failed: stage 'checked' failed: too much
    "#]])
}

workflow! {
    workflow ItemSaysFail(numbers: Vec<u32>) with script: Script {
        #[concurrency(3)]
        stage _all: Vec<u32> = for number in numbers {
            #[undo(script.undo(taken))]
            stage taken: Effect = script.effect(ctx);
            #[after(taken)]
            stage used: u32 = script.step(ctx, *number);
            match used {
                3 => fail format!("not {used}"),
                _ => *used,
            }
        };
    }
}

// Of all items what was done is undone, the last first; the fourth never starts.
fn item_says_fail() -> Case<ItemSaysFail> {
    let script = Script::new()
        .plan("taken[0]", takes(3))
        .plan("taken[1]", takes(2))
        .plan("taken[2]", takes(1))
        .plan("undo taken", takes(1))
        .plan("used", waits())
        .plan("used[2]", takes(10));
    Case::new(&script, ItemSaysFail::new(script.clone()), (vec![1, 2, 3, 4],)).trace(expect![[r#"
        0 - started
        0 _all started
        0 taken[0] started
        0 taken[1] started
        0 taken[2] started
        1 taken[2] completed
        1 used[2] started
        2 taken[1] completed
        2 used[1] started
        3 taken[0] completed
        3 used[0] started
        11 used[2] completed
        11 _all[2] decided: 3
        11 used[0] cancelled
        11 used[1] cancelled
        11 _all failed: not 3
        11 taken[0] undoing
        12 taken[0] undone
        12 taken[1] undoing
        13 taken[1] undone
        13 taken[2] undoing
        14 taken[2] undone
        14 - failed
        = failed: stage '_all' failed: not 3
    "#]])
}

workflow! {
    workflow RacerSaysFail() -> u32 with script: Script {
        // Only this one is out.
        stage first: u32 = race {
            { stage quick: u32 = script.step(ctx, 1); if *quick == 1 { fail "not this one" } else { *quick } },
            { stage slow: u32 = script.step(ctx, 2); slow },
        };
        first
    }
}

fn racer_says_fail() -> Case<RacerSaysFail> {
    let script = Script::new().plan("quick", takes(5)).plan("slow", takes(20));
    Case::new(&script, RacerSaysFail::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 first started
        0 quick started
        0 slow started
        5 quick completed
        5 first decided: *quick == 1
        20 slow completed
        20 first decided: 2
        20 first completed
        20 - ended
        = 2
    "#]])
}

workflow! {
    workflow MemberSaysFail() -> Vec<u32> with script: Script {
        // With the second that is out, two can't be reached any more.
        stage two: Vec<u32> = quorum(2) {
            { stage one: u32 = script.step(ctx, 1); one },
            { stage other: u32 = script.step(ctx, 2); if *other == 2 { fail "not two" } else { *other } },
            { stage third: u32 = script.step(ctx, 3); if *third == 3 { fail "nor three" } else { *third } },
        };
        two
    }
}

fn member_says_fail() -> Case<MemberSaysFail> {
    let script = Script::new().plan("one", takes(50)).plan("other", takes(5)).plan("third", takes(10));
    Case::new(&script, MemberSaysFail::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 two started
        0 one started
        0 other started
        0 third started
        5 other completed
        5 two decided: *other == 2
        10 third completed
        10 two decided: *third == 3
        10 one cancelled
        10 two did not reach its quorum: needed 2 of 3, 2 failed: stage 'two' failed: nor three
        10 - failed
        = failed: stage 'two' did not reach its quorum: needed 2 of 3, 2 failed: stage 'two' failed: nor three
    "#]])
}

workflow! {
    workflow RoundSaysFail() with script: Script {
        stage _found: u32 = loop round: u32 = 0 {
            #[undo(script.undo(opened))]
            stage opened: Effect = script.effect(ctx);
            #[after(opened)]
            stage content: u32 = script.step(ctx, round * 10);
            match content {
                0 | 10 => continue round + 1,
                20 => fail "nothing in here",
                _ => break *content,
            }
        };
    }
}

// Earlier rounds are undone, too.
fn round_says_fail() -> Case<RoundSaysFail> {
    let script = Script::new().plan("opened", takes(2)).plan("undo opened", takes(1)).plan("content", takes(5));
    Case::new(&script, RoundSaysFail::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 _found started
        0 opened[0] started
        2 opened[0] completed
        2 content[0] started
        7 content[0] completed
        7 _found[0] decided: 0 | 10
        7 _found[0] decided: continue
        7 opened[1] started
        9 opened[1] completed
        9 content[1] started
        14 content[1] completed
        14 _found[1] decided: 0 | 10
        14 _found[1] decided: continue
        14 opened[2] started
        16 opened[2] completed
        16 content[2] started
        21 content[2] completed
        21 _found[2] decided: 20
        21 _found failed: nothing in here
        21 opened[2] undoing
        22 opened[2] undone
        22 opened[1] undoing
        23 opened[1] undone
        23 opened[0] undoing
        24 opened[0] undone
        24 - failed
        = failed: stage '_found' failed: nothing in here
    "#]])
}

workflow! {
    workflow LastWordFails(amount: u32) -> u32 with script: Script {
        #[undo(script.undo(booked))]
        stage booked: Effect = script.effect(ctx);
        stage priced: u32 = script.step(ctx, amount + 1);
        if *priced > 100 { fail format!("{priced} for {booked:?}") } else { *priced }
    }
}

// The tail's failure belongs to no stage: the failure names none.
fn last_word_fails() -> Case<LastWordFails> {
    let script = Script::new().plan("booked", takes(5)).plan("undo booked", takes(2)).plan("priced", takes(9));
    Case::new(&script, LastWordFails::new(script.clone()), (100,)).trace(expect![[r#"
        0 - started
        0 booked started
        0 priced started
        5 booked completed
        9 priced completed
        9 - decided: *priced > 100
        9 booked undoing
        11 booked undone
        11 - failed
        = failed: 101 for booked
    "#]])
}

workflow! {
    workflow TailWaitsForAll() -> u32 with script: Script {
        stage quick: u32 = script.step(ctx, 1);
        #[undo(script.undo(unnamed))]
        stage unnamed: Effect = script.effect(ctx);
        // Needs nothing but `quick`, and yet takes effect when all have ended.
        if *quick == 1 { script.step(ctx, 5) } else { return 0 }
    }
}

fn tail_waits_for_all() -> Case<TailWaitsForAll> {
    let script = Script::new().plan("quick", takes(1)).plan("unnamed", takes(30));
    Case::new(&script, TailWaitsForAll::new(script.clone()), ()).pattern([11]).trace(expect![[r#"
        0 - started
        0 unnamed started
        0 quick started
        1 quick completed
        30 unnamed completed
        30 - decided: *quick == 1
        30 - ended
        = 5
    "#]])
}
