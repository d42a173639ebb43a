//! The stages' functions in random workflows.

use crate::generator::random::{Event, mix};
use serde::{Deserialize, Serialize};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{task::yield_now, time::sleep};

/// A log of events, in order: each stage notes its start and its end.
#[derive(Default, Clone)]
pub struct Log {
    events: Arc<Mutex<Vec<Event>>>,
    /// Each stage takes a time of its own; else it gives way to others.
    timed: bool,
}

impl Log {
    /// A log of stages that each take a time of their own.
    #[must_use]
    pub fn timed() -> Self {
        Self { timed: true, ..Self::default() }
    }

    async fn pause<const P: usize>(&self, leaf: u64, path: [u64; P]) {
        if self.timed {
            let more: u64 = path.iter().sum();
            sleep(Duration::from_millis(1 + (leaf * 37 + more * 11) % 101)).await;
        } else {
            yield_now().await;
        }
    }

    fn note<const P: usize>(&self, leaf: u64, path: [u64; P]) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(Event { leaf, path: path.to_vec() });
    }

    /// All of it; from now on it is empty.
    #[must_use]
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A state of a loop.
#[derive(Serialize, Deserialize)]
pub struct Turn {
    /// How many rounds there were before.
    pub round: u64,
    /// Value of the rounds so far.
    pub value: u64,
}

/// The state of the next round.
#[must_use]
pub fn turn(round: u64, value: u64) -> Turn {
    Turn { round, value }
}

/// At once.
#[must_use]
pub fn plain<const P: usize, const N: usize>(
    log: &Log,
    leaf: u64,
    salt: u64,
    path: [u64; P],
    inputs: [&u64; N],
) -> u64 {
    log.note(leaf, path);
    mix(salt, &inputs.map(|input| *input))
}

/// At once, as a `Result`.
///
/// # Errors
/// Never: no stage has the number 0.
pub fn fallible<const P: usize, const N: usize>(
    log: &Log,
    leaf: u64,
    salt: u64,
    path: [u64; P],
    inputs: [&u64; N],
) -> Result<u64, String> {
    if salt == 0 { Err("no stage has that number".to_owned()) } else { Ok(plain(log, leaf, salt, path, inputs)) }
}

/// After a while.
pub async fn later<const P: usize, const N: usize>(
    log: &Log,
    leaf: u64,
    salt: u64,
    path: [u64; P],
    inputs: [&u64; N],
) -> u64 {
    log.note(leaf, path);
    log.pause(leaf, path).await;
    plain(log, leaf, salt, path, inputs)
}

/// After a while, as a `Result`.
///
/// # Errors
/// Never: no stage has the number 0.
pub async fn later_fallible<const P: usize, const N: usize>(
    log: &Log,
    leaf: u64,
    salt: u64,
    path: [u64; P],
    inputs: [&u64; N],
) -> Result<u64, String> {
    later(log, leaf, salt, path, inputs).await;
    fallible(log, leaf, salt, path, inputs)
}

/// After a longer while.
pub async fn much_later<const P: usize, const N: usize>(
    log: &Log,
    leaf: u64,
    salt: u64,
    path: [u64; P],
    inputs: [&u64; N],
) -> u64 {
    log.note(leaf, path);
    for _ in 0..leaf % 7 + 2 {
        log.pause(leaf, path).await;
    }
    plain(log, leaf, salt, path, inputs)
}
