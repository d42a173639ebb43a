//! The engine, on a store in memory.

use std::time::Duration;
use workflow_durable_tests::{Crash, CrashingStore, World};
use workflow_runtime::{
    StageContext,
    engine::Engine,
    store::{self, MemoryStore},
    workflow,
};

type Error = Box<dyn std::error::Error>;

fn note(world: &World, what: &str) -> u32 {
    world.happen(what);
    1
}

async fn slow(world: &World, what: &str, ctx: &StageContext) -> u32 {
    tokio::time::sleep(Duration::from_millis(10)).await;
    world.happen(format!("{what} {} {}", ctx.idempotency_key(), ctx.attempt()));
    2
}

workflow! {
    #[durable]
    pub workflow Everything(name: String, limit: u32) -> String
    with world: World
    {
        signal go: u32;
        stage first: u32 = note(world, "first");
        stage second: u32 = slow(world, "second", ctx);
        stage both: u32 = *first + *second;
        stage rounds: u32 = loop sum: u32 = 0 {
            stage added: u32 = *sum + note(world, "added");
            if *added >= *limit { break added } else { continue added }
        };
        stage items: Vec<u32> = for item in vec![3_u32, 1, 2] { *item * 10 * note(world, "item") };
        stage _chosen: String = match *both { 3 => "three".to_owned(), _ => "other".to_owned() };
        #[after(items)]
        stage rest = sleep(1h);
        #[after(rest)]
        stage gone: u32 = *go + 1;
        format!("{name} {both} {rounds} {items:?} {gone}")
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_goes_from_start_to_end() -> Result<(), Error> {
    let world = World::default();
    let store = MemoryStore::new();
    let engine = Engine::builder().store(store.clone()).workflow(Everything::new(world.clone())).start().await?;
    let run = engine.start::<Everything>("one", ("x".to_owned(), 3)).await?;
    run.signal(EverythingSignal::Go(6)).await?;
    assert_eq!(run.result().await?, "x 3 3 [30, 10, 20] 7");
    let counts = world.counts();
    assert_eq!(counts["first"], 1);
    assert_eq!(counts["added"], 3);
    assert_eq!(counts["second one/second 1"], 1);
    assert_eq!(run.status().await?, store::InstanceStatus::Completed);
    Ok(())
}

/// Runs the workflow with a crash at `crash`, then goes on with what is left, in a process of its own each.
fn crashing(crash: Crash, at: u64) -> (bool, String, World) {
    let world = World::default();
    let store = MemoryStore::new();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let crashes = CrashingStore::new(store.clone(), crash);
    let first = runtime().block_on(async {
        let engine = Engine::builder().store(crashes.clone()).workflow(Everything::new(world.clone())).start().await;
        let engine = engine.unwrap();
        let whole = async {
            let run = engine.start::<Everything>("one", ("x".to_owned(), 3)).await.unwrap();
            run.signal_once("go", EverythingSignal::Go(6)).await.unwrap();
            run.result().await.unwrap()
        };
        tokio::select! {
            output = whole => Some(output),
            () = crashes.crashed() => None,
        }
    });
    if let Some(output) = first {
        return (false, output, world);
    }
    let output = runtime().block_on(async {
        let engine = Engine::builder().store(store).workflow(Everything::new(world.clone())).start().await.unwrap();
        let run = engine.start::<Everything>("one", ("x".to_owned(), 3)).await.unwrap();
        // The instance may have ended already.
        let _ = run.signal_once("go", EverythingSignal::Go(6)).await;
        tokio::time::timeout(Duration::from_secs(100_000), run.result())
            .await
            .unwrap_or_else(|_| panic!("hangs after {crash:?} {at}"))
            .unwrap()
    });
    (true, output, world)
}

#[test]
fn a_crash_at_any_commit_changes_nothing() {
    for kind in [Crash::Before as fn(u64) -> Crash, Crash::After] {
        let mut crashes = 0;
        for at in 0.. {
            let (crashed, output, world) = crashing(kind(at), at);
            assert_eq!(output, "x 3 3 [30, 10, 20] 7", "{:?}", kind(at));
            if !crashed {
                break;
            }
            crashes += 1;
            let mut counts = world.counts();
            counts.retain(|_, count| *count > 1);
            println!("{:?} {counts:?}", kind(at));
        }
        assert!(crashes > 10, "{crashes}");
    }
}
