//! Control-flow patterns that the other families do not show: docs/patterns.md has all 43.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes};
use expect_test::expect;
use serde::{Deserialize, Serialize};
use std::{future::Future, pin::Pin};
use workflow_runtime::{Failure, Pool};

cases!(
    multi_merge,
    milestone,
    nobody_synchronizes,
    interleaved_parallel_routing,
    recursion,
    transient_trigger,
    critical_section,
    interleaved_routing,
    threads_split_and_merge,
    arbitrary_cycles,
);

workflow! {
    workflow MultiMerge(amount: u32) -> Vec<u32> with script: Script {
        // One for each branch that is taken. What follows stands in the body: no branch waits for another one.
        stage filed: Vec<u32> = for branch in (1..=3).filter(|branch| branch * 50 <= *amount).collect::<Vec<u32>>() {
            stage paper: u32 = match *branch {
                1 => script.step(ctx, 10),
                2 => script.step(ctx, 20),
                _ => script.step(ctx, 30),
            };
            stage file: u32 = script.step(ctx, paper + 1);
            file
        };
        filed
    }
}

fn multi_merge() -> Case<MultiMerge> {
    let script = Script::new().plan("paper[0]", takes(5)).plan("paper[1]", takes(3)).plan("file", takes(1));
    Case::new(&script, MultiMerge::new(script.clone()), (100,)).pattern([8]).trace(expect![[r#"
        0 - started
        0 filed started
        0 paper[0] started
        0 paper[0] decided: 1
        0 paper[1] started
        0 paper[1] decided: 2
        3 paper[1] completed
        3 file[1] started
        4 file[1] completed
        5 paper[0] completed
        5 file[0] started
        6 file[0] completed
        6 filed completed
        6 - ended
        = [11, 21]
    "#]])
}

workflow! {
    workflow NobodySynchronizes(copies: u32) -> u32 with script: Script {
        // Nothing names them: what comes next does not wait. (The run does, at its end.)
        stage instances = for _ in 0..*copies {
            stage printed = script.step(ctx, ());
        };
        stage next: u32 = script.step(ctx, 1);
        stage last: u32 = script.step(ctx, next + 1);
        last
    }
}

fn nobody_synchronizes() -> Case<NobodySynchronizes> {
    let script = Script::new().plan("printed", takes(30)).plan("next", takes(5)).plan("last", takes(5));
    Case::new(&script, NobodySynchronizes::new(script.clone()), (3,)).pattern([12]).trace(expect![[r#"
        0 - started
        0 instances started
        0 printed[0] started
        0 printed[1] started
        0 printed[2] started
        0 next started
        5 next completed
        5 last started
        10 last completed
        30 printed[0] completed
        30 printed[1] completed
        30 printed[2] completed
        30 instances completed
        30 - ended
        = 2
    "#]])
}

workflow! {
    workflow InterleavedParallelRouting() with script: Script, turn: Pool {
        // Never two at once, in any order but that `stamped` comes after `signed`.
        #[acquire(turn)]
        stage read = script.step(ctx, ());
        #[acquire(turn)]
        stage signed = script.step(ctx, ());
        #[acquire(turn)]
        #[after(signed)]
        stage stamped = script.step(ctx, ());
        #[acquire(turn)]
        stage copied = script.step(ctx, ());
    }
}

fn interleaved_parallel_routing() -> Case<InterleavedParallelRouting> {
    let script = Script::new()
        .plan("read", takes(5))
        .plan("signed", takes(3))
        .plan("stamped", takes(2))
        .plan("copied", takes(4));
    let turn = script.pool("turn", 1);
    let workflow = InterleavedParallelRouting::new(script.clone(), turn);
    Case::new(&script, workflow, ()).pattern([17]).trace(expect![[r#"
        0 - started
        0 read started
        0 signed started
        0 copied started
        5 read completed
        8 signed completed
        8 stamped started
        12 copied completed
        14 stamped completed
        14 - ended
        = ()
    "#]])
}

workflow! {
    workflow Milestone() -> Vec<Option<u32>> with script: Script {
        stage opened = script.step(ctx, ());
        #[after(opened)]
        stage closed = script.step(ctx, ());
        // Enabled from `opened` on, and no more once `closed` has ended. What has begun by then goes on.
        #[after(opened)]
        stage early: Option<u32> = {
            stage missed: bool = select { stage closed => true, sleep(0s) => false };
            #[when(!*missed)]
            stage bid: Option<u32> = script.step(ctx, 1);
            *bid
        };
        #[after(early)]
        stage late: Option<u32> = {
            stage over: bool = select { stage closed => true, sleep(0s) => false };
            #[when(!*over)]
            stage last_bid: Option<u32> = script.step(ctx, 2);
            *last_bid
        };
        vec![*early, *late]
    }
}

fn milestone() -> Case<Milestone> {
    let script = Script::new()
        .plan("opened", takes(5))
        .plan("closed", takes(10))
        .plan("bid", takes(20))
        .plan("last_bid", takes(1));
    Case::new(&script, Milestone::new(script.clone()), ()).pattern([18]).trace(expect![[r#"
        0 - started
        0 opened started
        5 opened completed
        5 closed started
        5 early started
        5 missed started
        5 missed decided: sleep
        5 missed completed
        5 bid started
        15 closed completed
        25 bid completed
        25 early completed
        25 late started
        25 over started
        25 over decided: stage closed
        25 over completed
        25 last_bid enabled
        25 last_bid skipped
        25 late completed
        25 - ended
        = [Some(1), None]
    "#]])
}

type Later<T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send>>;

/// Runs the workflow for a smaller number. A boxed future, so that its type ends here.
fn again(script: &Script, number: u32) -> Later<u32> {
    Box::pin(Recursion::new(script.clone()).run(number))
}

workflow! {
    workflow Recursion(number: u32) -> u32 with script: Script {
        stage here: u32 = script.step(ctx, *number);
        stage below: u32 = match *number {
            0 => 0,
            _ => again(script, number - 1),
        };
        here + below
    }
}

// The trace is that of the outermost alone: each within is a run of its own.
fn recursion() -> Case<Recursion> {
    let script = Script::new().plan("here", takes(5));
    Case::new(&script, Recursion::new(script.clone()), (3,)).pattern([22]).trace(expect![[r#"
        0 - started
        0 below started
        0 here started
        0 below decided: _
        5 here completed
        5 below completed
        5 - ended
        = 6
    "#]])
}

workflow! {
    workflow TransientTrigger() -> u32 with script: Script {
        stage opened = script.step(ctx, ());
        // A knock that came before is not heard.
        #[after(opened)]
        stage who: u32 = loop {
            signal knock: u32;
            stage early: bool = select { signal knock => true, sleep(0s) => false };
            if *early { continue } else { break script.step(ctx, *knock) }
        };
        *who
    }
}

fn transient_trigger() -> Case<TransientTrigger> {
    let script = Script::new().plan("opened", takes(10)).plan("who", takes(1));
    Case::new(&script, TransientTrigger::new(script.clone()), ())
        .pattern([23])
        .signal(3, TransientTriggerSignal::Knock(1))
        .signal(7, TransientTriggerSignal::Knock(2))
        .signal(15, TransientTriggerSignal::Knock(3))
        .trace(expect![[r#"
            0 - started
            0 opened started
            3 > signal
            7 > signal
            10 opened completed
            10 who started
            10 early[0] started
            10 early[0] got signal knock
            10 early[0] decided: signal knock
            10 early[0] completed
            10 who[0] decided: *early
            10 who[0] decided: continue
            10 early[1] started
            10 early[1] got signal knock
            10 early[1] decided: signal knock
            10 early[1] completed
            10 who[1] decided: *early
            10 who[1] decided: continue
            10 early[2] started
            10 early[2] decided: sleep
            10 early[2] completed
            10 who[2] decided: else
            10 who[2] decided: break
            15 > signal
            15 who[2] got signal knock
            16 who completed
            16 - ended
            = 3
        "#]])
}

workflow! {
    workflow CriticalSection() with script: Script, key: Pool {
        // All of a block, with whatever happens between its stages.
        #[acquire(key)]
        stage one = seq {
            stage open_one = script.step(ctx, ());
            stage pause = sleep(5ms);
            stage close_one = script.step(ctx, ());
        };
        #[acquire(key)]
        stage two = seq {
            stage open_two = script.step(ctx, ());
            stage close_two = script.step(ctx, ());
        };
        stage outside = script.step(ctx, ());
    }
}

fn critical_section() -> Case<CriticalSection> {
    let script = Script::new()
        .plan("open_one", takes(1))
        .plan("close_one", takes(2))
        .plan("open_two", takes(3))
        .plan("close_two", takes(4))
        .plan("outside", takes(6));
    let key = script.pool("key", 1);
    Case::new(&script, CriticalSection::new(script.clone(), key), ()).pattern([39]).trace(expect![[r#"
        0 - started
        0 one started
        0 open_one started
        0 two started
        0 outside started
        1 open_one completed
        1 pause started
        6 pause completed
        6 close_one started
        6 outside completed
        8 close_one completed
        8 one completed
        8 open_two started
        11 open_two completed
        11 close_two started
        15 close_two completed
        15 two completed
        15 - ended
        = ()
    "#]])
}

workflow! {
    workflow InterleavedRouting(numbers: Vec<u32>) -> Vec<u32> with script: Script, turn: Pool {
        // In any order, one at a time; what fails gives its turn back.
        #[acquire(turn)]
        #[undo(script.undo(first))]
        stage first: Effect = script.effect(ctx);
        #[acquire(turn)]
        #[fallback(0)]
        stage second: u32 = script.step(ctx, 1);
        stage all: Vec<u32> = for number in numbers {
            #[acquire(turn)]
            stage one: u32 = script.step(ctx, *number);
            one
        };
        #[after(first, second)]
        stage last = script.step(ctx, ());
        all
    }
}

fn interleaved_routing() -> Case<InterleavedRouting> {
    let script = Script::new()
        .plan("first", takes(5))
        .plan("second", takes(3).fails("no"))
        .plan("one", takes(2))
        .plan("last", takes(1));
    let turn = script.pool("turn", 1);
    Case::new(&script, InterleavedRouting::new(script.clone(), turn), (vec![1, 2],)).pattern([40]).trace(expect![[r#"
            0 - started
            0 all started
            0 first started
            0 second started
            0 one[0] started
            0 one[1] started
            5 first completed
            8 second attempt 1 failed: no
            8 second decided: fallback
            8 second completed
            8 last started
            9 last completed
            10 one[0] completed
            12 one[1] completed
            12 all completed
            12 - ended
            = [1, 2]
        "#]])
}

workflow! {
    workflow ThreadsSplitAndMerge(threads: u32) -> u32 with script: Script {
        // From one thread of control to a given number, and to one again.
        stage before: u32 = script.step(ctx, 10);
        stage thread: Vec<u32> = for number in 0..*threads {
            stage first: u32 = script.step(ctx, before + number);
            stage second: u32 = script.step(ctx, first * 2);
            second
        };
        stage after_all: u32 = script.step(ctx, thread.iter().sum::<u32>());
        after_all
    }
}

fn threads_split_and_merge() -> Case<ThreadsSplitAndMerge> {
    let script = Script::new()
        .plan("before", takes(1))
        .plan("first", takes(5))
        .plan("first[1]", takes(8))
        .plan("second", takes(2))
        .plan("after_all", takes(1));
    Case::new(&script, ThreadsSplitAndMerge::new(script.clone()), (3,)).pattern([41, 42]).trace(expect![[r#"
        0 - started
        0 before started
        1 before completed
        1 thread started
        1 first[0] started
        1 first[1] started
        1 first[2] started
        6 first[0] completed
        6 second[0] started
        6 first[2] completed
        6 second[2] started
        8 second[0] completed
        8 second[2] completed
        9 first[1] completed
        9 second[1] started
        11 second[1] completed
        11 thread completed
        11 after_all started
        12 after_all completed
        12 - ended
        = 66
    "#]])
}

/// Where a document is on its way.
#[derive(Debug, Serialize, Deserialize)]
enum Desk {
    /// The writer of the draft.
    Draft(u32),
    /// The reader of the draft.
    Review(u32),
    /// The person in doubt.
    Doubt(u32),
}

workflow! {
    workflow ArbitraryCycles() -> u32 with script: Script {
        // From any desk to any other, by what is said there.
        #[max(9)]
        stage signed: u32 = loop desk: Desk = Desk::Draft(0) {
            match desk {
                Desk::Draft(times) => {
                    stage written: u32 = script.step(ctx, times + 1);
                    continue Desk::Review(*written)
                }
                Desk::Review(times) => {
                    stage verdict: u32 = script.ask::<u32>(ctx);
                    match *verdict {
                        0 => break *times,
                        1 => continue Desk::Draft(*times),
                        _ => continue Desk::Doubt(*times),
                    }
                }
                Desk::Doubt(times) => {
                    stage asked: bool = script.ask::<bool>(ctx);
                    if *asked { continue Desk::Review(*times) } else { fail "nobody knows" }
                }
            }
        };
        signed
    }
}

fn arbitrary_cycles() -> Case<ArbitraryCycles> {
    let script = Script::new()
        .plan("written", takes(5))
        .plan("verdict[1]", takes(2).gives(2))
        .plan("verdict[3]", takes(2).gives(1))
        .plan("verdict[5]", takes(2).gives(0))
        .plan("asked", takes(1).gives(true));
    Case::new(&script, ArbitraryCycles::new(script.clone()), ()).pattern([10]).trace(expect![[r#"
        0 - started
        0 signed started
        0 signed[0] decided: Desk::Draft(times)
        0 written[0] started
        5 written[0] completed
        5 signed[0] decided: continue
        5 signed[1] decided: Desk::Review(times)
        5 verdict[1] started
        7 verdict[1] completed
        7 signed[1] decided: _
        7 signed[1] decided: continue
        7 signed[2] decided: Desk::Doubt(times)
        7 asked[2] started
        8 asked[2] completed
        8 signed[2] decided: *asked
        8 signed[2] decided: continue
        8 signed[3] decided: Desk::Review(times)
        8 verdict[3] started
        10 verdict[3] completed
        10 signed[3] decided: 1
        10 signed[3] decided: continue
        10 signed[4] decided: Desk::Draft(times)
        10 written[4] started
        15 written[4] completed
        15 signed[4] decided: continue
        15 signed[5] decided: Desk::Review(times)
        15 verdict[5] started
        17 verdict[5] completed
        17 signed[5] decided: 0
        17 signed[5] decided: break
        17 signed completed
        17 - ended
        = 2
    "#]])
}
