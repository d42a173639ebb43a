//! `#[lazy]`.

use crate::workflow;
use crate::{Case, Script, case::cases, takes, waits};
use expect_test::expect;
use workflow_runtime::Failure;

cases!(
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
        // While the lazy stage is running, and when it is over.
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
        // Never requested, though it requests both.
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
        // A skipped stage does not request the lazy one.
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
        // The stage belongs to the block where it is written, not to the racer that requested it: it runs on, and
        // others see it.
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
            // The lazy stage's failure is not this stage's to absorb: it fails the block where the lazy stage stands.
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
