//! An instance that waited, and is cut as soon as it has something to do.

use std::time::Duration;
use workflow_durable_tests::{Crash, CrashingStore, SlowStore, World};
use workflow_runtime::{
    StageContext,
    engine::{Engine, EngineError},
    policy::Pool,
    store::{InstanceStatus, MemoryStore},
    workflow,
};

type Error = Box<dyn std::error::Error>;

/// Hangs the first time.
async fn slow(world: &World, ctx: &StageContext) -> u32 {
    world.happen(format!("attempt {}", ctx.attempt()));
    if world.effects().len() == 1 {
        std::future::pending::<()>().await;
    }
    ctx.attempt()
}

workflow! {
    #[durable]
    pub workflow Signalled() -> u32
    with world: World
    {
        signal go: u32;
        stage gone: u32 = *go;
        stage worked: u32 = {
            signal detail: ();
            stage worked_out: u32 = slow(world, ctx);
            #[when(*gone > 9)]
            #[after(worked_out)]
            stage _detailed: Option<()> = *detail;
            *worked_out
        };
        *worked * 100 + *gone
    }

    #[durable]
    pub workflow Selecting(needed: bool) -> u32
    {
        stage asked = sleep(1s);
        #[after(asked)]
        stage answered: u32 = if *needed {
            #[accept(*answer > 0)]
            signal answer: u32;
            select {
                signal answer => match answer {
                    0 => fail "never",
                    given => *given,
                },
                sleep(3d) => fail "too late",
            }
        } else {
            0
        };
        *answered
    }

    #[durable]
    pub workflow Queueing() -> u32
    with one_at_a_time: Pool
    {
        stage long = sleep(3d);
        #[acquire(one_at_a_time)]
        stage worked: u32 = async { tokio::time::sleep(Duration::from_secs(10)).await; 1 };
        #[after(worked)]
        stage noted = sleep(1s);
        #[after(noted, long)]
        stage given: u32 = *worked;
        given
    }

    #[durable]
    pub workflow Timed() -> u32
    with world: World
    {
        stage rest = sleep(1h);
        #[after(rest)]
        stage worked: u32 = slow(world, ctx);
        *worked
    }
}

async fn engine(store: &MemoryStore, world: &World) -> Result<Engine, Error> {
    let builder = Engine::builder().store(store.clone());
    Ok(builder
        .workflow(Signalled::new(world.clone()))
        .workflow(Timed::new(world.clone()))
        .workflow(Selecting::new())
        .start()
        .await?)
}

async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// A signal is sent while the instance waits, and the store crashes at one of the commits from there on. Gives whether
/// it did.
fn crashing(crash: Crash) -> bool {
    let store = MemoryStore::new();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let crashes = CrashingStore::new(store.clone(), crash);
    let (acknowledged, crashed) = runtime().block_on(async {
        let engine = Engine::builder().store(crashes.clone()).workflow(Selecting::new()).start().await.unwrap();
        let mut acknowledged = false;
        let whole = async {
            let run = engine.start::<Selecting>("one", true).await.unwrap();
            tokio::time::sleep(Duration::from_mins(1)).await;
            run.state().await.unwrap();
            run.signal(SelectingSignal::Answer(7)).await.unwrap();
            acknowledged = true;
            assert_eq!(run.result().await.unwrap(), 7);
        };
        let crashed = tokio::select! {
            () = whole => false,
            () = crashes.crashed() => true,
        };
        (acknowledged, crashed)
    });
    runtime().block_on(async {
        let engine = Engine::builder().store(store).workflow(Selecting::new()).start().await.unwrap();
        let run = engine.start::<Selecting>("one", true).await.unwrap();
        if !acknowledged {
            // The sender has seen no answer, and sends the signal again; it may have arrived all the same.
            let _ = run.signal(SelectingSignal::Answer(7)).await;
        }
        let result = tokio::time::timeout(Duration::from_hours(1), run.result()).await;
        assert_eq!(result.unwrap_or_else(|_| panic!("hangs after {crash:?}, {acknowledged}")).unwrap(), 7);
    });
    crashed
}

#[test]
fn a_signal_that_was_acknowledged_survives_a_crash_at_any_commit() {
    for kind in [Crash::Before as fn(u64) -> Crash, Crash::After] {
        let crashes = (0..1000).take_while(|&at| crashing(kind(at))).count();
        assert!(crashes > 8, "{crashes}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_signal_has_woken_goes_on_after_a_crash() -> Result<(), Error> {
    let (store, world) = (MemoryStore::new(), World::default());
    let first = engine(&store, &world).await?;
    let run = first.start::<Signalled>("one", ()).await?;
    until(|| first.resident_instances() == 0).await;
    run.signal(SignalledSignal::Go(7)).await?;
    until(|| !world.effects().is_empty()).await;
    assert_eq!(run.status().await?, InstanceStatus::Running);
    first.abandon().await;

    let second = engine(&store, &world).await?;
    let run = second.find::<Signalled>("one").await?;
    assert_eq!(tokio::time::timeout(Duration::from_hours(1), run.result()).await??, 207);
    assert_eq!(world.effects(), ["attempt 1", "attempt 2"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_a_timer_has_woken_is_known_to_have_been_cut() -> Result<(), Error> {
    let (store, world) = (MemoryStore::new(), World::default());
    let first = engine(&store, &world).await?;
    let run = first.start::<Timed>("one", ()).await?;
    until(|| !world.effects().is_empty()).await;
    assert_eq!(run.status().await?, InstanceStatus::Running);
    first.abandon().await;

    let second = engine(&store, &world).await?;
    let run = second.find::<Timed>("one").await?;
    assert_eq!(tokio::time::timeout(Duration::from_hours(1), run.result()).await??, 2);
    assert_eq!(world.effects(), ["attempt 1", "attempt 2"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn signals_that_nobody_asks_for_yet_are_no_interruptions() -> Result<(), Error> {
    let (store, world) = (MemoryStore::new(), World::default());
    world.happen("nothing hangs");
    let engine = engine(&store, &world).await?;
    let run = engine.start::<Signalled>("one", ()).await?;
    for _ in 0..10 {
        until(|| engine.resident_instances() == 0).await;
        run.signal(SignalledSignal::Detail(())).await?;
    }
    until(|| engine.resident_instances() == 0).await;
    run.signal(SignalledSignal::Go(7)).await?;
    assert_eq!(run.result().await?, 107);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_on_its_way_to_the_disk_is_no_wait() -> Result<(), Error> {
    let store = SlowStore::new(MemoryStore::new(), Duration::from_millis(10));
    let engine = Engine::builder().store(store).workflow(Selecting::new()).start().await?;
    let run = engine.start::<Selecting>("one", true).await?;
    tokio::time::sleep(Duration::from_mins(1)).await;
    run.signal(SelectingSignal::Answer(7)).await?;
    assert_eq!(tokio::time::timeout(Duration::from_hours(1), run.result()).await??, 7);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_permit_does_not_only_wait() -> Result<(), Error> {
    let queueing = Queueing::new(Pool::new(1));
    let engine = Engine::builder().store(MemoryStore::new()).workflow(queueing).start().await?;
    let begun = tokio::time::Instant::now();
    let mut runs = Vec::new();
    for id in ["one", "two", "three"] {
        runs.push(engine.start::<Queueing>(id, ()).await?);
    }
    for run in runs {
        assert_eq!(run.result().await?, 1);
    }
    let took = begun.elapsed();
    assert!(
        took < Duration::from_hours(72) + Duration::from_secs(5),
        "{took:?}: none of them sleeps before it has its permit"
    );
    Ok(())
}

workflow! {
    #[durable]
    #[deadline(2h)]
    workflow Asking() -> u32 with world: World {
        signal answer: u32;
        #[undo(world.happen("undone"))]
        stage made: u32 = 1;
        #[after(made)]
        stage asked: u32 = *answer;
        asked + made
    }

    #[durable]
    workflow Hurried() -> u32 {
        #[timeout(1h)]
        #[fallback(7)]
        stage asked: u32 = { signal answer: u32; *answer };
        asked
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancel_reaches_who_only_waits() -> Result<(), Error> {
    let world = World::default();
    let store = SlowStore::new(MemoryStore::new(), Duration::from_millis(5));
    let engine = Engine::builder()
        .store(store)
        .workflow(Asking::new(world.clone()))
        .idle_timeout(Duration::ZERO)
        .start()
        .await?;
    let run = engine.start::<Asking>("one", ()).await?;
    while run.status().await? != InstanceStatus::Waiting {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    run.cancel().await?;
    let ended = tokio::time::timeout(Duration::from_mins(1), run.result()).await.expect("it ends");
    assert!(matches!(ended, Err(EngineError::Failed { .. })), "{ended:?}");
    assert_eq!(world.effects(), ["undone"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn timeouts_and_deadlines_pass_while_it_only_waits() -> Result<(), Error> {
    let world = World::default();
    let builder = Engine::builder().store(MemoryStore::new()).workflow(Asking::new(world.clone()));
    let engine = builder.workflow(Hurried::new()).idle_timeout(Duration::ZERO).start().await?;
    let (asking, hurried) =
        (engine.start::<Asking>("asking", ()).await?, engine.start::<Hurried>("hurried", ()).await?);
    let whole = async { (asking.result().await, hurried.result().await) };
    let (asked, hurried) = tokio::time::timeout(Duration::from_hours(3), whole).await.expect("both end");
    let Err(EngineError::Failed { failure, .. }) = asked else { panic!("its deadline has passed") };
    assert!(format!("{failure:#}").contains("took longer than 2h"), "{failure:#}");
    assert_eq!(world.effects(), ["undone"]);
    assert_eq!(hurried?, 7);
    Ok(())
}
