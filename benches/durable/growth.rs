//! A loop of many rounds, and a workflow that waits for a signal again and again: the file stays as small as it was.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use workflow_runtime::{engine::Engine, store::SqliteStore, workflow};

/// Signals that may be on their way: those that wait are kept, so that a file grows with how many wait at once.
const ON_THEIR_WAY: u64 = 64;

/// How many signals the workflow has taken.
#[derive(Debug, Default)]
pub(crate) struct Taken(AtomicU64);

impl Taken {
    fn add(&self, so_far: u64, number: u64) -> u64 {
        self.0.fetch_add(number, Ordering::Relaxed);
        so_far + number
    }
}

workflow! {
    #[durable]
    pub(crate) workflow Rounds(count: u64) -> u64 {
        stage sum: u64 = loop round: u64 = 0 {
            stage next: u64 = *round + 1;
            if *next >= *count { break next } else { continue next }
        };
        sum
    }

    #[durable]
    pub(crate) workflow Signals(count: u64) -> u64 with taken: Arc<Taken> {
        stage sum: u64 = loop so_far: u64 = 0 {
            signal number: u64;
            stage next: u64 = taken.add(*so_far, *number);
            if *next >= *count { break next } else { continue next }
        };
        sum
    }
}

/// The file and its log.
fn size(path: &Path) -> u64 {
    let log = PathBuf::from(format!("{}-wal", path.display()));
    [path, &log].into_iter().filter_map(|path| fs::metadata(path).ok()).map(|metadata| metadata.len()).sum()
}

fn told(path: &Path, so_far: &str, started: Instant) {
    println!("{:>8} KB after {so_far}, {:.1} s", size(path) >> 10, started.elapsed().as_secs_f64());
}

#[tokio::main]
pub(crate) async fn rounds(path: &Path, count: u64) -> Result<(), Box<dyn Error>> {
    let engine = Engine::builder().store(SqliteStore::open(path)?).workflow(Rounds::new()).start().await?;
    let started = Instant::now();
    let run = engine.start::<Rounds>("one", count).await?;
    let mut result = std::pin::pin!(run.result());
    let result = loop {
        tokio::select! {
            result = &mut result => break result?,
            () = tokio::time::sleep(Duration::from_secs(20)) => told(path, "a while", started),
        }
    };
    told(path, &format!("{result} rounds"), started);
    engine.shutdown().await?;
    told(path, "shutdown", started);
    Ok(())
}

#[tokio::main]
pub(crate) async fn signals(path: &Path, count: u64) -> Result<(), Box<dyn Error>> {
    let taken = Arc::new(Taken::default());
    let workflow = Signals::new(Arc::clone(&taken));
    let engine = Engine::builder().store(SqliteStore::open(path)?).workflow(workflow).start().await?;
    let started = Instant::now();
    let run = engine.start::<Signals>("one", count).await?;
    for sent in 1..=count {
        while sent - taken.0.load(Ordering::Relaxed) > ON_THEIR_WAY {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        run.signal(SignalsSignal::Number(1)).await?;
        if sent.is_multiple_of((count / 10).max(1)) {
            told(path, &format!("{sent} signals"), started);
        }
    }
    assert_eq!(run.result().await?, count);
    engine.shutdown().await?;
    told(path, "shutdown", started);
    Ok(())
}
