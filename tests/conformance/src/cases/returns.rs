//! `return`.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes};
use expect_test::expect;

cases!(
    returns_at_once,
    nothing_is_undone,
    not_even_under_way,
    returns_from_a_racer,
    returns_from_an_item,
    returns_from_a_head,
    returns_from_a_fallback,
    nothing_catches_it,
    first_of_two_returns,
    slow_return,
);

workflow! {
    workflow ReturnsAtOnce(amount: u32) -> String with script: Script {
        stage slow = script.step(ctx, ());
        stage limit: u32 = script.step(ctx, 100);
        stage checked: u32 = if *amount > *limit { return "too much".to_owned() } else { *limit };
        stage never: u32 = script.step(ctx, *checked);
        #[after(slow)]
        stage also_never: u32 = script.step(ctx, 1);
        format!("{never} {also_never}")
    }
}

fn returns_at_once() -> Case<ReturnsAtOnce> {
    let script = Script::new().plan("slow", takes(100)).plan("limit", takes(7));
    Case::new(&script, ReturnsAtOnce::new(script.clone()), (500,)).pattern([43]).trace(expect![[r#"
        0 - started
        0 slow started
        0 limit started
        7 limit completed
        7 checked started
        7 checked decided: *amount > *limit
        7 checked cancelled
        7 slow cancelled
        7 - ended
        = "too much"
    "#]])
}

workflow! {
    workflow NothingIsUndone() -> u32 with script: Script {
        #[undo(script.undo(booked))]
        stage booked: Effect = script.effect(ctx);
        #[after(booked)]
        stage block: u32 = {
            #[undo(script.undo(inner))]
            stage inner: Effect = script.effect(ctx);
            #[after(inner)]
            stage is_enough: bool = script.ask::<bool>(ctx);
            if *is_enough { return 1 } else { 2 }
        };
        *block
    }
}

fn nothing_is_undone() -> Case<NothingIsUndone> {
    let script = Script::new().plan("booked", takes(2)).plan("inner", takes(3)).plan("is_enough", takes(4).gives(true));
    Case::new(&script, NothingIsUndone::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 booked started
        2 booked completed
        2 block started
        2 inner started
        5 inner completed
        5 is_enough started
        9 is_enough completed
        9 block decided: *is_enough
        9 block cancelled
        9 - ended
        = 1
    "#]])
}

workflow! {
    workflow NotEvenUnderWay() -> u32 with script: Script {
        // The stage is dropped, and no part of the run waits for it.
        #[undo(script.undo(booked))]
        stage booked: Effect = script.effect(ctx);
        stage done: u32 = script.step(ctx, 1);
        stage over: u32 = if *done == 1 { return 7 } else { 0 };
        #[after(booked)]
        stage both: u32 = script.step(ctx, *over);
        *both
    }
}

fn not_even_under_way() -> Case<NotEvenUnderWay> {
    let script = Script::new().plan("booked", takes(50)).plan("done", takes(10));
    Case::new(&script, NotEvenUnderWay::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 booked started
        0 done started
        10 done completed
        10 over started
        10 over decided: *done == 1
        10 over cancelled
        10 booked cancelled
        10 - ended
        = 7
    "#]])
}

workflow! {
    workflow ReturnsFromARacer() -> u32 with script: Script {
        // The member neither wins nor loses: the run is over.
        stage first: u32 = race {
            { stage near: u32 = script.step(ctx, 1); near },
            {
                stage far: u32 = script.step(ctx, 2);
                if *far == 2 { return 20 } else { *far }
            },
        };
        #[after(first)]
        stage never: u32 = script.step(ctx, 3);
        *never
    }
}

fn returns_from_a_racer() -> Case<ReturnsFromARacer> {
    let script = Script::new().plan("near", takes(30)).plan("far", takes(10));
    Case::new(&script, ReturnsFromARacer::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 first started
        0 near started
        0 far started
        10 far completed
        10 first decided: *far == 2
        10 near cancelled
        10 first cancelled
        10 - ended
        = 20
    "#]])
}

workflow! {
    workflow ReturnsFromAnItem(numbers: Vec<u32>) -> Option<u32> with script: Script {
        #[concurrency(2)]
        stage _checked = for number in numbers {
            stage square: u32 = script.step(ctx, number * number);
            if *square == 9 { return Some(*number) }
        };
        None
    }
}

fn returns_from_an_item() -> Case<ReturnsFromAnItem> {
    let script = Script::new().plan("square", takes(10)).plan("square[0]", takes(25));
    let numbers = vec![1, 2, 3, 4, 5];
    Case::new(&script, ReturnsFromAnItem::new(script.clone()), (numbers,)).trace(expect![[r#"
        0 - started
        0 _checked started
        0 square[0] started
        0 square[1] started
        10 square[1] completed
        10 _checked[1] decided: else
        10 square[2] started
        20 square[2] completed
        20 _checked[2] decided: *square == 9
        20 square[0] cancelled
        20 _checked cancelled
        20 - ended
        = Some(3)
    "#]])
}

workflow! {
    workflow ReturnsFromAHead() -> String with script: Script {
        signal stop: ();
        stage background = script.step(ctx, ());
        stage level: u32 = select {
            signal stop => return "stopped".to_owned(),
            answer: u32 = script.step(ctx, 1) => *answer,
        };
        #[after(level, background)]
        stage last = script.step(ctx, ());
        "done".to_owned()
    }
}

fn returns_from_a_head() -> Case<ReturnsFromAHead> {
    let script = Script::new().plan("level", takes(30)).plan("background", takes(100));
    Case::new(&script, ReturnsFromAHead::new(script.clone()), ()).signal(20, ReturnsFromAHeadSignal::Stop(())).trace(
        expect![[r#"
            0 - started
            0 level started
            0 background started
            20 > signal
            20 level got signal stop
            20 level decided: signal stop
            20 level cancelled
            20 background cancelled
            20 - ended
            = "stopped"
        "#]],
    )
}

workflow! {
    workflow ReturnsFromAFallback() -> u32 with script: Script {
        #[retry(1)]
        #[fallback(return 7)]
        stage asked: u32 = script.step(ctx, 1);
        stage more: u32 = script.step(ctx, asked + 1);
        *more
    }
}

fn returns_from_a_fallback() -> Case<ReturnsFromAFallback> {
    let script = Script::new().plan("asked", takes(5).fails("no answer"));
    Case::new(&script, ReturnsFromAFallback::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 asked started
        5 asked attempt 1 failed: no answer, next in 0 ms
        5 asked attempt 2 started
        10 asked attempt 2 failed after 2 attempts: no answer
        10 asked decided: fallback
        10 asked cancelled
        10 - ended
        = 7
    "#]])
}

workflow! {
    workflow NothingCatchesIt(items: Vec<u32>) -> u32 with script: Script {
        #[retry(3)]
        #[timeout(1s)]
        #[fallback(2)]
        stage outer: u32 = {
            #[catch]
            stage all: Vec<Result<u32, workflow_runtime::Failure>> = for item in items {
                stage one: u32 = quorum_of(script.step(ctx, *item));
                if *one == 2 { return 22 } else { *one }
            };
            all.iter().flatten().sum::<u32>()
        };
        outer
    }
}

/// So that the stage is a call in a call.
fn quorum_of<F>(run: F) -> F {
    run
}

fn nothing_catches_it() -> Case<NothingCatchesIt> {
    let script = Script::new().plan("one[0]", takes(20)).plan("one[1]", takes(10)).plan("one[2]", takes(5).fails("no"));
    Case::new(&script, NothingCatchesIt::new(script.clone()), (vec![1, 2, 3],)).trace(expect![[r#"
        0 - started
        0 outer started
        0 all started
        0 one[0] started
        0 one[1] started
        0 one[2] started
        5 one[2] failed: no
        10 one[1] completed
        10 all[1] decided: *one == 2
        10 one[0] cancelled
        10 all cancelled
        10 outer cancelled
        10 - ended
        = 22
    "#]])
}

workflow! {
    workflow FirstOfTwoReturns(is_early: bool, is_late: bool) -> String with script: Script {
        stage early = {
            stage short = script.step(ctx, ());
            #[after(short)]
            stage over = if *is_early { return "early".to_owned() };
        };
        stage late = {
            stage long = script.step(ctx, ());
            #[after(long)]
            stage too_late = if *is_late { return "late".to_owned() };
        };
        #[after(early, late)]
        stage never = script.step(ctx, ());
        "neither".to_owned()
    }
}

fn first_of_two_returns() -> Case<FirstOfTwoReturns> {
    let script = Script::new().plan("short", takes(10)).plan("long", takes(11));
    Case::new(&script, FirstOfTwoReturns::new(script.clone()), (true, true)).trace(expect![[r#"
        0 - started
        0 early started
        0 late started
        0 short started
        0 long started
        10 short completed
        10 over started
        10 over decided: *is_early
        10 over cancelled
        10 early cancelled
        10 long cancelled
        10 late cancelled
        10 - ended
        = "early"
    "#]])
}

workflow! {
    workflow SlowReturn() -> u32 with script: Script {
        // Until its value is there, the others run on.
        stage beside: u32 = script.step(ctx, 1);
        stage last: u32 = if *limit < 5 { return script.step(ctx, 9) } else { *limit };
        stage limit: u32 = script.step(ctx, 3);
        stage while_it_waits: u32 = script.step(ctx, *beside);
        last + while_it_waits
    }
}

fn slow_return() -> Case<SlowReturn> {
    let script = Script::new()
        .plan("beside", takes(10))
        .plan("limit", takes(5))
        .plan("last", takes(20))
        .plan("while_it_waits", takes(100));
    Case::new(&script, SlowReturn::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 beside started
        0 limit started
        5 limit completed
        5 last started
        5 last decided: *limit < 5
        10 beside completed
        10 while_it_waits started
        25 last cancelled
        25 while_it_waits cancelled
        25 - ended
        = 9
    "#]])
}
