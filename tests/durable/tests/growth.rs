//! The store does not grow with rounds and signals: `cargo run --release -p workflow-benches --features store --bin
//! durable -- --rounds 1000000` does the same with a million.

use std::{fs, path::Path, time::Duration};
use workflow_runtime::{engine::Engine, store::SqliteStore, workflow};

type Error = Box<dyn std::error::Error>;

workflow! {
    #[durable]
    pub workflow Rounds(count: u64) -> u64 {
        stage sum: u64 = loop round: u64 = 0 {
            stage next: u64 = *round + 1;
            if *next >= *count { break next } else { continue next }
        };
        sum
    }

    #[durable]
    pub workflow Signals(count: u64) -> u64 {
        stage sum: u64 = loop so_far: u64 = 0 {
            signal number: u64;
            stage next: u64 = *so_far + *number;
            if *next >= *count { break next } else { continue next }
        };
        sum
    }
}

/// Returns the size of the file after a checkpoint of its log.
async fn size_after<F: Future<Output = Result<(), Error>>>(
    path: &Path,
    run: impl FnOnce(Engine) -> F,
) -> Result<u64, Error> {
    let store = SqliteStore::open(path)?;
    let engine = Engine::builder()
        .store(store)
        .workflow(Rounds::new())
        .workflow(Signals::new())
        .idle_timeout(Duration::MAX)
        .start()
        .await?;
    run(engine.clone()).await?;
    engine.shutdown().await?;
    Ok(fs::metadata(path)?.len())
}

#[tokio::test]
async fn with_the_rounds_of_a_loop() -> Result<(), Error> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("rounds.db");
    let rounds = |id: &'static str, count| {
        move |engine: Engine| async move {
            assert_eq!(engine.start::<Rounds>(id, count).await?.result().await?, count);
            Ok(())
        }
    };
    let few = size_after(&path, rounds("few", 100)).await?;
    let many = size_after(&path, rounds("many", 2_000)).await?;
    assert_eq!(few, many);
    Ok(())
}

#[tokio::test]
async fn with_signals_that_are_waited_for() -> Result<(), Error> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("signals.db");
    let signals = |id: &'static str, count| {
        move |engine: Engine| async move {
            let run = engine.start::<Signals>(id, count).await?;
            for sent in 1..=count {
                run.signal(SignalsSignal::Number(1)).await?;
                // Untaken signals need room: never more than some wait at a time.
                while sent.is_multiple_of(50) && sent < count && u64::from(run.state().await?.sum.round()) < sent {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            }
            assert_eq!(run.result().await?, count);
            Ok(())
        }
    };
    let few = size_after(&path, signals("few", 100)).await?;
    let many = size_after(&path, signals("many", 400)).await?;
    assert_eq!(few, many);
    Ok(())
}
