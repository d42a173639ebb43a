//! What the worker does.

use crate::{Effects, Place};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, fs, io, sync::Arc, time::Duration};
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
    /// Something of everything: two branches, a retry, a loop, a fan-out, timers, signals, and undos for every fourth one.
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
pub struct Ended {
    /// Which.
    pub number: u32,
    /// Its output, or its failure.
    pub result: Result<Vec<u32>, String>,
}

/// Runs instances until all of them have ended, and prints each.
///
/// # Errors
/// Whatever keeps it from that.
pub async fn work(place: &Place, instances: u32) -> anyhow::Result<()> {
    let effects = Arc::new(Effects::open(&place.effects())?);
    let acknowledged = Arc::new(Effects::open(&place.acknowledged())?);
    let known = fs::read_to_string(place.acknowledged())?;
    let known: Arc<HashSet<String>> = Arc::new(known.lines().map(ToOwned::to_owned).collect());
    let store = SqliteStore::open(place.store())?;
    let engine = Engine::builder().store(store).workflow(Load::new(effects)).linger(Duration::from_millis(10));
    let engine = engine.start().await?;

    let mut all: JoinSet<anyhow::Result<Ended>> = JoinSet::new();
    for number in 0..instances {
        let engine = engine.clone();
        let (acknowledged, known) = (Arc::clone(&acknowledged), Arc::clone(&known));
        all.spawn(async move {
            let run = engine.start::<Load>(format!("i-{number}"), number).await?;
            let send = async |what: String, signal| {
                tokio::time::sleep(Duration::from_millis(fastrand::u64(0..200))).await;
                // One that was acknowledged is never sent again: should it be lost, its instance waits for ever.
                if known.contains(&what) {
                    return anyhow::Ok(());
                }
                match run.signal_once(&what, signal).await {
                    Ok(()) => acknowledged.append(&what)?,
                    // It has gone on without.
                    Err(EngineError::Signal { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
                Ok(())
            };
            for part in 0..3 {
                send(format!("{number} part {part}"), LoadSignal::Part(number * 10 + part)).await?;
            }
            if number.is_multiple_of(3) {
                send(format!("{number} hurry"), LoadSignal::Hurry(())).await?;
            }
            let result = match run.result().await {
                Ok(output) => Ok(output),
                Err(EngineError::Failed { failure, .. }) => Err(format!("{failure:#}")),
                Err(error) => return Err(error.into()),
            };
            anyhow::Ok(Ended { number, result })
        });
    }
    while let Some(ended) = all.join_next().await {
        let ended = ended.context("a task has ended")??;
        println!("{}", serde_json::to_string(&ended)?);
    }
    engine.shutdown().await?;
    println!("all ended");
    Ok(())
}
