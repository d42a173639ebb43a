//! The stages that a run's time went through, and how much of it ran side by side.

use super::record::{How, Moment, RunRecord};
use std::time::Duration;

/// Returns the innermost stages that the run's end waited for, the first first. Each started when the one before it, or
/// a stage around that one, had ended.
pub(crate) fn critical_path(run: &RunRecord) -> Vec<usize> {
    let mut children = vec![Vec::new(); run.stages.len()];
    let mut outermost = Vec::new();
    for (index, stage) in run.stages.iter().enumerate() {
        match stage.parent {
            Some(parent) => children[parent].push(index),
            None => outermost.push(index),
        }
    }
    let mut path = Vec::new();
    let mut next = last_of(run, &outermost, usize::MAX);
    while let Some(current) = next {
        let ended = run.stages[current].end.map_or(usize::MAX, |(moment, _)| moment.order);
        if let Some(inner) = last_of(run, &children[current], ended) {
            next = Some(inner);
            continue;
        }
        if !matches!(run.stages[current].end, Some((_, How::Skipped))) {
            path.push(current);
        }
        // Where it did not wait for another, what stands around it did.
        let mut waiting = Some(current);
        next = None;
        while let (None, Some(stage)) = (next, waiting) {
            next = waited_for(run, stage);
            waiting = run.stages[stage].parent;
        }
    }
    path.reverse();
    path
}

/// Returns the last of some stages to end: a cancelled stage held nothing up.
fn last_of(run: &RunRecord, among: &[usize], before: usize) -> Option<usize> {
    let ended = |&index: &usize| match run.stages[index].end {
        Some((Moment { order, .. }, How::Completed | How::Failed)) if order < before => Some((order, index)),
        _ => None,
    };
    among.iter().filter_map(ended).max().map(|(_, index)| index)
}

/// Returns the stage after which a stage started.
fn waited_for(run: &RunRecord, waiting: usize) -> Option<usize> {
    let stage = &run.stages[waiting];
    let needs: Vec<u32> = run
        .graph
        .edges
        .iter()
        .filter(|edge| is_inside(run, edge.to, stage.stage) && !is_inside(run, edge.from, stage.stage))
        .map(|edge| edge.from)
        .collect();
    let scope_start = stage.parent.map_or(run.started, |parent| run.stages[parent].enabled.at);
    let begun = item_begun(run, waiting);
    let ended = run.stages.iter().enumerate().filter_map(|(index, other)| {
        let (moment, how) = other.end?;
        let is_needed = needs.contains(&other.stage) && stage.places.starts_with(&other.places);
        // The round before, or an item that made room.
        let made_room = other.parent == stage.parent
            && other.places != stage.places
            && moment.at > scope_start
            && begun.is_some_and(|begun| moment.order < begun);
        let before = moment.order < stage.enabled.order && how != How::Cancelled;
        (before && (is_needed || made_room)).then_some((moment.order, index))
    });
    ended.max().map(|(_, index)| index)
}

/// Returns when the round or item began that a stage stands in. `None` if that can't be told, since all stages in there
/// waited for something else. On a real clock it begins somewhat later than the one before it has ended: the order
/// counts.
fn item_begun(run: &RunRecord, waiting: usize) -> Option<usize> {
    let stage = &run.stages[waiting];
    let item = run.stages.iter().filter(|other| other.parent == stage.parent && other.places == stage.places);
    item.filter(|other| !other.was_signalled).map(|other| other.enabled.order).min()
}

/// Whether a stage is another or stands inside it.
fn is_inside(run: &RunRecord, stage: u32, other: u32) -> bool {
    let mut next = Some(stage);
    for _ in 0..=run.graph.stages.len() {
        match next {
            Some(stage) if stage == other => return true,
            Some(stage) => {
                next = run.graph.stages.get(stage as usize).and_then(|stage| run.around(stage.scope));
            }
            None => return false,
        }
    }
    false
}

/// Returns the time of all attempts of innermost stages together, and the most of them that ran at once.
pub(crate) fn work(run: &RunRecord) -> (Duration, usize) {
    let composites = run.composites();
    let leaves = run.stages.iter().zip(composites).filter(|(_, composite)| !composite).map(|(stage, _)| stage);
    let mut total = Duration::ZERO;
    let mut changes = Vec::new();
    for attempt in leaves.flat_map(|stage| &stage.attempts) {
        let until = attempt.until(run.last);
        total += until.duration_since(attempt.start);
        if until > attempt.start {
            changes.extend([(attempt.start, true), (until, false)]);
        }
    }
    // What ends makes room first.
    changes.sort_unstable();
    let (mut running, mut most) = (0usize, 0);
    for (_, starts) in changes {
        running = if starts { running + 1 } else { running.saturating_sub(1) };
        most = most.max(running);
    }
    (total, most)
}

/// A stage on the path that a run's time went through.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// Name of the stage, with the numbers of rounds and items around it, from 0: `each[3]`.
    pub stage: String,
    /// Time from the run's start until the stage was enabled.
    pub at: Duration,
    /// Duration of the stage, waits between its attempts included.
    pub time: Duration,
}

pub(crate) fn parallelism<'r>(runs: impl Iterator<Item = &'r RunRecord>) -> Option<f64> {
    let (mut worked, mut time) = (Duration::ZERO, Duration::ZERO);
    for run in runs {
        worked += work(run).0;
        time += run.time();
    }
    (!time.is_zero()).then(|| worked.as_secs_f64() / time.as_secs_f64())
}

pub(crate) fn steps(run: &RunRecord) -> Vec<Step> {
    let step = |&index: &usize| {
        let stage = &run.stages[index];
        Step { stage: run.title(stage), at: stage.enabled.at.duration_since(run.started), time: stage.time(run.last) }
    };
    let path = critical_path(run);
    path.iter().map(step).collect()
}
