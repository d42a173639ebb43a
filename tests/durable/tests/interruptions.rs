//! How often an instance was interrupted: counted without a write, however it got on meanwhile.

use std::{future::pending, time::Duration};
use workflow_durable_tests::{Crash, CrashingStore, World};
use workflow_runtime::{
    StageContext,
    engine::{Engine, EngineError},
    store::{MemoryStore, Status},
    workflow,
};

type Error = Box<dyn std::error::Error>;

/// Ends with the attempt `last`; those before hang.
async fn hangs(world: &World, what: &str, last: u32, ctx: &StageContext) -> u32 {
    world.happen(format!("{what} {}", ctx.attempt()));
    if ctx.attempt() < last {
        pending::<()>().await;
    }
    last
}

/// One fails, the next one hangs.
async fn fails_and_hangs(world: &World) -> Result<u32, String> {
    world.happen("attempt");
    match world.effects().len() % 2 {
        0 => pending().await,
        _ => Err("not this time".to_owned()),
    }
}

workflow! {
    #[durable]
    workflow Hanging() -> u32 with world: World {
        stage hung: u32 = hangs(world, "hung", 100, ctx);
        hung
    }

    /// Each of many short stages gets on with its second attempt, and beside them is a long one.
    #[durable]
    workflow GettingOn() -> u32 with world: World {
        stage long: u32 = hangs(world, "long", 9, ctx);
        stage short: u32 = loop round: u32 = 1 {
            stage stepped: u32 = hangs(world, "step", 2, ctx);
            stage step: u32 = *round + *stepped - 1;
            if *step >= 9 { break step } else { continue step }
        };
        long + short
    }

    /// It is kept in memory while it waits.
    #[durable]
    workflow Asking() -> u32 with world: World {
        #[timeout(100d)]
        stage asked: u32 = {
            signal answer: u32;
            stage hung: u32 = hangs(world, "asked", 1, ctx);
            *answer + *hung
        };
        asked
    }

    #[durable]
    workflow Careful() -> u32 with world: World {
        #[undo(world.happen("undone"))]
        stage hung: u32 = hangs(world, "hung", 100, ctx);
        hung
    }

    #[durable]
    workflow Failing() -> u32 with world: World {
        #[retry(100, fixed(1s))]
        stage failing: u32 = fails_and_hangs(world);
        failing
    }
}

/// A process that goes on with what is on the store; `disk` counts what it writes.
async fn process(disk: &CrashingStore, world: &World) -> Result<Engine, EngineError> {
    let world = || world.clone();
    let builder = Engine::builder().store(disk.clone()).linger(Duration::MAX);
    builder
        .workflow(Asking::new(world()))
        .workflow(Careful::new(world()))
        .workflow(Hanging::new(world()))
        .workflow(GettingOn::new(world()))
        .workflow(Failing::new(world()))
        .start()
        .await
}

/// Until so much has happened.
async fn until(world: &World, effects: usize) {
    while world.effects().len() < effects {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // And until all that comes of it is on disk.
    tokio::time::sleep(Duration::from_millis(100)).await;
}

fn disk() -> (CrashingStore, World) {
    (CrashingStore::new(MemoryStore::new(), Crash::Never), World::default())
}

/// Why it is parked.
async fn parked<T: std::fmt::Debug>(result: impl Future<Output = Result<T, EngineError>>) -> String {
    match tokio::time::timeout(Duration::from_secs(10), result).await {
        Ok(Err(EngineError::Parked { reason, .. })) => reason,
        other => panic!("it is not parked: {other:?}"),
    }
}

const FIVE: &str = "it was interrupted 5 times in a row without getting on";

#[tokio::test(start_paused = true)]
async fn five_in_a_row_park_and_none_of_them_was_written() -> Result<(), Error> {
    let (disk, world) = disk();
    let mut engine = process(&disk, &world).await?;
    engine.start::<Hanging>("one", ()).await?;
    for interruptions in 1..=5 {
        until(&world, interruptions).await;
        assert_eq!(disk.commits(), 1, "that it was made");
        engine.abandon().await;
        engine = process(&disk, &world).await?;
    }
    let run = engine.find::<Hanging>("one").await?;
    assert_eq!(parked(run.result()).await, FIVE);
    assert_eq!(world.effects(), ["hung 1", "hung 2", "hung 3", "hung 4", "hung 5"]);

    // A person has looked at it.
    run.rewind(HangingStage::Hung).await?;
    until(&world, 6).await;
    assert_eq!(run.status().await?, Status::Running);
    engine.abandon().await;
    process(&disk, &world).await?;
    until(&world, 7).await;
    assert_eq!(run.status().await?, Status::Running, "they are counted from the beginning");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn those_of_who_gets_on_are_not_in_a_row_and_attempts_count_on_all_the_same() -> Result<(), Error> {
    let (disk, world) = disk();
    let mut engine = process(&disk, &world).await?;
    engine.start::<GettingOn>("one", ()).await?;
    until(&world, 2).await;
    for round in 1..=8 {
        engine.abandon().await;
        engine = process(&disk, &world).await?;
        until(&world, 2 + round * 3 - usize::from(round == 8)).await;
    }
    let run = engine.find::<GettingOn>("one").await?;
    assert_eq!(tokio::time::timeout(Duration::from_secs(10), run.result()).await??, 18);
    let counts = world.counts();
    for attempt in 1..=9 {
        assert_eq!(counts[&format!("long {attempt}")], 1);
    }
    assert_eq!((counts["step 1"], counts["step 2"], counts.len()), (8, 8, 11));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn those_in_peace_do_not_count_but_are_attempts() -> Result<(), Error> {
    let world = World::default();
    let memory = MemoryStore::new();
    for interruptions in 1..=12 {
        let disk = CrashingStore::new(memory.clone(), Crash::Never);
        let engine = process(&disk, &world).await?;
        let run = engine.start::<Hanging>("one", ()).await?;
        until(&world, interruptions).await;
        assert_eq!(run.status().await?, Status::Running);
        // One in three is none in peace.
        match interruptions % 3 {
            0 => engine.abandon().await,
            _ => engine.shutdown().await?,
        }
    }
    let attempts: Vec<String> = (1..=12).map(|attempt| format!("hung {attempt}")).collect();
    assert_eq!(world.effects(), attempts);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn five_in_a_row_park_who_has_an_undo_too() -> Result<(), Error> {
    let (disk, world) = disk();
    let mut engine = process(&disk, &world).await?;
    engine.start::<Careful>("one", ()).await?;
    for interruptions in 1..=5 {
        until(&world, interruptions).await;
        engine.abandon().await;
        engine = process(&disk, &world).await?;
    }
    assert_eq!(parked(engine.find::<Careful>("one").await?.result()).await, FIVE);
    assert_eq!(world.effects().len(), 5);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn those_of_who_waits_in_memory_are_none_without_getting_on() -> Result<(), Error> {
    let (disk, world) = disk();
    let mut engine = process(&disk, &world).await?;
    engine.start::<Asking>("one", ()).await?;
    for _ in 0..8 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(engine.in_memory(), 1);
        engine.abandon().await;
        engine = process(&disk, &world).await?;
    }
    let run = engine.find::<Asking>("one").await?;
    run.signal(AskingSignal::Answer(6)).await?;
    assert_eq!(tokio::time::timeout(Duration::from_secs(10), run.result()).await??, 7);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn attempts_that_fail_are_no_progress() -> Result<(), Error> {
    let (disk, world) = disk();
    let mut engine = process(&disk, &world).await?;
    engine.start::<Failing>("one", ()).await?;
    for interruptions in 1..=5 {
        until(&world, 2 * interruptions).await;
        engine.abandon().await;
        engine = process(&disk, &world).await?;
    }
    assert_eq!(parked(engine.find::<Failing>("one").await?.result()).await, FIVE);
    Ok(())
}
