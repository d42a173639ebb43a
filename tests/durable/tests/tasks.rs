//! Stages with a task of their own: what is on record in there is known before anything is thrown away.

use std::time::Duration;
use workflow_durable_tests::World;
use workflow_runtime::{
    StageContext,
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
    tokio::time::sleep(Duration::from_mins(1)).await;
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
