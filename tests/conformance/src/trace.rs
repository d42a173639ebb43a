//! Events as lines, and when two traces say the same.

use crate::{Script, order::Order};
use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::time::Instant;
use workflow_runtime::{
    Failure,
    observe::{Event, EventKind, Observer},
};

/// The lines of one play.
#[derive(Clone)]
pub(crate) struct Lines {
    start: Instant,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Lines {
    /// Time counts from now on, by tokio's clock.
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), lines: Arc::default() }
    }

    /// Something that happens outside of the run, now.
    pub(crate) fn outside(&self, what: &str) {
        self.push(format!("{} > {what}", self.start.elapsed().as_millis()));
    }

    pub(crate) fn end(&self, what: &str) {
        self.push(format!("= {what}"));
    }

    fn push(&self, line: String) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    pub(crate) fn text(&self) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        shortened(&lines).iter().flat_map(|line| [line, "\n"]).collect()
    }
}

/// A stage whose first attempt starts as soon as it is enabled has `started`. The last word of a stage that fails with
/// its only attempt is one line.
fn shortened(lines: &[String]) -> Vec<String> {
    let mut short: Vec<Option<String>> = lines.iter().cloned().map(Some).collect();
    let mut last: HashMap<&str, usize> = HashMap::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(place) = line.split(' ').nth(1) else { continue };
        let Some(before) = last.insert(place, at) else { continue };
        let (first, second) = (lines[before].as_str(), line.as_str());
        if let Some(start) = first.strip_suffix(" enabled")
            && second.strip_suffix(" attempt 1 started") == Some(start)
        {
            short[before] = None;
            short[at] = Some(format!("{start} started"));
        } else if let Some((start, why)) = first.split_once(" attempt 1 ")
            && second.strip_prefix(start).and_then(|rest| rest.strip_prefix(' ')) == Some(why)
        {
            short[before] = None;
        }
    }
    short.into_iter().flatten().collect()
}

/// Writes down every event, and counts it as a step.
pub(crate) struct Trace {
    pub(crate) lines: Lines,
    pub(crate) script: Script,
    pub(crate) order: Order,
}

impl Observer for Trace {
    fn event(&self, event: &Event<'_>) {
        self.order.event(event);
        let at = event.at.duration_since(self.lines.start).as_millis();
        let mut line = format!("{at} {}", event.stage.unwrap_or("-"));
        for (_, number) in event.places {
            let _ = write!(line, "[{number}]");
        }
        let place = line.split(' ').nth(1).unwrap_or_default().to_owned();
        match event.kind {
            EventKind::Completed | EventKind::AttemptFailed { .. } | EventKind::Failed { .. } => {
                self.script.settled(&place);
            }
            EventKind::Undone | EventKind::UndoFailed { .. } => self.script.settled(&format!("undo {place}")),
            _ => {}
        }
        let why = |failure| shortly(failure, event.stage);
        let _ = match event.kind {
            EventKind::AttemptFailed { attempt, failure, delay } => {
                let next = delay.map(|delay| format!(", next in {} ms", delay.as_millis())).unwrap_or_default();
                write!(line, " attempt {attempt} {}{next}", why(failure))
            }
            EventKind::Failed { failure } => write!(line, " {}", why(failure)),
            EventKind::UndoFailed { failure } => write!(line, " could not be undone: {}", why(failure)),
            kind => write!(line, " {kind}"),
        };
        self.lines.push(line);
        self.script.count_step();
    }
}

/// Without what the line says already.
fn shortly(failure: &Failure, stage: Option<&str>) -> String {
    // The undos that failed have lines of their own.
    let text = format!("{failure:#}");
    let text =
        text.split("; not undone: ").next().and_then(|text| text.split("; in doubt: ").next()).unwrap_or_default();
    let text = text.replace(&format!(" of workflow '{}'", failure.workflow()), "");
    let (own, whole) =
        (format!("stage '{}' ", stage.unwrap_or_default()), format!("workflow '{}' ", failure.workflow()));
    match text.strip_prefix(&own).or(text.strip_prefix(&whole)) {
        Some(rest) => rest.to_owned(),
        None => format!("failed: {text}"),
    }
}

/// A failure as the last lines of a trace.
pub(crate) fn told(failure: &Failure) -> String {
    let mut text = shortly(failure, None);
    for undo in failure.undo_failures() {
        let _ = write!(text, "\n= not undone: {}", shortly(undo, None).trim_start_matches("failed: "));
    }
    if !failure.in_doubt().is_empty() {
        let _ = write!(text, "\n= in doubt: {}", failure.in_doubt().join(", "));
    }
    text
}

/// Whether two traces say the same. Events of the same millisecond at different places may stand in any order, if the
/// language promises none. Each place's own events, undos, what comes from outside, and the start and end of the run
/// may not.
#[must_use]
pub fn same(left: &str, right: &str) -> bool {
    segments(left) == segments(right)
}

/// Lines between two that others may not pass: by place, in order.
type Segment<'a> = BTreeMap<&'a str, Vec<&'a str>>;

fn segments(trace: &str) -> Vec<Segment<'_>> {
    let mut segments = vec![Segment::new()];
    let mut time = "";
    for line in trace.lines() {
        let mut words = line.splitn(3, ' ');
        let (at, place, what) =
            (words.next().unwrap_or_default(), words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let is_undo = ["undoing", "undone", "could not be undone"].iter().any(|undo| what.starts_with(undo));
        let is_fixed = is_undo || at == "=" || place == "-" || place == ">";
        if at != time || is_fixed {
            segments.push(Segment::new());
            time = at;
        }
        if let Some(last) = segments.last_mut() {
            last.entry(place).or_default().push(line);
        }
        if is_fixed {
            segments.push(Segment::new());
        }
    }
    segments.retain(|segment| !segment.is_empty());
    segments
}

/// How often each line stands in a trace: for messages.
pub(crate) fn difference(expected: &str, actual: &str) -> String {
    let mut counts: HashMap<&str, i32> = HashMap::new();
    actual.lines().for_each(|line| *counts.entry(line).or_default() += 1);
    expected.lines().for_each(|line| *counts.entry(line).or_default() -= 1);
    let mut text = String::new();
    for (sign, line) in actual.lines().map(|line| (1, line)).chain(expected.lines().map(|line| (-1, line))) {
        if counts.get(line).is_some_and(|count| count * sign > 0) {
            let _ = writeln!(text, "{} {line}", if sign > 0 { '+' } else { '-' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn what_is_concurrent_may_stand_in_any_order() {
        assert!(same("0 a enabled\n0 b enabled\n0 a completed", "0 b enabled\n0 a enabled\n0 a completed"));
        assert!(!same("0 a enabled\n0 a completed", "0 a completed\n0 a enabled"));
        assert!(!same("0 a enabled\n0 b enabled", "0 a enabled\n1 b enabled"));
        assert!(!same("0 a enabled\n0 b enabled", "0 a enabled"));
    }

    #[test]
    fn undos_and_ends_are_in_order() {
        assert!(!same("0 a undoing\n0 b undoing", "0 b undoing\n0 a undoing"));
        assert!(!same("0 a cancelled\n0 b undoing", "0 b undoing\n0 a cancelled"));
        assert!(!same("0 - ended\n0 b completed", "0 b completed\n0 - ended"));
        assert!(!same("0 a completed\n= Ok(1)", "0 a completed\n= Ok(2)"));
    }
}
