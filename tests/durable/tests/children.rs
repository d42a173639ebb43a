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

/// The same, and hangs in the first process.
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
    Engine::builder().store(store.clone()).workflow(workflow).linger(Duration::MAX).start().await
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
