//! Rounds of a `loop`: their values, failures, and effects.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes};
use expect_test::expect;

cases!(
    rounds_are_undone,
    loop_in_a_loop,
    failing_start,
    failing_round_starts_the_loop_anew,
    endless_until_cancelled,
    fan_out_in_each_round,
);

workflow! {
    workflow RoundsAreUndone() with script: Script {
        stage written: u32 = loop count: u32 = 0 {
            #[undo(script.undo(page))]
            stage page: Effect = script.effect(ctx);
            #[after(page)]
            #[undo(script.undo(cover))]
            stage cover: Effect = script.effect(ctx);
            match (*count, cover.place().is_empty()) {
                (2, _) => break *count,
                _ => continue count + 1,
            }
        };
        stage printed = script.step(ctx, written.to_string().clear());
    }
}

fn rounds_are_undone() -> Case<RoundsAreUndone> {
    let script = Script::new()
        .plan("page", takes(10))
        .plan("cover", takes(1))
        .plan("undo page", takes(2))
        .plan("undo page[1]", takes(3).fails("burnt"))
        .plan("printed", takes(4).fails("no paper"));
    Case::new(&script, RoundsAreUndone::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 written started
        0 page[0] started
        10 page[0] completed
        10 cover[0] started
        11 cover[0] completed
        11 written[0] decided: _
        11 written[0] decided: continue
        11 page[1] started
        21 page[1] completed
        21 cover[1] started
        22 cover[1] completed
        22 written[1] decided: _
        22 written[1] decided: continue
        22 page[2] started
        32 page[2] completed
        32 cover[2] started
        33 cover[2] completed
        33 written[2] decided: (2, _)
        33 written[2] decided: break
        33 written completed
        33 printed started
        37 printed failed: no paper
        37 cover[2] undoing
        37 cover[2] undone
        37 page[2] undoing
        39 page[2] undone
        39 cover[1] undoing
        39 cover[1] undone
        39 page[1] undoing
        42 page[1] could not be undone: failed: burnt
        42 cover[0] undoing
        42 cover[0] undone
        42 page[0] undoing
        44 page[0] undone
        44 - failed
        = failed: stage 'printed' failed: no paper
        = not undone: stage 'page' failed: burnt
    "#]])
}

workflow! {
    workflow LoopInALoop() -> Vec<u32> with script: Script {
        #[max(9)]
        stage table: Vec<u32> = loop rows: Vec<u32> = Vec::new() {
            #[max(9)]
            stage sum: u32 = loop cells: u32 = 0 {
                stage cell: u32 = script.step(ctx, rows.len() as u32 + 1);
                if cells + cell >= 2 { break cells + cell } else { continue cells + cell }
            };
            let next: Vec<u32> = [rows.as_slice(), &[*sum]].concat();
            if next.len() == 2 { break next.clone() } else { continue next.clone() }
        };
        table
    }
}

fn loop_in_a_loop() -> Case<LoopInALoop> {
    let script = Script::new().plan("cell", takes(10)).plan("cell[0][1]", takes(1));
    Case::new(&script, LoopInALoop::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 table started
        0 sum[0] started
        0 cell[0][0] started
        10 cell[0][0] completed
        10 sum[0][0] decided: else
        10 sum[0][0] decided: continue
        10 cell[0][1] started
        11 cell[0][1] completed
        11 sum[0][1] decided: cells + cell >= 2
        11 sum[0][1] decided: break
        11 sum[0] completed
        11 table[0] decided: else
        11 table[0] decided: continue
        11 sum[1] started
        11 cell[1][0] started
        21 cell[1][0] completed
        21 sum[1][0] decided: cells + cell >= 2
        21 sum[1][0] decided: break
        21 sum[1] completed
        21 table[1] decided: next.len() == 2
        21 table[1] decided: break
        21 table completed
        21 - ended
        = [2, 2]
    "#]])
}

workflow! {
    workflow FailingStart() -> u32 with script: Script {
        #[max(2)]
        stage found: u32 = loop guess: u32 = { stage seed: u32 = script.step(ctx, 1); seed } {
            stage better: u32 = script.step(ctx, guess * 2);
            if *better > 10 { break *better } else { continue *better }
        };
        found
    }
}

fn failing_start() -> Case<FailingStart> {
    let script = Script::new().plan("seed", takes(10).fails("no seed"));
    Case::new(&script, FailingStart::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 found started
        0 seed started
        10 seed failed: no seed
        10 found failed: stage 'seed' failed: no seed
        10 - failed
        = failed: stage 'seed' failed: no seed
    "#]])
}

workflow! {
    workflow FailingRoundStartsTheLoopAnew() -> u32 with script: Script {
        #[retry(1, fixed(50ms))]
        #[max(5)]
        stage found: u32 = loop guess: u32 = 1 {
            #[undo(script.undo(asked))]
            stage asked: Effect = script.effect(ctx);
            #[after(asked)]
            stage better: u32 = script.step(ctx, guess * 2);
            if *better > 3 { break *better } else { continue *better }
        };
        *found
    }
}

fn failing_round_starts_the_loop_anew() -> Case<FailingRoundStartsTheLoopAnew> {
    let script = Script::new()
        .plan("asked", takes(5))
        .plan("undo asked", takes(1))
        .plan("better", takes(10))
        .plan("better[1]", takes(10).fails("lost"))
        .plan("better[1][0]", takes(10));
    Case::new(&script, FailingRoundStartsTheLoopAnew::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 found started
        0 asked[0] started
        5 asked[0] completed
        5 better[0] started
        15 better[0] completed
        15 found[0] decided: else
        15 found[0] decided: continue
        15 asked[1] started
        20 asked[1] completed
        20 better[1] started
        30 better[1] failed: lost
        30 asked[1] undoing
        31 asked[1] undone
        31 asked[0] undoing
        32 asked[0] undone
        32 found attempt 1 failed: stage 'better' failed: lost, next in 50 ms
        82 found attempt 2 started
        82 asked[1][0] started
        87 asked[1][0] completed
        87 better[1][0] started
        97 better[1][0] completed
        97 found[1][0] decided: else
        97 found[1][0] decided: continue
        97 asked[1][1] started
        102 asked[1][1] completed
        102 better[1][1] started
        112 better[1][1] completed
        112 found[1][1] decided: *better > 3
        112 found[1][1] decided: break
        112 found completed
        112 - ended
        = 4
    "#]])
}

workflow! {
    workflow EndlessUntilCancelled() with script: Script {
        stage heart = loop beats: u32 = 0 {
            #[undo(script.undo(beat))]
            stage beat: Effect = script.effect(ctx);
            stage pause = sleep(40ms);
            if beat.place().is_empty() { break } else { continue beats + 1 }
        };
    }
}

fn endless_until_cancelled() -> Case<EndlessUntilCancelled> {
    let script = Script::new().plan("beat", takes(30)).plan("undo beat", takes(1));
    Case::new(&script, EndlessUntilCancelled::new(script.clone()), ()).cancel(90).trace(expect![[r#"
        0 - started
        0 heart started
        0 beat[0] started
        0 pause[0] started
        30 beat[0] completed
        40 pause[0] completed
        40 heart[0] decided: else
        40 heart[0] decided: continue
        40 beat[1] started
        40 pause[1] started
        70 beat[1] completed
        80 pause[1] completed
        80 heart[1] decided: else
        80 heart[1] decided: continue
        80 beat[2] started
        80 pause[2] started
        90 > cancel
        90 beat[2] cancelled
        90 pause[2] cancelled
        90 heart cancelled
        110 beat[2] undoing
        111 beat[2] undone
        111 beat[1] undoing
        112 beat[1] undone
        112 beat[0] undoing
        113 beat[0] undone
        113 - failed
        = was cancelled
    "#]])
}

workflow! {
    workflow FanOutInEachRound(batches: Vec<Vec<u32>>) -> u32 with script: Script {
        stage total: u32 = loop sum: u32 = 0 {
            signal batch: usize;
            match batches.get(*batch) {
                None => break *sum,
                Some(numbers) => {
                    stage doubled: Vec<u32> = for number in *numbers {
                        stage double: u32 = script.step(ctx, number * 2);
                        double
                    };
                    continue sum + doubled.iter().sum::<u32>()
                }
            }
        };
        total
    }
}

fn fan_out_in_each_round() -> Case<FanOutInEachRound> {
    let script = Script::new().plan("double", takes(10)).plan("double[0][1]", takes(20));
    Case::new(&script, FanOutInEachRound::new(script.clone()), (vec![vec![1, 2], vec![3]],))
        .signal(5, FanOutInEachRoundSignal::Batch(0))
        .signal(10, FanOutInEachRoundSignal::Batch(1))
        .signal(40, FanOutInEachRoundSignal::Batch(9))
        .trace(expect![[r#"
            0 - started
            0 total started
            5 > signal
            5 total[0] got signal batch
            5 total[0] decided: Some(numbers)
            5 doubled[0] started
            5 double[0][0] started
            5 double[0][1] started
            10 > signal
            15 double[0][0] completed
            25 double[0][1] completed
            25 doubled[0] completed
            25 total[0] decided: continue
            25 total[1] got signal batch
            25 total[1] decided: Some(numbers)
            25 doubled[1] started
            25 double[1][0] started
            35 double[1][0] completed
            35 doubled[1] completed
            35 total[1] decided: continue
            40 > signal
            40 total[2] got signal batch
            40 total[2] decided: None
            40 total[2] decided: break
            40 total completed
            40 - ended
            = 12
        "#]])
}
