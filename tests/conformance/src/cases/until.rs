//! `#[until]` on a single stage.

use crate::workflow;
use crate::{Case, Script, case::cases, takes, waits};
use expect_test::expect;
use workflow_runtime::Failure;

cases!(
    task_is_cut,
    only_as_long_as,
    ends_first,
    never_asked,
    came_before,
    came_while_it_could_not_start,
    wait_between_attempts_is_cut,
    neither_fallback_nor_retry,
    what_it_names_fails,
    what_it_names_is_skipped,
    one_cuts_the_next,
    nobody_left_to_ask,
);

workflow! {
    workflow TaskIsCut() -> Option<u32> with script: Script {
        signal stop: ();
        #[until(stop)]
        stage task: Option<u32> = script.step(ctx, 1);
        stage other: u32 = script.step(ctx, 2);
        task.map(|value| value + other)
    }
}

fn task_is_cut() -> Case<TaskIsCut> {
    let script = Script::new().plan("task", takes(50)).plan("other", takes(30));
    Case::new(&script, TaskIsCut::new(script.clone()), ()).pattern([19]).signal(20, TaskIsCutSignal::Stop(())).trace(
        expect![[r#"
            0 - started
            0 task started
            0 other started
            20 > signal
            20 task got signal stop
            20 task cancelled
            30 other completed
            30 - ended
            = None
        "#]],
    )
}

workflow! {
    workflow OnlyAsLongAs() -> Vec<Option<u32>> with script: Script {
        // Bids count until it is closed.
        stage closed = script.step(ctx, ());
        stage opened = script.step(ctx, ());
        #[after(opened)]
        #[until(closed)]
        stage early: Option<u32> = script.step(ctx, 1);
        #[after(early)]
        #[until(closed)]
        stage late: Option<u32> = script.step(ctx, 2);
        vec![*early, *late]
    }
}

fn only_as_long_as() -> Case<OnlyAsLongAs> {
    let script = Script::new()
        .plan("closed", takes(30))
        .plan("opened", takes(5))
        .plan("early", takes(10))
        .plan("late", takes(20));
    Case::new(&script, OnlyAsLongAs::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 closed started
        0 opened started
        5 opened completed
        5 early started
        15 early completed
        15 late started
        30 closed completed
        30 late cancelled
        30 - ended
        = [Some(1), None]
    "#]])
}

workflow! {
    workflow EndsFirst() -> Option<u32> with script: Script {
        signal stop: ();
        #[until(stop)]
        stage task: Option<u32> = script.step(ctx, 1);
        // After the task, no stage waits for the signal.
        stage rest = script.step(ctx, ());
        *task
    }
}

fn ends_first() -> Case<EndsFirst> {
    let script = Script::new().plan("task", takes(10)).plan("rest", takes(40));
    Case::new(&script, EndsFirst::new(script.clone()), ()).signal(20, EndsFirstSignal::Stop(())).trace(expect![[r#"
            0 - started
            0 task started
            0 rest started
            10 task completed
            20 > signal: Closed
            40 rest completed
            40 - ended
            = Some(1)
        "#]])
}

workflow! {
    workflow NeverAsked() -> Option<u32> with script: Script {
        signal stop: ();
        #[until(stop)]
        stage task: Option<u32> = script.step(ctx, 1);
        *task
    }
}

// The run does not wait for a signal that no stage needs.
fn never_asked() -> Case<NeverAsked> {
    let script = Script::new().plan("task", takes(10));
    Case::new(&script, NeverAsked::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 task started
        10 task completed
        10 - ended
        = Some(1)
    "#]])
}

workflow! {
    workflow CameBefore() -> Option<u32> with script: Script {
        signal stop: ();
        stage first = script.step(ctx, ());
        #[after(first)]
        #[until(stop)]
        stage task: Option<u32> = script.step(ctx, 1);
        *task
    }
}

fn came_before() -> Case<CameBefore> {
    let script = Script::new().plan("first", takes(20)).plan("task", takes(10));
    Case::new(&script, CameBefore::new(script.clone()), ()).signal(5, CameBeforeSignal::Stop(())).trace(expect![[r#"
            0 - started
            0 first started
            5 > signal
            20 first completed
            20 task enabled
            20 task got signal stop
            20 task skipped
            20 - ended
            = None
        "#]])
}

workflow! {
    workflow CameWhileItCouldNotStart() -> Option<u32> with script: Script {
        stage quick: u32 = script.step(ctx, 1);
        stage slow: u32 = script.step(ctx, 2);
        #[until(quick)]
        stage task: Option<u32> = script.step(ctx, *slow);
        // A skipped stage has ended.
        #[after(task)]
        stage last = script.step(ctx, ());
        *task
    }
}

fn came_while_it_could_not_start() -> Case<CameWhileItCouldNotStart> {
    let script =
        Script::new().plan("quick", takes(5)).plan("slow", takes(20)).plan("task", takes(10)).plan("last", takes(1));
    Case::new(&script, CameWhileItCouldNotStart::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 quick started
        0 slow started
        5 quick completed
        20 slow completed
        20 task enabled
        20 task skipped
        20 last started
        21 last completed
        21 - ended
        = None
    "#]])
}

workflow! {
    workflow WaitBetweenAttemptsIsCut() -> Option<u32> with script: Script {
        stage timer = sleep(50ms);
        #[until(timer)]
        #[retry(9, fixed(30ms))]
        stage asked: Option<u32> = script.step(ctx, 1);
        *asked
    }
}

fn wait_between_attempts_is_cut() -> Case<WaitBetweenAttemptsIsCut> {
    let script = Script::new().plan("asked", takes(5).fails("busy"));
    Case::new(&script, WaitBetweenAttemptsIsCut::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 timer started
        0 asked started
        5 asked attempt 1 failed: busy, next in 30 ms
        35 asked attempt 2 started
        40 asked attempt 2 failed after 2 attempts: busy, next in 30 ms
        50 timer completed
        50 asked cancelled
        50 - ended
        = None
    "#]])
}

workflow! {
    workflow NeitherFallbackNorRetry() -> Option<u32> with script: Script {
        stage timer = sleep(10ms);
        // To be cut is no failure.
        #[until(timer)]
        #[retry(3)]
        #[fallback(7)]
        stage asked: Option<u32> = script.step(ctx, 1);
        *asked
    }
}

fn neither_fallback_nor_retry() -> Case<NeitherFallbackNorRetry> {
    let script = Script::new().plan("asked", waits());
    Case::new(&script, NeitherFallbackNorRetry::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 timer started
        0 asked started
        10 timer completed
        10 asked cancelled
        10 - ended
        = None
    "#]])
}

workflow! {
    workflow WhatItNamesFails() -> bool with script: Script {
        #[catch]
        stage outer: Result<u32, Failure> = {
            stage watched: u32 = script.step(ctx, 1);
            #[until(watched)]
            stage task: Option<u32> = script.step(ctx, 2);
            watched + task.unwrap_or(0)
        };
        outer.is_err()
    }
}

// The named stage's failure fails the block around both, as any stage's failure does.
fn what_it_names_fails() -> Case<WhatItNamesFails> {
    let script = Script::new().plan("watched", takes(10).fails("no")).plan("task", takes(30));
    Case::new(&script, WhatItNamesFails::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 outer started
        0 watched started
        0 task started
        10 watched failed: no
        10 task cancelled
        10 outer attempt 1 failed: stage 'watched' failed: no
        10 outer completed
        10 - ended
        = true
    "#]])
}

workflow! {
    workflow WhatItNamesIsSkipped(is_closed: bool) -> Option<u32> with script: Script {
        stage first = script.step(ctx, ());
        #[after(first)]
        #[when(*is_closed)]
        stage closing: Option<u32> = script.step(ctx, 1);
        // A skipped stage has ended.
        #[until(closing)]
        stage task: Option<u32> = script.step(ctx, 2);
        task.or(*closing)
    }
}

fn what_it_names_is_skipped() -> Case<WhatItNamesIsSkipped> {
    let script = Script::new().plan("first", takes(5)).plan("task", takes(30));
    Case::new(&script, WhatItNamesIsSkipped::new(script.clone()), (false,)).trace(expect![[r#"
        0 - started
        0 first started
        0 task started
        5 first completed
        5 closing enabled
        5 closing skipped
        5 task cancelled
        5 - ended
        = None
    "#]])
}

workflow! {
    workflow OneCutsTheNext() -> (Option<u32>, Option<u32>, Option<u32>) with script: Script {
        stage timer = sleep(10ms);
        #[until(timer)]
        stage one: Option<u32> = script.step(ctx, 1);
        #[until(one)]
        stage two: Option<u32> = script.step(ctx, 2);
        #[until(two)]
        stage three: Option<u32> = script.step(ctx, 3);
        (*one, *two, *three)
    }
}

fn one_cuts_the_next() -> Case<OneCutsTheNext> {
    let script = Script::new().plan("one", waits()).plan("two", waits()).plan("three", takes(3));
    Case::new(&script, OneCutsTheNext::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 timer started
        0 one started
        0 two started
        0 three started
        3 three completed
        10 timer completed
        10 one cancelled
        10 two cancelled
        10 - ended
        = (None, None, Some(3))
    "#]])
}

workflow! {
    workflow NobodyLeftToAsk(is_asked: bool) -> u32 with script: Script {
        signal news: u32;
        // Three stages may take it, and none is sure to. When the last of them has ended, the signal can't be taken.
        #[until(news)]
        stage one: Option<u32> = script.step(ctx, 1);
        stage two: u32 = select {
            signal news => *news,
            sleep(20ms) => 2,
        };
        stage three: u32 = {
            stage looked: u32 = script.step(ctx, 3);
            if !*is_asked { *looked } else { looked + news }
        };
        stage rest = script.step(ctx, ());
        one.unwrap_or(0) + two + three
    }
}

fn nobody_left_to_ask() -> Case<NobodyLeftToAsk> {
    let script = Script::new().plan("one", takes(10)).plan("looked", takes(30)).plan("rest", takes(50));
    Case::new(&script, NobodyLeftToAsk::new(script.clone()), (false,))
        .signal(25, NobodyLeftToAskSignal::News(1))
        .signal(35, NobodyLeftToAskSignal::News(2))
        .trace(expect![[r#"
            0 - started
            0 two started
            0 three started
            0 one started
            0 looked started
            0 rest started
            10 one completed
            20 two decided: sleep
            20 two completed
            25 > signal
            30 looked completed
            30 three decided: !*is_asked
            30 three completed
            35 > signal: Closed
            50 rest completed
            50 - ended
            = 6
        "#]])
}
