//! `#[catch]`, `#[tolerate]`.

use crate::workflow;
use crate::{Case, Effect, Refusal, Script, case::cases, takes, waits};
use expect_test::expect;
use workflow_runtime::{Failure, FailureKind};

cases!(
    caught_and_routed,
    own_error_after_retries,
    caught_then_undone,
    caught_fallback,
    caught_within_caught,
    passed_on,
    items_caught,
    too_many_items,
    share_of_items,
    rounds_caught,
);

workflow! {
    workflow CaughtAndRouted(numbers: Vec<u32>) -> Vec<String> with script: Script {
        stage all: Vec<String> = for number in numbers {
            #[catch]
            stage checked: Result<u32, Failure> = {
                stage looked: u32 = script.step(ctx, *number);
                stage signed: u32 = script.step(ctx, looked + 1);
                signed
            };
            stage told: String = match checked {
                Ok(value) => script.step(ctx, format!("{value}")),
                Err(why) if why.kind() == FailureKind::Error => format!("{} refused", why.stage().unwrap_or("?")),
                Err(why) => {
                    stage reported: String = script.step(ctx, format!("{:?}", why.kind()));
                    reported
                }
            };
            told
        };
        all
    }
}

fn caught_and_routed() -> Case<CaughtAndRouted> {
    let script = Script::new()
        .plan("looked", takes(2))
        .plan("looked[1]", takes(4).fails("no"))
        .plan("signed", takes(3))
        .plan("signed[2]", takes(5).panics("the pen broke"))
        .plan("reported", takes(1));
    Case::new(&script, CaughtAndRouted::new(script.clone()), (vec![10, 20, 30],)).trace(expect![[r#"
        0 - started
        0 all started
        0 checked[0] started
        0 looked[0] started
        0 checked[1] started
        0 looked[1] started
        0 checked[2] started
        0 looked[2] started
        2 looked[0] completed
        2 signed[0] started
        2 looked[2] completed
        2 signed[2] started
        4 looked[1] failed: no
        4 checked[1] attempt 1 failed: stage 'looked' failed: no
        4 checked[1] completed
        4 told[1] started
        4 told[1] decided: Err(why) if why.kind() == FailureKind::Error
        4 told[1] completed
        5 signed[0] completed
        5 checked[0] completed
        5 told[0] started
        5 told[0] decided: Ok(value)
        5 told[0] completed
        7 signed[2] panicked: the pen broke
        7 checked[2] attempt 1 failed: stage 'signed' panicked: the pen broke
        7 checked[2] completed
        7 told[2] started
        7 told[2] decided: Err(why)
        7 reported[2] started
        8 reported[2] completed
        8 told[2] completed
        8 all completed
        8 - ended
        = ["11", "looked refused", "Panic"]
    "#]])
}

workflow! {
    workflow OwnErrorAfterRetries() -> String with script: Script {
        #[catch]
        #[retry(2, fixed(10ms))]
        stage spent: Result<u32, Refusal> = script.step(ctx, 1);
        #[catch]
        #[retry(2, fixed(10ms))]
        stage saved: Result<u32, Refusal> = script.step(ctx, 2);
        match (spent, saved) {
            (Err(Refusal(why)), Ok(value)) => format!("{why}, {value}"),
            _ => "something else".to_owned(),
        }
    }
}

fn own_error_after_retries() -> Case<OwnErrorAfterRetries> {
    let script = Script::new()
        .plan("spent", [takes(1).fails("busy"), takes(1).fails("busy"), takes(1).fails("gone")])
        .plan("saved", [takes(3).fails("busy"), takes(3)]);
    Case::new(&script, OwnErrorAfterRetries::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 spent started
        0 saved started
        1 spent attempt 1 failed, next in 10 ms
        3 saved attempt 1 failed, next in 10 ms
        11 spent attempt 2 started
        12 spent attempt 2 failed after 2 attempts, next in 10 ms
        13 saved attempt 2 started
        16 saved completed
        22 spent attempt 3 started
        23 spent attempt 3 failed after 3 attempts
        23 spent completed
        23 - decided: (Err(Refusal(why)), Ok(value))
        23 - ended
        = "gone, 2"
    "#]])
}

workflow! {
    workflow CaughtThenUndone() -> bool with script: Script {
        #[catch]
        stage trip: Result<u32, Failure> = {
            #[undo(script.undo(flight))]
            stage flight: Effect = script.effect(ctx);
            stage visa: u32 = script.step(ctx, 1);
            #[after(flight)]
            stage slow = script.step(ctx, ());
            *visa
        };
        // Only when all is undone.
        stage told: bool = script.step(ctx, trip.is_err());
        told
    }
}

fn caught_then_undone() -> Case<CaughtThenUndone> {
    let script = Script::new()
        .plan("flight", takes(5))
        .plan("undo flight", takes(20))
        .plan("visa", takes(10).fails("denied"))
        .plan("slow", waits())
        .plan("told", takes(1));
    Case::new(&script, CaughtThenUndone::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 trip started
        0 flight started
        0 visa started
        5 flight completed
        5 slow started
        10 visa failed: denied
        10 slow cancelled
        10 flight undoing
        30 flight undone
        30 trip attempt 1 failed: stage 'visa' failed: denied
        30 trip completed
        30 told started
        31 told completed
        31 - ended
        = true
    "#]])
}

workflow! {
    workflow CaughtFallback() -> String with script: Script {
        // The fallback comes first; what is caught is its own failure.
        #[catch]
        #[fallback(script.step(ctx, 2))]
        stage helped: Result<u32, Failure> = script.step(ctx, 1);
        #[catch]
        #[fallback({ stage worse: u32 = script.step(ctx, 2); *worse })]
        stage lost: Result<u32, Failure> = script.step(ctx, 1);
        format!("{:?} {:?}", helped.as_ref().ok(), lost.as_ref().err().and_then(Failure::stage))
    }
}

fn caught_fallback() -> Case<CaughtFallback> {
    let script = Script::new()
        .plan("helped", [takes(3).fails("no"), takes(4)])
        .plan("lost", takes(5).fails("no"))
        .plan("worse", takes(6).fails("no, really"));
    Case::new(&script, CaughtFallback::new(script.clone()), ())
        .trace(expect![[r#"
        0 - started
        0 helped started
        0 lost started
        3 helped attempt 1 failed: no
        3 helped decided: fallback
        5 lost attempt 1 failed: no
        5 lost decided: fallback
        5 worse started
        7 helped completed
        11 worse failed: no, really
        11 lost completed
        11 - ended
        = "Some(2) Some(\"worse\")"
    "#]])
        // What was tried once more succeeds.
        .or_interrupted([r#""Some(1) Some(\"worse\")""#])
}

workflow! {
    workflow CaughtWithinCaught() -> String with script: Script {
        #[catch]
        stage outer: Result<String, Failure> = {
            #[catch]
            stage middle: Result<u32, Failure> = {
                #[catch]
                stage inner: Result<u32, Failure> = {
                    stage deepest: u32 = script.step(ctx, 1);
                    deepest
                };
                stage after_inner: u32 = script.step(ctx, inner.as_ref().map_or(10, |value| *value));
                after_inner
            };
            stage after_middle: String = script.step(ctx, format!("{:?}", middle.as_ref().ok()));
            after_middle
        };
        match outer {
            Ok(text) => text.clone(),
            Err(why) => why.to_string(),
        }
    }
}

// Each is caught by the innermost around it.
fn caught_within_caught() -> Case<CaughtWithinCaught> {
    let script = Script::new()
        .plan("deepest", takes(1).fails("one"))
        .plan("after_inner", takes(2).fails("two"))
        .plan("after_middle", takes(3));
    Case::new(&script, CaughtWithinCaught::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 outer started
        0 middle started
        0 inner started
        0 deepest started
        1 deepest failed: one
        1 inner attempt 1 failed: stage 'deepest' failed: one
        1 inner completed
        1 after_inner started
        3 after_inner failed: two
        3 middle attempt 1 failed: stage 'after_inner' failed: two
        3 middle completed
        3 after_middle started
        6 after_middle completed
        6 outer completed
        6 - decided: Ok(text)
        6 - ended
        = "None"
    "#]])
}

workflow! {
    workflow PassedOn() with script: Script {
        #[catch]
        stage checked: Result<u32, Failure> = script.step(ctx, 1);
        stage opened = match checked {
            Ok(_) => script.step(ctx, ()),
            // As it is: the stage where it began, and its error.
            Err(why) => fail why,
        };
        #[after(opened)]
        stage never = script.step(ctx, ());
    }
}

fn passed_on() -> Case<PassedOn> {
    let script = Script::new().plan("checked", takes(6).fails("no key"));
    Case::new(&script, PassedOn::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 checked started
        6 checked attempt 1 failed: no key
        6 checked completed
        6 opened started
        6 opened decided: Err(why)
        6 opened failed: stage 'checked' failed: no key
        6 - failed
        = failed: stage 'checked' failed: no key
    "#]])
}

workflow! {
    workflow ItemsCaught(items: Vec<u32>) -> Vec<Option<u32>> with script: Script {
        #[catch]
        #[concurrency(2)]
        stage all: Vec<Result<u32, Failure>> = for item in items {
            #[undo(script.undo(taken))]
            stage taken: Effect = script.effect(ctx);
            #[after(taken)]
            stage used: u32 = script.step(ctx, *item);
            used.clone()
        };
        all.iter().map(|one| one.as_ref().ok().copied()).collect::<Vec<_>>()
    }
}

// The place of an item is free once what it did is undone.
fn items_caught() -> Case<ItemsCaught> {
    let script = Script::new()
        .plan("taken", takes(5))
        .plan("undo taken", takes(9))
        .plan("used", takes(10))
        .plan("used[1]", takes(2).fails("broken"))
        .plan("used[2]", takes(3).panics("smoke"));
    Case::new(&script, ItemsCaught::new(script.clone()), (vec![1, 2, 3, 4],)).trace(expect![[r#"
        0 - started
        0 all started
        0 taken[0] started
        0 taken[1] started
        5 taken[0] completed
        5 used[0] started
        5 taken[1] completed
        5 used[1] started
        7 used[1] failed: broken
        7 taken[1] undoing
        15 used[0] completed
        15 taken[2] started
        16 taken[1] undone
        16 taken[3] started
        20 taken[2] completed
        20 used[2] started
        21 taken[3] completed
        21 used[3] started
        23 used[2] panicked: smoke
        23 taken[2] undoing
        31 used[3] completed
        32 taken[2] undone
        32 all completed
        32 - ended
        = [Some(1), None, None, Some(4)]
    "#]])
}

workflow! {
    workflow TooManyItems(items: Vec<u32>) with script: Script {
        #[catch]
        #[tolerate(1)]
        #[concurrency(3)]
        stage _all: Vec<Result<u32, Failure>> = for item in items {
            #[undo(script.undo(taken))]
            stage taken: Effect = script.effect(ctx);
            #[after(taken)]
            stage used: u32 = script.step(ctx, *item);
            used.clone()
        };
    }
}

// The second failure ends the stage: running items are dropped, no other item starts, and completed items are undone.
fn too_many_items() -> Case<TooManyItems> {
    let script = Script::new()
        .plan("taken", takes(5))
        .plan("undo taken", takes(1))
        .plan("used[0]", takes(1))
        .plan("used[1]", takes(2).fails("broken"))
        .plan("used[2]", takes(20).fails("broken, too"))
        .plan("used[3]", waits())
        .plan("used[4]", waits());
    Case::new(&script, TooManyItems::new(script.clone()), (vec![1, 2, 3, 4, 5, 6],)).trace(expect![[r#"
        0 - started
        0 _all started
        0 taken[0] started
        0 taken[1] started
        0 taken[2] started
        5 taken[0] completed
        5 used[0] started
        5 taken[1] completed
        5 used[1] started
        5 taken[2] completed
        5 used[2] started
        6 used[0] completed
        6 taken[3] started
        7 used[1] failed: broken
        7 taken[1] undoing
        8 taken[1] undone
        8 taken[4] started
        11 taken[3] completed
        11 used[3] started
        13 taken[4] completed
        13 used[4] started
        25 used[2] failed: broken, too
        25 taken[2] undoing
        26 taken[2] undone
        26 used[3] cancelled
        26 used[4] cancelled
        26 _all exceeded its tolerance of failed items: stage 'used' failed: broken, too
        26 taken[4] undoing
        27 taken[4] undone
        27 taken[3] undoing
        28 taken[3] undone
        28 taken[0] undoing
        29 taken[0] undone
        29 - failed
        = failed: stage '_all' exceeded its tolerance of failed items: stage 'used' failed: broken, too
    "#]])
}

workflow! {
    workflow ShareOfItems(few: Vec<u32>, many: Vec<u32>) -> u32 with script: Script {
        #[catch]
        #[tolerate(50%)]
        stage half: Vec<Result<u32, Failure>> = for number in few { script.step(ctx, *number) };
        #[catch]
        #[tolerate(20%)]
        stage fifth: Vec<Result<u32, Failure>> = for another in many { script.step(ctx, *another) };
        half.iter().chain(fifth).flatten().sum::<u32>()
    }
}

// Two of four are not more than half; two of five are more than a fifth.
fn share_of_items() -> Case<ShareOfItems> {
    let script = Script::new()
        .plan("half[1]", takes(1).fails("no"))
        .plan("half[3]", takes(2).fails("no"))
        .plan("half", takes(5))
        .plan("fifth[4]", takes(10).fails("no"))
        .plan("fifth[0]", takes(11).fails("no"))
        .plan("fifth", takes(20));
    let numbers = (1..=5).collect::<Vec<_>>();
    Case::new(&script, ShareOfItems::new(script.clone()), (numbers[..4].to_vec(), numbers)).trace(expect![[r#"
        0 - started
        0 half started
        0 fifth started
        5 half completed
        11 fifth exceeded its tolerance of failed items: stage 'fifth' failed: no
        11 - failed
        = failed: stage 'fifth' exceeded its tolerance of failed items: stage 'fifth' failed: no
    "#]])
}

workflow! {
    workflow RoundsCaught() -> u32 with script: Script {
        // The next round goes on with what the last has learned.
        stage found: u32 = loop tried: u32 = 0 {
            #[catch]
            stage attempt: Result<u32, Failure> = {
                #[undo(script.undo(opened))]
                stage opened: Effect = script.effect(ctx);
                #[after(opened)]
                stage read: u32 = script.step(ctx, tried * 10);
                read
            };
            match attempt {
                Ok(value) => break *value,
                Err(_) => continue tried + 1,
            }
        };
        found
    }
}

fn rounds_caught() -> Case<RoundsCaught> {
    let script = Script::new()
        .plan("opened", takes(1))
        .plan("opened[1]", takes(3).fails("locked"))
        .plan("undo opened", takes(2))
        .plan("read[0]", takes(5).fails("empty"))
        .plan("read[2]", takes(4));
    Case::new(&script, RoundsCaught::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 found started
        0 attempt[0] started
        0 opened[0] started
        1 opened[0] completed
        1 read[0] started
        6 read[0] failed: empty
        6 opened[0] undoing
        8 opened[0] undone
        8 attempt[0] attempt 1 failed: stage 'read' failed: empty
        8 attempt[0] completed
        8 found[0] decided: Err(_)
        8 found[0] decided: continue
        8 attempt[1] started
        8 opened[1] started
        11 opened[1] failed: locked
        11 attempt[1] attempt 1 failed: stage 'opened' failed: locked
        11 attempt[1] completed
        11 found[1] decided: Err(_)
        11 found[1] decided: continue
        11 attempt[2] started
        11 opened[2] started
        12 opened[2] completed
        12 read[2] started
        16 read[2] completed
        16 attempt[2] completed
        16 found[2] decided: Ok(value)
        16 found[2] decided: break
        16 found completed
        16 - ended
        = 20
    "#]])
}
