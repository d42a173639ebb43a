//! Workflows that are run in a stage of a durable one.
#![allow(clippy::trivially_copy_pass_by_ref, clippy::unused_async, reason = "what users write")]

use std::{future::pending, time::Duration};
use tokio::time::sleep;
use workflow_durable_tests::World;
use workflow_runtime::{
    StageContext,
    engine::{Durable, Engine, EngineError},
    store::MemoryStore,
    workflow,
};

type Error = Box<dyn std::error::Error>;

/// An effect under its key.
async fn write(world: &World, ctx: &StageContext, what: &str) -> u32 {
    world.happen(format!("{what} {}", ctx.idempotency_key()));
    1
}

/// Has an effect under its key, and hangs in the first process.
async fn hangs(world: &World, ctx: &StageContext, what: &str) -> u32 {
    write(world, ctx, what).await;
    if !world.effects().contains(&"crash".to_owned()) {
        pending::<()>().await;
    }
    1
}

workflow! {
    /// Says nothing of a store.
    workflow Inner(number: u32) -> u32 with world: World {
        stage inner: u32 = write(world, ctx, "inner");
        inner + number
    }

    workflow Child(number: u32) -> u32 with world: World, inner: Inner {
        stage charged: u32 = write(world, ctx, "charged");
        stage nested: u32 = inner.run(*charged);
        #[after(nested)]
        stage hung: u32 = hangs(world, ctx, "hung");
        hung + number
    }

    /// Might be on a store, and is not.
    #[durable]
    workflow Kept(number: u32) -> u32 with world: World, inner: Inner {
        stage items: Vec<u32> = for item in 0..2_u32 { inner.run(*item) };
        stage first: Vec<u32> = quorum(2) { inner.run(1), inner.run(2) };
        #[after(first, items)]
        stage hung: u32 = hangs(world, ctx, "hung");
        hung + number
    }

    #[durable]
    workflow Parent() -> u32 with child: Child, kept: Kept, inner: Inner {
        stage paid: u32 = child.run(1);
        stage two: u32 = async { child.run(1).await.unwrap_or(0) + child.run(2).await.unwrap_or(0) };
        stage same: u32 = kept.run(1);
        stage started: u32 = inner.start(1);
        stage each: Vec<u32> = for item in [5, 6] { inner.run(*item) };
        stage raced: u32 = race { inner.run(1), inner.run(2) };
        stage rounds: u32 = loop round: u32 = 0 {
            stage step: u32 = inner.run(*round);
            if *step > 1 { break step } else { continue step }
        };
        #[undo(async { inner.run(1).await.map(drop) })]
        stage undone: u32 = inner.run(1);
        #[after(paid, two, same)]
        stage bad: u32 = if *started + *rounds + *undone + *raced > 0 { fail "in the end" } else { each.len() as u32 };
        bad
    }
}

async fn engine<W: Durable>(store: &MemoryStore, workflow: W) -> Result<Engine, EngineError> {
    Engine::builder().store(store.clone()).workflow(workflow).idle_timeout(Duration::MAX).start().await
}

fn parent(world: &World) -> Parent {
    let inner = Inner::new(world.clone());
    let child = Child::new(world.clone(), inner.clone());
    Parent::new(child, Kept::new(world.clone(), inner.clone()), inner)
}

#[tokio::test(start_paused = true)]
async fn its_keys_are_made_of_the_place_where_it_begins_and_stay_what_they_are() -> Result<(), Error> {
    let (store, world) = (MemoryStore::new(), World::default());
    let first = engine(&store, parent(&world)).await?;
    first.start::<Parent>("one", ()).await?;
    sleep(Duration::from_secs(1)).await;
    let mut before = world.take();
    before.sort();
    let mut expected = vec![
        "charged one/paid/Child[0]/charged",
        "charged one/two/Child[0]/charged",
        "hung one/paid/Child[0]/hung",
        "hung one/same/Kept[0]/hung",
        "hung one/two/Child[0]/hung",
        "inner one/each[0]/each/Inner[0]/inner",
        "inner one/each[1]/each/Inner[0]/inner",
        "inner one/paid/Child[0]/nested/Inner[0]/inner",
        "inner one/raced/:member-8fd2e90a/Inner[0]/inner",
        "inner one/rounds[0]/step/Inner[0]/inner",
        "inner one/rounds[1]/step/Inner[0]/inner",
        "inner one/same/Kept[0]/first/:member-8fd2e90a/Inner[0]/inner",
        "inner one/same/Kept[0]/first/:member-a7d54d69/Inner[0]/inner",
        "inner one/same/Kept[0]/items[0]/items/Inner[0]/inner",
        "inner one/same/Kept[0]/items[1]/items/Inner[0]/inner",
        "inner one/started/Inner[0]/inner",
        "inner one/two/Child[0]/nested/Inner[0]/inner",
        "inner one/undone/Inner[0]/inner",
    ];
    expected.sort_unstable();
    assert_eq!(before, expected);
    first.abandon().await;
    world.happen("crash");

    let second = engine(&store, parent(&world)).await?;
    second.find::<Parent>("one").await?.result().await.unwrap_err();
    let mut after = world.take();
    after.sort();
    let again: Vec<&str> = expected
        .iter()
        .copied()
        .filter(|effect| effect.contains("one/paid") || effect.contains("one/two") || effect.contains("one/same"))
        .collect();
    let mut again: Vec<String> = again.iter().map(|&effect| effect.to_owned()).collect();
    again.extend(["charged", "nested/Inner[0]/inner", "hung"].map(|inside| {
        let what = inside.rsplit('/').next().unwrap_or_default();
        format!("{what} one/two/Child[1]/{inside}")
    }));
    again.extend(["crash".to_owned(), "inner one/undone/undo/Inner[0]/inner".to_owned()]);
    again.sort();
    assert_eq!(after, again);
    Ok(())
}

async fn act(world: &World, what: &str, millis: u64) -> u32 {
    sleep(Duration::from_millis(millis)).await;
    world.happen(what);
    1
}

async fn undo(world: &World, what: &str) {
    sleep(Duration::from_millis(5)).await;
    world.happen(format!("undo {what}"));
}

async fn undo_fails(world: &World, what: &str) -> Result<(), String> {
    undo(world, what).await;
    Err(format!("{what} stays"))
}

async fn late(millis: u64) -> Result<u32, String> {
    sleep(Duration::from_millis(millis)).await;
    Err("late".to_owned())
}

workflow! {
    /// One stage is done, one is running, and then the workflow waits.
    workflow Booking() -> u32 with world: World {
        #[undo(undo(world, "room"))]
        stage room: u32 = act(world, "room", 1);
        #[after(room)]
        #[undo(undo_fails(world, "car"))]
        stage car: u32 = act(world, "car", 30);
        #[after(car)]
        stage rest = sleep(1h);
        room + car
    }

    #[durable]
    workflow Siblings() -> u32 with world: World, booking: Booking {
        #[undo(undo(world, "first"))]
        stage first: u32 = act(world, "first", 1);
        #[after(first)]
        stage booked: u32 = booking.run();
        #[after(first)]
        stage bad: u32 = late(10);
        booked + bad
    }

    #[durable]
    workflow Races() -> u32 with world: World, booking: Booking {
        stage won: u32 = race { booking.run(), act(world, "quick", 10) };
        stage rest = sleep(1h);
        #[after(won, rest)]
        stage chosen: u32 = select { booked: u32 = booking.run() => *booked, sleep(10ms) => act(world, "next", 0) };
        #[until(soon)]
        stage cut: Option<u32> = { stage after: u32 = *chosen; stage inner: u32 = booking.run(); *after + *inner };
        #[after(chosen)]
        stage soon: u32 = act(world, "soon", 10);
        stage bad: u32 = if cut.is_none() && *soon == 1 { fail "in the end" } else { 0 };
        won + bad
    }

    workflow Bought() -> u32 with world: World {
        #[undo(undo(world, "bought"))]
        stage bought: u32 = act(world, "bought", 1);
        bought
    }

    #[durable]
    workflow Buys() -> u32 with bought: Bought {
        stage inner: u32 = bought.run();
        stage started: u32 = bought.start();
        #[after(inner, started)]
        stage ends: u32 = late(10);
        ends
    }

    #[durable]
    workflow Waits() -> u32 with booking: Booking {
        stage booked: u32 = booking.run();
        booked
    }
}

/// The effects of the booking when it is cancelled after 10 ms: the running stage ends, and then both are undone.
const BOOKED: [&str; 4] = ["room", "car", "undo car", "undo room"];

fn joined(parts: &[&[&str]]) -> Vec<String> {
    parts.iter().flat_map(|part| part.iter()).map(|&what| what.to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_it_did_is_undone_where_its_stage_is_cut() -> Result<(), Error> {
    let world = World::default();
    let booking = Booking::new(world.clone());
    let one = engine(&MemoryStore::new(), Siblings::new(world.clone(), booking.clone())).await?;
    let ended = one.start::<Siblings>("one", ()).await?.result().await.unwrap_err();
    let EngineError::Failed { failure, .. } = ended else { panic!("{ended}") };
    assert_eq!((failure.stage(), failure.undo_failures().len()), (Some("bad"), 1));
    assert!(format!("{failure:#}").contains("car stays"), "{failure:#}");
    assert_eq!(world.take(), joined(&[&["first"], &BOOKED, &["undo first"]]));

    let store = MemoryStore::new();
    let another = Engine::builder().store(store).workflow(Races::new(world.clone(), booking.clone()));
    let another = another.idle_timeout(Duration::ZERO).start().await?;
    let ended = another.start::<Races>("one", ()).await?.result().await.unwrap_err();
    let EngineError::Failed { failure, .. } = ended else { panic!("{ended}") };
    let raced = joined(&[&["room", "quick"], &BOOKED[1..], &BOOKED, &["next", "room", "soon"], &BOOKED[1..]]);
    assert_eq!(world.take(), raced);
    assert_eq!(failure.undo_failures().len(), 3, "{failure:#}: also that from before it was loaded again");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_it_did_is_undone_where_the_instance_is_cancelled_and_not_where_its_engine_ends() -> Result<(), Error> {
    let (store, world) = (MemoryStore::new(), World::default());
    let first = engine(&store, Waits::new(Booking::new(world.clone()))).await?;
    first.start::<Waits>("one", ()).await?;
    sleep(Duration::from_secs(1)).await;
    first.shutdown().await?;
    sleep(Duration::from_mins(1)).await;
    assert_eq!(world.take(), ["room", "car"]);
    let second = engine(&store, Waits::new(Booking::new(world.clone()))).await?;
    let run = second.find::<Waits>("one").await?;
    sleep(Duration::from_millis(10)).await;
    run.cancel().await?;
    run.result().await.unwrap_err();
    assert_eq!(world.take(), BOOKED);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_has_its_output_is_not_undone_whatever_becomes_of_the_instance() -> Result<(), Error> {
    let world = World::default();
    let one = engine(&MemoryStore::new(), Buys::new(Bought::new(world.clone()))).await?;
    one.start::<Buys>("one", ()).await?.result().await.unwrap_err();
    assert_eq!(world.take(), ["bought", "bought"]);
    Ok(())
}
