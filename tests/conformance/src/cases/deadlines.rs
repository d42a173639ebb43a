//! `#[deadline]`, of stages and of the whole run.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes, waits};
use expect_test::expect;
use workflow_runtime::{Failure, Pool};

cases!(
    wait_is_cut,
    attempt_is_cut,
    whole_run,
    whole_run_in_time,
    innermost_first,
    fallback_is_not_counted,
    permits_are_not_counted,
);

workflow! {
    workflow WaitIsCut() with script: Script {
        #[retry(2, fixed(20ms))]
        #[deadline(50ms)]
        stage tried = script.step(ctx, ());
    }
}

fn wait_is_cut() -> Case<WaitIsCut> {
    let script = Script::new().plan("tried", takes(10).fails("busy"));
    Case::new(&script, WaitIsCut::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 tried started
        10 tried attempt 1 failed: busy, next in 20 ms
        30 tried attempt 2 started
        40 tried attempt 2 failed after 2 attempts: busy
        50 tried passed its deadline after 2 attempts: all its attempts together took longer than 50ms
        50 - failed
        = failed: stage 'tried' passed its deadline after 2 attempts: all its attempts together took longer than 50ms
    "#]])
}

workflow! {
    workflow AttemptIsCut() with script: Script {
        #[retry(5, fixed(10ms))]
        #[timeout(25ms)]
        #[deadline(60ms)]
        stage tried = script.step(ctx, ());
    }
}

fn attempt_is_cut() -> Case<AttemptIsCut> {
    let script = Script::new().plan("tried", [takes(8).fails("busy"), waits()]);
    Case::new(&script, AttemptIsCut::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 tried started
        8 tried attempt 1 failed: busy, next in 10 ms
        18 tried attempt 2 started
        43 tried attempt 2 timed out after 2 attempts: it took longer than 25ms, next in 10 ms
        53 tried attempt 3 started
        60 tried attempt 3 passed its deadline after 3 attempts: all its attempts together took longer than 60ms
        60 tried passed its deadline after 3 attempts: all its attempts together took longer than 60ms
        60 - failed
        = failed: stage 'tried' passed its deadline after 3 attempts: all its attempts together took longer than 60ms
    "#]])
}

workflow! {
    #[deadline(40ms)]
    workflow WholeRun() with script: Script {
        #[undo(script.undo(first))]
        stage first: Effect = script.effect(ctx);
        #[undo(script.undo(second))]
        stage second: Effect = script.effect(ctx);
        #[after(first, second)]
        #[catch]
        stage _slow: Result<(), Failure> = script.step(ctx, ());
    }
}

// Nothing absorbs it. The undos are not bound by it.
fn whole_run() -> Case<WholeRun> {
    let script = Script::new()
        .plan("first", takes(20))
        .plan("undo first", takes(100))
        .plan("second", takes(10))
        .plan("undo second", takes(1))
        .plan("_slow", waits());
    Case::new(&script, WholeRun::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 first started
        0 second started
        10 second completed
        20 first completed
        20 _slow started
        40 _slow cancelled
        40 first undoing
        140 first undone
        140 second undoing
        141 second undone
        141 - failed
        = passed its deadline: the whole run took longer than 40ms
    "#]])
}

workflow! {
    #[deadline(40ms)]
    workflow WholeRunInTime() with script: Script {
        stage first = script.step(ctx, ());
        #[after(first)]
        stage second = script.step(ctx, ());
    }
}

fn whole_run_in_time() -> Case<WholeRunInTime> {
    let script = Script::new().plan("first", takes(20)).plan("second", takes(19));
    Case::new(&script, WholeRunInTime::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 first started
        20 first completed
        20 second started
        39 second completed
        39 - ended
        = ()
    "#]])
}

workflow! {
    workflow InnermostFirst() with script: Script {
        #[deadline(100ms)]
        stage outer = {
            #[timeout(60ms)]
            stage middle = {
                #[timeout(20ms)]
                #[retry(1)]
                stage inner = script.step(ctx, ());
                #[after(inner)]
                stage last = script.step(ctx, ());
            };
        };
    }
}

fn innermost_first() -> Case<InnermostFirst> {
    let script = Script::new().plan("inner", [waits(), takes(5)]).plan("last", waits());
    Case::new(&script, InnermostFirst::new(script.clone()), ())
        .trace(expect![[r#"
        0 - started
        0 outer started
        0 middle started
        0 inner started
        20 inner attempt 1 timed out: it took longer than 20ms, next in 0 ms
        20 inner attempt 2 started
        25 inner completed
        25 last started
        60 last cancelled
        60 middle timed out: it took longer than 60ms
        60 outer failed: stage 'middle' timed out: it took longer than 60ms
        60 - failed
        = failed: stage 'middle' timed out: it took longer than 60ms
    "#]])
        // A timeout starts anew with the attempt.
        .or_interrupted(["failed: stage 'outer' passed its deadline: all its attempts together took longer than 100ms"])
}

workflow! {
    workflow FallbackIsNotCounted() -> u32 with script: Script {
        #[timeout(10ms)]
        #[deadline(15ms)]
        #[retry(1)]
        #[fallback({
            stage instead: u32 = script.step(ctx, 5);
            instead
        })]
        stage asked: u32 = script.step(ctx, 1);
        asked
    }
}

fn fallback_is_not_counted() -> Case<FallbackIsNotCounted> {
    let script = Script::new().plan("asked", waits()).plan("instead", takes(1000));
    Case::new(&script, FallbackIsNotCounted::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 asked started
        10 asked attempt 1 timed out: it took longer than 10ms, next in 0 ms
        10 asked attempt 2 started
        15 asked attempt 2 passed its deadline after 2 attempts: all its attempts together took longer than 15ms
        15 asked decided: fallback
        15 instead started
        1015 instead completed
        1015 asked completed
        1015 - ended
        = 5
    "#]])
}

workflow! {
    workflow PermitsAreNotCounted() -> Option<String> with script: Script, desk: Pool {
        // The timeout begins with the permit; the deadline does not wait for it.
        #[acquire(desk)]
        #[timeout(20ms)]
        stage first = script.step(ctx, ());
        #[acquire(desk)]
        #[timeout(20ms)]
        stage second = script.step(ctx, ());
        #[acquire(desk)]
        #[deadline(25ms)]
        #[catch]
        stage third: Result<(), Failure> = script.step(ctx, ());
        third.as_ref().map_err(|why| format!("{:?}", why.kind())).err()
    }
}

fn permits_are_not_counted() -> Case<PermitsAreNotCounted> {
    let script = Script::new().plan("first", takes(15)).plan("second", takes(18)).plan("third", takes(1));
    let desk = script.pool("desk", 1);
    Case::new(&script, PermitsAreNotCounted::new(script.clone(), desk), ()).trace(expect![[r#"
        0 - started
        0 first started
        0 second started
        0 third started
        15 first completed
        25 third attempt 1 passed its deadline: all its attempts together took longer than 25ms
        25 third completed
        33 second completed
        33 - ended
        = Some("Deadline")
    "#]])
}
