//! Series that are longer, and fan-outs that are wider than one body: what goes from one piece to another.

use std::sync::{Arc, Mutex};
use tokio::sync::Barrier;
use workflow_runtime::{Failure, StageStatus, workflow};

type Log = Arc<Mutex<Vec<&'static str>>>;

async fn next(before: &u32) -> u32 {
    tokio::task::yield_now().await;
    before + 1
}

async fn sum(one: &u32, two: &u32, three: &u32) -> u32 {
    tokio::task::yield_now().await;
    one + two + three
}

fn fails_above(limit: u32, number: u32) -> Result<u32, String> {
    if number > limit { Err(format!("{number} is too much")) } else { Ok(number + 1) }
}

fn note(log: &Log, what: &'static str) {
    log.lock().unwrap().push(what);
}

workflow! {
    /// Forty stages, most of them one after the other.
    workflow Long(seed: u32) -> u32 with limit: u32, log: Log {
        stage a1: u32 = next(seed);
        #[undo(note(log, "a2"))]
        stage a2: u32 = next(a1);
        stage a3: u32 = next(a2);
        stage a4: u32 = next(a3);
        stage a5: u32 = next(a4);
        stage a6: u32 = next(a5);
        stage a7: u32 = next(a6);
        stage a8: u32 = next(a7);
        stage a9: u32 = next(a8);
        stage a10: u32 = next(a9);
        stage a11: u32 = next(a10);
        stage a12: u32 = next(a11);
        stage a13: u32 = next(a12);
        // A fork that does not fit into the first piece.
        stage b1: u32 = next(a13);
        stage b2: u32 = next(a13);
        stage b3: u32 = next(a13);
        stage b4: u32 = next(b3);
        stage c1: u32 = b1 + b2 + b4;
        stage c2: u32 = next(c1);
        stage c3: u32 = next(c2);
        stage c4: u32 = next(c3);
        stage c5: u32 = next(c4);
        stage c6: u32 = next(c5);
        stage c7: u32 = next(c6);
        stage c8: u32 = next(c7);
        stage c9: u32 = next(c8);
        stage c10: u32 = next(c9);
        stage c11: u32 = next(c10);
        // On a task of its own, with outputs of two pieces before.
        #[spawn]
        stage d1: u32 = sum(a3, c2, c11);
        #[undo(note(log, "d2"))]
        stage d2: u32 = next(d1);
        stage d3: u32 = fails_above(*limit, *d2);
        stage d4: u32 = next(d3);
        stage d5: u32 = next(d4);
        stage d6: u32 = next(d5);
        stage d7: u32 = next(d6);
        stage d8: u32 = next(d7);
        stage d9: u32 = next(d8);
        stage d10: u32 = next(d9);
        stage d11: u32 = next(d10);
        stage d12: u32 = d11 + a1 - a1;
        d12
    }
}

#[tokio::test]
async fn outputs_go_from_one_piece_to_another() -> Result<(), Failure> {
    let long = Long::new(1_000, Log::default());
    // a13 = 13; c1 = 14 + 14 + 15; c2 = 44, c11 = 53; d1 = 3 + 44 + 53; d11 = 110.
    assert_eq!(long.run(0).await?, 110);
    let run = long.start(0);
    while run.state().a13.status() == StageStatus::Waiting {
        tokio::task::yield_now().await;
    }
    assert_eq!(run.await?, 110);
    Ok(())
}

#[tokio::test]
async fn a_failure_in_a_later_piece_undoes_what_earlier_ones_did() {
    let log = Log::default();
    let failure = Long::new(10, Arc::clone(&log)).run(0).await.unwrap_err();
    assert_eq!(format!("{failure:#}"), "stage 'd3' of workflow 'Long' failed: 101 is too much");
    assert_eq!(*log.lock().unwrap(), ["d2", "a2"]);
}

/// Ends once all 25 have come here.
async fn met(meeting: &Barrier, before: &u32, number: u32) -> u32 {
    meeting.wait().await;
    before + number
}

workflow! {
    /// 24 stages and a series side by side.
    workflow Wide(seed: u32) -> u32 with limit: u32, log: Log, meeting: Arc<Barrier> {
        stage seen: u32 = seed + 1;
        stage m1: u32 = met(meeting, seen, 1);
        stage m2: u32 = met(meeting, seen, 2);
        #[undo(note(log, "m3"))]
        stage m3: u32 = met(meeting, seen, 3);
        stage m4: u32 = met(meeting, seen, 4);
        stage m5: u32 = met(meeting, seen, 5);
        stage m6: u32 = met(meeting, seen, 6);
        stage m7: u32 = met(meeting, seen, 7);
        stage m8: u32 = met(meeting, seen, 8);
        stage m9: u32 = met(meeting, seen, 9);
        stage m10: u32 = met(meeting, seen, 10);
        stage m11: u32 = met(meeting, seen, 11);
        stage m12: u32 = met(meeting, seen, 12);
        stage m13: u32 = met(meeting, seen, 13);
        stage m14: u32 = met(meeting, seen, 14);
        stage m15: u32 = met(meeting, seen, 15);
        stage m16: u32 = met(meeting, seen, 16);
        stage m17: u32 = met(meeting, seen, 17);
        stage m18: u32 = met(meeting, seen, 18);
        stage m19: u32 = met(meeting, seen, 19);
        #[spawn]
        stage m20: u32 = met(meeting, seen, 20);
        stage m21: u32 = met(meeting, seen, 21);
        stage m22: u32 = met(meeting, seen, 22);
        stage m23: u32 = met(meeting, seen, 23);
        stage m24: u32 = met(meeting, seen, 24);
        // A branch that is too long for one body itself.
        stage c1: u32 = met(meeting, seen, 0);
        stage c2: u32 = next(c1);
        stage c3: u32 = next(c2);
        stage c4: u32 = next(c3);
        stage c5: u32 = next(c4);
        stage c6: u32 = next(c5);
        stage c7: u32 = next(c6);
        stage c8: u32 = next(c7);
        stage c9: u32 = next(c8);
        stage c10: u32 = next(c9);
        stage c11: u32 = next(c10);
        stage c12: u32 = next(c11);
        stage c13: u32 = next(c12);
        stage c14: u32 = next(c13);
        stage c15: u32 = next(c14);
        stage c16: u32 = next(c15);
        stage c17: u32 = next(c16);
        stage c18: u32 = next(c17);
        stage all: u32 = [
            m1, m2, m3, m4, m5, m6,
            m7, m8, m9, m10, m11, m12,
            m13, m14, m15, m16, m17, m18,
            m19, m20, m21, m22, m23, m24,
        ].into_iter().sum::<u32>() + c18;
        stage last: u32 = fails_above(*limit, *all);
        last
    }
}

fn wide(limit: u32, log: &Log) -> Wide {
    Wide::new(limit, Arc::clone(log), Arc::new(Barrier::new(25)))
}

#[tokio::test]
async fn all_of_a_wide_fan_out_are_under_way_at_once() -> Result<(), Failure> {
    let log = Log::default();
    // 24 times 6, 1 + .. + 24, c18 = 6 + 17, and one more.
    assert_eq!(wide(1_000, &log).run(5).await?, 24 * 6 + 300 + 23 + 1);
    assert_eq!(wide(1_000, &log).start(5).await?, 24 * 6 + 300 + 23 + 1);
    assert!(log.lock().unwrap().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_failure_after_a_wide_fan_out_undoes_what_it_did() {
    let log = Log::default();
    let failure = wide(10, &log).run(5).await.unwrap_err();
    assert_eq!(format!("{failure:#}"), "stage 'last' of workflow 'Wide' failed: 467 is too much");
    assert_eq!(*log.lock().unwrap(), ["m3"]);
}

#[test]
fn a_run_of_a_wide_fan_out_is_small() {
    // What runs side by side lies elsewhere: it would be moved with the run.
    let bytes = size_of_val(&wide(10, &Log::default()).run(5));
    assert!(bytes < 4_096, "{bytes} bytes");
}
