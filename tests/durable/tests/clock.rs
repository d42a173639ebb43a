//! Clocks that are set while the engine runs.

use std::{
    sync::Arc,
    sync::atomic::{AtomicI64, Ordering::SeqCst},
    time::{Duration, SystemTime},
};
use tokio::time::{Instant, sleep, timeout};
use workflow_durable_tests::World;
use workflow_runtime::{FailureKind, StageContext, engine::Engine, store::MemoryStore, workflow};

type Error = Box<dyn std::error::Error>;

const MINUTE: Duration = Duration::from_mins(1);

/// A clock that starts in 1970, goes as tokio's does, and can be set.
#[derive(Clone)]
struct Set {
    start: Instant,
    ahead: Arc<AtomicI64>,
}

impl Set {
    fn new() -> Self {
        Self { start: Instant::now(), ahead: Arc::default() }
    }

    fn now(&self) -> SystemTime {
        let ahead = self.ahead.load(SeqCst);
        let now = SystemTime::UNIX_EPOCH + self.start.elapsed() + Duration::from_hours(24);
        if ahead < 0 {
            now - Duration::from_secs(ahead.unsigned_abs())
        } else {
            now + Duration::from_secs(ahead.unsigned_abs())
        }
    }

    fn jump(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, SeqCst);
    }

    async fn engine(&self, world: &World, idle_timeout: Duration) -> Result<Engine, Error> {
        let clock = self.clone();
        let builder = Engine::builder().store(MemoryStore::new()).idle_timeout(idle_timeout).clock(move || clock.now());
        let builder = builder.workflow(Dated::new()).workflow(Rests::new(world.clone())).workflow(Late::new());
        Ok(builder.start().await?)
    }
}

fn does(world: &World, ctx: &StageContext) {
    world.happen(ctx.stage());
}

fn in_2026() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 365 * 56)
}

workflow! {
    #[durable]
    workflow Dated() {
        stage rest = sleep_until(in_2026());
    }
}

workflow! {
    #[durable]
    workflow Rests() with world: World {
        stage rest = sleep(1h);
        #[after(rest)]
        stage first = does(world, ctx);
        #[after(first)]
        stage again = sleep(1h);
        #[after(again)]
        stage second = does(world, ctx);
    }
}

workflow! {
    #[durable]
    #[deadline(2h)]
    workflow Late() {
        signal never: u32;
        #[deadline(1h)]
        #[retry(2, fixed(25min))]
        #[catch]
        stage tried: Result<u32, workflow_runtime::Failure> = Err::<u32, _>("no");
        stage told: u32 = never + u32::from(tried.is_ok());
        let _unused: u32 = *told;
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_is_set_right_fires_what_is_due() -> Result<(), Error> {
    for idle_timeout in [Duration::ZERO, Duration::MAX] {
        let clock = Set::new();
        let engine = clock.engine(&World::default(), idle_timeout).await?;
        let run = engine.start::<Dated>("dated", ()).await?;
        sleep(10 * MINUTE).await;
        assert!(timeout(MINUTE, run.result()).await.is_err(), "56 years early");
        clock.jump(i64::try_from(in_2026().duration_since(clock.now())?.as_secs())? + 1);
        timeout(2 * MINUTE, run.result()).await??;
        engine.shutdown().await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn one_that_jumps_back_fires_nothing_again() -> Result<(), Error> {
    for idle_timeout in [Duration::ZERO, Duration::MAX] {
        let (clock, world) = (Set::new(), World::default());
        let engine = clock.engine(&world, idle_timeout).await?;
        let run = engine.start::<Rests>("rests", ()).await?;
        sleep(61 * MINUTE).await;
        assert_eq!(world.effects(), ["first"]);
        clock.jump(-2 * 3600);
        sleep(160 * MINUTE).await;
        assert_eq!(world.effects(), ["first"], "the second is due by a clock that was set back by two hours");
        sleep(30 * MINUTE).await;
        assert_eq!(world.effects(), ["first", "second"]);
        timeout(MINUTE, run.result()).await??;
        engine.shutdown().await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn deadlines_and_waits_of_retries_follow_it() -> Result<(), Error> {
    for idle_timeout in [Duration::ZERO, Duration::MAX] {
        let clock = Set::new();
        let engine = clock.engine(&World::default(), idle_timeout).await?;
        let run = engine.start::<Late>("late", ()).await?;
        sleep(10 * MINUTE).await;
        // Past the wait of the retry, and past the deadline of the stage.
        clock.jump(3600);
        sleep(2 * MINUTE).await;
        // Past that of the run.
        clock.jump(3600);
        let failure = timeout(2 * MINUTE, run.result()).await?.unwrap_err();
        assert_eq!(failure.failure().map(workflow_runtime::Failure::kind), Some(FailureKind::Deadline));
        engine.shutdown().await?;
    }
    Ok(())
}
