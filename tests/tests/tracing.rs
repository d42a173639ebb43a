//! Spans of workflows and stages, as a subscriber sees them.
#![deny(warnings)]
// A stage sees others by reference, however small they are.
#![allow(deprecated, clippy::trivially_copy_pass_by_ref)]
use std::{
    collections::HashMap,
    fmt::Debug,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};
use tokio::task::yield_now;
use tracing::{
    Event, Id, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Record},
};
use tracing_core::span::Current;
use workflow_runtime::workflow;

/// Remembers every span: its path, its fields, and the events in it.
#[derive(Clone, Default)]
struct Watcher {
    seen: Arc<Mutex<Seen>>,
    next: Arc<AtomicU64>,
    most: Option<Level>,
}

#[derive(Default)]
struct Seen {
    spans: HashMap<u64, Span>,
    entered: Vec<u64>,
    events: Vec<(String, String)>,
    order: Vec<u64>,
    /// How many hold a span.
    held: isize,
}

struct Span {
    metadata: &'static Metadata<'static>,
    path: String,
    fields: Vec<(&'static str, String)>,
}

struct Fields<'a>(&'a mut Vec<(&'static str, String)>);
impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push((field.name(), format!("{value:?}").trim_matches('"').to_owned()));
    }
}

impl Subscriber for Watcher {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        (metadata.target() == "workflow" || metadata.is_event())
            && self.most.is_none_or(|most| *metadata.level() <= most)
    }
    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let id = self.next.fetch_add(1, Relaxed) + 1;
        let mut fields = Vec::new();
        attributes.record(&mut Fields(&mut fields));
        let mut seen = self.seen.lock().unwrap();
        let parent = attributes.parent().map(Id::into_u64).or_else(|| seen.entered.last().copied());
        let around =
            parent.and_then(|parent| seen.spans.get(&parent)).map_or(String::new(), |span| span.path.clone() + "/");
        let kind = attributes.metadata().name();
        let name = fields.iter().find(|(field, _)| *field == "name").map_or("?", |(_, name)| name.as_str());
        let path = format!("{around}{kind} {name}");
        seen.spans.insert(id, Span { metadata: attributes.metadata(), path, fields });
        seen.order.push(id);
        seen.held += 1;
        Id::from_u64(id)
    }
    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut seen = self.seen.lock().unwrap();
        let span = seen.spans.get_mut(&span.into_u64()).unwrap();
        values.record(&mut Fields(&mut span.fields));
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut fields = Vec::new();
        event.record(&mut Fields(&mut fields));
        let mut seen = self.seen.lock().unwrap();
        let place = seen.entered.last().map_or(String::new(), |id| seen.spans[id].path.clone());
        for (_, text) in fields {
            seen.events.push((place.clone(), text));
        }
    }
    fn enter(&self, span: &Id) {
        self.seen.lock().unwrap().entered.push(span.into_u64());
    }
    fn exit(&self, span: &Id) {
        let left = self.seen.lock().unwrap().entered.pop();
        assert_eq!(left, Some(span.into_u64()), "spans are left in the order in which they were entered");
    }
    fn current_span(&self) -> Current {
        let seen = self.seen.lock().unwrap();
        let Some(&id) = seen.entered.last() else { return Current::none() };
        Current::new(Id::from_u64(id), seen.spans[&id].metadata)
    }
    fn clone_span(&self, span: &Id) -> Id {
        self.seen.lock().unwrap().held += 1;
        span.clone()
    }
    fn try_close(&self, _: Id) -> bool {
        self.seen.lock().unwrap().held -= 1;
        true
    }
}

impl Watcher {
    /// Each span with its outcome, in the order in which they began.
    fn spans(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        assert!(seen.entered.is_empty());
        assert_eq!(seen.held, 0, "every span is closed");
        seen.order
            .iter()
            .map(|id| {
                let span = &seen.spans[id];
                let outcome = span.fields.iter().rev().find(|(field, _)| *field == "outcome");
                format!("{}: {}", span.path, outcome.map_or("none", |(_, outcome)| outcome))
            })
            .collect()
    }
}

async fn says(what: &str) -> u32 {
    yield_now().await;
    tracing::info!("{what}");
    1
}
fn says_now(what: &str) -> u32 {
    tracing::info!("{what}");
    1
}
fn checked(number: &u32) -> Result<u32, String> {
    if *number == 1 { Err("one".into()) } else { Ok(*number) }
}

workflow! {
    workflow Traced(number: u32) -> u32 {
        stage first: u32 = says("in first");
        stage now: u32 = says_now("in now");
        stage block: u32 = {
            stage inner: u32 = says("in inner");
            inner
        };
        #[spawn]
        stage spawned: u32 = says("in spawned");
        stage checks: u32 = checked(number);
        stage waits: u32 = async {
            if *number == 2 { panic!("two") };
            if *number == 1 { std::future::pending::<()>().await }
            1
        };
        first + now + block + spawned + checks + waits
    }
}

async fn run(watcher: &Watcher, number: u32) -> Result<u32, workflow_runtime::Failure> {
    let _guard = tracing::subscriber::set_default(watcher.clone());
    let ended = Traced::new().run(number).await;
    for _ in 0..20 {
        // A task that was cut ends at its next await.
        yield_now().await;
    }
    ended
}

#[tokio::test]
async fn spans_of_a_workflow_and_its_stages() {
    let watcher = Watcher::default();
    run(&watcher, 3).await.unwrap();
    let mut spans = watcher.spans();
    spans.sort();
    let stages = ["block", "block/stage inner", "checks", "first", "now", "spawned", "waits"];
    let mut expected = vec!["workflow Traced: completed".to_owned()];
    expected.extend(stages.map(|stage| format!("workflow Traced/stage {stage}: completed")));
    expected.sort();
    assert_eq!(spans, expected);
    let mut events = watcher.seen.lock().unwrap().events.clone();
    events.sort();
    let in_stage = |stage: &str, said: &str| (format!("workflow Traced/stage {stage}"), said.to_owned());
    assert_eq!(
        events,
        [
            in_stage("block/stage inner", "in inner"),
            in_stage("first", "in first"),
            in_stage("now", "in now"),
            in_stage("spawned", "in spawned"),
        ]
    );
}

#[tokio::test]
async fn outcomes_are_told() {
    let watcher = Watcher::default();
    run(&watcher, 1).await.unwrap_err();
    let spans = watcher.spans();
    assert!(spans.contains(&"workflow Traced: failed".to_owned()), "{spans:?}");
    assert!(spans.contains(&"workflow Traced/stage checks: failed".to_owned()), "{spans:?}");

    let watcher = Watcher::default();
    run(&watcher, 2).await.unwrap_err();
    let spans = watcher.spans();
    assert!(spans.contains(&"workflow Traced: failed".to_owned()), "{spans:?}");
    assert!(spans.contains(&"workflow Traced/stage waits: panicked".to_owned()), "{spans:?}");
}

#[tokio::test]
async fn what_is_cut_is_told_as_cancelled() {
    let watcher = Watcher::default();
    run(&watcher, 1).await.unwrap_err();
    let spans = watcher.spans();
    assert!(spans.contains(&"workflow Traced/stage first: cancelled".to_owned()), "{spans:?}");
}

#[tokio::test]
async fn a_subscriber_that_wants_no_stages_gets_none() {
    let watcher = Watcher { most: Some(Level::INFO), ..Watcher::default() };
    run(&watcher, 3).await.unwrap();
    assert_eq!(watcher.spans(), ["workflow Traced: completed"]);
    let watcher = Watcher { most: Some(Level::ERROR), ..Watcher::default() };
    run(&watcher, 3).await.unwrap();
    assert_eq!(watcher.spans().len(), 0);
}

#[tokio::test]
async fn without_a_subscriber_it_runs_all_the_same() {
    assert_eq!(Traced::new().run(3).await.unwrap(), 8);
}

fn on_third(ctx: &workflow_runtime::StageContext) -> Result<(), &'static str> {
    if ctx.attempt() < 3 { Err("too early") } else { Ok(()) }
}

workflow! {
    workflow Tried() {
        #[retry(2)]
        stage tried = on_third(ctx);
        stage once = yield_now();
        #[when(false)]
        stage _skipped: Option<()> = yield_now();
    }
}

#[tokio::test]
async fn spans_say_which_attempt() {
    let watcher = Watcher::default();
    {
        let _guard = tracing::subscriber::set_default(watcher.clone());
        Tried::new().run().await.unwrap();
    }
    let seen = watcher.seen.lock().unwrap();
    // One number a span, so that a line in there has one.
    let attempts = |path: &str| {
        let spans = seen
            .order
            .iter()
            .map(|id| &seen.spans[id])
            .filter(|span| span.path == format!("workflow Tried/stage {path}"));
        let attempts = |span: &Span| {
            let attempts = span.fields.iter().filter(|(field, _)| *field == "attempt");
            attempts.map(|(_, attempt)| attempt.clone()).collect::<Vec<_>>()
        };
        spans.map(attempts).collect::<Vec<_>>()
    };
    let none = Vec::<String>::new();
    assert_eq!(attempts("tried"), std::slice::from_ref(&none));
    assert_eq!(attempts("tried/attempt ?"), [["1"], ["2"], ["3"]]);
    assert_eq!(attempts("once"), [["1"]]);
    assert_eq!(attempts("_skipped"), [none]);
}

workflow! {
    workflow Ends(late: bool) -> u32 {
        signal stop: u32;
        #[when(false)]
        stage left_out: Option<()> = yield_now();
        #[until(stop)]
        stage cut: Option<()> = std::future::pending::<()>();
        #[after(left_out)]
        stage ends: u32 = { if *late { return 7 } else { 1 } };
        *ends + u32::from(cut.is_none())
    }
}

#[tokio::test]
async fn spans_say_what_events_and_state_say() {
    let watcher = Watcher::default();
    let guard = tracing::subscriber::set_default(watcher.clone());
    let run = Ends::new().start(false);
    yield_now().await;
    run.signal(EndsSignal::Stop(0)).unwrap();
    run.await.unwrap();
    drop(guard);
    let [cut, left_out, ends] =
        ["cut: cancelled", "left_out: skipped", "ends: completed"].map(|end| format!("workflow Ends/stage {end}"));
    for span in [&cut, &left_out, &ends] {
        assert!(watcher.spans().contains(span), "{span}: {:?}", watcher.spans());
    }

    let watcher = Watcher::default();
    let guard = tracing::subscriber::set_default(watcher.clone());
    assert_eq!(Ends::new().start(true).await.unwrap(), 7);
    drop(guard);
    for span in [&cut, &"workflow Ends/stage ends: cancelled".to_owned(), &"workflow Ends: completed".to_owned()] {
        assert!(watcher.spans().contains(span), "{span}: {:?}", watcher.spans());
    }

    let watcher = Watcher::default();
    let guard = tracing::subscriber::set_default(watcher.clone());
    let run = Ends::new().start(false);
    yield_now().await;
    run.cancel();
    run.await.unwrap_err();
    drop(
        std::pin::pin!(Ends::new().run(false))
            .as_mut()
            .poll(&mut std::task::Context::from_waker(std::task::Waker::noop())),
    );
    drop(guard);
    let runs: Vec<String> = watcher.spans().into_iter().filter(|span| !span.contains('/')).collect();
    assert_eq!(runs, ["workflow Ends: cancelled", "workflow Ends: cancelled"]);
}
