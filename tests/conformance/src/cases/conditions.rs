//! `#[when]`, `#[lazy]`.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes, waits};
use expect_test::expect;
use workflow_runtime::Failure;

cases!(
    pattern_binds,
    skipped_counts_as_ended,
    skipped_has_nothing_to_undo,
    condition_on_what_was_skipped,
    retried_when_it_runs,
    each_round_decides,
    nobody_asks,
    asked_for_by_one_arm,
    asked_for_twice,
    one_asks_another,
    asked_for_while_skipped,
    asked_for_in_a_block,
    asked_for_by_losers,
    asked_for_fails,
    asked_for_by_items,
    asked_for_by_a_tail,
);

workflow! {
    workflow PatternBinds(codes: Vec<Option<String>>) -> Vec<Option<usize>> with script: Script {
        stage all: Vec<Option<usize>> = for code in codes {
            #[when(let Some(text @ ("abc" | "x")) = code.as_deref())]
            stage discount: Option<usize> = {
                stage read: usize = script.step(ctx, text.len());
                read + text.len()
            };
            discount.clone()
        };
        all
    }
}

fn pattern_binds() -> Case<PatternBinds> {
    let script = Script::new().plan("read", takes(5)).plan("read[3]", takes(2));
    let codes = vec![Some("abc".to_owned()), None, Some(String::new()), Some("x".to_owned())];
    Case::new(&script, PatternBinds::new(script.clone()), (codes,)).trace(expect![[r#"
        0 - started
        0 all started
        0 discount[0] started
        0 read[0] started
        0 discount[1] enabled
        0 discount[1] skipped
        0 discount[2] enabled
        0 discount[2] skipped
        0 discount[3] started
        0 read[3] started
        2 read[3] completed
        2 discount[3] completed
        5 read[0] completed
        5 discount[0] completed
        5 all completed
        5 - ended
        = [Some(6), None, None, Some(2)]
    "#]])
}

workflow! {
    workflow SkippedCountsAsEnded(is_asked: bool) -> u32 with script: Script {
        stage first: u32 = script.step(ctx, 1);
        #[when(*is_asked && *first > 0)]
        stage maybe: Option<u32> = script.step(ctx, 2);
        #[after(maybe)]
        stage second: u32 = script.step(ctx, 3);
        // In a `seq`, too.
        stage row: u32 = seq {
            #[when(*is_asked)]
            stage never = script.step(ctx, ());
            stage third: u32 = script.step(ctx, 4);
            third
        };
        second + row
    }
}

fn skipped_counts_as_ended() -> Case<SkippedCountsAsEnded> {
    let script = Script::new().plan("first", takes(10)).plan("second", takes(5)).plan("third", takes(3));
    Case::new(&script, SkippedCountsAsEnded::new(script.clone()), (false,)).pattern([7]).trace(expect![[r#"
        0 - started
        0 row started
        0 first started
        0 never enabled
        0 never skipped
        0 third started
        3 third completed
        3 row completed
        10 first completed
        10 maybe enabled
        10 maybe skipped
        10 second started
        15 second completed
        15 - ended
        = 7
    "#]])
}

workflow! {
    workflow SkippedHasNothingToUndo(is_asked: bool) with script: Script {
        #[when(*is_asked)]
        #[undo(script.undo_place(if booked.is_some() { "booked" } else { "nothing" }))]
        stage booked: Option<Effect> = script.effect(ctx);
        #[when(!*is_asked)]
        #[undo(script.undo_place("rented"))]
        stage rented: Option<Effect> = script.effect(ctx);
        #[after(booked, rented)]
        stage paid = script.step(ctx, ());
    }
}

fn skipped_has_nothing_to_undo() -> Case<SkippedHasNothingToUndo> {
    let script =
        Script::new().plan("rented", takes(5)).plan("undo rented", takes(2)).plan("paid", takes(1).fails("no money"));
    Case::new(&script, SkippedHasNothingToUndo::new(script.clone()), (false,)).trace(expect![[r#"
        0 - started
        0 booked enabled
        0 booked skipped
        0 rented started
        5 rented completed
        5 paid started
        6 paid failed: no money
        6 rented undoing
        8 rented undone
        8 - failed
        = failed: stage 'paid' failed: no money
    "#]])
}

workflow! {
    workflow ConditionOnWhatWasSkipped(amount: u32) -> u32 with script: Script {
        #[when(*amount > 100)]
        stage risk: Option<u32> = script.step(ctx, 1);
        // Only if that ran, and only if it said so.
        #[when(risk.is_some_and(|grade| grade > 0))]
        stage audit: Option<u32> = script.step(ctx, 2);
        #[when(risk.is_none())]
        stage waved_through: Option<u32> = script.step(ctx, 3);
        audit.or(*waved_through).unwrap_or(0)
    }
}

fn condition_on_what_was_skipped() -> Case<ConditionOnWhatWasSkipped> {
    let script = Script::new().plan("risk", takes(5)).plan("waved_through", takes(2));
    Case::new(&script, ConditionOnWhatWasSkipped::new(script.clone()), (50,)).trace(expect![[r#"
        0 - started
        0 risk enabled
        0 risk skipped
        0 audit enabled
        0 audit skipped
        0 waved_through started
        2 waved_through completed
        2 - ended
        = 3
    "#]])
}

workflow! {
    workflow RetriedWhenItRuns(counts: Vec<u32>) -> u32 with script: Script {
        // The condition is asked once, not at each attempt.
        #[when(counts.len() > 2)]
        #[retry(2, fixed(10ms))]
        #[timeout(20ms)]
        stage sent: Option<u32> = script.step(ctx, 1);
        sent.unwrap_or(0)
    }
}

fn retried_when_it_runs() -> Case<RetriedWhenItRuns> {
    let script = Script::new().plan("sent", [takes(1).fails("busy"), waits(), takes(3)]);
    Case::new(&script, RetriedWhenItRuns::new(script.clone()), (vec![1, 2, 3],)).trace(expect![[r#"
        0 - started
        0 sent started
        1 sent attempt 1 failed: busy, next in 10 ms
        11 sent attempt 2 started
        31 sent attempt 2 timed out after 2 attempts: it took longer than 20ms, next in 10 ms
        41 sent attempt 3 started
        44 sent completed
        44 - ended
        = 1
    "#]])
}

workflow! {
    workflow EachRoundDecides() -> u32 with script: Script {
        stage sum: u32 = loop round: u32 = 0 {
            stage work: u32 = script.step(ctx, 1);
            #[when(round % 2 == 1)]
            stage audit: Option<u32> = script.step(ctx, 10);
            stage next: u32 = round + work + audit.unwrap_or(0);
            if *next > 10 { break next } else { continue next }
        };
        sum
    }
}

fn each_round_decides() -> Case<EachRoundDecides> {
    let script = Script::new().plan("work", takes(5)).plan("audit", takes(8));
    Case::new(&script, EachRoundDecides::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 sum started
        0 audit[0] enabled
        0 work[0] started
        0 audit[0] skipped
        5 work[0] completed
        5 next[0] started
        5 next[0] completed
        5 sum[0] decided: else
        5 sum[0] decided: continue
        5 work[1] started
        5 audit[1] started
        10 work[1] completed
        13 audit[1] completed
        13 next[1] started
        13 next[1] completed
        13 sum[1] decided: *next > 10
        13 sum[1] decided: break
        13 sum completed
        13 - ended
        = 12
    "#]])
}

workflow! {
    workflow NobodyAsks(is_asked: bool) -> u32 with script: Script {
        #[lazy]
        stage slow: u32 = script.step(ctx, 1);
        stage found: u32 = if *is_asked { *slow } else { script.step(ctx, 2) };
        found
    }
}

fn nobody_asks() -> Case<NobodyAsks> {
    let script = Script::new().plan("slow", waits()).plan("found", takes(3));
    Case::new(&script, NobodyAsks::new(script.clone()), (false,)).trace(expect![[r#"
        0 - started
        0 found started
        0 found decided: else
        3 found completed
        3 - ended
        = 2
    "#]])
}

workflow! {
    workflow AskedForByOneArm(number: u32) -> u32 with script: Script {
        stage first: u32 = script.step(ctx, 1);
        #[lazy]
        stage left: u32 = script.step(ctx, first + 10);
        #[lazy]
        stage right: u32 = script.step(ctx, first + 20);
        stage found: u32 = match *number {
            0 => 0,
            1 => *left,
            _ => script.step(ctx, right + number),
        };
        found
    }
}

fn asked_for_by_one_arm() -> Case<AskedForByOneArm> {
    let script =
        Script::new().plan("first", takes(1)).plan("left", waits()).plan("right", takes(7)).plan("found", takes(2));
    Case::new(&script, AskedForByOneArm::new(script.clone()), (2,)).trace(expect![[r#"
        0 - started
        0 first started
        0 found started
        0 found decided: _
        1 first completed
        1 right started
        8 right completed
        10 found completed
        10 - ended
        = 23
    "#]])
}

workflow! {
    workflow AskedForTwice() -> u32 with script: Script {
        #[lazy]
        stage shared: u32 = script.step(ctx, 5);
        stage early: u32 = script.step(ctx, shared + 1);
        stage pause = sleep(4ms);
        // While it is under way, and when it is over.
        #[after(pause)]
        stage later: u32 = script.step(ctx, shared + 2);
        #[after(early)]
        stage last: u32 = script.step(ctx, shared + 3);
        early + later + last
    }
}

fn asked_for_twice() -> Case<AskedForTwice> {
    let script =
        Script::new().plan("shared", takes(10)).plan("early", takes(5)).plan("later", takes(6)).plan("last", takes(7));
    Case::new(&script, AskedForTwice::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 pause started
        0 shared started
        4 pause completed
        10 shared completed
        10 early started
        10 later started
        15 early completed
        15 last started
        16 later completed
        22 last completed
        22 - ended
        = 21
    "#]])
}

workflow! {
    workflow OneAsksAnother(number: u32) -> u32 with script: Script {
        #[lazy]
        stage deepest: u32 = script.step(ctx, 1);
        #[lazy]
        stage middle: u32 = script.step(ctx, deepest + 1);
        // Never asked for, though it asks for both.
        #[lazy]
        stage aside: u32 = script.step(ctx, deepest + middle);
        stage found: u32 = match *number {
            0 => *aside,
            _ => script.step(ctx, middle + 1),
        };
        found
    }
}

fn one_asks_another() -> Case<OneAsksAnother> {
    let script = Script::new().plan("deepest", takes(3)).plan("middle", takes(4)).plan("found", takes(5));
    Case::new(&script, OneAsksAnother::new(script.clone()), (1,)).trace(expect![[r#"
        0 - started
        0 found started
        0 found decided: _
        0 deepest started
        3 deepest completed
        3 middle started
        7 middle completed
        12 found completed
        12 - ended
        = 3
    "#]])
}

workflow! {
    workflow AskedForWhileSkipped(is_asked: bool) -> u32 with script: Script {
        #[lazy]
        stage costly: u32 = script.step(ctx, 1);
        // Who does not run does not ask.
        #[when(*is_asked)]
        stage report: Option<u32> = script.step(ctx, *costly);
        report.unwrap_or(0)
    }
}

fn asked_for_while_skipped() -> Case<AskedForWhileSkipped> {
    let script = Script::new().plan("costly", takes(5));
    Case::new(&script, AskedForWhileSkipped::new(script.clone()), (false,)).trace(expect![[r#"
        0 - started
        0 report enabled
        0 report skipped
        0 - ended
        = 0
    "#]])
}

workflow! {
    workflow AskedForInABlock(number: u32) -> u32 with script: Script {
        #[lazy]
        stage table: u32 = script.step(ctx, 100);
        stage found: u32 = {
            stage looked: u32 = script.step(ctx, *number);
            stage chosen: u32 = if *looked > 1 {
                stage read: u32 = script.step(ctx, table + looked);
                read
            } else {
                0
            };
            chosen
        };
        found
    }
}

fn asked_for_in_a_block() -> Case<AskedForInABlock> {
    let script = Script::new().plan("looked", takes(5)).plan("table", takes(10)).plan("read", takes(1));
    Case::new(&script, AskedForInABlock::new(script.clone()), (2,)).trace(expect![[r#"
        0 - started
        0 found started
        0 looked started
        5 looked completed
        5 chosen started
        5 chosen decided: *looked > 1
        5 table started
        15 table completed
        15 read started
        16 read completed
        16 chosen completed
        16 found completed
        16 - ended
        = 102
    "#]])
}

workflow! {
    workflow AskedForByLosers() -> u32 with script: Script {
        // It belongs to the block where it is written, not to the racer that asked: it runs on, and others see it.
        #[lazy]
        stage index: u32 = script.step(ctx, 7);
        stage first: u32 = race {
            { stage thorough: u32 = script.step(ctx, *index); thorough },
            { stage quick: u32 = script.step(ctx, 2); quick },
        };
        stage later: u32 = script.step(ctx, first + index);
        later
    }
}

fn asked_for_by_losers() -> Case<AskedForByLosers> {
    let script = Script::new()
        .plan("index", takes(10))
        .plan("thorough", takes(10))
        .plan("quick", takes(5))
        .plan("later", takes(1));
    Case::new(&script, AskedForByLosers::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 first started
        0 quick started
        0 index started
        5 quick completed
        5 first decided: 2
        5 first completed
        10 index completed
        10 later started
        11 later completed
        11 - ended
        = 9
    "#]])
}

workflow! {
    workflow AskedForFails() -> bool with script: Script {
        #[catch]
        stage outer: Result<u32, Failure> = {
            #[lazy]
            stage broken: u32 = script.step(ctx, 1);
            // What it fails with is not its own to absorb: it fails the block where it stands.
            #[fallback(9)]
            stage hopeful: u32 = script.step(ctx, *broken);
            stage beside: u32 = script.step(ctx, 2);
            hopeful + beside
        };
        outer.is_err()
    }
}

fn asked_for_fails() -> Case<AskedForFails> {
    let script = Script::new().plan("broken", takes(5).fails("no")).plan("beside", waits());
    Case::new(&script, AskedForFails::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 outer started
        0 hopeful started
        0 beside started
        0 broken started
        5 broken failed: no
        5 hopeful cancelled
        5 beside cancelled
        5 outer attempt 1 failed: stage 'broken' failed: no
        5 outer completed
        5 - ended
        = true
    "#]])
}

workflow! {
    workflow AskedForByItems(numbers: Vec<u32>) -> Vec<u32> with script: Script {
        #[lazy]
        stage factor: u32 = script.step(ctx, 10);
        stage all: Vec<u32> = for number in numbers {
            // Its own for each item.
            #[lazy]
            stage doubled: u32 = script.step(ctx, number * 2);
            stage one: u32 = match *number {
                0 => 0,
                1 => *doubled,
                _ => script.step(ctx, factor * number),
            };
            one
        };
        all
    }
}

fn asked_for_by_items() -> Case<AskedForByItems> {
    let script = Script::new().plan("factor", takes(10)).plan("doubled", takes(4)).plan("one", takes(1));
    Case::new(&script, AskedForByItems::new(script.clone()), (vec![0, 1, 2, 3],)).trace(expect![[r#"
        0 - started
        0 all started
        0 one[0] started
        0 one[0] decided: 0
        0 one[0] completed
        0 one[1] started
        0 one[1] decided: 1
        0 doubled[1] started
        0 one[2] started
        0 one[2] decided: _
        0 one[3] started
        0 one[3] decided: _
        0 factor started
        4 doubled[1] completed
        4 one[1] completed
        10 factor completed
        11 one[2] completed
        11 one[3] completed
        11 all completed
        11 - ended
        = [0, 2, 20, 30]
    "#]])
}

workflow! {
    workflow AskedForByATail(is_wanted: bool) -> u32 with script: Script {
        #[lazy]
        stage summary: u32 = script.step(ctx, 5);
        stage block: u32 = {
            stage work: u32 = script.step(ctx, 1);
            if *is_wanted { *summary } else { *work }
        };
        block
    }
}

// The tail of a block asks when it takes effect.
fn asked_for_by_a_tail() -> Case<AskedForByATail> {
    let script = Script::new().plan("summary", takes(6)).plan("work", takes(10));
    Case::new(&script, AskedForByATail::new(script.clone()), (true,)).trace(expect![[r#"
        0 - started
        0 block started
        0 work started
        10 work completed
        10 block decided: *is_wanted
        10 summary started
        16 summary completed
        16 block completed
        16 - ended
        = 5
    "#]])
}
