//! How often user code was interrupted: counted in each place by itself, however the instance got on meanwhile.

use std::{
    future::pending,
    sync::OnceLock,
    time::{Duration, SystemTime},
};
use tokio::time::Instant;
use workflow_durable_tests::{Crash, CrashingStore, SlowStore, World};
use workflow_runtime::{
    StageContext,
    engine::{Engine, EngineError},
    store::{InstanceStatus, MemoryStore},
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

/// Hangs twice.
async fn undoes(world: &World, ctx: &StageContext) {
    hangs(world, "undo", 3, ctx).await;
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

    /// Stays in memory while it waits.
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
    workflow Poison() -> u32 with world: World {
        stage hung: u32 = hangs(world, "poison", 100, ctx);
        hung
    }

    #[durable]
    workflow Careful() -> u32 with world: World {
        #[undo(world.happen("undone"))]
        stage hung: u32 = hangs(world, "hung", 100, ctx);
        hung
    }

    /// Unnamed places, each of which hangs twice.
    #[durable]
    workflow Everywhere(number: u32) -> u32 with world: World {
        #[undo(undoes(world, ctx))]
        stage before: u32 = hangs(world, "before", 3, ctx);
        stage member: Vec<u32> = quorum(2) { hangs(world, "first", 3, ctx), hangs(world, "second", 3, ctx) };
        stage arm: u32 = match *number { 1 => hangs(world, "arm", 3, ctx), _ => 0 };
        stage head: u32 = select { given: u32 = hangs(world, "head", 3, ctx) => *given, sleep(100d) => 0 };
        #[fallback(hangs(world, "fallback", 3, ctx))]
        stage fell: u32 = fail "at once";
        stage block: u32 = {
            stage inner: u32 = *number;
            hangs(world, "tail", 3 + *inner - 1, ctx)
        };
        stage items: Vec<u32> = for item in [1_u32, 2] { hangs(world, if *item == 1 { "item 1" } else { "item 2" }, 3, ctx) };
        stage all: u32 = before + arm + head + fell + block + member.len() as u32 + items.len() as u32;
        stage bad: u32 = if *all > 0 { fail "in the end" } else { 0 };
        bad
    }

    #[durable]
    workflow Failing() -> u32 with world: World {
        #[retry(100, fixed(1s))]
        stage failing: u32 = fails_and_hangs(world);
        failing
    }
}

/// The system's clock, which paused time does not move, as if it did.
fn now() -> SystemTime {
    static ORIGIN: OnceLock<(SystemTime, Instant)> = OnceLock::new();
    let (system, instant) = *ORIGIN.get_or_init(|| (SystemTime::now(), Instant::now()));
    system + instant.elapsed()
}

/// A process that goes on with what is on the store; `disk` counts what it writes.
async fn process(disk: &CrashingStore, world: &World) -> Result<Engine, EngineError> {
    let world = || world.clone();
    let builder = Engine::builder().store(disk.clone()).idle_timeout(Duration::MAX).starting_at(now());
    builder
        .workflow(Asking::new(world()))
        .workflow(Careful::new(world()))
        .workflow(Hanging::new(world()))
        .workflow(GettingOn::new(world()))
        .workflow(Failing::new(world()))
        .workflow(Everywhere::new(world()))
        .workflow(Poison::new(world()))
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

fn five(place: &str) -> String {
    format!("crashed 5 times in a row in {place} without progress")
}

#[tokio::test(start_paused = true)]
async fn five_in_a_row_park_and_the_first_begin_is_not_written() -> Result<(), Error> {
    let (disk, world) = disk();
    let mut engine = process(&disk, &world).await?;
    engine.start::<Hanging>("one", ()).await?;
    for interruptions in 1..=5 {
        until(&world, interruptions).await;
        assert_eq!(
            usize::try_from(disk.commits())?,
            interruptions,
            "that it was made, and that the stage begins again"
        );
        engine.abandon().await;
        engine = process(&disk, &world).await?;
    }
    let run = engine.find::<Hanging>("one").await?;
    assert_eq!(parked(run.result()).await, five("stage 'hung'"));
    assert_eq!(world.effects(), ["hung 1", "hung 2", "hung 3", "hung 4", "hung 5"]);

    // A person has looked at it.
    run.rewind(HangingStage::Hung).await?;
    until(&world, 6).await;
    assert_eq!(run.status().await?, InstanceStatus::Running);
    engine.abandon().await;
    process(&disk, &world).await?;
    until(&world, 7).await;
    assert_eq!(run.status().await?, InstanceStatus::Running, "they are counted from the beginning");
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
        assert_eq!(run.status().await?, InstanceStatus::Running);
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
    assert_eq!(parked(engine.find::<Careful>("one").await?.result()).await, five("stage 'hung'"));
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
        assert_eq!(engine.resident_instances(), 1);
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
    assert_eq!(parked(engine.find::<Failing>("one").await?.result()).await, five("stage 'failing'"));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn engines_that_end_before_user_code_begins_count_for_nothing() -> Result<(), Error> {
    let (disk, world) = disk();
    let engine = process(&disk, &world).await?;
    engine.start::<Hanging>("one", ()).await?;
    engine.start::<Careful>("two", ()).await?;
    until(&world, 2).await;
    engine.abandon().await;
    for _ in 0..8 {
        process(&disk, &world).await?.abandon().await;
    }
    let engine = process(&disk, &world).await?;
    until(&world, 4).await;
    assert_eq!(world.effects()[2..], ["hung 2", "hung 2"]);
    for id in ["one", "two"] {
        let status = match id {
            "one" => engine.find::<Hanging>(id).await?.status().await?,
            _ => engine.find::<Careful>(id).await?.status().await?,
        };
        assert_eq!(status, InstanceStatus::Running);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_crashes_the_process_parks_and_its_neighbours_do_not() -> Result<(), Error> {
    let (disk, world) = disk();
    let mut engine = process(&disk, &world).await?;
    // The neighbour runs as long as the stage that ends each process, and comes first.
    engine.start::<Careful>("neighbour", ()).await?;
    engine.start::<Poison>("poison", ()).await?;
    engine.start::<Failing>("other", ()).await?;
    let begun = |world: &World| world.effects().iter().filter(|effect| effect.starts_with("poison")).count();
    for times in 1..12 {
        // The process ends as soon as the poison begins.
        let poison = engine.find::<Poison>("poison").await?;
        while begun(&world) < times && poison.status().await? != InstanceStatus::Parked {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        if poison.status().await? == InstanceStatus::Parked {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        engine.abandon().await;
        engine = process(&disk, &world).await?;
    }
    let poison = engine.find::<Poison>("poison").await?;
    assert_eq!(parked(poison.result()).await, five("stage 'hung'"));
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(engine.find::<Careful>("neighbour").await?.status().await?, InstanceStatus::Running);
    assert_eq!(engine.find::<Failing>("other").await?.status().await?, InstanceStatus::Running);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn each_place_counts_its_own_attempts() -> Result<(), Error> {
    let (disk, world) = disk();
    let mut engine = process(&disk, &world).await?;
    engine.start::<Everywhere>("one", 1).await?;
    let places = ["before", "first", "second", "arm", "head", "fallback", "tail", "item 1", "item 2"];
    for attempt in 1..=3 {
        until(&world, places.len() * attempt).await;
        if attempt < 3 {
            engine.abandon().await;
            engine = process(&disk, &world).await?;
        }
    }
    let counts = world.counts();
    for place in places {
        for attempt in 1..=3 {
            assert_eq!(counts.get(&format!("{place} {attempt}")), Some(&1), "{place} {attempt} in {counts:#?}");
        }
    }
    for attempt in 1..=3 {
        until(&world, places.len() * 3 + attempt).await;
        assert_eq!(world.effects().last().map(String::as_str), Some(&*format!("undo {attempt}")));
        if attempt < 3 {
            engine.abandon().await;
            engine = process(&disk, &world).await?;
        }
    }
    let failure = engine.find::<Everywhere>("one").await?.result().await.unwrap_err();
    assert!(failure.to_string().contains("in the end") || format!("{failure:?}").contains("in the end"), "{failure:?}");
    Ok(())
}

workflow! {
    #[durable]
    workflow Hurried() -> u32 with world: World {
        #[timeout(25ms)]
        stage block: u32 = {
            #[undo(undoes(world, ctx), on = attempt)]
            stage first: u32 = hangs(world, "first", 2, ctx);
            *first
        };
        block
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_on_record_is_taken_up_before_a_timeout_runs() -> Result<(), Error> {
    let (world, store) = (World::default(), MemoryStore::new());
    let engine = Engine::builder().store(store.clone()).workflow(Hurried::new(world.clone())).start().await?;
    engine.start::<Hurried>("i", ()).await?;
    tokio::time::sleep(Duration::from_millis(2)).await;
    engine.abandon().await;

    // The record that the stage begins once more takes 20 ms to be on the store, and so does its output.
    let store = SlowStore::new(store, Duration::from_millis(20));
    let engine = Engine::builder().store(store).workflow(Hurried::new(world.clone())).start().await?;
    assert_eq!(engine.find::<Hurried>("i").await?.result().await?, 2);
    assert_eq!(world.effects(), ["first 1", "first 2"]);
    Ok(())
}
