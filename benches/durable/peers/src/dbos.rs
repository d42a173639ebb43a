//! dbos: steps in an async function, on Postgres.

use crate::harness::{Failed, Rate, give, measure};
use dbos::{Config, DBOS, EngineOnly, RunOptions, step};

async fn five(input: String) -> dbos::Result<String> {
    let mut value = input;
    for name in ["first", "second", "third", "fourth", "fifth"] {
        let before = value.clone();
        value = step(name, move || {
            let given = give(&before);
            async move { dbos::Result::<_, EngineOnly>::Ok(given) }
        })
        .await?;
    }
    Ok(value)
}

pub(crate) async fn rate(url: &str, in_flight: u64) -> Result<Rate, Failed> {
    let config = Config { app_version: Some("1".to_owned()), ..Config::new("five", url) };
    let dbos = DBOS::new(config);
    let workflow = dbos.register_workflow("five", five)?;
    dbos.launch().await?;
    let rate = measure(in_flight, move |instance| {
        let workflow = workflow.clone();
        async move {
            let options = RunOptions { workflow_id: Some(&instance.id), ..RunOptions::default() };
            workflow.run_with(instance.input, options).await?;
            Ok(())
        }
    });
    let rate = rate.await?;
    dbos.shutdown().await;
    Ok(rate)
}
