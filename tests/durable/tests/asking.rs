//! Calls on an instance take effect even if their caller is dropped; a panic on the way hits one instance only.

use serde::{Deserialize, Deserializer, Serialize};
use std::{
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    time::Duration,
};
use workflow_durable_tests::{SlowStore, World};
use workflow_runtime::{
    StageContext,
    engine::{Engine, EngineError},
    store::{InstanceStatus, MemoryStore},
    workflow,
};

type Error = Box<dyn std::error::Error>;

fn does(world: &World, ctx: &StageContext) -> u32 {
    world.happen(ctx.idempotency_key());
    1
}

/// Another build reads values now: one that panics.
static CARELESS: AtomicBool = AtomicBool::new(false);

/// Can always be written.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Fragile(u32);

impl<'de> Deserialize<'de> for Fragile {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match u32::deserialize(from)? {
            13 => panic!("thirteen"),
            14 if CARELESS.load(SeqCst) => panic!("fourteen"),
            number => Ok(Self(number)),
        }
    }
}

workflow! {
    #[durable]
    workflow Asked() -> u32 with world: World {
        signal go: u32;
        stage first: u32 = does(world, ctx);
        #[after(first)]
        stage last: u32 = *go + does(world, ctx);
        *last
    }
}

workflow! {
    #[durable]
    workflow Careless(number: Fragile) -> u32 {
        signal go: Fragile;
        stage rest = sleep(1h);
        #[after(rest)]
        stage last: u32 = go.0 + number.0;
        *last
    }
}

/// Begins, and does not wait.
async fn begin<T>(run: impl Future<Output = T>) {
    tokio::select! {
        biased;
        _ = run => panic!("it takes longer"),
        () = std::future::ready(()) => {}
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_happens_though_nobody_waits() -> Result<(), Error> {
    let (world, store) = (World::default(), SlowStore::new(MemoryStore::new(), Duration::from_millis(10)));
    let engine = Engine::builder().store(store).workflow(Asked::new(world.clone())).start().await?;
    let minute = || tokio::time::sleep(Duration::from_mins(1));

    begin(engine.start::<Asked>("one", ())).await;
    minute().await;
    assert_eq!(world.effects(), ["one/first"]);
    let one = engine.find::<Asked>("one").await?;

    begin(one.rewind(AskedStage::First)).await;
    minute().await;
    assert_eq!(world.effects(), ["one/first", "one/first~1"]);

    begin(one.signal(AskedSignal::Go(2))).await;
    assert_eq!(one.result().await?, 3);

    let two = engine.start::<Asked>("two", ()).await?;
    minute().await;
    begin(two.cancel()).await;
    assert!(matches!(two.result().await, Err(EngineError::Failed { .. })));
    engine.shutdown().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_panics_while_it_is_read_parks_one_instance() -> Result<(), Error> {
    let (world, store) = (World::default(), MemoryStore::new());
    let builder = || Engine::builder().store(store.clone()).workflow(Asked::new(world.clone()));
    let first = builder().workflow(Careless::new()).start().await?;
    let signal = first.start::<Careless>("signal", Fragile(1)).await?;
    first.start::<Asked>("fine", ()).await?;
    let refused = signal.signal(CarelessSignal::Go(Fragile(13))).await.unwrap_err();
    let expected =
        "instance 'signal': the signal can't be stored: it can't be read again: its `Deserialize` panicked: thirteen";
    assert_eq!(refused.to_string(), expected);
    signal.signal(CarelessSignal::Go(Fragile(14))).await?;
    first.start::<Careless>("input", Fragile(14)).await?;
    first.abandon().await;

    CARELESS.store(true, SeqCst);
    let second = builder().workflow(Careless::new()).start().await?;
    for (id, what) in [("input", "its input"), ("signal", "signal 'go' that was sent to it")] {
        let run = second.find::<Careless>(id).await?;
        let error = if id == "input" { run.result().await.unwrap_err() } else { run.state().await.unwrap_err() };
        let expected = format!("instance '{id}' is parked: {what} can't be read: its `Deserialize` panicked: fourteen");
        assert_eq!(error.to_string(), expected);
        assert_eq!(run.status().await?, InstanceStatus::Parked);
    }
    let fine = second.find::<Asked>("fine").await?;
    fine.signal(AskedSignal::Go(2)).await?;
    assert_eq!(fine.result().await?, 3);
    second.shutdown().await?;
    Ok(())
}
