//! `#[spawn]` and `#[blocking]`: stages on tasks and threads of their own.

use crate::{Case, Effect, Refusal, Script, case::cases, panics, takes, waits, workflow};
use expect_test::expect;
use workflow_runtime::Failure;

cases!(
    task_beside_the_others,
    failing_task,
    task_that_panics,
    task_is_cancelled,
    task_is_tried_again,
    block_on_a_task,
    task_of_each_item,
    blocking_calls,
    failing_blocking_call,
    blocking_call_is_tried_again,
    panicking_blocking_call,
    undone_on_a_task,
    task_within_a_race,
);

workflow! {
    workflow TaskBesideTheOthers(number: u32) -> u32 with script: Script {
        #[spawn]
        stage away: u32 = script.step(ctx, number + 1);
        stage here: u32 = script.step(ctx, number + 2);
        stage both: u32 = script.step(ctx, away * here);
        both
    }
}

fn task_beside_the_others() -> Case<TaskBesideTheOthers> {
    let script = Script::new().plan("away", takes(20)).plan("here", takes(10)).plan("both", takes(5));
    Case::new(&script, TaskBesideTheOthers::new(script.clone()), (1,)).trace(expect![[r#"
        0 - started
        0 away started
        0 here started
        10 here completed
        20 away completed
        20 both started
        25 both completed
        25 - ended
        = 6
    "#]])
}

workflow! {
    workflow FailingTask() with script: Script {
        #[undo(script.undo(before))]
        stage before: Effect = script.effect(ctx);
        #[spawn]
        #[after(before)]
        stage away = script.step(ctx, ());
        stage here = script.step(ctx, ());
    }
}

fn failing_task() -> Case<FailingTask> {
    let script = Script::new().plan("before", takes(5)).plan("away", takes(10).fails("lost")).plan("here", takes(50));
    Case::new(&script, FailingTask::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 before started
        0 here started
        5 before completed
        5 away started
        15 away failed: lost
        15 here cancelled
        15 before undoing
        15 before undone
        15 - failed
        = failed: stage 'away' failed: lost
    "#]])
}

workflow! {
    workflow TaskThatPanics() -> String with script: Script {
        #[spawn]
        #[retry(3)]
        #[catch]
        stage away: Result<u32, Failure> = script.step(ctx, 1);
        away.as_ref().map_or_else(|why| format!("{why:#}"), u32::to_string)
    }
}

fn task_that_panics() -> Case<TaskThatPanics> {
    let script = Script::new().plan("away", takes(10).panics("out of range"));
    Case::new(&script, TaskThatPanics::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 away started
        10 away attempt 1 panicked: out of range
        10 away completed
        10 - ended
        = "stage 'away' of workflow 'TaskThatPanics' panicked: out of range"
    "#]])
}

workflow! {
    workflow TaskIsCancelled() with script: Script {
        #[spawn]
        stage away = script.step(ctx, ());
        stage here = script.step(ctx, ());
    }
}

fn task_is_cancelled() -> Case<TaskIsCancelled> {
    let script = Script::new().plan("away", waits()).plan("here", waits());
    Case::new(&script, TaskIsCancelled::new(script.clone()), ()).cancel(10).trace(expect![[r#"
        0 - started
        0 away started
        0 here started
        10 > cancel
        10 away cancelled
        10 here cancelled
        10 - failed
        = was cancelled
    "#]])
}

workflow! {
    workflow TaskIsTriedAgain() -> u32 with script: Script {
        #[spawn]
        #[timeout(20ms)]
        #[retry(3, fixed(10ms))]
        stage away: u32 = script.step(ctx, ctx.attempt());
        away
    }
}

fn task_is_tried_again() -> Case<TaskIsTriedAgain> {
    let script = Script::new().plan("away", [waits(), takes(5).fails("busy"), takes(10)]);
    Case::new(&script, TaskIsTriedAgain::new(script.clone()), ())
        .trace(expect![[r#"
        0 - started
        0 away started
        20 away attempt 1 timed out: it took longer than 20ms, next in 10 ms
        30 away attempt 2 started
        35 away attempt 2 failed after 2 attempts: busy, next in 10 ms
        45 away attempt 3 started
        55 away completed
        55 - ended
        = 3
    "#]])
        // An attempt that was interrupted counts.
        .or_interrupted(["4", "5"])
}

workflow! {
    workflow BlockOnATask(numbers: Vec<u32>) -> u32 with script: Script {
        stage base: u32 = script.step(ctx, 100);
        #[spawn]
        stage away: u32 = {
            stage doubled: Vec<u32> = for number in numbers {
                stage double: u32 = script.step(ctx, number * 2);
                double
            };
            stage sum: u32 = script.step(ctx, doubled.iter().sum::<u32>() + base);
            *sum
        };
        stage here: u32 = script.step(ctx, base + 1);
        away + here
    }
}

fn block_on_a_task() -> Case<BlockOnATask> {
    let script = Script::new()
        .plan("base", takes(5))
        .plan("double", takes(10))
        .plan("double[1]", takes(20))
        .plan("sum", takes(3))
        .plan("here", takes(15));
    Case::new(&script, BlockOnATask::new(script.clone()), (vec![1, 2],)).trace(expect![[r#"
        0 - started
        0 base started
        5 base completed
        5 away started
        5 here started
        5 doubled started
        5 double[0] started
        5 double[1] started
        15 double[0] completed
        20 here completed
        25 double[1] completed
        25 doubled completed
        25 sum started
        28 sum completed
        28 away completed
        28 - ended
        = 207
    "#]])
}

workflow! {
    workflow TaskOfEachItem(words: Vec<String>) -> Vec<usize> with script: Script {
        #[concurrency(2)]
        stage lengths: Vec<usize> = for word in words {
            #[spawn]
            stage length: usize = script.step(ctx, word.len());
            length
        };
        lengths
    }
}

fn task_of_each_item() -> Case<TaskOfEachItem> {
    let script = Script::new().plan("length", takes(10)).plan("length[0]", takes(25));
    let words = ["a", "bb", "ccc"].map(str::to_owned).to_vec();
    Case::new(&script, TaskOfEachItem::new(script.clone()), (words,)).trace(expect![[r#"
        0 - started
        0 lengths started
        0 length[0] started
        0 length[1] started
        10 length[1] completed
        10 length[2] started
        20 length[2] completed
        25 length[0] completed
        25 lengths completed
        25 - ended
        = [1, 2, 3]
    "#]])
}

workflow! {
    workflow BlockingCalls(number: u32) -> u32 with script: Script {
        stage before: u32 = script.step(ctx, number + 1);
        #[blocking]
        stage first: u32 = script.call(ctx, before * 2);
        #[blocking]
        stage second: u32 = script.call(ctx, first + number);
        second
    }
}

fn blocking_calls() -> Case<BlockingCalls> {
    let script = Script::new().plan("before", takes(5));
    Case::new(&script, BlockingCalls::new(script.clone()), (1,)).trace(expect![[r#"
        0 - started
        0 before started
        5 before completed
        5 first started
        5 first completed
        5 second started
        5 second completed
        5 - ended
        = 5
    "#]])
}

workflow! {
    workflow FailingBlockingCall() -> u32 with script: Script {
        #[undo(script.undo(before))]
        stage before: Effect = script.effect(ctx);
        #[blocking]
        #[after(before)]
        stage first: u32 = script.call(ctx, 2);
        *first
    }
}

fn failing_blocking_call() -> Case<FailingBlockingCall> {
    let script = Script::new().plan("before", takes(5)).plan("first", takes(0).fails("disk full"));
    Case::new(&script, FailingBlockingCall::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 before started
        5 before completed
        5 first started
        5 first failed: disk full
        5 before undoing
        5 before undone
        5 - failed
        = failed: stage 'first' failed: disk full
    "#]])
}

fn is_busy(refusal: &Refusal) -> bool {
    refusal.0 == "busy"
}

workflow! {
    workflow BlockingCallIsTriedAgain() -> u32 with script: Script {
        #[blocking]
        #[retry(5, fixed(10ms), if = is_busy)]
        #[fallback(failure.attempts())]
        stage first: u32 = script.call(ctx, 9);
        first
    }
}

fn blocking_call_is_tried_again() -> Case<BlockingCallIsTriedAgain> {
    let busy = takes(0).fails("busy");
    let script = Script::new().plan("first", [busy.clone(), busy, takes(0).fails("gone")]);
    Case::new(&script, BlockingCallIsTriedAgain::new(script.clone()), ())
        .trace(expect![[r#"
        0 - started
        0 first started
        0 first attempt 1 failed: busy, next in 10 ms
        10 first attempt 2 started
        10 first attempt 2 failed after 2 attempts: busy, next in 10 ms
        20 first attempt 3 started
        20 first attempt 3 failed after 3 attempts: gone
        20 first decided: fallback
        20 first completed
        20 - ended
        = 3
    "#]])
        // An attempt that was interrupted counts.
        .or_interrupted(["4"])
}

workflow! {
    workflow PanickingBlockingCall() -> u32 with script: Script {
        #[blocking]
        #[retry(5)]
        stage first: u32 = script.call(ctx, 9);
        first
    }
}

fn panicking_blocking_call() -> Case<PanickingBlockingCall> {
    let script = Script::new().plan("first", panics("no such file"));
    Case::new(&script, PanickingBlockingCall::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 first started
        0 first panicked: no such file
        0 - failed
        = failed: stage 'first' panicked: no such file
    "#]])
}

workflow! {
    workflow UndoneOnATask() with script: Script {
        #[spawn]
        stage away = {
            #[undo(script.undo(made))]
            stage made: Effect = script.effect(ctx);
            #[after(made)]
            #[undo(script.undo(sent))]
            stage sent: Effect = script.effect(ctx);
        };
        #[after(away)]
        stage last = script.step(ctx, ());
    }
}

fn undone_on_a_task() -> Case<UndoneOnATask> {
    let script = Script::new()
        .plan("made", takes(10))
        .plan("sent", takes(5))
        .plan("undo sent", takes(2))
        .plan("last", takes(1).fails("no"));
    Case::new(&script, UndoneOnATask::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 away started
        0 made started
        10 made completed
        10 sent started
        15 sent completed
        15 away completed
        15 last started
        16 last failed: no
        16 sent undoing
        18 sent undone
        18 made undoing
        18 made undone
        18 - failed
        = failed: stage 'last' failed: no
    "#]])
}

workflow! {
    workflow TaskWithinARace() -> u32 with script: Script {
        stage first: u32 = race {
            {
                #[spawn]
                stage away: u32 = {
                    #[undo(script.undo(made))]
                    stage made: Effect = script.effect(ctx);
                    #[after(made)]
                    stage slow: u32 = script.step(ctx, 1);
                    *slow
                };
                away
            },
            { stage here: u32 = script.step(ctx, 2); here },
        };
        first
    }
}

fn task_within_a_race() -> Case<TaskWithinARace> {
    let script =
        Script::new().plan("made", takes(10)).plan("undo made", takes(4)).plan("slow", waits()).plan("here", takes(30));
    Case::new(&script, TaskWithinARace::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 first started
        0 away started
        0 here started
        0 made started
        10 made completed
        10 slow started
        30 here completed
        30 first decided: 2
        30 away cancelled
        30 slow cancelled
        30 made undoing
        34 made undone
        34 first completed
        34 - ended
        = 2
    "#]])
}
