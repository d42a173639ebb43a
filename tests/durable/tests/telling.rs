//! Reports to observers, metrics and logs on instances that leave the memory, are inspected, rewound, parked, and go on
//! in another process.

use std::{
    fmt::{Debug, Write},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::sleep;
use tracing::{
    Event as LogEvent, Id, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Record},
};
use workflow_durable_tests::{FailingStore, World};
use workflow_runtime::{
    StageContext,
    engine::{Durable, Engine, EngineError},
    observe::{Event, EventKind, Observer, Report},
    store::{InstanceStatus, MemoryStore, Store, StoreErrorKind},
    workflow,
};

type Error = Box<dyn std::error::Error>;

/// A line an event.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Observer for Lines {
    fn event(&self, event: &Event<'_>) {
        let mut line = event.stage.unwrap_or("-").to_owned();
        for (_, number) in event.places {
            let _ = write!(line, "[{number}]");
        }
        let stage = match event.kind {
            EventKind::Parked { stage, .. } => format!(" at {}", stage.unwrap_or("?")),
            _ => String::new(),
        };
        self.0.lock().unwrap().push(format!("{line} {}{stage}", event.kind));
    }
}

impl Lines {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn does(world: &World, ctx: &StageContext) -> u32 {
    world.happen(ctx.idempotency_key());
    ctx.attempt()
}

async fn slow(world: &World, ctx: &StageContext) -> u32 {
    let attempt = does(world, ctx);
    sleep(Duration::from_secs(30)).await;
    attempt
}

workflow! {
    #[durable]
    workflow Waits() -> u32 with world: World {
        signal go: u32;
        #[undo(world.undo(ctx))]
        stage first: u32 = does(world, ctx);
        #[when(*first > 5)]
        stage skipped: Option<u32> = 1;
        #[after(skipped)]
        stage block: u32 = {
            stage inner: u32 = does(world, ctx);
            stage rest = sleep(1d);
            #[after(rest)]
            stage last: u32 = *inner + *go;
            *last
        };
        *block
    }
}

const BEGUN: [&str; 13] = [
    "- started",
    "first enabled",
    "first attempt 1 started",
    "first completed",
    "skipped enabled",
    "skipped skipped",
    "block enabled",
    "block attempt 1 started",
    "inner enabled",
    "inner attempt 1 started",
    "rest enabled",
    "rest attempt 1 started",
    "inner completed",
];

async fn engine<W: Durable>(store: impl Store, workflow: W) -> Result<Engine, Error> {
    Ok(Engine::builder().store(store).idle_timeout(Duration::ZERO).workflow(workflow).start().await?)
}

#[tokio::test(start_paused = true)]
async fn who_looks_or_sends_a_signal_makes_nothing_happen_again() -> Result<(), Error> {
    let (lines, report) = (Lines::default(), Report::new());
    let workflow = Waits::new(World::default()).observed_by(lines.clone()).observed_by(report.clone());
    let engine = engine(MemoryStore::new(), workflow).await?;
    let run = engine.start::<Waits>("one", ()).await?;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(lines.take(), BEGUN);
    for _ in 0..3 {
        assert_eq!(engine.resident_instances(), 0);
        run.state().await?;
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(lines.take(), [""; 0]);
    run.signal(WaitsSignal::Go(4)).await?;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(lines.take(), [""; 0]);
    assert_eq!(run.result().await?, 5);
    assert_eq!(
        lines.take(),
        [
            "rest completed",
            "last got signal go",
            "last enabled",
            "last attempt 1 started",
            "last completed",
            "block completed",
            "- ended",
        ]
    );
    let table = report.to_table();
    assert!(table.starts_with("Waits: 1 run, 1 completed;"), "{table}");
    assert!(table.lines().any(|line| line.split_whitespace().take(4).eq(["block", "1", "1", "1"])), "{table}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn another_process_tells_what_goes_on() -> Result<(), Error> {
    let store = MemoryStore::new();
    let first = engine(store.clone(), Waits::new(World::default())).await?;
    first.start::<Waits>("one", ()).await?;
    sleep(Duration::from_secs(1)).await;
    first.shutdown().await?;
    let lines = Lines::default();
    let second = engine(store, Waits::new(World::default()).observed_by(lines.clone())).await?;
    let run = second.find::<Waits>("one").await?;
    run.state().await?;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(
        lines.take(),
        ["- goes on", "block enabled", "block attempt 1 started", "rest enabled", "rest attempt 1 started"]
    );
    run.cancel().await?;
    run.result().await.unwrap_err();
    assert_eq!(lines.take(), ["rest cancelled", "block cancelled", "first undoing", "first undone", "- failed"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_rewind_is_no_cancellation() -> Result<(), Error> {
    let lines = Lines::default();
    let engine = engine(MemoryStore::new(), Waits::new(World::default()).observed_by(lines.clone())).await?;
    let run = engine.start::<Waits>("one", ()).await?;
    sleep(Duration::from_secs(1)).await;
    lines.take();
    run.rewind(WaitsStage::Block).await?;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(lines.take(), [&["block cancelled", "rest cancelled"][..], &BEGUN[6..]].concat());
    run.rewind(WaitsStage::First).await?;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(
        lines.take(),
        [&["block cancelled", "rest cancelled", "first undoing", "first undone"][..], &BEGUN[1..]].concat()
    );
    Ok(())
}

workflow! {
    #[durable]
    workflow Slow() -> u32 with world: World {
        stage before: u32 = 1;
        #[after(before)]
        stage worked: u32 = slow(world, ctx);
        *worked
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_store_has_cut_is_told_once() -> Result<(), Error> {
    let (lines, store) = (Lines::default(), FailingStore::default());
    let engine = engine(store.clone(), Slow::new(World::default()).observed_by(lines.clone())).await?;
    let run = engine.start::<Slow>("one", ()).await?;
    sleep(Duration::from_secs(10)).await;
    store.fail(Some(StoreErrorKind::Full));
    sleep(Duration::from_secs(25)).await;
    store.fail(None);
    run.result().await?;
    let lines = lines.take();
    let count = |line: &str| lines.iter().filter(|told| *told == line).count();
    for once in
        ["- started", "before completed", "worked enabled", "worked attempt 1 started", "worked completed", "- ended"]
    {
        assert_eq!(count(once), 1, "{once}: {lines:?}");
    }
    Ok(())
}

workflow! {
    #[durable]
    workflow Unstorable() -> u32 {
        stage nested: u32 = {
            stage given: Panics = Panics;
            u32::from(*given == Panics)
        };
        *nested
    }
}

#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
struct Panics;

impl serde::Serialize for Panics {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("not this one"))
    }
}

/// The messages of `tracing`, in words.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<(Level, String)>>>, Arc<Mutex<Vec<String>>>);

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}

impl Subscriber for Said {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "workflow" && *metadata.level() <= Level::INFO
    }
    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = Fields(String::new());
        attributes.record(&mut fields);
        let mut spans = self.1.lock().unwrap();
        spans.push(fields.0);
        Id::from_u64(spans.len() as u64)
    }
    fn record(&self, id: &Id, values: &Record<'_>) {
        let mut fields = Fields(String::new());
        values.record(&mut fields);
        let index = usize::try_from(id.into_u64() - 1).unwrap();
        self.1.lock().unwrap()[index] += &fields.0;
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &LogEvent<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        self.0.lock().unwrap().push((*event.metadata().level(), fields.0));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl Said {
    fn take(&self) -> Vec<String> {
        let said = std::mem::take(&mut *self.0.lock().unwrap());
        said.into_iter().map(|(level, line)| format!("{level} {line}")).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_park_is_told_with_stage_and_reason() -> Result<(), Error> {
    let said = Said::default();
    let _guard = tracing::subscriber::set_default(said.clone());
    let lines = Lines::default();
    let engine = engine(MemoryStore::new(), Unstorable::new().observed_by(lines.clone())).await?;
    let run = engine.start::<Unstorable>("one", ()).await?;
    assert!(matches!(run.result().await, Err(EngineError::Parked { .. })));
    let reason = "what 'nested/given' gave can't be stored: not this one";
    assert_eq!(lines.take().last().unwrap(), &format!("- parked: {reason} at given"));
    assert_eq!(
        said.take(),
        [
            "INFO the instance has started instance=\"one\" workflow=\"Unstorable\"".to_owned(),
            format!(
                "WARN the instance is parked instance=\"one\" workflow=\"Unstorable\" stage=\"given\" reason={reason:?}"
            ),
        ]
    );
    assert_eq!(run.status().await?, InstanceStatus::Parked);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_line_each_says_what_became_of_an_instance() -> Result<(), Error> {
    let said = Said::default();
    let _guard = tracing::subscriber::set_default(said.clone());
    let store = MemoryStore::new();
    let first = engine(store.clone(), Waits::new(World::default())).await?;
    let run = first.start::<Waits>("one", ()).await?;
    first.start::<Waits>("two", ()).await?;
    sleep(Duration::from_secs(1)).await;
    let words = |what: &str, id: &str| format!("INFO the instance {what} instance=\"{id}\" workflow=\"Waits\"");
    assert_eq!(said.take(), [words("has started", "one"), words("has started", "two")]);
    run.cancel().await?;
    run.result().await.unwrap_err();
    let cancelled = format!("{} failure=workflow 'Waits' was cancelled", words("was cancelled", "one"));
    let undone = "INFO the stage was undone instance=\"one\" workflow=\"Waits\" stage=\"first\"".to_owned();
    assert_eq!(said.take(), [undone, cancelled]);
    let two = first.find::<Waits>("two").await?;
    two.signal(WaitsSignal::Go(1)).await?;
    two.result().await?;
    assert_eq!(said.take(), [words("has completed", "two")]);
    assert!(said.1.lock().unwrap().iter().all(|span| span.contains(" name=\"Waits\" instance=\"")), "{:?}", said.1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn that_it_goes_on_after_a_crash_is_said() -> Result<(), Error> {
    let said = Said::default();
    let _guard = tracing::subscriber::set_default(said.clone());
    let (store, lines) = (MemoryStore::new(), Lines::default());
    let first = engine(store.clone(), Slow::new(World::default())).await?;
    first.start::<Slow>("one", ()).await?;
    sleep(Duration::from_secs(1)).await;
    first.abandon().await;
    said.take();
    let second = engine(store, Slow::new(World::default()).observed_by(lines.clone())).await?;
    let run = second.find::<Slow>("one").await?;
    assert_eq!(run.result().await?, 2);
    assert_eq!(
        said.take(),
        ["goes on after a crash", "has completed"]
            .map(|what| format!("INFO the instance {what} instance=\"one\" workflow=\"Slow\""))
    );
    assert_eq!(
        lines.take(),
        ["- goes on", "worked enabled", "worked attempt 2 started", "worked completed", "- ended"]
    );
    Ok(())
}
