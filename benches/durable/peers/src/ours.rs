//! The project's own engine, on SQLite.

use crate::harness::{Failed, Rate, give, measure};
use std::path::PathBuf;
use workflow_runtime::{engine::Engine, store::SqliteStore, workflow};

workflow! {
    #[durable]
    workflow Five(input: String) -> () {
        stage first: String = give(input);
        stage second: String = give(first);
        stage third: String = give(second);
        stage fourth: String = give(third);
        stage _fifth: String = give(fourth);
    }
}

pub(crate) const SYNC: &str = "SQLite, WAL, synchronous = FULL";

pub(crate) async fn rate(folder: PathBuf, in_flight: u64) -> Result<Rate, Failed> {
    let store = SqliteStore::open(folder.join("ours.db"))?;
    let engine = Engine::builder().store(store).workflow(Five::new()).start().await?;
    let runs = engine.clone();
    let rate = measure(in_flight, move |instance| {
        let engine = runs.clone();
        async move { Ok(engine.start::<Five>(instance.id, instance.input).await?.result().await?) }
    });
    let rate = rate.await?;
    engine.shutdown().await?;
    Ok(rate)
}
