//! The work of the stages: next to nothing, or a microsecond.
#![allow(clippy::unused_async, reason = "an asynchronous stage that waits for nothing is what is measured")]

use std::{
    hint::black_box,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Instant,
};

/// A trivial stage. The compiler can't see through it, or it would make one addition of a chain by hand.
pub async fn step(before: &u64) -> u64 {
    black_box(*before).wrapping_add(1)
}

/// [`step`] on several values.
pub async fn step_all(before: &[&u64]) -> u64 {
    black_box(before.iter().copied().fold(0, |sum: u64, next| sum.wrapping_add(*next)))
}

/// A stage that is busy for a microsecond.
pub async fn work(before: &u64) -> u64 {
    spin();
    black_box(*before).wrapping_add(1)
}

/// [`work`] on several values.
pub async fn work_all(before: &[&u64]) -> u64 {
    spin();
    black_box(before.iter().copied().fold(0, |sum: u64, next| sum.wrapping_add(*next)))
}

/// How many turns take a microsecond here.
static TURNS: AtomicU32 = AtomicU32::new(500);

fn spin() {
    turn(TURNS.load(Relaxed));
}

fn turn(turns: u32) {
    let mut value = 1_u64;
    for _ in 0..turns {
        value = black_box(value.wrapping_mul(6_364_136_223_846_793_005));
    }
}

/// Finds out how much work is a microsecond on this machine. To be called before anything is measured.
pub fn calibrate() {
    const MANY: u32 = 1_000_000;
    let nanoseconds = (0..5).map(|_| {
        let start = Instant::now();
        turn(MANY);
        start.elapsed().as_nanos()
    });
    let each = nanoseconds.min().unwrap_or(1).max(1);
    TURNS.store(u32::try_from(u128::from(MANY) * 1_000 / each).unwrap_or(1).max(1), Relaxed);
}
