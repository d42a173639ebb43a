//! Stages with a task of their own: their records are known before any scope is rolled back.

use std::time::Duration;
use tokio::time::sleep;
use workflow_durable_tests::{SlowStore, World};
use workflow_runtime::{
    Failure, StageContext,
    engine::{Engine, EngineError},
    store::MemoryStore,
    workflow,
};

type Error = Box<dyn std::error::Error>;

fn does(world: &World, ctx: &StageContext) -> u32 {
    world.happen(format!("does {}", ctx.idempotency_key()));
    1
}

workflow! {
    #[durable]
    workflow Booking() -> u32 with world: World {
        #[spawn]
        stage trip: u32 = {
            #[undo(world.undo(ctx))]
            stage flight: u32 = does(world, ctx);
            #[after(flight)]
            #[spawn]
            stage stay: u32 = {
                #[undo(world.undo(ctx))]
                stage hotel: u32 = does(world, ctx);
                #[after(hotel)]
                stage rest = sleep(1h);
                #[after(rest)]
                stage late: u32 = does(world, ctx);
                *hotel + *late
            };
            *flight + *stay
        };
        *trip
    }
}

async fn begun(world: &World, store: &MemoryStore) -> Result<(), Error> {
    let engine = Engine::builder().store(store.clone()).workflow(Booking::new(world.clone())).start().await?;
    engine.start::<Booking>("one", ()).await?;
    sleep(Duration::from_mins(1)).await;
    engine.abandon().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_is_cancelled_while_catching_up_undoes_what_its_tasks_did() -> Result<(), Error> {
    let (world, store) = (World::default(), MemoryStore::new());
    begun(&world, &store).await?;
    let engine = Engine::builder().store(store).workflow(Booking::new(world.clone())).start().await?;
    let run = engine.find::<Booking>("one").await?;
    run.cancel().await?;
    assert!(matches!(run.result().await, Err(EngineError::Failed { .. })));
    let effects = ["does one/flight", "does one/hotel", "undoes one/hotel", "undoes one/flight"];
    assert_eq!(world.effects(), effects);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_on_record_in_a_task_is_not_done_again() -> Result<(), Error> {
    let (world, store) = (World::default(), MemoryStore::new());
    begun(&world, &store).await?;
    let engine = Engine::builder().store(store).workflow(Booking::new(world.clone())).start().await?;
    assert_eq!(engine.find::<Booking>("one").await?.result().await?, 3);
    assert_eq!(world.effects(), ["does one/flight", "does one/hotel", "does one/late"]);
    Ok(())
}

async fn works(world: &World, ctx: &StageContext, milliseconds: u64) -> Result<u32, String> {
    world.happen(format!("{} {}", ctx.stage(), ctx.attempt()));
    sleep(Duration::from_millis(milliseconds)).await;
    if ctx.stage() == "fails" { Err("no".to_owned()) } else { Ok(1) }
}

workflow! {
    /// Its tasks have something to do each time that the store has taken something.
    #[durable]
    workflow Beside() -> u32 with world: World {
        signal go: u32;
        #[spawn]
        stage both: u32 = {
            stage first: u32 = works(world, ctx, 3);
            #[after(first)]
            stage second: u32 = works(world, ctx, 3);
            #[catch] #[spawn]
            stage fails: Result<u32, Failure> = works(world, ctx, 3);
            first + second + u32::from(fails.is_err())
        };
        stage taken: u32 = *go;
        *taken + *both
    }
}

/// While it waits for a signal too, an instance leaves memory at once; its tasks do what they have to do before it
/// does.
#[tokio::test(start_paused = true)]
async fn what_a_task_goes_on_with_is_done_before_its_instance_leaves_memory() -> Result<(), Error> {
    for restarts in [false, true] {
        for offset in 0..12 {
            let world = World::default();
            let store = SlowStore::new(MemoryStore::new(), Duration::from_millis(2));
            let start = || {
                let builder = Engine::builder().store(store.clone()).idle_timeout(Duration::ZERO);
                builder.workflow(Beside::new(world.clone())).start()
            };
            let engine = start().await?;
            let run = engine.start::<Beside>("one", ()).await?;
            sleep(Duration::from_millis(offset)).await;
            let (engine, run) = if restarts {
                engine.abandon().await;
                let engine = start().await?;
                let run = engine.find::<Beside>("one").await?;
                (engine, run)
            } else {
                (engine, run)
            };
            // Its tasks need no signal to come to their end.
            sleep(Duration::from_millis(100)).await;
            let effects = world.take();
            assert!(effects.iter().any(|effect| effect.starts_with("second")), "{offset}: {effects:?}");
            run.signal(BesideSignal::Go(4)).await?;
            assert_eq!(run.result().await?, 7);
            assert_eq!(world.take(), [] as [&str; 0], "{offset}");
            for what in ["first", "second", "fails"] {
                let attempts = effects.iter().filter(|effect| effect.starts_with(what)).count();
                assert!(attempts == 1 || restarts && attempts == 2, "{offset}: {effects:?}");
            }
            engine.shutdown().await?;
        }
    }
    Ok(())
}
