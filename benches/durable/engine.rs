//! The engine: as many instances in flight as there are to be, each of which starts the next one when it has ended.

use crate::{PAYLOAD, STAGES, TIME};
use std::{
    error::Error,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};
use tokio::{runtime, task::JoinSet};
use workflow_runtime::{
    engine::{Engine, EngineError},
    store::SqliteStore,
    workflow,
};

fn give(before: &str) -> String {
    let mut given = before.to_owned();
    given.truncate(PAYLOAD - 2);
    given
}

workflow! {
    /// Five stages, one after the other.
    #[durable]
    pub(crate) workflow Five(input: String) -> () {
        stage first: String = give(input);
        stage second: String = give(first);
        stage third: String = give(second);
        stage fourth: String = give(third);
        stage _fifth: String = give(fourth);
    }
}

/// Records a second: a stage is one, and so is an instance that starts.
pub(crate) fn measure(path: &Path, instances: i64) -> Result<f64, Box<dyn Error>> {
    let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build()?;
    runtime.block_on(async {
        let engine = Engine::builder().store(SqliteStore::open(path)?).workflow(Five::new()).start().await?;
        let count = Arc::new(AtomicU64::new(0));
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for instance in 0..instances {
            tasks.spawn(run(engine.clone(), instance, started, Arc::clone(&count)));
        }
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        let seconds = started.elapsed().as_secs_f64();
        engine.shutdown().await?;
        #[expect(clippy::cast_precision_loss, reason = "a count of seconds' work")]
        Ok(count.load(Ordering::Relaxed) as f64 / seconds)
    })
}

async fn run(engine: Engine, instance: i64, started: Instant, count: Arc<AtomicU64>) -> Result<(), EngineError> {
    let mut made = 0;
    while started.elapsed() < TIME {
        let run = engine.start::<Five>(format!("order-{instance}-{made}"), "x".repeat(PAYLOAD)).await?;
        run.result().await?;
        made += 1;
        count.fetch_add(1 + STAGES, Ordering::Relaxed);
    }
    Ok(())
}
