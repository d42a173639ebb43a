//! Errors below the engine are reported, hit as few instances as possible, and lose nothing.

use rusqlite::Connection;
use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};
use workflow_durable_tests::{FailingStore, World};
use workflow_runtime::{
    StageContext,
    engine::{Engine, EngineError},
    store::{InstanceStatus, MemoryStore, SqliteOptions, SqliteStore, Store, StoreErrorKind},
    workflow,
};

type Error = Box<dyn std::error::Error>;

fn note(world: &World, ctx: &StageContext, number: u32) -> u32 {
    world.happen(ctx.idempotency_key());
    number
}

workflow! {
    #[durable]
    pub workflow Two(number: u32) -> u32 with world: World {
        stage first: u32 = note(world, ctx, number + 1);
        stage rest = sleep(1h);
        #[after(rest, first)]
        stage second: u32 = note(world, ctx, number + 2);
        stage again = seq {
            stage waited = { stage _seen: u32 = *second; stage more = sleep(1h); };
            stage _third: u32 = note(world, ctx, number + 3);
        };
        #[after(again)]
        stage sum: u32 = first + second;
        sum
    }

    #[durable]
    pub workflow Gone(number: u32) -> u32 {
        stage rest = sleep(1h);
        #[after(rest)]
        stage done: u32 = *number;
        done
    }

    /// The second attempt begins without a record to write before.
    #[durable]
    pub workflow Again() -> u32 with world: World {
        #[retry(1, fixed(10ms))]
        stage tried: u32 = once_more(world, ctx);
        *tried
    }

    /// More than there is room for.
    #[durable]
    pub workflow Large(pages: usize) -> usize {
        signal go: ();
        stage text: String = { stage _asked: () = *go; "text".repeat(*pages * 1024) };
        text.len()
    }
}

fn once_more(world: &World, ctx: &StageContext) -> Result<u32, String> {
    world.happen(format!("attempt {}", ctx.attempt()));
    if ctx.attempt() == 1 { Err("not yet".to_owned()) } else { Ok(1) }
}

fn begun() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 365 * 50)
}

async fn sqlite(path: &Path, world: &World, at: SystemTime) -> Result<Engine, EngineError> {
    let store = SqliteStore::open(path)?;
    Engine::builder().store(store).workflow(Two::new(world.clone())).starting_at(at).start().await
}

#[tokio::test(start_paused = true)]
async fn writes_that_fail_for_a_time_lose_nothing() -> Result<(), Error> {
    for kind in [StoreErrorKind::Full, StoreErrorKind::ReadOnly, StoreErrorKind::Other] {
        let (store, world) = (FailingStore::default(), World::default());
        let engine = Engine::builder().store(store.clone()).workflow(Two::new(world.clone())).start().await?;
        let run = engine.start::<Two>("one", 1).await?;
        tokio::time::sleep(Duration::from_mins(1)).await;

        store.fail(Some(kind));
        let refused = engine.start::<Two>("two", 1).await.err().map(|error| error.to_string());
        assert_eq!(refused, Some(format!("the store failed: it is {kind:?}")));
        let refused = run.cancel().await.err().map(|error| error.to_string());
        tokio::time::sleep(Duration::from_hours(5)).await;
        assert_eq!(refused, Some(format!("the store failed: it is {kind:?}")), "no wish is on disk");

        store.fail(None);
        assert_eq!(run.result().await?, 5);
        let counts = world.counts();
        // Nothing runs twice, though the store took nothing for hours.
        assert_eq!(counts.values().copied().max(), Some(1), "{counts:?}");
        assert_eq!(engine.start::<Two>("two", 1).await?.result().await?, 5);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_is_too_large_for_the_disk_keeps_nobody_else_from_going_on() -> Result<(), Error> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("full.db");
    let store = SqliteOptions::new().max_bytes(256 * 1024).open(&path)?;
    let world = World::default();
    let builder = || Engine::builder().workflow(Two::new(world.clone())).workflow(Large::new());
    let engine = builder().store(store).start().await?;
    let large = engine.start::<Large>("large", 1_000).await?;
    large.signal(LargeSignal::Go(())).await?;
    assert_eq!(engine.start::<Two>("small", 1).await?.result().await?, 5, "others go on");
    let refused = large.result().await.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(
        refused.starts_with("instance 'large' is parked: what 'text' gave can't be stored: ")
            && refused.ends_with("it is larger than the size limit of the store (262144 bytes)"),
        "{refused}"
    );
    engine.shutdown().await?;

    let engine = builder().store(SqliteStore::open(&path)?).start().await?; // There is room for it.
    let large = engine.find::<Large>("large").await?;
    large.rewind(LargeStage::Text).await?;
    assert_eq!(large.result().await?, 4 * 1024 * 1000);
    engine.shutdown().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_workflow_that_is_not_known_parks_its_instances_until_it_is() -> Result<(), Error> {
    let (store, world) = (MemoryStore::new(), World::default());
    let both = Engine::builder().workflow(Two::new(world.clone())).workflow(Gone::new());
    let first = both.store(store.clone()).start().await?;
    // One is asleep when the engine ends, and one is at work; more of them than are looked for at once.
    for number in 0..300 {
        first.start::<Gone>(format!("asleep-{number}"), number).await?;
    }
    first.start::<Two>("two", 1).await?;
    tokio::time::sleep(Duration::from_mins(1)).await;
    first.start::<Gone>("at work", 1).await?;
    first.abandon().await;

    let one = Engine::builder().workflow(Two::new(world.clone()));
    let second = one.store(store.clone()).start().await?;
    assert_eq!(second.find::<Two>("two").await?.result().await?, 5);
    let unknown = second.find::<Gone>("at work").await.err().map(|error| error.to_string());
    assert_eq!(unknown.as_deref(), Some("workflow 'Gone' is not registered with the engine"));
    second.shutdown().await?;

    let parked = [("at work", 1), ("asleep-0", 0), ("asleep-299", 299)];
    for (id, _) in parked {
        let stored = store.find(id).await?.ok_or("it is gone")?;
        let reason = format!("instance '{id}': its workflow 'Gone' is not registered with the engine");
        let outcome: String = serde_json::from_slice(&stored.outcome)?;
        assert_eq!((stored.status, outcome), (InstanceStatus::Parked, reason));
    }
    // An engine that has the workflow goes on with them.
    let third = Engine::builder().workflow(Gone::new()).store(store).start().await?;
    for (id, number) in parked {
        assert_eq!(third.find::<Gone>(id).await?.result().await?, number);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn damage_parks_the_instance_that_it_hits() -> Result<(), Error> {
    let folder = tempfile::tempdir()?;
    let (path, world) = (folder.path().join("damaged.db"), World::default());
    let engine = sqlite(&path, &world, begun()).await?;
    for id in ["one", "two", "three"] {
        engine.start::<Two>(id, 1).await?;
    }
    tokio::time::sleep(Duration::from_mins(1)).await;
    engine.shutdown().await?;

    let connection = Connection::open(&path)?;
    connection.execute("UPDATE records SET payload = x'39' WHERE instance = 2 AND path = 'first'", [])?;
    connection.close().map_err(|(_, error)| error)?;

    let engine = sqlite(&path, &world, begun() + Duration::from_hours(5)).await?;
    assert_eq!(engine.find::<Two>("one").await?.result().await?, 5);
    assert_eq!(engine.find::<Two>("three").await?.result().await?, 5);
    let error = engine.find::<Two>("two").await?.result().await.unwrap_err().to_string();
    assert!(
        error.contains("the instance 'two' (key 2) is damaged: its record 'first' does not match the checksum"),
        "{error}"
    );
    assert_eq!(engine.find::<Two>("two").await?.status().await?, InstanceStatus::Parked);
    engine.shutdown().await?;
    Ok(())
}

#[tokio::test]
async fn a_file_that_can_not_be_had_is_told() -> Result<(), Error> {
    let folder = tempfile::tempdir()?;
    let (path, world) = (folder.path().join("one.db"), World::default());
    let engine = sqlite(&path, &world, begun()).await?;
    let locked = sqlite(&path, &world, begun()).await.err().map(|error| error.to_string());
    let shown = fs::canonicalize(&path)?.display().to_string();
    let expected = format!("the store failed: the store '{shown}' is already open, in another process or in this one");
    assert_eq!(locked, Some(expected));
    engine.start::<Two>("one", 1).await?;
    engine.shutdown().await?;

    let whole = fs::read(&path)?;
    fs::write(&path, &whole[..whole.len() / 2])?;
    let truncated = sqlite(&path, &world, begun()).await.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(truncated.contains("is truncated: it has "), "{truncated}");
    assert!(truncated.contains(&shown), "{truncated}");
    fs::write(&path, &whole)?;
    sqlite(&path, &world, begun()).await?.shutdown().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_fires_nothing_twice_and_forgets_nothing() -> Result<(), Error> {
    let (store, world) = (MemoryStore::new(), World::default());
    let engine = |at: SystemTime| {
        let builder = Engine::builder().store(store.clone()).workflow(Two::new(world.clone()));
        builder.starting_at(at).start()
    };
    let first = engine(begun()).await?;
    first.start::<Two>("one", 1).await?;
    tokio::time::sleep(Duration::from_mins(61)).await;
    first.shutdown().await?;
    assert_eq!(world.effects(), ["one/first", "one/second"]);

    // Ten years back: what has fired stays fired, and what is due later, is due later.
    let second = engine(begun() - Duration::from_hours(24 * 3_650)).await?;
    tokio::time::sleep(Duration::from_hours(1_000)).await;
    second.find::<Two>("one").await?.state().await?;
    tokio::time::sleep(Duration::from_hours(1_000)).await;
    second.shutdown().await?;
    assert_eq!(world.effects(), ["one/first", "one/second"]);

    // A hundred years ahead: it is due at once.
    let third = engine(begun() + Duration::from_hours(24 * 36_500)).await?;
    let result = third.find::<Two>("one").await?;
    assert_eq!(tokio::time::timeout(Duration::from_secs(1), result.result()).await??, 5);
    third.shutdown().await?;
    assert_eq!(world.effects(), ["one/first", "one/second", "one/_third"]);

    // And back again: what has ended has ended.
    let fourth = engine(begun()).await?;
    assert_eq!(fourth.find::<Two>("one").await?.result().await?, 5);
    assert_eq!(world.effects().len(), 3);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_wish_that_the_store_did_not_take_holds_nothing_up() -> Result<(), Error> {
    let (store, world) = (FailingStore::default(), World::default());
    let engine = Engine::builder().store(store.clone()).workflow(Again::new(world.clone())).start().await?;
    let run = engine.start::<Again>("one", ()).await?;
    tokio::time::sleep(Duration::from_millis(9)).await;
    store.fail(Some(StoreErrorKind::Other));
    // The next attempt begins while the wish is on its way.
    assert!(matches!(run.cancel().await, Err(EngineError::Store(_))));
    store.fail(None);
    assert_eq!(tokio::time::timeout(Duration::from_hours(1), run.result()).await??, 1);
    assert_eq!(world.effects(), ["attempt 1", "attempt 2"]);
    Ok(())
}
