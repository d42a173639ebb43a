//! `#[breaker]`: what keeps failing is left alone for a while.

use crate::{Case, Script, case::cases, takes, waits, workflow};
use expect_test::expect;
use workflow_runtime::{Failure, FailureKind};

cases!(
    opens_and_fails_fast,
    success_counts_from_new,
    probe_closes,
    failed_probe_opens_again,
    others_while_it_is_probed,
    retries_meet_the_open_breaker,
    probe_that_is_cut,
    falls_back_while_it_is_open,
    late_is_a_failure_too,
    panic_is_one,
);

workflow! {
    workflow OpensAndFailsFast(calls: Vec<u32>) -> usize with script: Script {
        #[catch]
        #[concurrency(1)]
        stage all: Vec<Result<u32, Failure>> = for call in calls {
            #[breaker(failures = 2, cooldown = 1min)]
            stage asked: u32 = script.step(ctx, *call);
            asked
        };
        all.iter().flatten().count()
    }
}

fn opens_and_fails_fast() -> Case<OpensAndFailsFast> {
    let script = Script::new().plan("asked", takes(10).fails("down"));
    Case::new(&script, OpensAndFailsFast::new(script.clone()), (vec![1, 2, 3, 4],)).trace(expect![[r#"
        0 - started
        0 all started
        0 asked[0] started
        10 asked[0] failed: down
        10 asked[1] started
        20 asked[1] failed: down
        20 asked[2] started
        20 asked[2] was not tried: its breaker is open: circuit breaker is open for another 1min
        20 asked[3] started
        20 asked[3] was not tried: its breaker is open: circuit breaker is open for another 1min
        20 all completed
        20 - ended
        = 0
    "#]])
}

workflow! {
    workflow SuccessCountsFromNew(calls: Vec<u32>) -> usize with script: Script {
        #[catch]
        #[concurrency(1)]
        stage all: Vec<Result<u32, Failure>> = for call in calls {
            #[breaker(failures = 2, cooldown = 1min)]
            stage asked: u32 = script.step(ctx, *call);
            asked
        };
        all.iter().flatten().count()
    }
}

fn success_counts_from_new() -> Case<SuccessCountsFromNew> {
    let script =
        Script::new().plan("asked", takes(10).fails("down")).plan("asked[1]", takes(10)).plan("asked[3]", takes(10));
    Case::new(&script, SuccessCountsFromNew::new(script.clone()), (vec![1, 2, 3, 4, 5],))
        .trace(expect![[r#"
        0 - started
        0 all started
        0 asked[0] started
        10 asked[0] failed: down
        10 asked[1] started
        20 asked[1] completed
        20 asked[2] started
        30 asked[2] failed: down
        30 asked[3] started
        40 asked[3] completed
        40 asked[4] started
        50 asked[4] failed: down
        50 all completed
        50 - ended
        = 2
    "#]])
        // An attempt that failed, but is not recorded, fails once more, and the breaker counts that.
        .or_interrupted(["0", "1"])
}

workflow! {
    workflow ProbeCloses() -> u32 with script: Script {
        #[max(9)]
        stage asked: u32 = loop count: u32 = 0 {
            #[breaker(failures = 1, cooldown = 50ms)]
            #[catch]
            stage answer: Result<u32, Failure> = script.step(ctx, *count);
            #[after(answer)]
            stage pause = sleep(20ms);
            match answer {
                Ok(value) if *value > 3 => break *value,
                _ => continue count + 1,
            }
        };
        asked
    }
}

fn probe_closes() -> Case<ProbeCloses> {
    let script = Script::new().plan("answer", takes(5)).plan("answer[0]", takes(5).fails("down"));
    Case::new(&script, ProbeCloses::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 asked started
        0 answer[0] started
        5 answer[0] attempt 1 failed: down
        5 answer[0] completed
        5 pause[0] started
        25 pause[0] completed
        25 asked[0] decided: _
        25 asked[0] decided: continue
        25 answer[1] started
        25 answer[1] attempt 1 was not tried: its breaker is open: circuit breaker is open for another 30ms
        25 answer[1] completed
        25 pause[1] started
        45 pause[1] completed
        45 asked[1] decided: _
        45 asked[1] decided: continue
        45 answer[2] started
        45 answer[2] attempt 1 was not tried: its breaker is open: circuit breaker is open for another 10ms
        45 answer[2] completed
        45 pause[2] started
        65 pause[2] completed
        65 asked[2] decided: _
        65 asked[2] decided: continue
        65 answer[3] started
        70 answer[3] completed
        70 pause[3] started
        90 pause[3] completed
        90 asked[3] decided: _
        90 asked[3] decided: continue
        90 answer[4] started
        95 answer[4] completed
        95 pause[4] started
        115 pause[4] completed
        115 asked[4] decided: Ok(value) if *value > 3
        115 asked[4] decided: break
        115 asked completed
        115 - ended
        = 4
    "#]])
}

workflow! {
    workflow FailedProbeOpensAgain() -> u32 with script: Script {
        #[retry(9, fixed(30ms))]
        #[breaker(failures = 2, cooldown = 50ms)]
        stage asked: u32 = script.step(ctx, 1);
        asked
    }
}

fn failed_probe_opens_again() -> Case<FailedProbeOpensAgain> {
    let down = takes(1).fails("down");
    let script = Script::new().plan("asked", [down.clone(), down.clone(), down, takes(2)]);
    Case::new(&script, FailedProbeOpensAgain::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 asked started
        1 asked attempt 1 failed: down, next in 30 ms
        31 asked attempt 2 started
        32 asked attempt 2 failed after 2 attempts: down, next in 30 ms
        62 asked attempt 3 started
        62 asked attempt 3 was not tried: its breaker is open after 3 attempts: circuit breaker is open for another 20ms, next in 30 ms
        92 asked attempt 4 started
        93 asked attempt 4 failed after 4 attempts: down, next in 30 ms
        123 asked attempt 5 started
        123 asked attempt 5 was not tried: its breaker is open after 5 attempts: circuit breaker is open for another 20ms, next in 30 ms
        153 asked attempt 6 started
        155 asked completed
        155 - ended
        = 1
    "#]])
}

workflow! {
    workflow OthersWhileItIsProbed(waits: Vec<u32>) -> Vec<String> with script: Script {
        #[catch]
        stage all: Vec<Result<u32, Failure>> = for wait in waits {
            stage pause = script.step(ctx, ());
            #[after(pause)]
            #[breaker(failures = 1, cooldown = 20ms)]
            stage asked: u32 = script.step(ctx, *wait);
            asked
        };
        all.iter().map(|item| item.as_ref().map_or_else(|why| format!("{:?}", why.kind()), u32::to_string)).collect::<Vec<_>>()
    }
}

fn others_while_it_is_probed() -> Case<OthersWhileItIsProbed> {
    // The first opens it; the second comes too early, the third probes, the fourth comes while it does, the fifth
    // after.
    let script = Script::new()
        .plan("pause[0]", takes(0))
        .plan("pause[1]", takes(10))
        .plan("pause[2]", takes(30))
        .plan("pause[3]", takes(35))
        .plan("pause[4]", takes(45))
        .plan("asked", takes(10))
        .plan("asked[0]", takes(5).fails("down"));
    Case::new(&script, OthersWhileItIsProbed::new(script.clone()), (vec![1, 2, 3, 4, 5],)).trace(expect![[r#"
        0 - started
        0 all started
        0 pause[0] started
        0 pause[0] completed
        0 asked[0] started
        0 pause[1] started
        0 pause[2] started
        0 pause[3] started
        0 pause[4] started
        5 asked[0] failed: down
        10 pause[1] completed
        10 asked[1] started
        10 asked[1] was not tried: its breaker is open: circuit breaker is open for another 15ms
        30 pause[2] completed
        30 asked[2] started
        35 pause[3] completed
        35 asked[3] started
        35 asked[3] was not tried: its breaker is open: circuit breaker is open until the attempt that probes it has ended
        40 asked[2] completed
        45 pause[4] completed
        45 asked[4] started
        55 asked[4] completed
        55 all completed
        55 - ended
        = ["Error", "BreakerOpen", "3", "BreakerOpen", "5"]
    "#]])
    // An attempt that failed, but is not recorded, fails once more, and the breaker counts that.
    .or_interrupted([r#"["BreakerOpen", "BreakerOpen", "3", "BreakerOpen", "5"]"#])
}

workflow! {
    workflow RetriesMeetTheOpenBreaker() -> u32 with script: Script {
        #[retry(3)]
        #[breaker(failures = 2, cooldown = 1h)]
        stage asked: u32 = script.step(ctx, 1);
        asked
    }
}

fn retries_meet_the_open_breaker() -> Case<RetriesMeetTheOpenBreaker> {
    let script = Script::new().plan("asked", takes(10).fails("down"));
    Case::new(&script, RetriesMeetTheOpenBreaker::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 asked started
        10 asked attempt 1 failed: down, next in 0 ms
        10 asked attempt 2 started
        20 asked attempt 2 failed after 2 attempts: down, next in 0 ms
        20 asked attempt 3 started
        20 asked attempt 3 was not tried: its breaker is open after 3 attempts: circuit breaker is open for another 1h, next in 0 ms
        20 asked attempt 4 started
        20 asked attempt 4 was not tried: its breaker is open after 4 attempts: circuit breaker is open for another 1h
        20 asked was not tried: its breaker is open after 4 attempts: circuit breaker is open for another 1h
        20 - failed
        = failed: stage 'asked' was not tried: its breaker is open after 4 attempts: circuit breaker is open for another 1h
    "#]])
}

workflow! {
    workflow ProbeThatIsCut() -> u32 with script: Script {
        #[max(5)]
        stage asked: u32 = loop count: u32 = 0 {
            stage first: u32 = race {
                {
                    #[breaker(failures = 1, cooldown = 10ms)]
                    stage answer: u32 = script.step(ctx, *count);
                    answer
                },
                { stage pause: u32 = script.step(ctx, 100); pause },
            };
            if *first < 100 { break *first } else { continue count + 1 }
        };
        asked
    }
}

fn probe_that_is_cut() -> Case<ProbeThatIsCut> {
    // The second, a probe, is cut: neither a success nor a failure. So the third probes in its place.
    let script = Script::new()
        .plan("answer[0]", takes(5).fails("down"))
        .plan("answer[1]", takes(90))
        .plan("answer[2]", takes(5))
        .plan("pause", takes(30));
    Case::new(&script, ProbeThatIsCut::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 asked started
        0 first[0] started
        0 answer[0] started
        0 pause[0] started
        5 answer[0] failed: down
        30 pause[0] completed
        30 first[0] decided: 2
        30 first[0] completed
        30 asked[0] decided: else
        30 asked[0] decided: continue
        30 first[1] started
        30 answer[1] started
        30 pause[1] started
        60 pause[1] completed
        60 first[1] decided: 2
        60 answer[1] cancelled
        60 first[1] completed
        60 asked[1] decided: else
        60 asked[1] decided: continue
        60 first[2] started
        60 answer[2] started
        60 pause[2] started
        65 answer[2] completed
        65 first[2] decided: 1
        65 pause[2] cancelled
        65 first[2] completed
        65 asked[2] decided: *first < 100
        65 asked[2] decided: break
        65 asked completed
        65 - ended
        = 2
    "#]])
}

workflow! {
    workflow FallsBackWhileItIsOpen(calls: Vec<u32>) -> Vec<u32> with script: Script {
        #[concurrency(1)]
        stage all: Vec<u32> = for call in calls {
            #[breaker(failures = 1, cooldown = 1min)]
            #[fallback(if failure.kind() == FailureKind::BreakerOpen { 7 } else { 8 })]
            stage asked: u32 = script.step(ctx, *call);
            asked
        };
        all
    }
}

fn falls_back_while_it_is_open() -> Case<FallsBackWhileItIsOpen> {
    let script = Script::new().plan("asked", takes(10).fails("down"));
    Case::new(&script, FallsBackWhileItIsOpen::new(script.clone()), (vec![1, 2],))
        .trace(expect![[r#"
        0 - started
        0 all started
        0 asked[0] started
        10 asked[0] attempt 1 failed: down
        10 asked[0] decided: fallback
        10 asked[0] decided: else
        10 asked[0] completed
        10 asked[1] started
        10 asked[1] attempt 1 was not tried: its breaker is open: circuit breaker is open for another 1min
        10 asked[1] decided: fallback
        10 asked[1] decided: failure.kind() == FailureKind::BreakerOpen
        10 asked[1] completed
        10 all completed
        10 - ended
        = [8, 7]
    "#]])
        // An attempt that failed, but is not recorded, fails once more, and the breaker counts that.
        .or_interrupted(["[7, 7]"])
}

workflow! {
    workflow LateIsAFailureToo() -> u32 with script: Script {
        #[timeout(20ms)]
        #[retry(3, fixed(5ms))]
        #[breaker(failures = 2, cooldown = 8ms)]
        stage asked: u32 = script.step(ctx, 1);
        asked
    }
}

fn late_is_a_failure_too() -> Case<LateIsAFailureToo> {
    let script = Script::new().plan("asked", [waits(), waits(), takes(10)]);
    Case::new(&script, LateIsAFailureToo::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 asked started
        20 asked attempt 1 timed out: it took longer than 20ms, next in 5 ms
        25 asked attempt 2 started
        45 asked attempt 2 timed out after 2 attempts: it took longer than 20ms, next in 5 ms
        50 asked attempt 3 started
        50 asked attempt 3 was not tried: its breaker is open after 3 attempts: circuit breaker is open for another 3ms, next in 5 ms
        55 asked attempt 4 started
        65 asked completed
        65 - ended
        = 1
    "#]])
}

workflow! {
    workflow PanicIsOne(calls: Vec<u32>) -> usize with script: Script {
        #[catch]
        #[concurrency(1)]
        stage all: Vec<Result<u32, Failure>> = for call in calls {
            #[breaker(failures = 1, cooldown = 1min)]
            stage asked: u32 = script.step(ctx, *call);
            asked
        };
        all.iter().flatten().count()
    }
}

fn panic_is_one() -> Case<PanicIsOne> {
    let script = Script::new().plan("asked", takes(5)).plan("asked[0]", takes(10).panics("broken"));
    Case::new(&script, PanicIsOne::new(script.clone()), (vec![1, 2],)).trace(expect![[r#"
        0 - started
        0 all started
        0 asked[0] started
        10 asked[0] panicked: broken
        10 asked[1] started
        10 asked[1] was not tried: its breaker is open: circuit breaker is open for another 1min
        10 all completed
        10 - ended
        = 0
    "#]])
}
