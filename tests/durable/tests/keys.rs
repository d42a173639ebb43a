//! Idempotency keys: each place where user code can run has one, and no restart, rename or deploy changes it.
#![allow(clippy::trivially_copy_pass_by_ref, clippy::unused_async, reason = "what users write")]

use std::{collections::BTreeSet, future::pending, time::Duration};
use workflow_durable_tests::World;
use workflow_runtime::{
    StageContext,
    engine::{Durable, Engine, EngineError},
    store::MemoryStore,
    workflow,
};

type Error = Box<dyn std::error::Error>;

/// An effect outside, under its key.
async fn write(world: &World, ctx: &StageContext, what: &str) -> u32 {
    world.happen(format!("{what} {}", ctx.idempotency_key()));
    0
}

/// One that hangs.
async fn hang(world: &World, ctx: &StageContext, what: &str) -> u32 {
    write(world, ctx, what).await;
    pending().await
}

fn reverse(world: &World, ctx: &StageContext) {
    world.happen(format!("undo {} {}", ctx.undone_key().unwrap_or_default(), ctx.idempotency_key()));
}

async fn fails(world: &World, ctx: &StageContext, what: &str) -> Result<u32, String> {
    write(world, ctx, what).await;
    Err("no".to_owned())
}

workflow! {
    #[durable]
    workflow Places(n: u32) -> u32 with world: World {
        stage own: u32 = write(world, ctx, "own");
        stage both: Vec<u32> = quorum(2) { write(world, ctx, "member"), write(world, ctx, "member") };
        stage first: u32 = race { write(world, ctx, "a"), fails(world, ctx, "b") };
        stage chosen: u32 = match *n { 0 => write(world, ctx, "zero"), _ => write(world, ctx, "other") };
        #[fallback(write(world, ctx, "fallback"))]
        stage fell: u32 = fails(world, ctx, "falls");
        #[fallback({ stage _inside: u32 = write(world, ctx, "inside"); write(world, ctx, "tail") })]
        stage block: u32 = { stage nested: u32 = fails(world, ctx, "nested"); *nested };
        stage items: Vec<u32> = for _ in [1, 2] { write(world, ctx, "item") };
        #[allow(deprecated)]
        stage decided: u32 = select {
            head: u32 = write(world, ctx, "head") => write(world, ctx, "after the head"),
            sleep(1d) => 1,
        };
        #[allow(deprecated)]
        #[max(2, else = write(world, ctx, "spent"))]
        stage rounds: u32 = loop state: u32 = write(world, ctx, "start") {
            stage step: u32 = write(world, ctx, "step");
            if *step > 5 { break write(world, ctx, "break") } else { continue write(world, ctx, "continue") }
        };
        #[undo(reverse(world, ctx))]
        stage undone: u32 = write(world, ctx, "done");
        own + both.len() as u32 + first + chosen + fell + block + items.len() as u32 + decided + rounds + undone
            + write(world, ctx, "the end").into_inner()
    }
}

/// For a plain expression.
trait IntoInner {
    fn into_inner(self) -> u32;
}
impl<F: Future<Output = u32>> IntoInner for F {
    fn into_inner(self) -> u32 {
        let waker = std::task::Waker::noop();
        match std::pin::pin!(self).poll(&mut std::task::Context::from_waker(waker)) {
            std::task::Poll::Ready(value) => value,
            std::task::Poll::Pending => panic!("it does not end at once"),
        }
    }
}

async fn engine<W: Durable>(store: &MemoryStore, workflow: W) -> Result<Engine, EngineError> {
    Engine::builder().store(store.clone()).workflow(workflow).idle_timeout(Duration::MAX).start().await
}

#[tokio::test(start_paused = true)]
async fn each_place_has_a_key_of_its_own() -> Result<(), Error> {
    let (store, world) = (MemoryStore::new(), World::default());
    let engine = engine(&store, Places::new(world.clone())).await?;
    let run = engine.start::<Places>("order-42", 0).await?;
    run.result().await?;
    let effects = world.effects();
    let keys: Vec<String> =
        effects.iter().map(|effect| effect.rsplit_once(' ').map_or(String::new(), |(_, key)| key.to_owned())).collect();
    let unique: BTreeSet<&String> = keys.iter().collect();
    assert_eq!(unique.len(), keys.len(), "{effects:#?}");
    for known in [
        "own order-42/own",
        "falls order-42/fell",
        "inside order-42/_inside",
        "item order-42/items[0]/items",
        "item order-42/items[1]/items",
        "step order-42/rounds[1]/step",
        "done order-42/undone",
        "the end order-42/",
    ] {
        assert!(effects.iter().any(|effect| effect == known), "{known} in {effects:#?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn ids_are_escaped_so_that_no_two_instances_share_a_key() -> Result<(), Error> {
    let (store, world) = (MemoryStore::new(), World::default());
    let engine = engine(&store, Escaped::new(world.clone())).await?;
    for id in ["a", "a/b", "a/b[0]", "a%2Fb", "a~1", ""] {
        engine.start::<Escaped>(id, ()).await?.result().await.unwrap_err();
    }
    let effects = world.effects();
    let keys: BTreeSet<&str> = effects.iter().filter_map(|effect| effect.rsplit(' ').next()).collect();
    assert_eq!(keys.len(), effects.len(), "{effects:#?}");
    assert!(effects.contains(&"stage a~1/undo".to_owned()) && effects.contains(&"stage a%2Fb/undo".to_owned()));
    Ok(())
}

workflow! {
    #[durable]
    workflow Escaped() -> u32 with world: World {
        #[undo(reverse(world, ctx))]
        stage b: u32 = write(world, ctx, "b");
        #[after(b)]
        stage undo: u32 = write(world, ctx, "stage");
        stage bad: u32 = if *undo > 5 { 1 } else { fail "no" };
        bad + b
    }
}

mod v1 {
    use super::*;
    workflow! {
        #[durable]
        pub workflow Renamed(n: u32) -> u32 with world: World {
            #[undo(reverse(world, ctx))]
            stage booked: u32 = write(world, ctx, "book");
            #[after(booked)]
            stage around: Vec<u32> = for item in [1] {
                stage charged: u32 = hang(world, ctx, "charge");
                charged + item
            };
            stage chosen: u32 = match *n {
                number if number + *booked > 0 => hang(world, ctx, "arm"),
                _ => 1,
            };
            stage both: Vec<u32> = quorum(2) { hang(world, ctx, "m"), { stage part: u32 = hang(world, ctx, "part"); *part } };
            around.len() as u32 + chosen + both.len() as u32
        }
    }
}

mod v2 {
    use super::*;
    workflow! {
        #[durable]
        pub workflow Renamed(n: u32) -> u32 with world: World {
            #[was(booked)]
            #[undo(reverse(world, ctx))]
            stage reserved: u32 = write(world, ctx, "book");
            #[was(around)]
            #[after(reserved)]
            stage outside: Vec<u32> = for item in [1] {
                #[was(charged)]
                stage paid: u32 = hang(world, ctx, "charge");
                paid + item
            };
            stage chosen: u32 = match *n {
                number if number + *reserved > 0 => hang(world, ctx, "arm"),
                _ => 1,
            };
            #[was(both)]
            stage two: Vec<u32> = quorum(2) {
                hang(world, ctx, "m"),
                { #[was(part)] stage piece: u32 = hang(world, ctx, "part"); *piece },
            };
            outside.len() as u32 + chosen + two.len() as u32
        }
    }
}

mod v3 {
    use super::*;
    workflow! {
        #[durable]
        pub workflow Renamed(n: u32) -> u32 with world: World {
            #[was(reserved)]
            #[undo(reverse(world, ctx))]
            stage held: u32 = write(world, ctx, "book");
            #[was(outside)]
            #[after(held)]
            stage all: Vec<u32> = for item in [1] {
                #[was(paid)]
                stage taken: u32 = hang(world, ctx, "charge");
                taken + item
            };
            stage chosen: u32 = match *n {
                number if number + *held > 0 => hang(world, ctx, "arm"),
                _ => 1,
            };
            #[was(two)]
            stage pair: Vec<u32> = quorum(2) {
                hang(world, ctx, "m"),
                { #[was(piece)] stage bit: u32 = hang(world, ctx, "part"); *bit },
            };
            all.len() as u32 + chosen + pair.len() as u32
        }
    }
}

/// Takes the effects since the last call, without the hanging stages, which are dropped.
async fn effects(world: &World, count: usize) -> BTreeSet<String> {
    while world.effects().len() < count {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    world.take().into_iter().collect()
}

#[tokio::test(start_paused = true)]
async fn renames_change_no_key_however_many_follow() -> Result<(), Error> {
    let (store, world) = (MemoryStore::new(), World::default());
    let first = engine(&store, v1::Renamed::new(world.clone())).await?;
    first.start::<v1::Renamed>("i", 1).await?;
    let begun = effects(&world, 5).await;
    assert!(begun.contains("charge i/around[0]/charged"), "{begun:?}");
    let under_way: BTreeSet<String> = begun.into_iter().filter(|effect| !effect.starts_with("book")).collect();
    first.abandon().await;

    let second = engine(&store, v2::Renamed::new(world.clone())).await?;
    assert_eq!(effects(&world, 4).await, under_way);
    // One that has never had the former names has those of its own build.
    second.start::<v2::Renamed>("new", 1).await?;
    let of_new = effects(&world, 5).await;
    assert!(of_new.contains("charge new/outside[0]/paid"), "{of_new:?}");
    let of_new: BTreeSet<String> = of_new.into_iter().filter(|effect| !effect.starts_with("book")).collect();
    second.abandon().await;

    for _ in 0..2 {
        let third = engine(&store, v3::Renamed::new(world.clone())).await?;
        let again = effects(&world, 8).await;
        assert_eq!(again, under_way.union(&of_new).cloned().collect());
        third.abandon().await;
    }
    let third = engine(&store, v3::Renamed::new(world.clone())).await?;
    effects(&world, 8).await;
    let run = third.find::<v3::Renamed>("i").await?;
    run.cancel().await?;
    run.result().await.unwrap_err();
    assert_eq!(world.take(), ["undo i/booked i/booked/undo"]);
    Ok(())
}
