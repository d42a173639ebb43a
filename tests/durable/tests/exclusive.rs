//! One engine at a time on a store: a second one would do every effect again.

use std::time::Duration;
use workflow_durable_tests::World;
use workflow_runtime::{
    StageContext,
    engine::{Engine, EngineBuilder, EngineError},
    store::{MemoryStore, SqliteStore, Store, StoreErrorKind},
    workflow,
};

type Error = Box<dyn std::error::Error>;

fn note(world: &World, ctx: &StageContext) -> u32 {
    world.happen(ctx.idempotency_key());
    1
}

workflow! {
    #[durable]
    pub workflow Waits(number: u32) -> u32 with world: World {
        signal go: u32;
        stage first: u32 = note(world, ctx);
        stage rest = sleep(50ms);
        #[after(rest, first)]
        stage second: u32 = note(world, ctx) + *number;
        second + go
    }
}

fn engine(store: impl Store, world: &World) -> EngineBuilder {
    Engine::builder().store(store).workflow(Waits::new(world.clone()))
}

fn refused(second: Result<Engine, EngineError>, text: &str) {
    match second {
        Err(EngineError::Store(error)) => {
            assert_eq!((error.kind(), error.to_string().as_str()), (StoreErrorKind::Locked, text));
        }
        other => panic!("{other:?}"),
    }
}

/// A second engine on a clone is refused, and has no effect; the next one begins once the first has ended.
async fn one_after_the_other<S: Store + Clone>(store: S, open: impl AsyncFn() -> S, text: &str) -> Result<(), Error> {
    let world = World::default();
    let first = engine(store.clone(), &world).start().await?;
    let run = first.start::<Waits>("one", 1).await?;
    refused(engine(store.clone(), &world).start().await, text);
    refused(engine(store.clone(), &world).start().await, text);
    run.signal(WaitsSignal::Go(5)).await?;
    assert_eq!(run.result().await?, 7);
    let again = first.start::<Waits>("two", 1).await?;
    tokio::time::sleep(Duration::from_millis(20)).await;
    first.abandon().await;

    // What the ended engine's handle would write, the next engine would not know of.
    assert!(matches!(again.signal(WaitsSignal::Go(5)).await, Err(EngineError::ShutDown)));
    assert!(matches!(again.cancel().await, Err(EngineError::ShutDown)));
    let second = engine(store.clone(), &world).start().await?;
    refused(engine(store, &world).start().await, text);
    assert!(matches!(again.rewind(WaitsStage::First).await, Err(EngineError::ShutDown)));
    let run = second.find::<Waits>("two").await?;
    run.signal(WaitsSignal::Go(6)).await?;
    assert_eq!(run.result().await?, 8);
    second.shutdown().await?;

    let third = engine(open().await, &world).start().await?;
    assert_eq!(third.find::<Waits>("two").await?.result().await?, 8);
    third.shutdown().await?;
    assert!(world.counts().values().all(|&count| count == 1), "{:?}", world.counts());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn in_memory() -> Result<(), Error> {
    let store = MemoryStore::new();
    let clone = store.clone();
    one_after_the_other(
        store,
        async || clone.clone(),
        "the store in memory has an engine already: shut that down first",
    )
    .await
}

#[tokio::test]
async fn in_a_file() -> Result<(), Error> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().canonicalize()?.join("payments.db");
    let text = format!("the store '{}' has an engine already: shut that down first", path.display());
    let open = async || SqliteStore::open(&path).expect("the engine has let go of it");
    one_after_the_other(SqliteStore::open(&path)?, open, &text).await
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_is_another_store() -> Result<(), Error> {
    let (store, world) = (MemoryStore::new(), World::default());
    let first = engine(store.clone(), &world).start().await?;
    let second = engine(store.snapshot(), &world).start().await?;
    refused(engine(store, &world).start().await, "the store in memory has an engine already: shut that down first");
    first.shutdown().await?;
    second.shutdown().await?;
    Ok(())
}

/// An engine that is only dropped goes on, until its runtime ends.
#[test]
fn the_end_of_a_runtime_is_the_end_of_its_engine() {
    let (store, world) = (MemoryStore::new(), World::default());
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let first = runtime().expect("a runtime");
    first.block_on(async {
        drop(engine(store.clone(), &world).start().await.expect("starts"));
        let second = engine(store.clone(), &world).start().await;
        refused(second, "the store in memory has an engine already: shut that down first");
    });
    drop(first);
    let second = runtime().expect("a runtime");
    second.block_on(async {
        let engine = engine(store, &world).start().await.expect("the first has ended");
        engine.shutdown().await.expect("shuts down");
    });
}
