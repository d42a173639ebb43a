//! The order of stages: data, `#[after]`, `seq`, blocks.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes};
use expect_test::expect;
use serde::{Deserialize, Serialize};

cases!(
    chain,
    split_and_join,
    written_in_any_order,
    failing_step_of_a_seq,
    failing_tail,
    long_chain,
    wide_join,
    seq_waits_for_what_its_steps_name,
    value_that_cannot_be_cloned,
    failure_among_many,
    lets_on_the_way,
    seq_is_undone,
);

workflow! {
    workflow Chain(number: u32) -> u32 with script: Script {
        stage one: u32 = script.step(ctx, number + 1);
        stage two: u32 = script.step(ctx, one * 2);
        two
    }
}

fn chain() -> Case<Chain> {
    let script = Script::new().plan("one", takes(10)).plan("two", takes(5));
    Case::new(&script, Chain::new(script.clone()), (1,)).pattern([1]).trace(expect![[r#"
        0 - started
        0 one started
        10 one completed
        10 two started
        15 two completed
        15 - ended
        = 4
    "#]])
}

workflow! {
    workflow SplitAndJoin() -> u32 with script: Script {
        stage first: u32 = script.step(ctx, 1);
        stage left: u32 = script.step(ctx, first + 1);
        stage right: u32 = script.step(ctx, first + 2);
        stage both: u32 = script.step(ctx, left * right);
        both
    }
}

fn split_and_join() -> Case<SplitAndJoin> {
    let script = Script::new().plan("first", takes(1)).plan("left", takes(10)).plan("right", takes(20));
    Case::new(&script, SplitAndJoin::new(script.clone()), ()).pattern([2, 3]).trace(expect![[r#"
        0 - started
        0 first started
        1 first completed
        1 left started
        1 right started
        11 left completed
        21 right completed
        21 both started
        21 both completed
        21 - ended
        = 6
    "#]])
}

workflow! {
    workflow WrittenInAnyOrder() -> Vec<u32> with script: Script {
        #[after(unlock)]
        stage serve = seq {
            stage coffee = script.step(ctx, ());
            stage bill = script.step(ctx, ());
        };
        stage unlock = script.step(ctx, ());
        // No stage names this one: the run waits for it nevertheless.
        stage music = script.step(ctx, ());
        stage block: Vec<u32> = {
            stage inner: u32 = script.step(ctx, 1);
            vec![*inner]
        };
        block
    }
}

fn written_in_any_order() -> Case<WrittenInAnyOrder> {
    let script = Script::new()
        .plan("unlock", takes(5))
        .plan("coffee", takes(10))
        .plan("bill", takes(1))
        .plan("music", takes(100))
        .plan("inner", takes(2));
    Case::new(&script, WrittenInAnyOrder::new(script.clone()), ()).pattern([1, 11]).trace(expect![[r#"
        0 - started
        0 block started
        0 unlock started
        0 music started
        0 inner started
        2 inner completed
        2 block completed
        5 unlock completed
        5 serve started
        5 coffee started
        15 coffee completed
        15 bill started
        16 bill completed
        16 serve completed
        100 music completed
        100 - ended
        = [1]
    "#]])
}

workflow! {
    workflow FailingStepOfASeq() with script: Script {
        stage morning = seq {
            stage unlock = script.step(ctx, ());
            stage lights = script.step(ctx, ());
            stage music = script.step(ctx, ());
        };
        #[after(morning)]
        stage open = script.step(ctx, ());
    }
}

fn failing_step_of_a_seq() -> Case<FailingStepOfASeq> {
    let script = Script::new().plan("unlock", takes(10)).plan("lights", takes(5).fails("no power"));
    Case::new(&script, FailingStepOfASeq::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 morning started
        0 unlock started
        10 unlock completed
        10 lights started
        15 lights failed: no power
        15 morning failed: stage 'lights' failed: no power
        15 - failed
        = failed: stage 'lights' failed: no power
    "#]])
}

workflow! {
    workflow FailingTail(text: String) -> u32 with script: Script {
        #[undo(script.undo(read))]
        stage read: Effect = script.effect(ctx);
        #[after(read)]
        stage parsed: u32 = {
            stage trimmed: String = script.step(ctx, text.trim().to_owned());
            trimmed.parse::<u32>()
        };
        parsed + 1
    }
}

fn failing_tail() -> Case<FailingTail> {
    let script = Script::new().plan("read", takes(10)).plan("trimmed", takes(5));
    Case::new(&script, FailingTail::new(script.clone()), (" one ".to_owned(),)).trace(expect![[r#"
        0 - started
        0 read started
        10 read completed
        10 parsed started
        10 trimmed started
        15 trimmed completed
        15 parsed failed: invalid digit found in string
        15 read undoing
        15 read undone
        15 - failed
        = failed: stage 'parsed' failed: invalid digit found in string
    "#]])
}

workflow! {
    workflow LongChain() -> u32 with script: Script {
        stage s01: u32 = script.step(ctx, 1);
        stage s02: u32 = script.step(ctx, s01 + 1);
        stage s03: u32 = script.step(ctx, s02 + 1);
        stage s04: u32 = script.step(ctx, s03 + 1);
        stage s05: u32 = script.step(ctx, s04 + 1);
        stage s06: u32 = script.step(ctx, s05 + 1);
        stage s07: u32 = script.step(ctx, s06 + 1);
        stage s08: u32 = script.step(ctx, s07 + 1);
        stage s09: u32 = script.step(ctx, s08 + 1);
        stage s10: u32 = script.step(ctx, s09 + 1);
        stage s11: u32 = script.step(ctx, s10 + 1);
        stage s12: u32 = script.step(ctx, s11 + 1);
        stage s13: u32 = script.step(ctx, s12 + 1);
        stage s14: u32 = script.step(ctx, s13 + 1);
        stage s15: u32 = script.step(ctx, s14 + 1);
        stage s16: u32 = script.step(ctx, s15 + 1);
        stage s17: u32 = script.step(ctx, s16 + 1);
        stage s18: u32 = script.step(ctx, s17 + s01);
        s18
    }
}

fn long_chain() -> Case<LongChain> {
    let script = Script::new().plan("s01", takes(1)).plan("s09", takes(10)).plan("s18", takes(5));
    Case::new(&script, LongChain::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 s01 started
        1 s01 completed
        1 s02 started
        1 s02 completed
        1 s03 started
        1 s03 completed
        1 s04 started
        1 s04 completed
        1 s05 started
        1 s05 completed
        1 s06 started
        1 s06 completed
        1 s07 started
        1 s07 completed
        1 s08 started
        1 s08 completed
        1 s09 started
        11 s09 completed
        11 s10 started
        11 s10 completed
        11 s11 started
        11 s11 completed
        11 s12 started
        11 s12 completed
        11 s13 started
        11 s13 completed
        11 s14 started
        11 s14 completed
        11 s15 started
        11 s15 completed
        11 s16 started
        11 s16 completed
        11 s17 started
        11 s17 completed
        11 s18 started
        16 s18 completed
        16 - ended
        = 18
    "#]])
}

workflow! {
    workflow WideJoin() -> u32 with script: Script {
        stage a: u32 = script.step(ctx, 1);
        stage b: u32 = script.step(ctx, 2);
        stage c: u32 = script.step(ctx, a + b);
        stage d: u32 = script.step(ctx, 4);
        stage e: u32 = script.step(ctx, b + d);
        // No nest of joins is this graph.
        stage f: u32 = script.step(ctx, c + e + a);
        stage g: u32 = script.step(ctx, *d);
        stage h: u32 = script.step(ctx, f + g);
        h
    }
}

fn wide_join() -> Case<WideJoin> {
    let script = Script::new()
        .plan("a", takes(10))
        .plan("b", takes(20))
        .plan("c", takes(5))
        .plan("d", takes(30))
        .plan("e", takes(1))
        .plan("f", takes(2))
        .plan("g", takes(9))
        .plan("h", takes(1));
    Case::new(&script, WideJoin::new(script.clone()), ()).pattern([2, 3]).trace(expect![[r#"
        0 - started
        0 a started
        0 b started
        0 d started
        10 a completed
        20 b completed
        20 c started
        25 c completed
        30 d completed
        30 g started
        30 e started
        31 e completed
        31 f started
        33 f completed
        39 g completed
        39 h started
        40 h completed
        40 - ended
        = 14
    "#]])
}

workflow! {
    workflow SeqWaitsForWhatItsStepsName() with script: Script {
        stage left = seq {
            stage l1 = script.step(ctx, ());
            stage l2 = seq {
                stage deep = script.step(ctx, ());
                stage deeper = script.step(ctx, ());
            };
            stage l3 = script.step(ctx, ());
        };
        stage right = seq {
            stage r1 = script.step(ctx, ());
            // So all of `right` waits for `left`.
            #[after(left)]
            stage r2 = script.step(ctx, ());
            stage r3 = script.step(ctx, ());
        };
    }
}

fn seq_waits_for_what_its_steps_name() -> Case<SeqWaitsForWhatItsStepsName> {
    let script = Script::new()
        .plan("l1", takes(10))
        .plan("deep", takes(1))
        .plan("deeper", takes(2))
        .plan("l3", takes(3))
        .plan("r1", takes(4))
        .plan("r2", takes(5))
        .plan("r3", takes(6));
    Case::new(&script, SeqWaitsForWhatItsStepsName::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 left started
        0 l1 started
        10 l1 completed
        10 l2 started
        10 deep started
        11 deep completed
        11 deeper started
        13 deeper completed
        13 l2 completed
        13 l3 started
        16 l3 completed
        16 left completed
        16 right started
        16 r1 started
        20 r1 completed
        20 r2 started
        25 r2 completed
        25 r3 started
        31 r3 completed
        31 right completed
        31 - ended
        = ()
    "#]])
}

/// Can't be cloned.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Deed(String);

workflow! {
    workflow ValueThatCannotBeCloned(name: String) -> Deed with script: Script {
        stage signed: Deed = {
            stage written: Deed = script.step(ctx, Deed(name.clone()));
            // Looks at it, and has to end before it is handed over.
            stage read: usize = script.step(ctx, written.0.len());
            stage filed = script.step(ctx, assert_eq!(*read, 3));
            written
        };
        signed
    }
}

fn value_that_cannot_be_cloned() -> Case<ValueThatCannotBeCloned> {
    let script = Script::new().plan("written", takes(10)).plan("read", takes(5)).plan("filed", takes(7));
    Case::new(&script, ValueThatCannotBeCloned::new(script.clone()), ("Eve".to_owned(),)).trace(expect![[r#"
        0 - started
        0 signed started
        0 written started
        10 written completed
        10 read started
        15 read completed
        15 filed started
        22 filed completed
        22 signed completed
        22 - ended
        = Deed("Eve")
    "#]])
}

workflow! {
    workflow FailureAmongMany() with script: Script {
        stage ended = script.step(ctx, ());
        stage block = {
            stage inner = script.step(ctx, ());
            stage other = script.step(ctx, ());
        };
        stage failing = script.step(ctx, ());
        stage late = script.step(ctx, ());
        #[after(late)]
        stage never = script.step(ctx, ());
        #[after(failing)]
        stage neither = script.step(ctx, ());
    }
}

fn failure_among_many() -> Case<FailureAmongMany> {
    let script = Script::new()
        .plan("ended", takes(5))
        .plan("inner", takes(100))
        .plan("other", takes(7))
        .plan("failing", takes(10).fails("no"))
        .plan("late", takes(11).fails("neither"));
    Case::new(&script, FailureAmongMany::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 block started
        0 ended started
        0 inner started
        0 other started
        0 failing started
        0 late started
        5 ended completed
        7 other completed
        10 failing failed: no
        10 inner cancelled
        10 block cancelled
        10 late cancelled
        10 - failed
        = failed: stage 'failing' failed: no
    "#]])
}

workflow! {
    workflow LetsOnTheWay(cents: u32) -> u32 with script: Script {
        stage rate: u32 = script.step(ctx, 20);
        let tax: u32 = cents * rate / 100;
        let gross: u32 = cents + tax;
        stage booked: u32 = script.step(ctx, *gross);
        stage reported: u32 = script.step(ctx, *tax);
        booked * 1000 + reported
    }
}

fn lets_on_the_way() -> Case<LetsOnTheWay> {
    let script = Script::new().plan("rate", takes(10)).plan("booked", takes(5)).plan("reported", takes(6));
    Case::new(&script, LetsOnTheWay::new(script.clone()), (200,)).trace(expect![[r#"
        0 - started
        0 rate started
        10 rate completed
        10 reported started
        10 booked started
        15 booked completed
        16 reported completed
        16 - ended
        = 240040
    "#]])
}

workflow! {
    workflow SeqIsUndone() with script: Script {
        stage opened = seq {
            #[undo(script.undo(account))]
            stage account: Effect = script.effect(ctx);
            stage inner = {
                #[undo(script.undo(card))]
                stage card: Effect = script.effect(ctx);
                #[undo(script.undo(code))]
                stage code: Effect = script.effect(ctx);
            };
            stage letter = script.step(ctx, ());
        };
    }
}

fn seq_is_undone() -> Case<SeqIsUndone> {
    let script = Script::new()
        .plan("account", takes(1))
        .plan("card", takes(20))
        .plan("code", takes(10))
        .plan("undo card", takes(1))
        .plan("undo code", takes(2))
        .plan("undo account", takes(3))
        .plan("letter", takes(5).fails("no stamp"));
    Case::new(&script, SeqIsUndone::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 opened started
        0 account started
        1 account completed
        1 inner started
        1 card started
        1 code started
        11 code completed
        21 card completed
        21 inner completed
        21 letter started
        26 letter failed: no stamp
        26 opened failed: stage 'letter' failed: no stamp
        26 card undoing
        27 card undone
        27 code undoing
        29 code undone
        29 account undoing
        32 account undone
        32 - failed
        = failed: stage 'letter' failed: no stamp
    "#]])
}
