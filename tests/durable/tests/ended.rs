//! Tests of ends that stay ends: user code that has ended before its instance left memory or its process crashed is not
//! begun again.

use std::time::Duration;
use workflow_durable_tests::World;
use workflow_runtime::{BoxError, StageContext, engine::Engine, store::MemoryStore, workflow};

type Error = Box<dyn std::error::Error>;

async fn act(world: &World, ctx: &StageContext, millis: u64) -> Result<u32, BoxError> {
    world.happen(format!("{} {}", ctx.idempotency_key(), ctx.attempt()));
    tokio::time::sleep(Duration::from_millis(millis)).await;
    Ok(1)
}

async fn fails(world: &World, ctx: &StageContext) -> Result<u32, BoxError> {
    act(world, ctx, 1).await?;
    Err("planned".into())
}

fn undo(world: &World, ctx: &StageContext) {
    world.happen(format!("undo {}", ctx.undone_key().unwrap_or_default()));
}

/// An engine on that store; an instance that waits leaves memory at once.
macro_rules! engine {
    ($store:expr, $workflow:expr) => {
        Engine::builder().store($store.clone()).workflow($workflow).idle_timeout(Duration::ZERO).start().await?
    };
}

/// Returns the effects of an instance that has left memory on its way, once it has ended.
macro_rules! effects {
    ($workflow:ident) => {{
        let world = World::default();
        let store = MemoryStore::new();
        let engine = engine!(store, $workflow::new(world.clone()));
        let _ = engine.start::<$workflow>("i", ()).await?.result().await;
        world.effects()
    }};
}

workflow! {
    #[durable]
    workflow Arms() -> u32
    with world: World
    {
        // Two of three: the others are waited for.
        stage most: Vec<u32> = quorum(2) {
            { stage arm: u32 = if world.effects().len() > 100 { 0 } else { fails(world, ctx) }; *arm },
            { #[timeout(2ms)] stage block: u32 = { stage long: u32 = act(world, ctx, 9); *long }; *block },
            fails(world, ctx),
            { stage rest = sleep(1h); #[after(rest)] stage again = sleep(1h); #[after(again)] stage a: u32 = 1; *a },
            { stage late = sleep(3h); #[after(late)] stage b: u32 = 1; *b },
        };
        most.iter().sum::<u32>()
    }
}

#[tokio::test(start_paused = true)]
async fn what_fails_in_an_arm_a_block_or_a_member_is_not_tried_again() -> Result<(), Error> {
    let mut effects = effects!(Arms);
    effects.sort();
    assert_eq!(effects.len(), 3, "{effects:?}");
    assert!(effects.iter().all(|effect| effect.ends_with(" 1")), "{effects:?}");
    Ok(())
}

workflow! {
    #[durable]
    workflow Asked() -> u32
    with world: World
    {
        stage inside: u32 = {
            #[lazy] stage asked: u32 = {
                #[undo(undo(world, ctx))] stage done: u32 = act(world, ctx, 1);
                *done
            };
            stage asks: u32 = if world.effects().len() < 100 { *asked } else { 0 };
            *asks
        };
        #[after(inside)] stage rest = sleep(1h);
        #[after(rest)] stage bad: u32 = if *inside == 1 { fail "planned" } else { 0 };
        *bad
    }
}

#[tokio::test(start_paused = true)]
async fn a_lazy_stage_that_what_has_ended_asked_for_is_undone() -> Result<(), Error> {
    assert_eq!(effects!(Asked), ["i/done 1", "undo i/done"]);
    Ok(())
}

workflow! {
    #[durable]
    workflow Late() -> u32
    with world: World
    {
        stage end = sleep(1ms);
        #[until(end)]
        stage cut: Option<u32> = {
            stage first = sleep(1ms);
            #[after(first)] stage second = sleep(1s);
            #[after(second)] #[undo(undo(world, ctx))] stage never: u32 = act(world, ctx, 50);
            *never
        };
        stage quick: u32 = race {
            { stage nap = sleep(1ms); #[after(nap)] stage won: u32 = 1; *won },
            { stage long = sleep(1s); #[after(long)] #[undo(undo(world, ctx))] stage lost: u32 = act(world, ctx, 50); *lost },
        };
        #[after(cut, quick)] stage rest: u32 = act(world, ctx, 10_000);
        *rest
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_crash_nothing_begins_in_what_has_ended() -> Result<(), Error> {
    let world = World::default();
    let store = MemoryStore::new();
    let engine = engine!(store, Late::new(world.clone()));
    engine.start::<Late>("i", ()).await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    engine.abandon().await;
    let engine = engine!(store, Late::new(world.clone()));
    engine.find::<Late>("i").await?.result().await?;
    assert_eq!(world.effects(), ["i/rest 1", "i/rest 2"]);
    Ok(())
}

workflow! {
    #[durable]
    workflow Tasks() -> u32
    with world: World
    {
        stage rest = sleep(1h);
        stage first: u32 = act(world, ctx, 1);
        #[after(first)] #[spawn] stage task: u32 = act(world, ctx, 10);
        *task
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_that_has_not_begun_keeps_its_instance_in_memory() -> Result<(), Error> {
    assert_eq!(effects!(Tasks), ["i/first 1", "i/task 1"]);
    Ok(())
}

mod reordered {
    use super::{BoxError, StageContext, World, act, undo, workflow};

    pub(super) mod before {
        use super::*;
        workflow! {
            #[durable]
            pub workflow Reordered() -> u32 with world: World {
                stage most: Vec<u32> = quorum(2) {
                    { #[undo(undo(world, ctx))] stage a: u32 = act(world, ctx, 1); stage b: u32 = act(world, ctx, 2); *a + *b },
                    { stage c: u32 = act(world, ctx, 3); #[after(c)] stage rest = sleep(1d); #[after(rest)] stage d: u32 = 1; *d },
                };
                stage one: u32 = race {
                    { stage e: u32 = act(world, ctx, 4); stage f: u32 = act(world, ctx, 5); *e + *f },
                    { stage g = sleep(1h); #[after(g)] stage h: u32 = 1; *h },
                };
                most.iter().sum::<u32>() + *one
            }
        }
    }

    pub(super) mod after {
        use super::*;
        workflow! {
            #[durable]
            pub workflow Reordered() -> u32 with world: World {
                stage one: u32 = race {
                    { stage g = sleep(1h); #[after(g)] stage h: u32 = 1; *h },
                    { stage f: u32 = act(world, ctx, 5); #[was(e)] stage renamed: u32 = act(world, ctx, 4); *renamed + *f },
                };
                stage most: Vec<u32> = quorum(2) {
                    { #[after(rest)] stage d: u32 = 1; #[after(c)] stage rest = sleep(1d); stage c: u32 = act(world, ctx, 3); *d },
                    { stage b: u32 = act(world, ctx, 2); #[undo(undo(world, ctx))] stage a: u32 = act(world, ctx, 1); *a + *b },
                };
                most.iter().sum::<u32>() + *one
            }
        }
    }

    #[allow(dead_code, reason = "both builds name them")]
    type Names = (BoxError, StageContext);
}

#[tokio::test(start_paused = true)]
async fn members_are_the_same_in_whatever_order_their_stages_stand() -> Result<(), Error> {
    let world = World::default();
    let store = MemoryStore::new();
    let engine = engine!(store, reordered::before::Reordered::new(world.clone()));
    engine.start::<reordered::before::Reordered>("i", ()).await?;
    tokio::time::sleep(Duration::from_mins(1)).await;
    engine.shutdown().await?;
    let before = world.effects();
    let engine = engine!(store, reordered::after::Reordered::new(world.clone()));
    let sum = engine.find::<reordered::after::Reordered>("i").await?.result().await?;
    assert_eq!((sum, world.effects()), (5, before));
    Ok(())
}

async fn undo_in_an_hour(world: &World, ctx: &StageContext) {
    undo(world, ctx);
    tokio::time::sleep(Duration::from_hours(1)).await;
}

workflow! {
    #[durable]
    workflow Cut() -> u32
    with world: World
    {
        stage end = sleep(5ms);
        #[until(end)]
        stage a: Option<u32> = {
            // Running when the run is cancelled: the stage ends, and is undone.
            #[timeout(1s)]
            #[undo(undo_in_an_hour(world, ctx))]
            stage one: u32 = act(world, ctx, 20);
            *one
        };
        a.unwrap_or(7)
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_until_has_cut_does_not_give_its_value_after_a_restart() -> Result<(), Error> {
    let (world, store) = (World::default(), MemoryStore::new());
    let engine = engine!(store, Cut::new(world.clone()));
    engine.start::<Cut>("i", ()).await?;
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(world.take(), ["i/one 1", "undo i/one"]);
    engine.shutdown().await?;

    let engine = engine!(store, Cut::new(world.clone()));
    assert_eq!(engine.find::<Cut>("i").await?.result().await?, 7);
    assert_eq!(world.effects(), ["undo i/one"]);
    Ok(())
}

async fn panics(world: &World, ctx: &StageContext) -> u32 {
    world.happen(format!("{} {}", ctx.idempotency_key(), ctx.attempt()));
    tokio::task::yield_now().await;
    panic!("planned")
}

/// Panics where its call is evaluated, before there is a future.
fn panics_at_once(world: &World, ctx: &StageContext) -> u32 {
    world.happen(format!("{} {}", ctx.idempotency_key(), ctx.attempt()));
    panic!("planned")
}

workflow! {
    #[durable]
    workflow Panics() -> u32
    with world: World
    {
        stage first: u32 = race {
            panics(world, ctx),
            panics_at_once(world, ctx),
            { stage rest = sleep(1h); #[after(rest)] stage again = sleep(1h); #[after(again)] stage a: u32 = 1; *a },
        };
        *first
    }
}

#[tokio::test(start_paused = true)]
async fn a_member_that_has_panicked_is_out_for_good() -> Result<(), Error> {
    let effects = effects!(Panics);
    assert_eq!(effects.len(), 2, "{effects:#?}");
    Ok(())
}
