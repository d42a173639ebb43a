//! Panics wherever code may stand.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, panics, takes, waits};
use expect_test::expect;
use std::panic::resume_unwind;
use workflow_runtime::{Failure, FailureKind};

cases!(
    never_tried_again,
    in_an_undo,
    in_a_fallback,
    in_a_condition,
    in_a_when,
    in_a_let,
    in_what_is_gone_through,
    in_the_next_state,
    in_a_duration,
    in_the_tail,
    at_once_and_later,
    of_each_item_caught,
);

/// Without the panic hook: it is no news.
fn explode<T>(message: &'static str) -> T {
    resume_unwind(Box::new(message))
}

workflow! {
    workflow NeverTriedAgain() with script: Script {
        #[undo(script.undo(before))]
        stage before: Effect = script.effect(ctx);
        #[after(before)]
        #[retry(5, fixed(10ms))]
        stage fragile = script.step(ctx, ());
        stage beside = script.step(ctx, ());
    }
}

fn never_tried_again() -> Case<NeverTriedAgain> {
    let script = Script::new()
        .plan("before", takes(2))
        .plan("undo before", takes(1))
        .plan("fragile", [takes(5).fails("busy"), takes(5).panics("smoke")])
        .plan("beside", waits());
    Case::new(&script, NeverTriedAgain::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 before started
        0 beside started
        2 before completed
        2 fragile started
        7 fragile attempt 1 failed: busy, next in 10 ms
        17 fragile attempt 2 started
        22 beside cancelled
        22 fragile attempt 2 panicked: smoke
        22 fragile panicked: smoke
        22 before undoing
        23 before undone
        23 - failed
        = failed: stage 'fragile' panicked: smoke
    "#]])
}

workflow! {
    workflow InAnUndo() with script: Script {
        #[undo(script.undo(first))]
        stage first: Effect = script.effect(ctx);
        #[undo(script.undo(second), retry(2, fixed(5ms)))]
        stage second: Effect = script.effect(ctx);
        #[undo(script.undo(third))]
        stage third: Effect = script.effect(ctx);
        #[after(first, second, third)]
        stage failing = script.step(ctx, ());
    }
}

// The others are undone nevertheless, and the first failure is told. An undo that panics is not tried again, either.
fn in_an_undo() -> Case<InAnUndo> {
    let script = Script::new()
        .plan("first", takes(1))
        .plan("second", takes(2))
        .plan("undo second", [takes(3).fails("no answer"), takes(1).panics("lost the papers")])
        .plan("third", takes(3))
        .plan("failing", takes(4).fails("no"));
    Case::new(&script, InAnUndo::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 first started
        0 second started
        0 third started
        1 first completed
        2 second completed
        3 third completed
        3 failing started
        7 failing failed: no
        7 third undoing
        7 third undone
        7 second undoing
        16 second could not be undone: panicked: lost the papers
        16 first undoing
        16 first undone
        16 - failed
        = failed: stage 'failing' failed: no
        = not undone: stage 'second' panicked: lost the papers
    "#]])
}

workflow! {
    workflow InAFallback(number: u32) -> u32 with script: Script {
        #[retry(1)]
        #[fallback(if *number > 1 { explode::<u32>("no way out") } else { 7 })]
        stage asked: u32 = script.step(ctx, 1);
        asked
    }
}

fn in_a_fallback() -> Case<InAFallback> {
    let script = Script::new().plan("asked", takes(5).fails("no answer"));
    Case::new(&script, InAFallback::new(script.clone()), (2,)).trace(expect![[r#"
        0 - started
        0 asked started
        5 asked attempt 1 failed: no answer, next in 0 ms
        5 asked attempt 2 started
        10 asked attempt 2 failed after 2 attempts: no answer
        10 asked decided: fallback
        10 asked decided: *number > 1
        10 asked panicked: no way out
        10 - failed
        = failed: stage 'asked' panicked: no way out
    "#]])
}

workflow! {
    workflow InACondition(numbers: Vec<u32>) -> u32 with script: Script {
        // The condition is part of the node: the fallback absorbs its panic.
        #[fallback(10)]
        stage branch: u32 = if explode::<bool>("undecidable") { 1 } else { 2 };
        #[fallback(20)]
        stage arm: u32 = match numbers.len() {
            0 => 1,
            _ if explode::<u32>("out of bounds") > 0 => 2,
            _ => script.step(ctx, 3),
        };
        branch + arm
    }
}

fn in_a_condition() -> Case<InACondition> {
    let script = Script::new();
    Case::new(&script, InACondition::new(script.clone()), (vec![1, 2, 3, 4],)).trace(expect![[r#"
        0 - started
        0 branch started
        0 branch attempt 1 panicked: undecidable
        0 branch decided: fallback
        0 branch completed
        0 arm started
        0 arm attempt 1 panicked: out of bounds
        0 arm decided: fallback
        0 arm completed
        0 - ended
        = 30
    "#]])
}

workflow! {
    workflow InAWhen() -> bool with script: Script {
        #[catch]
        stage outer: Result<u32, Failure> = {
            stage beside = script.step(ctx, ());
            stage first: u32 = script.step(ctx, 1);
            // The `#[when]` stands outside of the stage's own fallback.
            #[when(*first > 5 || explode("undecidable"))]
            #[fallback(2)]
            stage maybe: Option<u32> = script.step(ctx, 3);
            maybe.unwrap_or(0)
        };
        outer.as_ref().is_err_and(|why| why.stage() == Some("maybe") && why.kind() == FailureKind::Panic)
    }
}

fn in_a_when() -> Case<InAWhen> {
    let script = Script::new().plan("first", takes(5)).plan("beside", waits());
    Case::new(&script, InAWhen::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 outer started
        0 beside started
        0 first started
        5 first completed
        5 maybe enabled
        5 beside cancelled
        5 maybe panicked: undecidable
        5 outer attempt 1 failed: stage 'maybe' panicked: undecidable
        5 outer completed
        5 - ended
        = true
    "#]])
}

workflow! {
    workflow InALet(number: u32) -> u32 with script: Script {
        stage first: u32 = script.step(ctx, *number);
        let half: u32 = if *first > 0 { explode("not to be halved") } else { 0 };
        // The `let` is evaluated for the stage that names it.
        stage second: u32 = script.step(ctx, *half);
        stage beside: u32 = script.step(ctx, 2);
        second + beside
    }
}

fn in_a_let() -> Case<InALet> {
    let script = Script::new().plan("first", takes(5)).plan("beside", waits());
    Case::new(&script, InALet::new(script.clone()), (1,))
        .trace(expect![[r#"
        0 - started
        0 first started
        0 beside started
        5 first completed
        5 beside cancelled
        5 - failed
        = failed: stage 'second' panicked: not to be halved
    "#]])
        // The records of a stage are read before the names that it uses.
        .trace_on_store(expect![[r#"
        0 - started
        0 first started
        0 beside started
        5 first completed
        5 second started
        5 second panicked: not to be halved
        5 beside cancelled
        5 - failed
        = failed: stage 'second' panicked: not to be halved
    "#]])
}

/// Goes to pieces at the third.
fn two_of(items: &[u32]) -> impl Iterator<Item = u32> + Send {
    items.iter().map(|item| if *item < 3 { *item } else { explode("no third") })
}

workflow! {
    workflow InWhatIsGoneThrough(items: Vec<u32>) -> Vec<u32> with script: Script {
        #[concurrency(2)]
        stage all: Vec<u32> = for item in two_of(items) {
            #[undo(script.undo(taken))]
            stage taken: Effect = script.effect(ctx);
            #[after(taken)]
            stage used: u32 = script.step(ctx, *item);
            used.clone()
        };
        all
    }
}

// An item is taken when its turn has come; the items before it are running by then.
fn in_what_is_gone_through() -> Case<InWhatIsGoneThrough> {
    let script = Script::new()
        .plan("taken", takes(2))
        .plan("undo taken", takes(1))
        .plan("used[0]", takes(5))
        .plan("used[1]", waits());
    Case::new(&script, InWhatIsGoneThrough::new(script.clone()), (vec![1, 2, 3, 4],))
        .trace(expect![[r#"
        0 - started
        0 all started
        0 taken[0] started
        0 taken[1] started
        2 taken[0] completed
        2 used[0] started
        2 taken[1] completed
        2 used[1] started
        7 used[0] completed
        7 used[1] cancelled
        7 all panicked: no third
        7 taken[1] undoing
        8 taken[1] undone
        8 taken[0] undoing
        9 taken[0] undone
        9 - failed
        = failed: stage 'all' panicked: no third
    "#]])
        // All items are there before the first begins: they are recognised by what they are.
        .trace_on_store(expect![[r#"
        0 - started
        0 all started
        0 all panicked: no third
        0 - failed
        = failed: stage 'all' panicked: no third
    "#]])
}

workflow! {
    workflow InTheNextState() -> u32 with script: Script {
        #[fallback(99)]
        stage counted: u32 = loop round: u32 = 0 {
            #[undo(script.undo(written))]
            stage written: Effect = script.effect(ctx);
            #[after(written)]
            stage read: u32 = script.step(ctx, round + 1);
            match read {
                1 => continue *read,
                2 => continue explode::<u32>("lost count"),
                _ => break *read,
            }
        };
        counted
    }
}

fn in_the_next_state() -> Case<InTheNextState> {
    let script = Script::new().plan("written", takes(2)).plan("undo written", takes(1)).plan("read", takes(3));
    Case::new(&script, InTheNextState::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 counted started
        0 written[0] started
        2 written[0] completed
        2 read[0] started
        5 read[0] completed
        5 counted[0] decided: 1
        5 counted[0] decided: continue
        5 written[1] started
        7 written[1] completed
        7 read[1] started
        10 read[1] completed
        10 counted[1] decided: 2
        10 counted[1] decided: continue
        10 written[1] undoing
        11 written[1] undone
        11 written[0] undoing
        12 written[0] undone
        12 counted attempt 1 panicked: lost count
        12 counted decided: fallback
        12 counted completed
        12 - ended
        = 99
    "#]])
}

workflow! {
    workflow InADuration() -> u32 with script: Script {
        stage first: u32 = script.step(ctx, 1);
        #[fallback({})]
        stage pause = sleep(if *first > 0 { explode("no time") } else { std::time::Duration::ZERO });
        #[after(pause)]
        #[catch]
        stage tried: Result<u32, Failure> = {
            #[timeout(if *first > 0 { explode("no time, either") } else { std::time::Duration::ZERO })]
            stage limited: u32 = script.step(ctx, 2);
            limited
        };
        u32::from(tried.is_err())
    }
}

fn in_a_duration() -> Case<InADuration> {
    let script = Script::new().plan("first", takes(5));
    Case::new(&script, InADuration::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 first started
        5 first completed
        5 pause started
        5 pause attempt 1 panicked: no time
        5 pause decided: fallback
        5 pause completed
        5 tried started
        5 limited enabled
        5 limited panicked: no time, either
        5 tried attempt 1 failed: stage 'limited' panicked: no time, either
        5 tried completed
        5 - ended
        = 1
    "#]])
}

workflow! {
    workflow InTheTail(numbers: Vec<u32>) -> u32 with script: Script {
        #[undo(script.undo(booked))]
        stage booked: Effect = script.effect(ctx);
        stage index: usize = script.step(ctx, numbers.len());
        #[after(booked)]
        stage last: u32 = { stage inner: u32 = script.step(ctx, 1); inner + numbers[index - 1] };
        if *last == 5 { explode::<u32>("five") } else { *last }
    }
}

// The tail's panic belongs to the workflow: the failure names no stage.
fn in_the_tail() -> Case<InTheTail> {
    let script = Script::new().plan("booked", takes(3)).plan("undo booked", takes(1)).plan("inner", takes(2));
    Case::new(&script, InTheTail::new(script.clone()), (vec![6, 4],)).trace(expect![[r#"
        0 - started
        0 booked started
        0 index started
        0 index completed
        3 booked completed
        3 last started
        3 inner started
        5 inner completed
        5 last completed
        5 - decided: *last == 5
        5 booked undoing
        6 booked undone
        6 - failed
        = panicked: five
    "#]])
}

fn panicked(ended: &Result<u32, Failure>) -> bool {
    ended.as_ref().is_err_and(|why| why.kind() == FailureKind::Panic)
}

workflow! {
    workflow AtOnceAndLater() -> Vec<bool> with script: Script {
        // Before there is a future, in it, and in a task of its own.
        #[catch]
        stage call: Result<u32, Failure> = script.call(ctx, 1);
        #[catch]
        stage later: Result<u32, Failure> = script.step(ctx, 2);
        #[catch]
        #[spawn]
        stage task: Result<u32, Failure> = script.step(ctx, 3);
        #[catch]
        #[blocking]
        stage thread: Result<u32, Failure> = script.call(ctx, 4);
        stage kinds: Vec<bool> = [call, later, task, thread].map(panicked).to_vec();
        kinds
    }
}

fn at_once_and_later() -> Case<AtOnceAndLater> {
    let script = Script::new()
        .plan("call", panics("one"))
        .plan("later", takes(5).panics("two"))
        .plan("task", takes(6).panics("three"))
        .plan("thread", panics("four"));
    Case::new(&script, AtOnceAndLater::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 call started
        0 call attempt 1 panicked: one
        0 call completed
        0 later started
        0 task started
        0 thread started
        0 thread attempt 1 panicked: four
        0 thread completed
        5 later attempt 1 panicked: two
        5 later completed
        6 task attempt 1 panicked: three
        6 task completed
        6 kinds started
        6 kinds completed
        6 - ended
        = [true, true, true, true]
    "#]])
}

workflow! {
    workflow OfEachItemCaught(items: Vec<u32>) -> Vec<Option<u32>> with script: Script {
        #[catch]
        stage all: Vec<Result<u32, Failure>> = for item in items {
            match item {
                0 => explode::<u32>("zero"),
                1 => fail "one",
                2 => { stage two: u32 = script.step(ctx, 22); two }
                more => script.step(ctx, *more),
            }
        };
        all.iter().map(|one| one.as_ref().ok().copied()).collect::<Vec<_>>()
    }
}

fn of_each_item_caught() -> Case<OfEachItemCaught> {
    let script = Script::new().plan("all", takes(5)).plan("two", takes(3));
    Case::new(&script, OfEachItemCaught::new(script.clone()), (vec![0, 1, 2, 3],)).trace(expect![[r#"
        0 - started
        0 all started
        0 all[0] decided: 0
        0 all[1] decided: 1
        0 all[2] decided: 2
        0 two[2] started
        0 all[3] decided: more
        3 two[2] completed
        5 all completed
        5 - ended
        = [None, None, Some(22), Some(3)]
    "#]])
}
