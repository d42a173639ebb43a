//! Tests of the report of undos that failed in a rollback that something cut: a crash later on takes nothing from it.

use std::time::Duration;
use workflow_durable_tests::World;
use workflow_runtime::{
    BoxError, Failure, StageContext,
    engine::{Durable, Engine, EngineError},
    store::MemoryStore,
    workflow,
};

type Error = Box<dyn std::error::Error>;

fn act(world: &World, ctx: &StageContext) -> u32 {
    world.happen(ctx.idempotency_key());
    1
}

fn fails() -> Result<u32, BoxError> {
    Err("planned".into())
}

async fn fails_late() -> Result<u32, BoxError> {
    tokio::time::sleep(Duration::from_hours(2)).await;
    Err("planned for later".into())
}

/// Takes a second, so that a limit passes meanwhile, and fails.
async fn is_not_undone(world: &World, ctx: &StageContext) -> Result<(), BoxError> {
    world.happen(format!("undo {}", ctx.undone_key().unwrap_or_default()));
    tokio::time::sleep(Duration::from_secs(1)).await;
    Err("the carrier does not answer".into())
}

async fn is_undone_in_an_hour(world: &World, ctx: &StageContext) {
    world.happen(format!("undo {}", ctx.undone_key().unwrap_or_default()));
    tokio::time::sleep(Duration::from_hours(1)).await;
}

workflow! {
    #[durable]
    workflow OfADeadline() -> u32 with world: World {
        #[undo(is_undone_in_an_hour(world, ctx))]
        stage before: u32 = act(world, ctx);
        #[after(before)]
        #[deadline(10ms)]
        stage block: u32 = {
            #[undo(is_not_undone(world, ctx))]
            stage booked: u32 = act(world, ctx);
            #[after(booked)]
            stage fails_next: u32 = fails();
            *fails_next
        };
        *block
    }
}

workflow! {
    #[durable]
    workflow OfATimeout() -> u32 with world: World {
        #[undo(is_undone_in_an_hour(world, ctx))]
        stage before: u32 = act(world, ctx);
        #[after(before)]
        #[timeout(10ms)]
        stage block: u32 = {
            #[undo(is_not_undone(world, ctx))]
            stage booked: u32 = act(world, ctx);
            #[after(booked)]
            stage fails_next: u32 = fails();
            *fails_next
        };
        *block
    }
}

workflow! {
    #[durable]
    workflow OfTheRun() -> u32 with world: World {
        #[undo(is_undone_in_an_hour(world, ctx))]
        stage before: u32 = act(world, ctx);
        #[after(before)]
        stage block: u32 = {
            #[undo(is_not_undone(world, ctx))]
            stage booked: u32 = act(world, ctx);
            #[after(booked)]
            stage fails_next: u32 = fails();
            *fails_next
        };
        #[after(before)]
        stage nap = sleep(10ms);
        #[after(nap)]
        stage other: u32 = fails();
        *block + *other
    }
}

workflow! {
    #[durable]
    workflow OfAnUntil() -> u32 with world: World {
        #[undo(is_undone_in_an_hour(world, ctx))]
        stage before: u32 = act(world, ctx);
        #[after(before)]
        stage nap = sleep(10ms);
        #[after(before)]
        #[until(nap)]
        stage block: Option<u32> = {
            #[undo(is_not_undone(world, ctx))]
            stage booked: u32 = act(world, ctx);
            #[after(booked)]
            stage fails_next: u32 = fails();
            *fails_next
        };
        #[after(block)]
        stage other: u32 = fails_late();
        block.unwrap_or(1) + *other
    }
}

workflow! {
    #[durable]
    workflow OfARace() -> u32 with world: World {
        #[undo(is_undone_in_an_hour(world, ctx))]
        stage before: u32 = act(world, ctx);
        #[after(before)]
        stage won: u32 = race {
            {
                #[undo(is_not_undone(world, ctx))]
                stage booked: u32 = act(world, ctx);
                #[after(booked)]
                stage fails_next: u32 = fails();
                *fails_next
            },
            { stage nap = sleep(10ms); #[after(nap)] stage wins: u32 = 1; *wins },
        };
        #[after(won)]
        stage other: u32 = fails_late();
        *won + *other
    }
}

workflow! {
    #[durable]
    workflow OfAMember() -> u32 with world: World {
        #[undo(is_undone_in_an_hour(world, ctx))]
        stage before: u32 = act(world, ctx);
        #[after(before)]
        stage blocks: Vec<u32> = for n in [1_u32] {
            stage won: u32 = race for m in vec![1_u32, 2] {
                #[undo(is_undone_in_an_hour(world, ctx))]
                stage earlier: u32 = act(world, ctx);
                #[after(earlier)]
                #[deadline(10ms)]
                stage block: u32 = {
                    #[undo(is_not_undone(world, ctx))]
                    stage booked: u32 = act(world, ctx);
                    #[after(booked)]
                    stage fails_next: u32 = fails();
                    *fails_next
                };
                *block + *m
            };
            *won + *n
        };
        blocks.iter().sum::<u32>()
    }
}

workflow! {
    #[durable]
    workflow OfAHead() -> u32 with world: World {
        #[undo(is_undone_in_an_hour(world, ctx))]
        stage before: u32 = act(world, ctx);
        #[after(before)]
        stage chosen: u32 = select {
            tried: u32 = {
                #[undo(is_not_undone(world, ctx))]
                stage booked: u32 = act(world, ctx);
                #[after(booked)]
                stage fails_next: u32 = fails();
                *fails_next
            } => *tried,
            sleep(10ms) => 1,
        };
        #[after(chosen)]
        stage other: u32 = fails_late();
        *chosen + *other
    }
}

/// Returns the report of an instance whose process ends at these times after its start, in seconds.
async fn report<W: Durable<Start = ()>>(
    new: impl Fn(World) -> W,
    crashes: &[u64],
) -> Result<(Vec<String>, Vec<String>), Error> {
    let (world, store) = (World::default(), MemoryStore::new());
    let start = async || Engine::builder().store(store.clone()).workflow(new(world.clone())).start().await;
    let mut engine = start().await?;
    engine.start::<W>("i", ()).await?;
    let mut now = 0;
    for &crash in crashes {
        tokio::time::sleep(Duration::from_secs(crash - now)).await;
        now = crash;
        engine.abandon().await;
        engine = start().await?;
    }
    let failure: Failure = match engine.find::<W>("i").await?.result().await {
        Err(EngineError::Failed { failure, .. }) => failure,
        Err(error) => return Err(error.into()),
        Ok(_) => return Err("the workflow did not fail".into()),
    };
    Ok((failure.undo_failures().iter().map(|failure| format!("{failure:#}")).collect(), world.effects()))
}

macro_rules! cases {
    ($($name:ident: $workflow:ident;)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() -> Result<(), Error> {
            let (told, _) = report($workflow::new, &[]).await?;
            assert!(!told.is_empty());
            assert_eq!(told[..1], ["stage 'booked' of workflow '".to_owned() + stringify!($workflow) + "' failed: the carrier does not answer"]);
            // During the undo of an earlier stage or later stages, once and once more.
            for crashes in [&[2_u64][..], &[60], &[60, 120], &[7_300]] {
                let (mut after, effects) = report($workflow::new, crashes).await?;
                // Members fail in the same words.
                after.dedup();
                assert_eq!(after, told, "crashes at {crashes:?}: {effects:?}");
            }
            Ok(())
        }
    )*};
}

cases! {
    a_rollback_cut_by_a_deadline: OfADeadline;
    a_rollback_cut_by_a_timeout: OfATimeout;
    a_rollback_cut_by_that_of_the_run: OfTheRun;
    a_rollback_cut_by_an_until: OfAnUntil;
    a_rollback_of_a_loser: OfARace;
    a_rollback_in_a_member: OfAMember;
    a_rollback_of_a_head: OfAHead;
}
