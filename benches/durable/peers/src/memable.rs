//! memable: steps in an async function, remembered by their keys.

use crate::harness::{Failed, Rate, give, measure};
use memable::{Context, Engine, EngineError, WorkflowState};
use std::{path::PathBuf, sync::Arc};

async fn five(context: Context) -> Result<(), EngineError> {
    let mut value = context.input::<String>()?.unwrap_or_default();
    for key in ["first:v1", "second:v1", "third:v1", "fourth:v1", "fifth:v1"] {
        let before = value;
        value = context.step(key).run(async move || Ok(give(&before))).await?;
    }
    Ok(())
}

pub(crate) const SYNC: &str = "redb, Durability::Immediate, a commit for each step";

pub(crate) async fn rate(folder: PathBuf, in_flight: u64) -> Result<Rate, Failed> {
    let mut engine = Engine::builder().open(folder.join("memable.redb"))?.build();
    engine.register("five", five);
    engine.start().await?;
    let engine = Arc::new(engine);
    measure(in_flight, move |instance| {
        let engine = Arc::clone(&engine);
        async move {
            match engine.invoke("five").input(instance.input).await?.wait().await {
                WorkflowState::Completed(_) => Ok(()),
                other => Err(format!("memable: {other:?}").into()),
            }
        }
    })
    .await
}
