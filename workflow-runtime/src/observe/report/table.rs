//! A report as text.
//!
//! `comfy-table` 7 was weighed: borders, colors and wrapping at the terminal's width, with two crates more for the
//! width of Unicode. A report has one line of padded columns a stage, which `format!` writes.

use super::{
    analysis::{self, Step, parallelism, steps},
    record::{How, RunRecord, StageRun},
};
use crate::{failure::FailureKind, policy::duration::short};
use std::{fmt::Write, time::Duration};

/// Writes a block a workflow, in the order in which they first ran.
pub(crate) fn write(runs: &[RunRecord]) -> String {
    let mut workflows: Vec<&str> = Vec::new();
    for run in runs {
        if !workflows.contains(&run.graph.name) {
            workflows.push(run.graph.name);
        }
    }
    let blocks = workflows.iter().map(|name| {
        let runs: Vec<&RunRecord> = runs.iter().filter(|run| run.graph.name == *name).collect();
        block(&runs)
    });
    blocks.collect::<Vec<_>>().join("\n")
}

fn block(runs: &[&RunRecord]) -> String {
    let Some(longest) = runs.iter().max_by_key(|run| run.time()) else { return String::new() };
    let mut text = headline(runs);
    text.push('\n');
    lines(&mut text, &stages(runs), 1);
    let failures = failures(runs);
    if failures.len() > 1 {
        text.push('\n');
        lines(&mut text, &failures, 2);
    }
    let path = critical_path(&steps(longest), longest.time());
    if path.len() > 1 {
        let which = if runs.len() > 1 { " of the longest run" } else { "" };
        let _ = writeln!(text, "\ncritical path{which}, {}", short(longest.time()));
        lines(&mut text, &path, 1);
    }
    text
}

fn headline(runs: &[&RunRecord]) -> String {
    let count = |how: Option<How>| runs.iter().filter(|run| run.end == how).count();
    let total: Duration = runs.iter().map(|run| run.time()).sum();
    let mut text = format!("{}: {}", runs[0].graph.name, plural(runs.len(), "run"));
    let parked = runs.iter().filter(|run| run.end.is_none() && run.is_parked).count();
    let counts = [
        (count(Some(How::Completed)), "completed"),
        (count(Some(How::Failed)), "failed"),
        (count(Some(How::Cancelled)), "cancelled"),
        (count(None) - parked, "under way"),
        (parked, "parked"),
    ];
    for (count, word) in counts {
        if count > 0 {
            let _ = write!(text, ", {count} {word}");
        }
    }
    let _ = write!(text, "; {}", short(total));
    if let Some(parallelism) = parallelism(runs.iter().copied()) {
        let most = runs.iter().map(|run| analysis::work(run).1).max().unwrap_or_default();
        let _ = write!(text, "; parallelism {parallelism:.2}, at most {most}");
    }
    text.push('\n');
    text
}

fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

type Line = Vec<String>;

fn line<const N: usize>(cells: [&str; N]) -> Line {
    cells.iter().map(ToString::to_string).collect()
}

fn stages(runs: &[&RunRecord]) -> Vec<Line> {
    let heads = [
        "stage",
        "runs",
        "attempts",
        "completed",
        "failed",
        "skipped",
        "cancelled",
        "undone",
        "undo failed",
        "time",
        "longest",
        "waits",
    ];
    let mut table = vec![line(heads)];
    for (stage, _) in (0..).zip(runs[0].graph.stages) {
        let all = || runs.iter().flat_map(|run| run.stages.iter().map(|one| (one, run.last)));
        let all = || all().filter(|(one, _): &(&StageRun, _)| one.stage == stage);
        if all().next().is_none() {
            continue;
        }
        let ended = |how| all().filter(|(one, _)| one.end.is_some_and(|(_, ended)| ended == how)).count();
        let undos = |how| all().filter(|(one, _)| one.undo.as_ref().is_some_and(|undo| undo.end_as(how))).count();
        let attempts = all().map(|(one, _)| one.attempts.len()).sum();
        let busy: Duration = all().map(|(one, now)| one.busy(now)).sum();
        let longest = all().map(|(one, now)| one.time(now)).max().unwrap_or_default();
        let waits: Duration = all().map(|(one, now)| one.time(now).saturating_sub(one.busy(now))).sum();
        let mut row = vec![format!("{}{}", "  ".repeat(runs[0].depth(stage)), runs[0].name(stage))];
        let counts = [
            all().count(),
            attempts,
            ended(How::Completed),
            ended(How::Failed),
            ended(How::Skipped),
            ended(How::Cancelled),
            undos(How::Completed),
            undos(How::Failed),
        ];
        row.extend(counts.map(|count| if count == 0 { "-".to_owned() } else { count.to_string() }));
        row.extend([busy, longest, waits].map(|time| if time.is_zero() { "-".to_owned() } else { short(time) }));
        table.push(row);
    }
    table
}

fn failures(runs: &[&RunRecord]) -> Vec<Line> {
    let mut counts: Vec<((Option<u32>, FailureKind), usize)> = Vec::new();
    for failure in runs.iter().flat_map(|run| &run.failures) {
        match counts.iter_mut().find(|(other, _)| other == failure) {
            Some((_, count)) => *count += 1,
            None => counts.push((*failure, 1)),
        }
    }
    counts.sort_by_key(|((stage, _), _)| stage.unwrap_or(u32::MAX));
    let mut table = vec![line(["failures of", "kind", "count"])];
    for ((stage, kind), count) in counts {
        let name = stage.map_or("(the run)", |stage| runs[0].name(stage));
        table.push(line([name, &format!("{kind:?}"), &count.to_string()]));
    }
    table
}

fn critical_path(steps: &[Step], total: Duration) -> Vec<Line> {
    let mut table = vec![line(["stage", "at", "time", "share"])];
    let mut reached = Duration::ZERO;
    let mut push = |name: &str, at: Duration, time: Duration| {
        let share = time.as_secs_f64() / total.as_secs_f64().max(f64::MIN_POSITIVE) * 100.0;
        table.push(line([name, &short(at), &short(time), &format!("{share:.0}%")]));
    };
    for step in steps {
        if step.at > reached {
            push("(waiting)", reached, step.at.saturating_sub(reached));
        }
        push(&step.stage, step.at, step.time);
        reached = reached.max(step.at + step.time);
    }
    if total > reached {
        push("(until the end)", reached, total.saturating_sub(reached));
    }
    table
}

/// Columns as wide as they have to be; those before `numbers` are words, which start at the left.
fn lines(text: &mut String, table: &[Line], numbers: usize) {
    let columns = table.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| table.iter().map(|row| row.get(column).map_or(0, |cell| cell.chars().count())).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    for row in table {
        let mut line = String::new();
        for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            if column > 0 {
                line.push_str("  ");
            }
            let _ = if column < numbers { write!(line, "{cell:<width$}") } else { write!(line, "{cell:>width$}") };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}
