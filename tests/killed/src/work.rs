//! The work of the worker process.

use crate::{
    Effects, Place,
    mixture::{self, Lost, Mixed},
};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, fs, io, path::Path, sync::Arc, time::Duration};
use tokio::task::JoinSet;
use workflow_runtime::{
    StageContext,
    engine::{Engine, EngineError},
    store::SqliteStore,
    workflow,
};

async fn give<T>(effects: &Effects, ctx: &StageContext, value: T) -> io::Result<T> {
    effects.happen(ctx).await?;
    Ok(value)
}

/// Fails twice, as far as this process knows.
async fn shaky(effects: &Effects, ctx: &StageContext, value: u32) -> io::Result<u32> {
    if ctx.attempt() < 3 {
        return Err(io::Error::other("not yet"));
    }
    give(effects, ctx, value).await
}

workflow! {
    /// Something of everything: two branches, a retry, a loop, a fan-out, timers, signals, and undos for every fourth
    /// one.
    #[durable]
    pub workflow Load(number: u32) -> Vec<u32>
    with effects: Arc<Effects>
    {
        #[undo(effects.happen(ctx))]
        stage reserved: u32 = give(effects, ctx, *number);
        #[retry(2, fixed(5ms))]
        stage beside: u32 = shaky(effects, ctx, number + 1);

        #[undo(effects.happen(ctx), on = attempt)]
        stage charged: u32 = give(effects, ctx, reserved + 1);

        stage rounds: u32 = loop count: u32 = *beside - *beside {
            stage round: u32 = give(effects, ctx, count + 1);
            stage pause = sleep(20ms);
            #[after(pause)]
            stage next: u32 = *round;
            if *next == 3 { break next } else { continue next }
        };
        #[concurrency(2)]
        stage items: Vec<u32> = for item in vec![3_u32, 1, 2] {
            stage done: u32 = give(effects, ctx, *item + *charged);
            done
        };

        stage rest = sleep(Duration::from_millis(u64::from(*number % 7) * 60));
        #[after(rest)]
        stage parts: Vec<u32> = loop so_far: Vec<u32> = Vec::new() {
            signal part: u32;
            stage noted: Vec<u32> = give(effects, ctx, [so_far.as_slice(), &[*part]].concat());
            if noted.len() == 3 { break noted } else { continue noted }
        };

        #[after(items, rounds)]
        stage last: u32 = select {
            signal hurry => give(effects, ctx, 0),
            sleep(150ms) => give(effects, ctx, 0),
        };
        signal hurry: ();
        stage judged: u32 = if number.is_multiple_of(4) {
            fail "every fourth one is not wanted"
        } else {
            last + parts.iter().sum::<u32>()
        };

        [items.as_slice(), &[*rounds, *judged]].concat()
    }
}

/// How an instance ended, as the worker prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// One of [`Load`].
    Load {
        /// Which.
        number: u32,
        /// Its output, or its failure.
        result: Result<Vec<u32>, String>,
    },
    /// One of [`Mixed`].
    Mixed {
        /// Which.
        number: u32,
        /// Its output, or its failure.
        result: Result<Vec<u32>, Lost>,
    },
}

impl Ended {
    /// The instance's id.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Load { number, .. } => format!("i-{number}"),
            Self::Mixed { number, .. } => format!("m-{number}"),
        }
    }
}

/// State that senders share: which of their calls the engine has acknowledged, in this process or in an earlier one.
#[derive(Clone)]
pub(crate) struct Acknowledged {
    file: Arc<Effects>,
    known: Arc<HashSet<String>>,
}

impl Acknowledged {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let file = Arc::new(Effects::open(path)?);
        let known = fs::read_to_string(path)?.lines().map(ToOwned::to_owned).collect();
        Ok(Self { file, known: Arc::new(known) })
    }

    /// Asks after a while, unless it was acknowledged: that is never asked again. Should it be lost, its instance waits
    /// for ever, or ends as it must not.
    pub(crate) async fn once(
        &self,
        what: &str,
        within: u64,
        ask: impl AsyncFnOnce() -> Result<(), EngineError>,
    ) -> anyhow::Result<()> {
        if self.known.contains(what) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(fastrand::u64(0..within))).await;
        match ask().await {
            Ok(()) => self.file.append(what)?,
            // The instance has gone on without the signal.
            Err(
                EngineError::Signal { .. }
                | EngineError::Ended { .. }
                | EngineError::Undoing { .. }
                | EngineError::Parked { .. },
            ) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

/// Runs instances until all of them have ended, and prints each.
///
/// # Errors
/// Whatever keeps it from that.
pub async fn work(place: &Place, instances: u32) -> anyhow::Result<()> {
    let effects = Arc::new(Effects::open(&place.effects())?);
    let acknowledged = Acknowledged::open(&place.acknowledged())?;
    let engine = Engine::builder()
        .store(SqliteStore::open(place.store())?)
        .workflow(Load::new(Arc::clone(&effects)))
        .workflow(Mixed::new(effects))
        .idle_timeout(Duration::from_millis(10));
    let engine = engine.start().await?;

    let mut all: JoinSet<anyhow::Result<Ended>> = JoinSet::new();
    for number in 0..instances {
        all.spawn(load(engine.clone(), number, acknowledged.clone()));
        all.spawn(mixture::play(engine.clone(), number, acknowledged.clone()));
    }
    while let Some(ended) = all.join_next().await {
        let ended = ended.context("a task has ended")??;
        println!("{}", serde_json::to_string(&ended)?);
    }
    engine.shutdown().await?;
    println!("all ended");
    Ok(())
}

async fn load(engine: Engine, number: u32, acknowledged: Acknowledged) -> anyhow::Result<Ended> {
    let run = engine.start::<Load>(format!("i-{number}"), number).await?;
    let send =
        async |what: String, signal| acknowledged.once(&what, 200, async || run.signal_once(&what, signal).await).await;
    for part in 0..3 {
        send(format!("{number} part {part}"), LoadSignal::Part(number * 10 + part)).await?;
    }
    if number.is_multiple_of(3) {
        send(format!("{number} hurry"), LoadSignal::Hurry(())).await?;
    }
    let result = match run.result().await {
        Ok(output) => Ok(output),
        Err(EngineError::Failed { failure, .. }) => Err(format!("{failure:#}")),
        Err(EngineError::Parked { reason, .. }) => Err(format!("it is parked: {reason}")),
        Err(error) => return Err(error.into()),
    };
    Ok(Ended::Load { number, result })
}
