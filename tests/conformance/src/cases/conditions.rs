//! `#[when]`.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes, waits};
use expect_test::expect;

cases!(
    pattern_binds,
    skipped_counts_as_ended,
    skipped_has_nothing_to_undo,
    condition_on_what_was_skipped,
    retried_when_it_runs,
    each_round_decides,
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
    Case::new(&script, SkippedCountsAsEnded::new(script.clone()), (false,)).pattern([7, 37]).trace(expect![[r#"
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
