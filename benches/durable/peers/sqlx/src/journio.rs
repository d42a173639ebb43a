//! journio: steps in an async function, on its SQLite store.

use crate::{
    ends,
    harness::{Failed, Rate, give, measure},
};
use journio_core::{Config, JournioContext, StepFunc, WorkflowFn};
use journio_sqlite::SqliteSystemDatabase;
use std::{path::PathBuf, sync::Arc, time::Duration};

async fn database(folder: &PathBuf) -> Result<SqliteSystemDatabase, Failed> {
    Ok(SqliteSystemDatabase::connect(&format!("sqlite://{}", folder.join("journio.db").display())).await?)
}

/// Returns the settings of its connections.
pub(crate) async fn sync(folder: PathBuf) -> Result<String, Failed> {
    crate::settings(database(&folder).await?.pool()).await
}

pub(crate) async fn rate(folder: PathBuf, in_flight: u64) -> Result<Rate, Failed> {
    let system_db = Some(Arc::new(database(&folder).await?) as _);
    let context = JournioContext::new(Config { app_name: "five".to_owned(), system_db, ..Config::default() }).await?;
    context.register_workflow(Arc::new(WorkflowFn::new("five", |context, input: String| {
        Box::pin(async move {
            let mut value = input;
            for name in ["first", "second", "third", "fourth", "fifth"] {
                let before = value;
                let step = StepFunc::new(name, move |_| {
                    let given = give(&before);
                    Box::pin(async move { Ok(given) })
                });
                value = match context.run_as_step(Arc::new(step)).await? {
                    serde_json::Value::String(value) => value,
                    other => other.to_string(),
                };
            }
            ends::ended(&value).unwrap_or_else(|error| panic!("{error}"));
            Ok(value)
        })
    })))?;
    context.launch().await?;
    let runs = Arc::clone(&context);
    let rate = measure(in_flight, move |instance| {
        let context = Arc::clone(&runs);
        async move {
            let end = ends::expect(&instance);
            context.run_workflow("five", serde_json::Value::String(instance.input)).await?;
            Ok(end.await?)
        }
    });
    let rate = rate.await;
    context.shutdown(Duration::ZERO).await?;
    rate
}
