//! `#[fallback]`.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes, waits};
use expect_test::expect;
use workflow_runtime::FailureKind;

cases!(
    falls_back_on_a_block,
    fallback_fails,
    fallback_of_a_fallback,
    undone_before_the_fallback,
    what_the_fallback_leaves,
    not_after_success,
    by_kind,
    fail_goes_straight_to_it,
    effect_of_a_fallback,
);

workflow! {
    workflow FallsBackOnABlock() -> String with script: Script {
        #[fallback({
            stage asked: u32 = script.step(ctx, 5);
            stage noted: String = script.step(ctx, format!("{:?} after {}", failure.kind(), failure.attempts()));
            stage mixed: String = script.step(ctx, format!("{asked}, {noted}"));
            mixed
        })]
        #[retry(1)]
        stage rate: String = script.step(ctx, "rate".to_owned());
        rate
    }
}

fn falls_back_on_a_block() -> Case<FallsBackOnABlock> {
    let script = Script::new()
        .plan("rate", takes(2).fails("no answer"))
        .plan("asked", takes(10))
        .plan("noted", takes(5))
        .plan("mixed", takes(1));
    Case::new(&script, FallsBackOnABlock::new(script.clone()), ())
        .trace(expect![[r#"
        0 - started
        0 rate started
        2 rate attempt 1 failed: no answer, next in 0 ms
        2 rate attempt 2 started
        4 rate attempt 2 failed after 2 attempts: no answer
        4 rate decided: fallback
        4 asked started
        4 noted started
        9 noted completed
        14 asked completed
        14 mixed started
        15 mixed completed
        15 rate completed
        15 - ended
        = "5, Error after 2"
    "#]])
        // An attempt that was interrupted counts.
        .or_interrupted([r#""5, Error after 3""#])
}

workflow! {
    workflow FallbackFails() with script: Script {
        #[undo(script.undo(before))]
        stage before: Effect = script.effect(ctx);
        #[after(before)]
        #[fallback({ stage instead = script.step(ctx, ()); })]
        stage rate = { stage asked = script.step(ctx, ()); };
        stage beside = script.step(ctx, ());
    }
}

// The failure tells why the fallback failed.
fn fallback_fails() -> Case<FallbackFails> {
    let script = Script::new()
        .plan("before", takes(1))
        .plan("undo before", takes(1))
        .plan("asked", takes(10).fails("first"))
        .plan("instead", takes(5).fails("second"))
        .plan("beside", waits());
    Case::new(&script, FallbackFails::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 before started
        0 beside started
        1 before completed
        1 rate started
        1 asked started
        11 asked failed: first
        11 rate attempt 1 failed: stage 'asked' failed: first
        11 rate decided: fallback
        11 instead started
        16 instead failed: second
        16 rate failed: stage 'instead' failed: second
        16 beside cancelled
        16 before undoing
        17 before undone
        17 - failed
        = failed: stage 'instead' failed: second
    "#]])
}

workflow! {
    workflow FallbackOfAFallback() -> u32 with script: Script {
        #[fallback({
            #[fallback({
                stage third: u32 = script.step(ctx, 3);
                third
            })]
            #[retry(1, fixed(4ms))]
            stage second: u32 = script.step(ctx, 2);
            *second
        })]
        stage first: u32 = script.step(ctx, 1);
        first
    }
}

fn fallback_of_a_fallback() -> Case<FallbackOfAFallback> {
    let script = Script::new()
        .plan("first", takes(1).fails("down"))
        .plan("second", takes(2).fails("down, too"))
        .plan("third", takes(3));
    Case::new(&script, FallbackOfAFallback::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 first started
        1 first attempt 1 failed: down
        1 first decided: fallback
        1 second started
        3 second attempt 1 failed: down, too, next in 4 ms
        7 second attempt 2 started
        9 second attempt 2 failed after 2 attempts: down, too
        9 second decided: fallback
        9 third started
        12 third completed
        12 second completed
        12 first completed
        12 - ended
        = 3
    "#]])
}

workflow! {
    workflow UndoneBeforeTheFallback() -> u32 with script: Script {
        #[undo(script.undo(kept))]
        stage kept: Effect = script.effect(ctx);
        #[after(kept)]
        #[fallback({
            stage instead: u32 = script.step(ctx, 2);
            instead
        })]
        stage order: u32 = {
            #[undo(script.undo(reserved))]
            stage reserved: Effect = script.effect(ctx);
            #[undo(script.undo(packed))]
            stage packed: Effect = script.effect(ctx);
            #[after(reserved, packed)]
            stage sent: u32 = script.step(ctx, 1);
            sent
        };
        order
    }
}

fn undone_before_the_fallback() -> Case<UndoneBeforeTheFallback> {
    let script = Script::new()
        .plan("kept", takes(1))
        .plan("reserved", takes(5))
        .plan("undo reserved", takes(3))
        .plan("packed", takes(8))
        .plan("undo packed", takes(2))
        .plan("sent", takes(1).fails("no lorry"))
        .plan("instead", takes(4));
    Case::new(&script, UndoneBeforeTheFallback::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 kept started
        1 kept completed
        1 order started
        1 reserved started
        1 packed started
        6 reserved completed
        9 packed completed
        9 sent started
        10 sent failed: no lorry
        10 packed undoing
        12 packed undone
        12 reserved undoing
        15 reserved undone
        15 order attempt 1 failed: stage 'sent' failed: no lorry
        15 order decided: fallback
        15 instead started
        19 instead completed
        19 order completed
        19 - ended
        = 2
    "#]])
}

workflow! {
    workflow WhatTheFallbackLeaves() with script: Script {
        #[fallback({
            #[undo(script.undo(borrowed))]
            stage borrowed: Effect = script.effect(ctx);
            #[after(borrowed)]
            stage used = script.step(ctx, ());
        })]
        stage own = {
            #[undo(script.undo(bought))]
            stage bought: Effect = script.effect(ctx);
            #[after(bought)]
            stage unwrapped = script.step(ctx, ());
        };
        #[after(own)]
        stage shown = script.step(ctx, ());
    }
}

// Each is undone once: the one before the fallback, the other when the run fails.
fn what_the_fallback_leaves() -> Case<WhatTheFallbackLeaves> {
    let script = Script::new()
        .plan("bought", takes(2))
        .plan("undo bought", takes(1))
        .plan("unwrapped", takes(3).fails("broken"))
        .plan("borrowed", takes(5))
        .plan("undo borrowed", takes(1))
        .plan("shown", takes(7).fails("nobody came"));
    Case::new(&script, WhatTheFallbackLeaves::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 own started
        0 bought started
        2 bought completed
        2 unwrapped started
        5 unwrapped failed: broken
        5 bought undoing
        6 bought undone
        6 own attempt 1 failed: stage 'unwrapped' failed: broken
        6 own decided: fallback
        6 borrowed started
        11 borrowed completed
        11 used started
        11 used completed
        11 own completed
        11 shown started
        18 shown failed: nobody came
        18 borrowed undoing
        19 borrowed undone
        19 - failed
        = failed: stage 'shown' failed: nobody came
    "#]])
}

workflow! {
    workflow NotAfterSuccess() -> u32 with script: Script {
        #[fallback({
            stage instead: u32 = script.step(ctx, 2);
            instead
        })]
        #[retry(2)]
        stage tried: u32 = script.step(ctx, 1);
        tried
    }
}

fn not_after_success() -> Case<NotAfterSuccess> {
    let script = Script::new().plan("tried", [takes(1).fails("busy"), takes(1)]).plan("instead", takes(5));
    Case::new(&script, NotAfterSuccess::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 tried started
        1 tried attempt 1 failed: busy, next in 0 ms
        1 tried attempt 2 started
        2 tried completed
        2 - ended
        = 1
    "#]])
}

workflow! {
    workflow ByKind(names: Vec<String>) -> Vec<String> with script: Script {
        #[concurrency(3)]
        stage all: Vec<String> = for name in names {
            #[timeout(20ms)]
            #[fallback(match failure.kind() {
                FailureKind::Timeout => script.step(ctx, format!("{name} is late")),
                FailureKind::Panic => format!("{name} is broken"),
                _ => fail failure,
            })]
            stage one: String = script.step(ctx, name.clone());
            stage told: String = script.step(ctx, one.clone());
            told
        };
        all
    }
}

fn by_kind() -> Case<ByKind> {
    let script = Script::new()
        .plan("one[0]", [waits(), takes(2)])
        .plan("one[1]", takes(5).panics("smoke"))
        .plan("one[2]", [takes(30).fails("too late to be seen"), takes(10)])
        .plan("one[3]", takes(19).fails("refused"));
    let names = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
    Case::new(&script, ByKind::new(script.clone()), (names,)).trace(expect![[r#"
        0 - started
        0 all started
        0 one[0] started
        0 one[1] started
        0 one[2] started
        5 one[1] attempt 1 panicked: smoke
        5 one[1] decided: fallback
        5 one[1] decided: FailureKind::Panic
        5 one[1] completed
        5 told[1] started
        5 told[1] completed
        5 one[3] started
        20 one[0] attempt 1 timed out: it took longer than 20ms
        20 one[0] decided: fallback
        20 one[0] decided: FailureKind::Timeout
        20 one[2] attempt 1 timed out: it took longer than 20ms
        20 one[2] decided: fallback
        20 one[2] decided: FailureKind::Timeout
        22 one[0] completed
        22 told[0] started
        22 told[0] completed
        24 one[3] attempt 1 failed: refused
        24 one[3] decided: fallback
        24 one[3] decided: _
        24 one[3] failed: refused
        24 one[2] cancelled
        24 all failed: stage 'one' failed: refused
        24 - failed
        = failed: stage 'one' failed: refused
    "#]])
}

workflow! {
    workflow FailGoesStraightToIt(amount: u32) -> u32 with script: Script {
        // Three attempts would be possible; a `fail` is final.
        #[retry(2, fixed(100ms))]
        #[fallback(script.step(ctx, 0))]
        stage approved: u32 = {
            stage limit: u32 = script.step(ctx, 100);
            if *amount > *limit { fail "above the limit" } else { *amount }
        };
        approved
    }
}

fn fail_goes_straight_to_it() -> Case<FailGoesStraightToIt> {
    let script = Script::new().plan("limit", takes(5)).plan("approved", takes(3));
    Case::new(&script, FailGoesStraightToIt::new(script.clone()), (500,)).trace(expect![[r#"
        0 - started
        0 approved started
        0 limit started
        5 limit completed
        5 approved decided: *amount > *limit
        5 approved attempt 1 failed: above the limit
        5 approved decided: fallback
        8 approved completed
        8 - ended
        = 0
    "#]])
}

workflow! {
    workflow EffectOfAFallback() with script: Script {
        // The stage has completed, with the value of its fallback: it has to be undone.
        #[undo(script.undo(booked))]
        #[fallback(script.effect(ctx))]
        stage booked: Effect = script.effect(ctx);
        #[after(booked)]
        stage paid = script.step(ctx, ());
    }
}

fn effect_of_a_fallback() -> Case<EffectOfAFallback> {
    let script = Script::new()
        .plan("booked", [takes(5).fails("full"), takes(9)])
        .plan("undo booked", takes(2))
        .plan("paid", takes(1).fails("no money"));
    Case::new(&script, EffectOfAFallback::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 booked started
        5 booked attempt 1 failed: full
        5 booked decided: fallback
        14 booked completed
        14 paid started
        15 paid failed: no money
        15 booked undoing
        17 booked undone
        17 - failed
        = failed: stage 'paid' failed: no money
    "#]])
}
