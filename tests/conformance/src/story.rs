//! One story in all reports: events, state, report, metrics, spans, and the failure show one end of every stage.

use crate::{Conforming, checks::Verdict};
use metrics::{
    Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata as MetricMetadata, Recorder, SharedString, Unit,
};
use std::{
    collections::BTreeMap,
    fmt::{Debug, Write},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};
use tracing::{
    Event as LogEvent, Id, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Record},
};
use workflow_runtime::{
    __private::{StageId, States},
    Failure, FailureKind, WorkflowExt,
    graph::Graph,
    observe::{Event, EventKind, Metrics, Observer, Report},
};

/// How a stage may end, as all but the failure tell it.
const ENDS: [&str; 4] = ["completed", "failed", "skipped", "cancelled"];

/// The observers of one play, whose reports are compared.
#[derive(Clone, Default)]
pub(crate) struct Tellers {
    events: Events,
    report: Report,
    numbers: Numbers,
    spans: Spans,
}

/// The end of a play, beside the observers' reports.
pub(crate) struct Ended<'a> {
    pub(crate) failure: Option<&'a Failure>,
    /// The state of each stage, where the host shows it once the run has ended.
    pub(crate) statuses: Option<&'a [String]>,
    /// Whether the caller awaited the run to its end.
    pub(crate) awaited: bool,
}

impl Tellers {
    /// Adds the observers of events to a workflow.
    pub(crate) fn watch<W: Conforming>(&self, workflow: W) -> W {
        workflow.observed_by(self.events.clone()).observed_by(self.report.clone()).observed_by(Metrics::new())
    }

    /// Runs where the others listen.
    pub(crate) fn listen<R>(&self, run: impl FnOnce() -> R) -> R {
        metrics::with_local_recorder(&self.numbers, || tracing::subscriber::with_default(self.spans.clone(), run))
    }

    /// Whether all say the same.
    pub(crate) fn agree(&self, graph: &Graph<'_>, ended: &Ended<'_>) -> Verdict {
        let seen = self.events.lock();
        if let Some(wrong) = seen.wrong.first() {
            return Err(wrong.clone());
        }
        if let Some((place, _)) = seen.places.iter().find(|(_, told)| told.end.is_none()) {
            return Err(format!("{} was enabled and never came to an end", title(graph, place)));
        }
        let told = seen.counts(graph);
        same("the report", &told, &reported(&self.report.to_table(), graph))?;
        same("the metrics", &told, &self.numbers.counts(graph))?;
        let without_undos = told.iter().filter(|((_, what), _)| ENDS.contains(&what.as_str()));
        // Runs that a stage runs itself have spans, and are not observed.
        if self.spans.counts("workflow").values().sum::<u64>() == 1 {
            let ends = without_undos.map(|(key, count)| (key.clone(), *count)).collect();
            same("the spans", &ends, &self.spans.counts("stage"))?;
        }
        if let Some(statuses) = ended.statuses {
            seen.are_shown(graph, statuses)?;
        }
        if ended.awaited { self.agree_on_the_end(graph, &seen, ended.failure) } else { Ok(()) }
    }

    fn agree_on_the_end(&self, graph: &Graph<'_>, seen: &Seen, failure: Option<&Failure>) -> Verdict {
        let outcome = match failure {
            None => "completed",
            Some(failure) if failure.kind() == FailureKind::Cancelled => "cancelled",
            Some(_) => "failed",
        };
        let expected = |what: &str, said: Option<String>| match said.as_deref() == Some(outcome) {
            true => Ok(()),
            false => Err(format!("the run {outcome}, but {what} says {said:?}")),
        };
        expected("the last event", seen.run.clone())?;
        let runs = self.spans.counts("workflow");
        expected("its span", runs.keys().next().map(|(_, what)| what.clone()))?;
        let table = self.report.to_table();
        let headline = table.lines().next().unwrap_or_default();
        if !headline.contains(&format!("1 {outcome}")) {
            return Err(format!("the run {outcome}, but the report says '{headline}'"));
        }
        if self.numbers.of("workflow_runs_ended_total", &[graph.name, outcome]) != 1 {
            return Err(format!("the run {outcome}, but the metrics do not count that"));
        }
        let Some(failure) = failure else { return Ok(()) };
        if let Some(stage) = failure.stage().filter(|_| failure.workflow() == graph.name) {
            let row = |line: &str| line.split_whitespace().take(2).eq([stage, &format!("{:?}", failure.kind())]);
            if !table.lines().any(row) {
                return Err(format!(
                    "the run failed in {stage}, which is not among the failures of the report\n{table}"
                ));
            }
            // A panic of a `let` is that of the stage that was to begin: in which round or item is not known.
            let began = seen.places.keys().any(|(of, _)| graph.stages[*of as usize].name == stage);
            let in_a_let = failure.kind() == FailureKind::Panic && !began;
            if !in_a_let && !seen.failed(graph, stage, failure.kind()) {
                return Err(format!("the run failed in {stage}, which no event says"));
            }
        }
        for undo in failure.undo_failures() {
            let told = |stage: &str| seen.undos.iter().any(|(name, what)| name == stage && *what == "undo failed");
            if undo.workflow() == graph.name && !undo.stage().is_some_and(told) {
                return Err(format!("the failure tells of an undo that failed, and no event does: {undo:#}"));
            }
        }
        for doubtful in failure.in_doubt() {
            let ends = seen.places.iter().filter(|((stage, _), _)| graph.stages[*stage as usize].name == *doubtful);
            if !ends.map(|(_, told)| told.end).any(|end| matches!(end, Some("cancelled" | "failed"))) {
                return Err(format!("{doubtful} is in doubt, but it was neither cut nor has it failed"));
            }
        }
        Ok(())
    }
}

/// Counts by stage and what became of it.
type Counts = BTreeMap<(String, String), u64>;

fn same(who: &str, told: &Counts, said: &Counts) -> Verdict {
    let keys = told.keys().chain(said.keys());
    for key in keys {
        let (told, said) = (told.get(key).copied().unwrap_or_default(), said.get(key).copied().unwrap_or_default());
        if told != said {
            return Err(format!("{} {}: {told} by the events, {said} by {who}", key.0, key.1));
        }
    }
    Ok(())
}

type Place = (u32, Vec<(u32, u32)>);

/// The reports of events.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    places: BTreeMap<Place, Told>,
    /// Of stages that were undone, or could not be.
    undos: Vec<(String, &'static str)>,
    failures: Vec<(u32, &'static str, Option<&'static str>, FailureKind)>,
    run: Option<String>,
    order: usize,
    wrong: Vec<String>,
}

struct Told {
    enabled: usize,
    ended: usize,
    end: Option<&'static str>,
}

impl Events {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Events {
    fn event(&self, event: &Event<'_>) {
        let mut seen = self.lock();
        seen.order += 1;
        let Some(stage) = event.index else {
            let outcome = match event.kind {
                EventKind::Ended { outcome: Ok(()) } => "completed",
                EventKind::Ended { outcome: Err(failure) } if failure.kind() != FailureKind::Cancelled => "failed",
                EventKind::Ended { .. } | EventKind::Cancelled => "cancelled",
                _ => return,
            };
            if seen.run.replace(outcome.to_owned()).is_some() {
                seen.wrong.push("the run has two ends".to_owned());
            }
            return;
        };
        let place = (stage, event.places.to_vec());
        let name = event.stage.unwrap_or_default().to_owned();
        let end = match event.kind {
            EventKind::Enabled => {
                let told = Told { enabled: seen.order, ended: 0, end: None };
                if seen.places.insert(place.clone(), told).is_some() {
                    seen.wrong.push(format!("{} is enabled twice", title(event.graph, &place)));
                }
                return;
            }
            EventKind::Undone => return seen.undos.push((name, "undone")),
            EventKind::UndoFailed { .. } => return seen.undos.push((name, "undo failed")),
            EventKind::Completed => "completed",
            EventKind::Skipped => "skipped",
            EventKind::Cancelled => "cancelled",
            EventKind::Failed { failure } => {
                seen.failures.push((stage, failure.workflow(), failure.stage(), failure.kind()));
                "failed"
            }
            _ => return,
        };
        let order = seen.order;
        let wrong = match seen.places.get_mut(&place) {
            Some(told) if told.end.is_none() => {
                (told.ended, told.end) = (order, Some(end));
                return;
            }
            Some(_) => "has two ends",
            None => "ends, but was never enabled",
        };
        seen.wrong.push(format!("{} {wrong}", title(event.graph, &place)));
    }
}

impl Seen {
    fn counts(&self, graph: &Graph<'_>) -> Counts {
        let mut counts = Counts::new();
        for ((stage, _), told) in &self.places {
            let name = graph.stages[*stage as usize].name;
            *counts.entry((name.to_owned(), told.end.unwrap_or_default().to_owned())).or_default() += 1;
        }
        for (name, what) in &self.undos {
            *counts.entry((name.clone(), (*what).to_owned())).or_default() += 1;
        }
        counts
    }

    fn failed(&self, graph: &Graph<'_>, stage: &str, kind: FailureKind) -> bool {
        let mut failures = self.failures.iter();
        failures.any(|(of, _, from, found)| {
            *found == kind && (*from == Some(stage) || graph.stages[*of as usize].name == stage)
        })
    }

    /// The states are those of the last end of each stage; of an item, of its own.
    fn are_shown(&self, graph: &Graph<'_>, statuses: &[String]) -> Verdict {
        for (stage, shown) in (0..).zip(statuses) {
            let name = graph.stages[stage as usize].name;
            let mut runs: Vec<&Told> =
                self.places.iter().filter(|((of, _), _)| *of == stage).map(|(_, told)| told).collect();
            runs.sort_by_key(|told| told.enabled);
            let shown: Vec<String> =
                shown.split(['[', ']', ',', ' ']).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
            if shown.iter().any(|status| status == "running") {
                return Err(format!("the state says that {name} is running, after the run's end"));
            }
            // Members that run side by side share one state.
            let is_beside = runs.windows(2).any(|pair| pair[1].enabled < pair[0].ended);
            match (&runs[..], &shown[..]) {
                // A stage that was never requested has no events.
                ([], shown) if shown.iter().all(|status| status == "waiting" || status == "skipped") => {}
                ([.., last], [one]) if is_beside || last.end == Some(one) => {}
                (runs, shown) if shown.len() != 1 || is_beside => {
                    let mut ends: Vec<&str> = runs.iter().filter_map(|told| told.end).collect();
                    // A `#[lazy]` stage that an item did not ask for has no events.
                    let is_lazy = graph.stages[stage as usize].policies.iter().any(|policy| policy.name == "lazy");
                    let was_asked_for = |one: &&str| *one != "waiting" && !(is_lazy && *one == "skipped");
                    let mut shown: Vec<&str> = shown.iter().map(String::as_str).filter(was_asked_for).collect();
                    ends.sort_unstable();
                    shown.sort_unstable();
                    // The last round, or attempt, of each item is there.
                    let mut ends = ends.into_iter();
                    if !shown.iter().all(|one| ends.by_ref().any(|end| end == *one)) {
                        return Err(format!("the state of {name} says {shown:?}, the events say otherwise"));
                    }
                }
                (runs, shown) => {
                    let last = runs.last().and_then(|told| told.end);
                    return Err(format!("the state says that {name} is {shown:?}, the events {last:?}"));
                }
            }
        }
        Ok(())
    }
}

fn title(graph: &Graph<'_>, (stage, places): &Place) -> String {
    let mut title = graph.stages[*stage as usize].name.to_owned();
    for (_, number) in places {
        let _ = write!(title, "[{number}]");
    }
    title
}

/// Returns the counts in the table of a report.
fn reported(table: &str, graph: &Graph<'_>) -> Counts {
    let mut counts = Counts::new();
    let rows = table.lines().skip_while(|line| !line.starts_with("stage ")).skip(1).take_while(|line| !line.is_empty());
    for row in rows {
        let mut words = row.split_whitespace();
        let name = words.next().unwrap_or_default();
        if !graph.stages.iter().any(|stage| stage.name == name) {
            continue;
        }
        let columns = ["runs", "attempts", "completed", "failed", "skipped", "cancelled", "undone", "undo failed"];
        for (column, count) in columns.into_iter().zip(words) {
            let count = count.parse().unwrap_or(0);
            if count > 0 && column != "runs" && column != "attempts" {
                counts.insert((name.to_owned(), column.to_owned()), count);
            }
        }
    }
    counts
}

/// A recorder of metrics that knows counters.
#[derive(Clone, Default)]
struct Numbers(Arc<Mutex<ByName>>);

/// Each number by its name and its labels.
type ByName = BTreeMap<(String, Vec<String>), Arc<Number>>;

#[derive(Default)]
struct Number(AtomicU64);

impl CounterFn for Number {
    fn increment(&self, value: u64) {
        self.0.fetch_add(value, Relaxed);
    }

    fn absolute(&self, _: u64) {}
}

impl Recorder for Numbers {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &MetricMetadata<'_>) -> Counter {
        let labels = key.labels().map(|label| label.value().to_owned()).collect();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Counter::from_arc(Arc::clone(all.entry((key.name().to_owned(), labels)).or_default()))
    }

    fn register_gauge(&self, _: &Key, _: &MetricMetadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &MetricMetadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

impl Numbers {
    fn of(&self, name: &str, labels: &[&str]) -> u64 {
        let key = (name.to_owned(), labels.iter().map(ToString::to_string).collect());
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&key).map_or(0, |number| number.0.load(Relaxed))
    }

    fn counts(&self, graph: &Graph<'_>) -> Counts {
        let mut counts = Counts::new();
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for ((name, labels), number) in &*all {
            let what = match name.as_str() {
                "workflow_undos_failed_total" => "undo failed",
                name => match name.strip_prefix("workflow_stages_").and_then(|name| name.strip_suffix("_total")) {
                    Some("started" | "retried") | None => continue,
                    Some(what) => what,
                },
            };
            if labels[0] == graph.name {
                *counts.entry((labels[1].clone(), what.to_owned())).or_default() += number.0.load(Relaxed);
            }
        }
        counts
    }
}

/// A subscriber that knows spans and how they ended.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<Span>>>);

struct Span {
    kind: &'static str,
    fields: BTreeMap<&'static str, Vec<String>>,
}

impl Visit for Span {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.entry(field.name()).or_default().push(format!("{value:?}").trim_matches('"').to_owned());
    }
}

impl Spans {
    fn counts(&self, kind: &str) -> Counts {
        let mut counts = Counts::new();
        let spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for span in spans.iter().filter(|span| span.kind == kind) {
            let field = |name: &str| span.fields.get(name).map(|all| all.join("+")).unwrap_or_default();
            let outcome = field("outcome");
            let outcome = if outcome == "panicked" { "failed".to_owned() } else { outcome };
            *counts.entry((field("name"), outcome)).or_default() += 1;
        }
        counts
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // (Asked whether anything is, it is neither a span nor an event.)
        metadata.target() == "workflow" && !metadata.is_event()
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut span = Span { kind: attributes.metadata().name(), fields: BTreeMap::new() };
        attributes.record(&mut span);
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spans.push(span);
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = usize::try_from(id.into_u64() - 1).unwrap_or_default();
        values.record(&mut spans[index]);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &LogEvent<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// The state of each stage.
pub(crate) fn statuses(graph: &Graph<'_>, state: &impl States) -> Vec<String> {
    (0..).zip(graph.stages).map(|(stage, _)| format!("{:?}", state.seen(StageId(stage)))).collect()
}
