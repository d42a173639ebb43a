//! Several `#[retry]` on a stage, and their `if`: which one counts.

use crate::workflow;
use crate::{Case, Refusal, Script, case::cases, takes, waits};
use expect_test::expect;
use workflow_runtime::{Failure, FailureKind};

cases!(
    first_rule_that_fits,
    each_rule_counts_its_own,
    spent_rule_hides_the_next,
    no_rule_fits,
    timeouts_and_errors,
    only_what_is_late,
);

fn is_busy(refusal: &Refusal) -> bool {
    refusal.0 == "busy"
}

fn is_down(refusal: &Refusal) -> bool {
    refusal.0 == "down"
}

workflow! {
    workflow FirstRuleThatFits() -> u32 with script: Script {
        #[retry(3, fixed(10ms), if = is_busy)]
        #[retry(3, fixed(1s))]
        stage tried: u32 = script.step(ctx, 1);
        tried
    }
}

fn first_rule_that_fits() -> Case<FirstRuleThatFits> {
    let acts = [takes(1).fails("busy"), takes(1).fails("odd"), takes(1).fails("busy"), takes(1)];
    let script = Script::new().plan("tried", acts);
    Case::new(&script, FirstRuleThatFits::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 tried started
        1 tried attempt 1 failed: busy, next in 10 ms
        11 tried attempt 2 started
        12 tried attempt 2 failed after 2 attempts: odd, next in 1000 ms
        1012 tried attempt 3 started
        1013 tried attempt 3 failed after 3 attempts: busy, next in 10 ms
        1023 tried attempt 4 started
        1024 tried completed
        1024 - ended
        = 1
    "#]])
}

workflow! {
    workflow EachRuleCountsItsOwn() -> u32 with script: Script {
        #[retry(2, exponential(10ms..1s), jitter = none, if = is_busy)]
        #[retry(2, exponential(100ms..1s), jitter = none, if = is_down)]
        stage tried: u32 = script.step(ctx, 1);
        tried
    }
}

fn each_rule_counts_its_own() -> Case<EachRuleCountsItsOwn> {
    let (busy, down) = (takes(0).fails("busy"), takes(0).fails("down"));
    let script = Script::new().plan("tried", [busy.clone(), down.clone(), busy, down.clone(), down, takes(0)]);
    Case::new(&script, EachRuleCountsItsOwn::new(script.clone()), ())
        .trace(expect![[r#"
        0 - started
        0 tried started
        0 tried attempt 1 failed: busy, next in 10 ms
        10 tried attempt 2 started
        10 tried attempt 2 failed after 2 attempts: down, next in 100 ms
        110 tried attempt 3 started
        110 tried attempt 3 failed after 3 attempts: busy, next in 20 ms
        130 tried attempt 4 started
        130 tried attempt 4 failed after 4 attempts: down, next in 200 ms
        330 tried attempt 5 started
        330 tried attempt 5 failed after 5 attempts: down
        330 tried failed after 5 attempts: down
        330 - failed
        = failed: stage 'tried' failed after 5 attempts: down
    "#]])
        // An attempt that was interrupted counts, and takes its time again.
        .or_interrupted(["1"])
}

workflow! {
    workflow SpentRuleHidesTheNext() -> u32 with script: Script {
        #[retry(1, if = is_busy)]
        #[retry(5)]
        stage tried: u32 = script.step(ctx, 1);
        tried
    }
}

fn spent_rule_hides_the_next() -> Case<SpentRuleHidesTheNext> {
    let script = Script::new().plan("tried", [takes(1).fails("odd"), takes(1).fails("busy")]);
    Case::new(&script, SpentRuleHidesTheNext::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 tried started
        1 tried attempt 1 failed: odd, next in 0 ms
        1 tried attempt 2 started
        2 tried attempt 2 failed after 2 attempts: busy, next in 0 ms
        2 tried attempt 3 started
        3 tried attempt 3 failed after 3 attempts: busy
        3 tried failed after 3 attempts: busy
        3 - failed
        = failed: stage 'tried' failed after 3 attempts: busy
    "#]])
}

workflow! {
    workflow NoRuleFits() -> u32 with script: Script {
        #[retry(3, fixed(10ms), if = is_busy)]
        stage tried: u32 = script.step(ctx, 1);
        tried
    }
}

fn no_rule_fits() -> Case<NoRuleFits> {
    let script = Script::new().plan("tried", [takes(1).fails("busy"), takes(1).fails("down")]);
    Case::new(&script, NoRuleFits::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 tried started
        1 tried attempt 1 failed: busy, next in 10 ms
        11 tried attempt 2 started
        12 tried attempt 2 failed after 2 attempts: down
        12 tried failed after 2 attempts: down
        12 - failed
        = failed: stage 'tried' failed after 2 attempts: down
    "#]])
}

workflow! {
    workflow TimeoutsAndErrors() -> u32 with script: Script {
        #[timeout(20ms)]
        #[retry(3, fixed(5ms))]
        stage tried: u32 = script.step(ctx, 1);
        tried
    }
}

fn timeouts_and_errors() -> Case<TimeoutsAndErrors> {
    let script = Script::new().plan("tried", [waits(), takes(19).fails("just so"), takes(21), takes(20)]);
    Case::new(&script, TimeoutsAndErrors::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 tried started
        20 tried attempt 1 timed out: it took longer than 20ms, next in 5 ms
        25 tried attempt 2 started
        44 tried attempt 2 failed after 2 attempts: just so, next in 5 ms
        49 tried attempt 3 started
        69 tried attempt 3 timed out after 3 attempts: it took longer than 20ms, next in 5 ms
        74 tried attempt 4 started
        94 tried completed
        94 - ended
        = 1
    "#]])
}

fn is_late(failure: &Failure) -> bool {
    failure.kind() == FailureKind::Timeout
}

workflow! {
    workflow OnlyWhatIsLate() -> u32 with script: Script {
        #[retry(5, fixed(10ms), if = is_late)]
        stage answer: u32 = {
            #[timeout(20ms)]
            stage asked: u32 = script.step(ctx, 1);
            asked
        };
        answer
    }
}

fn only_what_is_late() -> Case<OnlyWhatIsLate> {
    let script =
        Script::new().plan("asked", takes(30)).plan("asked[1]", takes(40)).plan("asked[2]", takes(5).fails("no"));
    Case::new(&script, OnlyWhatIsLate::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 answer started
        0 asked started
        20 asked timed out: it took longer than 20ms
        20 answer attempt 1 failed: stage 'asked' timed out: it took longer than 20ms, next in 10 ms
        30 answer attempt 2 started
        30 asked[1] started
        50 asked[1] timed out: it took longer than 20ms
        50 answer attempt 2 failed: stage 'asked' timed out: it took longer than 20ms, next in 10 ms
        60 answer attempt 3 started
        60 asked[2] started
        65 asked[2] failed: no
        65 answer attempt 3 failed: stage 'asked' failed: no
        65 answer failed: stage 'asked' failed: no
        65 - failed
        = failed: stage 'asked' failed: no
    "#]])
}
