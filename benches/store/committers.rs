//! The store: as many tasks as there are committers, each with an instance of its own.

use crate::{PAYLOAD, STAGES, TIME};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};
use tokio::{runtime, task::JoinSet};
use workflow_runtime::store::{Batch, Change, NewInstance, Record, SqliteStore, Store, StoreError, Timestamp};

/// Records a second.
pub(crate) fn measure(path: &Path, committers: i64) -> Result<f64, Box<dyn std::error::Error>> {
    let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build()?;
    runtime.block_on(async {
        let store = SqliteStore::open(path)?;
        let count = Arc::new(AtomicU64::new(0));
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for committer in 0..committers {
            tasks.spawn(commit(store.clone(), committer, started, count.clone()));
        }
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        let seconds = started.elapsed().as_secs_f64();
        store.close().await?;
        #[expect(clippy::cast_precision_loss, reason = "a count of seconds' work")]
        Ok(count.load(Ordering::Relaxed) as f64 / seconds)
    })
}

async fn commit(store: SqliteStore, committer: i64, started: Instant, count: Arc<AtomicU64>) -> Result<(), StoreError> {
    let mut made = 0;
    let mut committed = 0;
    while started.elapsed() < TIME {
        let key = store.create(new(format!("order-{committer}-{made}"))).await?;
        made += 1;
        for stage in 1..=STAGES {
            let record = Record { order: stage, kind: 1, payload: vec![b'x'; PAYLOAD] };
            let change = Change::Put { path: format!("stage-{stage}").into(), record };
            store.commit(Batch { instance: key, changes: vec![change] }).await?;
        }
        committed += 1 + STAGES;
    }
    count.fetch_add(committed, Ordering::Relaxed);
    Ok(())
}

fn new(id: String) -> NewInstance {
    let input = vec![b'x'; PAYLOAD];
    NewInstance { id, workflow: "Payment".to_owned(), version: 1, input, created_at: Timestamp::from_millis(0) }
}
