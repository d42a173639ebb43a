//! Events from outside of an instance, and their times: all of it follows from a seed.

use crate::{
    generator::{
        Plan,
        numbers::{Numbers, scatter},
    },
    store::Disk,
};

/// One thing that happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The signal with that number arrives.
    Signal(u32),
    /// The instance is cancelled.
    Cancel,
    /// The instance is rewound to before that stage.
    Rewind(String),
    /// The process crashes.
    Crash,
    /// The process crashes after this number of writes: after the last of them is applied, or before.
    CrashAtWrite(u64, bool),
    /// The engine is shut down, and another one starts.
    Restart,
    /// The process crashes, and the clock has moved on by this number of milliseconds when the next one starts.
    Jump(i64),
    /// The process crashes, and the next one is of the second build.
    Upgrade,
}

/// All that happens to an instance.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Seed of the schedule, and of the actions of user code.
    pub seed: u64,
    /// Which workflow of the batch.
    pub workflow: usize,
    /// How many of a hundred leaves fail.
    pub failing: u64,
    /// The store.
    pub disk: Disk,
    /// The engine's `idle_timeout` in milliseconds; none: for ever.
    pub idle_timeout: Option<u64>,
    /// Milliseconds after the start, ascending, and what happens then.
    pub events: Vec<(u64, Event)>,
}

impl Schedule {
    /// Makes the schedule of a seed.
    #[must_use]
    pub fn new(seed: u64, batch: &[Plan]) -> Self {
        let mut numbers = Numbers::new(scatter(seed, 0x5C4E));
        let workflow = usize::try_from(numbers.below(batch.len() as u64)).unwrap_or_default();
        let plan = &batch[workflow];
        let disk = match numbers.below(4) {
            0 => Disk { applies: 0, tells: 0, fails: 0 },
            1 => Disk { applies: 3, tells: 0, fails: 0 },
            2 => Disk { applies: 0, tells: 5, fails: 0 },
            _ => Disk { applies: 8, tells: 8, fails: if numbers.chance(25) { 8 } else { 0 } },
        };
        let idle_timeout = *numbers.one(&[Some(0), Some(0), Some(1_000), None]);
        let failing = *numbers.one(&[0, 0, 15, 30]);
        let mut events = Vec::new();
        let (mut ends, mut upgraded) = (0, false);
        let count = numbers.below(6);
        for _ in 0..count {
            let at = match numbers.below(3) {
                0 => numbers.below(15),
                1 => numbers.below(80),
                _ => numbers.below(3_000),
            };
            let event = match numbers.below(12) {
                0 => Event::Cancel,
                1 | 2 if ends < 3 => {
                    ends += 1;
                    Event::CrashAtWrite(numbers.below(20), numbers.chance(50))
                }
                3 if ends < 3 => {
                    ends += 1;
                    Event::Crash
                }
                4 if ends < 3 => {
                    ends += 1;
                    Event::Restart
                }
                5 if ends < 3 => {
                    ends += 1;
                    Event::Jump(*numbers.one(&[-5_000, -50, 40, 4_000]))
                }
                6 if ends < 3 && !upgraded => {
                    ends += 1;
                    upgraded = true;
                    Event::Upgrade
                }
                7 => {
                    let stage = numbers.one(&plan.body.stages).name.clone();
                    Event::Rewind(stage)
                }
                _ if !plan.signals.is_empty() => {
                    Event::Signal(u32::try_from(numbers.below(plan.signals.len() as u64)).unwrap_or_default())
                }
                _ => continue,
            };
            events.push((at, event));
        }
        // Now and then signals come one after another, so that some meet the moment in which a timer decides.
        if !plan.signals.is_empty() && numbers.chance(30) {
            let signal = u32::try_from(numbers.below(plan.signals.len() as u64)).unwrap_or_default();
            let (first, apart) = (numbers.below(60), 1 + numbers.below(4));
            events.extend((0..12).map(|count| (first + count * apart, Event::Signal(signal))));
        }
        // Now and then engines are started and ended one after another, before they come to anything.
        if numbers.chance(3) {
            let first = numbers.below(40);
            events.extend((0..7).map(|count| (first + count, Event::Restart)));
        }
        events.sort_by_key(|(at, _)| *at);
        Self { seed, workflow, failing, disk, idle_timeout, events }
    }
}
