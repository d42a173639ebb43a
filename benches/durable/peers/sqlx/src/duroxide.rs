//! duroxide: activities that an orchestration awaits, on its SQLite provider.

use crate::{
    ends,
    harness::{Failed, Rate, give, measure},
};
use duroxide::{
    ActivityContext, Client, OrchestrationContext, OrchestrationRegistry,
    providers::sqlite::SqliteProvider,
    runtime::{Runtime, registry::ActivityRegistry},
};
use std::{path::PathBuf, sync::Arc};

/// As its documentation has it.
pub(crate) async fn as_it_is(folder: PathBuf, in_flight: u64) -> Result<Rate, Failed> {
    rate(folder, in_flight, false).await
}

/// As safe as the others.
pub(crate) async fn in_full(folder: PathBuf, in_flight: u64) -> Result<Rate, Failed> {
    rate(folder, in_flight, true).await
}

async fn provider(folder: &PathBuf, full: bool) -> Result<Arc<SqliteProvider>, Failed> {
    let url = format!("sqlite:{}?mode=rwc", folder.join("duroxide.db").display());
    let provider = Arc::new(SqliteProvider::new(&url, None).await?);
    if full {
        crate::synchronous_full(provider.get_pool()).await?;
    }
    Ok(provider)
}

/// Returns the settings of its connections.
pub(crate) async fn sync(folder: PathBuf, full: bool) -> Result<String, Failed> {
    crate::settings(provider(&folder, full).await?.get_pool()).await
}

async fn five(context: OrchestrationContext, input: String) -> Result<String, String> {
    let mut value = input;
    for _ in 0..4 {
        value = context.schedule_activity("Give", value).await?;
    }
    context.schedule_activity("GiveLast", value).await
}

async fn rate(folder: PathBuf, in_flight: u64, full: bool) -> Result<Rate, Failed> {
    let store = provider(&folder, full).await?;
    let activities = ActivityRegistry::builder()
        .register("Give", |_: ActivityContext, before: String| async move { Ok(give(&before)) })
        .register("GiveLast", |_: ActivityContext, before: String| async move {
            let given = give(&before);
            ends::ended(&given).map_err(|error| error.to_string())?;
            Ok(given)
        })
        .build();
    let orchestrations = OrchestrationRegistry::builder().register("Five", five).build();
    let runtime = Runtime::start_with_store(Arc::clone(&store) as _, activities, orchestrations).await;
    let client = Arc::new(Client::new(store));
    let rate = measure(in_flight, move |instance| {
        let client = Arc::clone(&client);
        async move {
            let end = ends::expect(&instance);
            client.start_orchestration(instance.id, "Five", instance.input).await?;
            Ok(end.await?)
        }
    });
    let rate = rate.await;
    runtime.shutdown(Some(0)).await;
    rate
}
