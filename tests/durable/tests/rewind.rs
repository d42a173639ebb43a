//! `rewind`: what a stage and all that depends on it did is undone, and they run again.

use std::time::Duration;
use workflow_durable_tests::{Crash, CrashingStore, World};
use workflow_runtime::{
    StageContext,
    engine::{Engine, EngineError},
    store::{InstanceStatus, MemoryStore},
    workflow,
};

type Error = Box<dyn std::error::Error>;

fn does(world: &World, ctx: &StageContext) -> u32 {
    world.happen(format!("does {}", ctx.idempotency_key()));
    u32::try_from(world.effects().len()).unwrap_or(u32::MAX)
}

workflow! {
    #[durable]
    workflow Chain() -> u32 with world: World {
        signal go: u32;
        #[undo(world.undo(ctx))]
        stage apart: u32 = does(world, ctx);
        #[undo(world.undo(ctx))]
        stage first: u32 = does(world, ctx);
        #[undo(world.undo(ctx))]
        #[after(first)]
        stage second: u32 = does(world, ctx);
        #[after(second)]
        stage nested: u32 = {
            #[undo(world.undo(ctx))]
            stage inner: u32 = does(world, ctx);
            inner
        };
        #[after(nested)]
        stage rounds: u32 = loop count: u32 = 0 {
            #[undo(world.undo(ctx))]
            stage round: u32 = does(world, ctx);
            #[after(round)]
            stage next: u32 = count + 1;
            if *next == 2 { break next } else { continue next }
        };
        #[after(apart, rounds)]
        stage last: u32 = *go + does(world, ctx) * 0;
        last
    }
}

const FIRST: &[&str] = &[
    "does one/apart",
    "does one/first",
    "does one/second",
    "does one/inner",
    "does one/rounds[0]/round",
    "does one/rounds[1]/round",
];

async fn settled(run: &workflow_runtime::engine::InstanceHandle<Chain>) -> Result<(), Error> {
    while run.status().await? != InstanceStatus::Waiting {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_stage_takes_along_all_that_depends_on_it() -> Result<(), Error> {
    let world = World::default();
    let engine = Engine::builder().store(MemoryStore::new()).workflow(Chain::new(world.clone())).start().await?;
    let run = engine.start::<Chain>("one", ()).await?;
    settled(&run).await?;
    assert_eq!(world.effects(), FIRST);
    run.rewind(ChainStage::Second).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    settled(&run).await?;
    assert_eq!(
        world.effects()[FIRST.len()..],
        [
            "undoes one/rounds[1]/round",
            "undoes one/rounds[0]/round",
            "undoes one/inner",
            "undoes one/second",
            "does one/second~1",
            "does one/inner~1",
            "does one/rounds[0]/round~1",
            "does one/rounds[1]/round~1",
        ]
    );
    run.signal(ChainSignal::Go(7)).await?;
    assert_eq!(run.result().await?, 7);
    assert!(matches!(run.rewind(ChainStage::First).await, Err(EngineError::Ended { .. })));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_stage_inside_another_takes_the_outermost_along_and_what_it_did_before_is_undone_once() -> Result<(), Error> {
    let world = World::default();
    let builder = Engine::builder().store(MemoryStore::new()).idle_timeout(Duration::MAX);
    let engine = builder.workflow(Chain::new(world.clone())).start().await?;
    let run = engine.start::<Chain>("one", ()).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    run.rewind(ChainStage::Round).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    run.rewind(ChainStage::Rounds).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(
        world.effects()[FIRST.len()..],
        [
            "undoes one/rounds[1]/round",
            "undoes one/rounds[0]/round",
            "does one/rounds[0]/round~1",
            "does one/rounds[1]/round~1",
            "undoes one/rounds[1]/round~1",
            "undoes one/rounds[0]/round~1",
            "does one/rounds[0]/round~2",
            "does one/rounds[1]/round~2",
        ]
    );
    run.cancel().await?;
    let failure = run.result().await.unwrap_err().to_string();
    assert!(failure.contains("cancelled"), "{failure}");
    let undone: Vec<String> = world.effects().split_off(FIRST.len() + 8);
    assert_eq!(undone.len(), 6, "{undone:?}");
    assert!(undone.contains(&"undoes one/rounds[0]/round~2".to_owned()), "{undone:?}");
    Ok(())
}

/// Rewinds with a crash at that commit, and goes on in another process.
fn crashing(crash: Crash) -> (bool, Vec<String>) {
    let (world, store) = (World::default(), MemoryStore::new());
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let crashes = CrashingStore::new(store.clone(), crash);
    let crashed = runtime().block_on(async {
        let engine =
            Engine::builder().store(crashes.clone()).workflow(Chain::new(world.clone())).start().await.unwrap();
        let whole = async {
            let run = engine.start::<Chain>("one", ()).await.unwrap();
            settled(&run).await.unwrap();
            run.rewind(ChainStage::Second).await.unwrap();
            tokio::time::sleep(Duration::from_secs(1)).await;
        };
        tokio::select! {
            () = whole => false,
            () = crashes.crashed() => true,
        }
    });
    runtime().block_on(async {
        let engine = Engine::builder().store(store).workflow(Chain::new(world.clone())).start().await.unwrap();
        let run = engine.start::<Chain>("one", ()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        run.signal(ChainSignal::Go(7)).await.unwrap();
        assert_eq!(run.result().await.unwrap(), 7, "{crash:?}");
    });
    (crashed, world.effects())
}

#[test]
fn a_crash_while_rewinding_changes_nothing() {
    for kind in [Crash::Before as fn(u64) -> Crash, Crash::After] {
        for at in 0.. {
            let (crashed, mut effects) = crashing(kind(at));
            let all = effects.len();
            effects.sort();
            effects.dedup();
            // Unrecorded calls happen once more, under their keys: at most the two that start together.
            assert!(all - effects.len() <= 2, "{:?}: {effects:?}", kind(at));
            let rewound = effects.iter().any(|effect| effect == "does one/second~1");
            let undone = effects.iter().filter(|effect| effect.starts_with("undoes")).count();
            assert_eq!(undone, if rewound { 4 } else { 0 }, "{:?}: {effects:?}", kind(at));
            if !crashed {
                assert!(rewound);
                break;
            }
        }
    }
}

async fn slowly(world: &World) {
    tokio::time::sleep(Duration::from_secs(10)).await;
    world.happen("undoes slow");
}

fn fails() -> Result<u32, String> {
    Err("no".to_owned())
}

workflow! {
    #[durable]
    workflow Failing() -> u32 with world: World {
        #[undo(world.undo(ctx))]
        stage made: u32 = does(world, ctx);
        #[after(made)]
        #[undo(slowly(world))]
        stage slow: u32 = does(world, ctx);
        #[after(slow)]
        stage failing: u32 = fails();
        failing
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_being_undone_is_not_rewound() -> Result<(), Error> {
    let world = World::default();
    let engine = Engine::builder().store(MemoryStore::new()).workflow(Failing::new(world.clone())).start().await?;
    let run = engine.start::<Failing>("one", ()).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(matches!(run.rewind(FailingStage::Made).await, Err(EngineError::Undoing { .. })));
    assert!(run.result().await.is_err());
    Ok(())
}

mod old {
    use super::{World, workflow};

    workflow! {
        #[durable]
        pub workflow Changed() -> String with world: World {
            signal go: u32;
            #[undo(world.happen("undoes old made"))]
            stage made: u32 = async { world.happen("does old made"); 1_u32 };
            #[undo(world.happen("undoes old apart"))]
            stage apart: u32 = 2;
            format!("{made} {apart} {go}")
        }
    }
}

mod new {
    use super::{World, workflow};

    workflow! {
        #[durable]
        pub workflow Changed() -> String with world: World {
            signal go: u32;
            #[undo(world.happen("undoes new made"))]
            stage made: String = async { world.happen("does new made"); "one".to_owned() };
            #[undo(world.happen("undoes new apart"))]
            stage apart: u32 = 2;
            format!("{made} {apart} {go}")
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_can_not_be_read_any_more_is_taken_back() -> Result<(), Error> {
    let (world, store) = (World::default(), MemoryStore::new());
    let engine = Engine::builder().store(store.clone()).workflow(old::Changed::new(world.clone())).start().await?;
    let run = engine.start::<old::Changed>("one", ()).await?;
    while run.status().await? != InstanceStatus::Waiting {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    engine.abandon().await;
    let engine = Engine::builder().store(store).workflow(new::Changed::new(world.clone())).start().await?;
    let run = engine.start::<new::Changed>("one", ()).await?;
    let _ = run.state().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let Err(EngineError::Parked { reason, .. }) = run.result().await else { panic!("it is not parked") };
    assert!(reason.contains("what is stored of 'made' can't be read"), "{reason}");
    run.rewind(new::ChangedStage::Made).await?;
    run.signal(new::ChangedSignal::Go(3)).await?;
    assert_eq!(run.result().await?, "one 2 3");
    assert_eq!(world.effects(), ["does old made", "does new made"]);
    Ok(())
}

workflow! {
    #[durable]
    workflow Seen() -> u32 with world: World {
        signal go: u32;
        #[undo(world.undo(ctx))]
        stage first: u32 = does(world, ctx);
        stage seen: u32 = select {
            stage first => does(world, ctx) + first,
        };
        stage last: u32 = seen + go;
        last
    }
}

#[tokio::test(start_paused = true)]
async fn a_select_that_has_seen_a_stage_is_taken_along_with_it() -> Result<(), Error> {
    let world = World::default();
    let engine = Engine::builder().store(MemoryStore::new()).workflow(Seen::new(world.clone())).start().await?;
    let run = engine.start::<Seen>("one", ()).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.effects(), ["does one/first", "does one/seen/:head-stage-first.then"]);
    run.rewind(SeenStage::First).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(
        world.effects()[2..],
        ["undoes one/first", "does one/first~1", "does one/seen~1/:head-stage-first.then"]
    );
    run.signal(SeenSignal::Go(0)).await?;
    // What it gives is made of what `first` gives now.
    assert_eq!(run.result().await?, 4 + 5);
    Ok(())
}
