//! Judges what happened, by the workflow's structure and the ledger alone.

use crate::{
    drive::{Outcome, Report},
    generator::{Block, Leaf, Node, Plan, Stage, Undo, Version, renamed},
    ledger::{Effect, End, may_be_lost},
    schedule::Schedule,
    store::Disk,
    value::RETURNED,
    world::World,
};
use std::collections::BTreeMap;
use workflow_runtime::FailureKind;

/// Returns what must not be.
#[must_use]
pub fn judge(plan: &Plan, schedule: &Schedule, report: &Report) -> Vec<String> {
    let oracle = Oracle { plan, schedule, report };
    let mut faults: Vec<String> = oracle.told_at_once().collect();
    match &report.outcome {
        Outcome::Completed(value) if value.n == RETURNED => {}
        Outcome::Completed(value) => {
            faults.extend(oracle.undone(Some(&value.keys), &[]));
            if !(report.upgraded && plan.turns()) {
                faults.extend(oracle.lacks(&value.keys));
            }
        }
        Outcome::Failed { kind, text, in_doubt } => {
            faults.extend(oracle.undone(None, in_doubt));
            faults.extend(oracle.untold_undos(text));
            if *kind == FailureKind::Cancelled && !report.cancelled {
                faults.push("it is cancelled, and nobody has asked for that".to_owned());
            }
            if schedule.failing == 0 && matches!(kind, FailureKind::Error | FailureKind::Panic) {
                faults.push(format!("it failed without a reason: {text}"));
            }
        }
        Outcome::Parked(reason) if report.upgraded && plan.turns() && is_of_another_condition(reason) => {}
        Outcome::Parked(reason) if reason.starts_with("crashed 5 times") && oracle.may_crash_before_code() => {}
        Outcome::Parked(reason) => faults.push(format!("it is parked: {reason}")),
        Outcome::Hangs => faults.push("it hangs".to_owned()),
        Outcome::Odd(text) => faults.push(text.clone()),
    }
    if matches!(report.outcome, Outcome::Completed(_) | Outcome::Failed { .. }) {
        faults.extend(oracle.afterwards());
    }
    faults.extend(oracle.order());
    faults.extend(oracle.renamed_keys());
    faults.extend(oracle.signals());
    faults.extend(oracle.timers());
    faults
}

/// Returns whether an instance parks with that reason where it has begun something under a condition that no longer
/// holds.
fn is_of_another_condition(reason: &str) -> bool {
    reason.contains("is on record") || reason.contains("its workflow no longer comes to it")
}

struct Oracle<'a> {
    plan: &'a Plan,
    schedule: &'a Schedule,
    report: &'a Report,
}

impl Oracle<'_> {
    /// Returns the faults that the ledger saw. A task that has ended is known to the engine only once it is asked: one
    /// that is taken back before that runs again.
    fn told_at_once(&self) -> impl Iterator<Item = String> {
        let ledger = &self.report.ledger;
        let leaf_of = move |fault: &str, what: &str| {
            let (key, _) = fault.split_once(what)?;
            let number = ledger.by_key.get(key)?;
            Some(self.leaf(&ledger.effects[*number as usize]))
        };
        let runs_on = move |fault: &str| {
            leaf_of(fault, " runs again though it had completed").is_some_and(|leaf| leaf.spawned)
                && self.report.rewinds > 0
        };
        // Where the clock is set back over a crash, an attempt that had begun is taken for one that waits for its
        // moment.
        let waited =
            move |fault: &str| leaf_of(fault, " has attempt ").is_some_and(|leaf| leaf.paused) && self.report.jumps > 0;
        ledger.faults.iter().filter(move |fault| !runs_on(fault) && !waited(fault) && !self.was_armed(fault)).cloned()
    }

    /// Returns whether a fault is the undo of a stage that was armed and cut before its code began. `on = attempt` is
    /// recorded first, and a slow disk takes its time for that.
    fn was_armed(&self, fault: &str) -> bool {
        let Some((key, _)) = fault.split_once(" is undone, and was never begun") else { return false };
        let name = key.rsplit('/').next().unwrap_or(key).split('~').next().unwrap_or_default();
        let Disk { applies, tells, .. } = self.schedule.disk;
        let is_armed = |leaf: &Leaf| leaf.undo == Undo::Attempt && leaf.stage == name.trim_end_matches("_b");
        applies + tells > 0 && self.plan.leaves.iter().any(is_armed)
    }

    /// Returns whether five crashes in a row may each have come between the record of a stage's start and its code. On
    /// a slow disk the engine can't tell them from a stage that kills its process.
    fn may_crash_before_code(&self) -> bool {
        let Disk { applies, tells, .. } = self.schedule.disk;
        // Each crash is noted twice.
        applies + tells > 0 && self.report.ledger.crashes.len() >= 10
    }

    fn leaf(&self, effect: &Effect) -> &Leaf {
        &self.plan.leaves[effect.leaf as usize]
    }

    /// A crash may have hidden from the engine how the last call ended.
    fn is_unsure(&self, effect: &Effect) -> bool {
        let Some(last) = effect.calls.last() else { return false };
        match last.ended {
            Some((_, _, End::Crashed)) => true,
            Some((moment, at, _)) => may_be_lost(&self.report.ledger.crashes, moment, at),
            None => false,
        }
    }

    /// The undos that have failed, and the failure does not tell of. (A crash while a run in a stage is undone loses
    /// the rest; the value of a `#[catch]` tells of what failed in there.)
    fn untold_undos(&self, text: &str) -> Vec<String> {
        if self.report.rewinds > 0 || self.report.store_errors > 0 {
            return Vec::new();
        }
        let failed = self.report.ledger.effects.iter().filter(|effect| {
            let leaf = self.leaf(effect);
            effect.undo_failed() && !leaf.child && !leaf.caught
        });
        let is_told = |effect: &&Effect| {
            let name = &self.leaf(effect).stage;
            let told = |name: &str| text.contains(&format!("not undone: stage '{name}'"));
            told(name) || told(&renamed(name, Version::Two))
        };
        failed
            .filter(|effect| !is_told(effect))
            .map(|effect| format!("{} is not undone, and that is not told", effect.key))
            .collect()
    }

    /// Returns faults of undoing: effects that were rolled back are undone, others are not.
    fn undone(&self, kept: Option<&[u32]>, in_doubt: &[String]) -> Vec<String> {
        let mut faults = Vec::new();
        for (number, effect) in (0u32..).zip(&self.report.ledger.effects) {
            let leaf = self.leaf(effect);
            let key = &effect.key;
            if kept.is_some_and(|kept| kept.contains(&number)) {
                if effect.done().is_none() {
                    faults.push(format!("the output came of {key}, which never succeeded"));
                }
                // The stage that runs it may have begun again since.
                let last = effect.calls.last().map_or(0, |call| call.begun);
                if effect.undos.iter().any(|undo| !leaf.child || undo.begun > last) {
                    faults.push(format!("{key} is undone, and the output came of it"));
                }
                continue;
            }
            let told = in_doubt.iter().any(|name| *name == leaf.stage || *name == renamed(&leaf.stage, Version::Two));
            // A workflow that completes does not report stages in doubt.
            let unsure = self.is_unsure(effect) && (kept.is_some() || told);
            let last = effect.calls.last().and_then(|call| call.ended).map(|ended| ended.2);
            let lenient = self.report.rewinds > 0 || self.report.store_errors > 0;
            // Where the clock is set back over a crash, an attempt that had begun is taken for one that waits for its
            // moment.
            let hidden = self.report.jumps > 0 && leaf.paused && self.is_unsure(effect);
            let wrong = match (leaf.undo, last) {
                (Undo::None, _) => false,
                (_, _) if leaf.child || effect.undone() > 0 || effect.undo_failed() || told || unsure || hidden => {
                    false
                }
                (Undo::Output, Some(End::Cut)) => !leaf.timed && !lenient && kept.is_none(),
                (Undo::Output, Some(End::Crashed)) => kept.is_none() && !lenient,
                (Undo::Output, Some(End::Failed) | None) => false,
                (Undo::Output, Some(End::Done)) | (Undo::Attempt, _) => true,
            };
            if wrong {
                faults.push(format!("{key} (leaf {}) is not undone; its last call: {last:?}", effect.leaf));
            }
        }
        faults
    }

    /// Nothing runs after the end, and nothing begins.
    fn afterwards(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for effect in &self.report.ledger.effects {
            for call in effect.calls.iter().chain(&effect.undos) {
                if call.begun > self.report.ended {
                    faults.push(format!("{} begins after the end", effect.key));
                } else if call.ended.is_none_or(|ended| ended.0 > self.report.ended) && !self.leaf(effect).spawned {
                    faults.push(format!("{} is under way after the end", effect.key));
                }
            }
        }
        faults
    }

    /// Returns faults of order: effects rolled back together were undone in reverse order of completion.
    fn order(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.report.rewinds > 0 {
            return faults;
        }
        let undone: Vec<(&Effect, u64, u64, u64)> = self
            .report
            .ledger
            .effects
            .iter()
            .filter(|effect| {
                let leaf = self.leaf(effect);
                leaf.undo == Undo::Output && !leaf.spawned && !leaf.child
            })
            .filter_map(|effect| {
                let (done, first, last) = (effect.done()?, effect.undos.first()?, effect.undos.last()?.ended?);
                Some((effect, done, first.begun, last.0))
            })
            .collect();
        for &(outer, outer_done, outer_undoing, _) in &undone {
            for &(inner, inner_done, _, inner_undone) in &undone {
                let around = &self.leaf(outer).scopes;
                let inside = self.leaf(inner).scopes.starts_with(around) && Self::same_place(outer, inner);
                if inside && outer_done < inner_done && inner_done < outer_undoing && outer_undoing < inner_undone {
                    faults.push(format!("{} is undone before {}, which completed later", outer.key, inner.key));
                }
            }
        }
        faults
    }

    /// The rounds and items of the outer one are those of the inner one, too.
    fn same_place(outer: &Effect, inner: &Effect) -> bool {
        let mut place = inner.place;
        loop {
            if place == outer.place {
                return true;
            }
            if place == 0 {
                return false;
            }
            place /= 8;
        }
    }

    /// A new name makes no new key.
    fn renamed_keys(&self) -> Vec<String> {
        let mut known = BTreeMap::new();
        let keys = self.report.ledger.effects.iter().map(|effect| &effect.key);
        let twice = |key: &String| {
            let before = known.insert(key.replace("_b", ""), key.clone())?;
            Some(format!("{before} and {key} are one effect"))
        };
        keys.filter_map(twice).collect()
    }

    /// Each acknowledged signal is delivered once, in order.
    fn signals(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut taken: BTreeMap<u32, Vec<(u64, u64)>> = BTreeMap::new();
        for effect in &self.report.ledger.effects {
            if let (Some(signal), Some(value @ 1..)) = (self.leaf(effect).takes, effect.took) {
                let begun = effect.calls.first().map_or(0, |call| call.begun);
                taken.entry(signal).or_default().push((begun, value));
            }
        }
        if self.report.rewinds > 0 {
            return faults;
        }
        for (signal, mut taken) in taken {
            taken.sort_unstable();
            let values: Vec<u64> = taken.iter().map(|(_, value)| *value).collect();
            if values.windows(2).any(|pair| pair[0] >= pair[1]) {
                faults.push(format!("signal {signal} is delivered out of order, or twice: {values:?}"));
            } else if self.plan.signals[signal as usize].strict
                && (1u64..).zip(&values).any(|(expected, value)| expected != *value)
            {
                faults.push(format!("a signal {signal} is lost: {values:?} were taken"));
            }
        }
        faults
    }

    /// No timer is early.
    fn timers(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for effect in &self.report.ledger.effects {
            let (Some((millis, before)), Some(first)) = (self.leaf(effect).slept, effect.calls.first()) else {
                continue;
            };
            let millis = u64::from(if self.report.upgraded { millis / 2 } else { millis });
            let before =
                self.report.ledger.effects.iter().filter(|other| other.leaf == before && other.place == effect.place);
            let done = before
                .filter_map(|other| {
                    other.calls.iter().filter_map(|call| call.ended).rfind(|ended| ended.0 < first.begun)
                })
                .max();
            if let Some((_, at, End::Done)) = done
                && first.begun_at + 1 < at + millis
                && self.report.jumps == 0
            {
                faults.push(format!("{} begins {} ms early", effect.key, at + millis - first.begun_at));
            }
        }
        faults
    }

    /// Returns the leaves that had to run, but are not in the output.
    fn lacks(&self, keys: &[u32]) -> Vec<String> {
        let world = World::new(self.schedule.seed, 0, false);
        let mut leaves = Vec::new();
        required(&self.plan.body, &world, &mut leaves);
        let kept: Vec<u32> = keys.iter().map(|key| self.report.ledger.effects[*key as usize].leaf).collect();
        leaves
            .into_iter()
            .filter(|leaf| !kept.contains(leaf))
            .map(|leaf| format!("the output did not come of leaf {leaf}, which had to run"))
            .collect()
    }
}

fn required(block: &Block, world: &World, leaves: &mut Vec<u32>) {
    for stage in block.stages.iter().filter(|stage| !stage.lazy) {
        required_of(stage, world, leaves);
    }
}

fn required_of(stage: &Stage, world: &World, leaves: &mut Vec<u32>) {
    let policy = &stage.policy;
    if policy.catch || policy.fallback.is_some() || policy.until.is_some() {
        return;
    }
    if policy.when.is_some_and(|choice| !world.choice(choice)) {
        return;
    }
    required_node(&stage.node, world, leaves);
}

fn required_node(node: &Node, world: &World, leaves: &mut Vec<u32>) {
    match node {
        Node::Leaf(leaf, _) | Node::Take(leaf, _) => leaves.push(*leaf),
        Node::Child(leaf) => leaves.extend([*leaf, *leaf + 1]),
        Node::Block(block) | Node::Seq(block) | Node::Loop(_, block, false) => required(block, world, leaves),
        Node::If(choice, then, other) => {
            required_node(if world.choice(*choice) { then } else { other }, world, leaves);
        }
        Node::Match(choice, arms) => {
            let arm = match world.number(*choice) {
                0 => 0,
                2 => 1,
                _ => 2,
            };
            required_node(&arms[arm], world, leaves);
        }
        Node::For(_, body) => required_node(body, world, leaves),
        _ => {}
    }
}
