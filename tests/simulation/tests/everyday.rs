//! A few hundred seeds find nothing.

use std::collections::{BTreeMap, BTreeSet};
use workflow_simulation::{
    batch, generator,
    schedule::{Event, Schedule},
    shrink::{findings, shrink, story},
    world::quiet_planned_panics,
};

/// How many seeds.
const SEEDS: u64 = 600;

#[test]
fn a_few_hundred_seeds_find_nothing() {
    quiet_planned_panics();
    let batch = batch();
    for seed in 0..SEEDS {
        let schedule = Schedule::new(seed, &batch);
        let found = findings(&schedule, &batch);
        let told = if found.is_empty() { String::new() } else { story(&shrink(schedule, &batch), &batch) };
        assert!(found.is_empty(), "seed {seed}: {found:#?}\n{told}");
    }
}

#[test]
fn one_seed_gives_one_story() {
    quiet_planned_panics();
    let batch = batch();
    for seed in 0..20 {
        let schedule = Schedule::new(seed, &batch);
        assert_eq!(story(&schedule, &batch), story(&schedule, &batch), "seed {seed}");
    }
}

/// Each construct stands directly in each other one somewhere in the long batch.
#[test]
fn every_construct_stands_in_every_other() {
    let mut pairs = BTreeMap::new();
    for plan in generator::batch(300) {
        for (pair, count) in plan.pairs {
            *pairs.entry(pair).or_insert(0) += count;
        }
    }
    let mut missing = Vec::new();
    for &around in generator::BLOCK_KINDS {
        for &inside in generator::STAGE_KINDS {
            if generator::may_stand_in(inside, around) && !pairs.contains_key(&(around, inside)) {
                missing.push((around, inside));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

/// Each construct in each other one meets each thing that may happen, within 20,000 seeds of the long batch.
#[test]
fn everything_happens_to_every_pair() {
    let batch = generator::batch(300);
    let mut missing: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
    let all = ["crash", "slow commit", "cancel", "rewind", "signal", "restart", "jump", "upgrade", "failing store"];
    for plan in &batch {
        for pair in plan.pairs.keys() {
            missing.entry(*pair).or_insert_with(|| all.into());
        }
    }
    for seed in 0..20_000 {
        let schedule = Schedule::new(seed, &batch);
        let mut happens: Vec<&str> = schedule.events.iter().map(|(_, event)| name(event)).collect();
        let disk = schedule.disk;
        happens.extend((disk.applies + disk.tells > 0).then_some("slow commit"));
        happens.extend((disk.fails > 0).then_some("failing store"));
        for pair in batch[schedule.workflow].pairs.keys() {
            let left = missing.entry(*pair).or_default();
            left.retain(|happening| !happens.contains(happening));
        }
    }
    missing.retain(|_, left| !left.is_empty());
    assert!(missing.is_empty(), "{missing:?}");
}

fn name(event: &Event) -> &'static str {
    match event {
        Event::Signal(_) => "signal",
        Event::Cancel => "cancel",
        Event::Rewind(_) => "rewind",
        Event::Crash | Event::CrashAtWrite(..) => "crash",
        Event::Restart => "restart",
        Event::Jump(_) => "jump",
        Event::Upgrade => "upgrade",
    }
}
