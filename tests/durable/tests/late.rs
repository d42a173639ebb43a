//! Signals that do not arrive in time, on a store: the fallback is that of the scope, whichever stage waits for it.

use std::{future::pending, time::Duration};
use tokio::time::sleep;
use workflow_durable_tests::{Crash, CrashingStore, World};
use workflow_runtime::{
    Failure, FailureKind, StageContext,
    engine::{Durable, Engine, EngineError},
    store::{MemoryStore, Store},
    workflow,
};

type Error = Box<dyn std::error::Error>;

async fn call(world: &World, what: &str) -> u32 {
    world.happen(format!("{what} begins"));
    sleep(Duration::from_millis(20)).await;
    world.happen(format!("{what} ends"));
    5
}

async fn refuse(world: &World) -> Result<u32, String> {
    call(world, "call").await;
    Err("no answer at all".to_owned())
}

/// Its first attempt hangs.
async fn hangs_once(world: &World, ctx: &StageContext) -> u32 {
    world.happen(format!("{} {}", ctx.idempotency_key(), ctx.attempt()));
    if ctx.attempt() == 1 {
        pending::<()>().await;
    }
    5
}

async fn nap(milliseconds: u64) -> u32 {
    sleep(Duration::from_millis(milliseconds)).await;
    0
}

workflow! {
    #[durable]
    workflow FirstIsCut() -> u32 with world: World {
        #[timeout(2ms)]
        #[fallback(call(world, "call"))]
        signal a: u32;
        stage x: u32 = race { *a, nap(10) };
        stage z: u32 = *a + *x;
        z
    }

    #[durable]
    workflow UnderWay() -> u32 with world: World {
        #[timeout(2ms)]
        #[fallback({
            stage first: u32 = call(world, "first");
            #[after(first)]
            stage hung: u32 = hangs_once(world, ctx);
            first + hung
        })]
        signal a: u32;
        stage z: u32 = *a;
        z
    }

    #[durable]
    workflow FallbackFails() -> bool with world: World {
        #[timeout(2ms)]
        #[fallback(refuse(world))]
        signal a: u32;
        #[catch]
        stage x: Result<u32, Failure> = *a;
        #[after(x)]
        stage rest = sleep(1h);
        #[after(rest)]
        #[catch]
        stage z: Result<u32, Failure> = *a;
        z.as_ref().is_err_and(|why| format!("{why:#}").contains("no answer at all")) && x.is_err()
    }

    #[durable]
    workflow UndoneInside(fails: bool) -> u32 with world: World {
        #[timeout(2ms)]
        #[fallback({
            #[undo(world.undo(ctx))]
            stage booked: u32 = call(world, "book");
            if *fails { fail "no answer at all" } else { *booked }
        })]
        signal a: u32;
        #[catch]
        stage x: Result<u32, Failure> = *a;
        #[after(x)]
        stage rest = sleep(1h);
        #[after(rest)]
        stage bad: u32 = if x.is_ok() || *fails { fail "in the end" } else { 0 };
        bad
    }

    /// The only stage that waits is dropped while the fallback is running.
    #[durable]
    workflow NothingAsksAgain() -> u32 with world: World {
        #[timeout(2ms)]
        #[fallback({
            #[undo(world.undo(ctx))]
            stage booked: u32 = call(world, "book");
            #[after(booked)]
            stage rest = sleep(1d);
            *booked
        })]
        signal a: u32;
        stage x: u32 = race { *a, nap(100) };
        #[after(x)]
        stage later = sleep(1h);
        #[after(later)]
        stage bad: u32 = if *x == 0 { fail "in the end" } else { 0 };
        bad
    }

    #[durable]
    workflow LateForAll() -> u32 {
        #[timeout(2ms)]
        signal a: u32;
        #[catch]
        stage x: Result<u32, Failure> = *a;
        #[after(x)]
        stage rest = sleep(1h);
        #[after(rest)]
        stage z: u32 = *a;
        z + x.as_ref().map_or(0, |value| *value)
    }
}

async fn engine<W: Durable>(store: &MemoryStore, workflow: W) -> Result<Engine, EngineError> {
    Engine::builder().store(store.clone()).workflow(workflow).idle_timeout(Duration::ZERO).start().await
}

#[tokio::test(start_paused = true)]
async fn a_fallback_goes_on_where_the_first_that_asked_is_cut() -> Result<(), Error> {
    let world = World::default();
    let engine = engine(&MemoryStore::new(), FirstIsCut::new(world.clone())).await?;
    assert_eq!(engine.start::<FirstIsCut>("one", ()).await?.result().await?, 5);
    assert_eq!(world.effects(), ["call begins", "call ends"]);
    Ok(())
}

async fn result(store: impl Store, world: &World) -> Result<u32, EngineError> {
    let engine = Engine::builder().store(store).workflow(FirstIsCut::new(world.clone())).start().await?;
    engine.start::<FirstIsCut>("one", ()).await?.result().await
}

#[test]
fn wherever_it_crashes_the_value_is_that_of_the_fallback() -> Result<(), Error> {
    let process = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    for kind in [Crash::Before as fn(u64) -> Crash, Crash::After] {
        for at in 0.. {
            let (disk, world) = (MemoryStore::new(), World::default());
            let crashing = CrashingStore::new(disk.clone(), kind(at));
            let first = process()?.block_on(async {
                tokio::select! { ended = result(crashing.clone(), &world) => Some(ended), () = crashing.crashed() => None }
            });
            let crashed = first.is_none();
            let value = first.map_or_else(
                || process()?.block_on(async { Ok(result(disk, &world).await?) }),
                |value| Ok::<_, Error>(value?),
            )?;
            assert_eq!(value, 5, "{:?}", kind(at));
            let ends = world.counts()["call ends"];
            assert!(ends == 1 || (crashed && ends == 2), "{:?}: {:?}", kind(at), world.effects());
            if !crashed {
                assert!(at > 3, "{at} commits");
                break;
            }
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_comes_while_a_fallback_is_under_way_is_not_taken_after_a_crash() -> Result<(), Error> {
    let (store, world) = (MemoryStore::new(), World::default());
    {
        let engine = Engine::builder().store(store.clone()).workflow(UnderWay::new(world.clone())).start().await?;
        let run = engine.start::<UnderWay>("one", ()).await?;
        sleep(Duration::from_millis(100)).await;
        assert_eq!(world.effects(), ["first begins", "first ends", "one/hung 1"]);
        run.signal(UnderWaySignal::A(8)).await.unwrap_err();
        engine.abandon().await;
    }
    let engine = engine(&store, UnderWay::new(world.clone())).await?;
    let run = engine.find::<UnderWay>("one").await?;
    let _ = run.signal(UnderWaySignal::A(8)).await;
    assert_eq!(run.result().await?, 10);
    assert_eq!(world.effects(), ["first begins", "first ends", "one/hung 1", "one/hung 2"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_failure_of_a_fallback_is_on_record() -> Result<(), Error> {
    let (store, world) = (MemoryStore::new(), World::default());
    let engine = engine(&store, FallbackFails::new(world.clone())).await?;
    // The instance leaves memory between the two.
    assert!(engine.start::<FallbackFails>("one", ()).await?.result().await?);
    assert_eq!(world.effects(), ["call begins", "call ends"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_a_fallback_did_is_undone_after_a_wait() -> Result<(), Error> {
    for fails in [false, true] {
        let (store, world) = (MemoryStore::new(), World::default());
        let engine = engine(&store, UndoneInside::new(world.clone())).await?;
        let ended = engine.start::<UndoneInside>("one", fails).await?.result().await;
        let ended = ended.unwrap_err();
        let EngineError::Failed { failure, .. } = ended else { panic!("{ended}") };
        assert!(format!("{failure:#}").ends_with("in the end"), "{failure:#}");
        assert_eq!(world.effects(), ["book begins", "book ends", "undoes one/booked"], "{fails}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_a_fallback_did_that_nothing_waits_for_is_undone_after_a_wait() -> Result<(), Error> {
    let (store, world) = (MemoryStore::new(), World::default());
    let engine = engine(&store, NothingAsksAgain::new(world.clone())).await?;
    let ended = engine.start::<NothingAsksAgain>("one", ()).await?.result().await.unwrap_err();
    assert!(matches!(ended, EngineError::Failed { .. }), "{ended}");
    assert_eq!(world.effects(), ["book begins", "book ends", "undoes one/booked"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_was_late_once_is_late_for_all() -> Result<(), Error> {
    let engine = engine(&MemoryStore::new(), LateForAll::new()).await?;
    let run = engine.start::<LateForAll>("one", ()).await?;
    sleep(Duration::from_millis(100)).await;
    let _ = run.signal(LateForAllSignal::A(8)).await;
    let EngineError::Failed { failure, .. } = run.result().await.unwrap_err() else { panic!("it has failed") };
    assert_eq!((failure.stage(), failure.kind()), (Some("z"), FailureKind::Timeout));
    Ok(())
}
