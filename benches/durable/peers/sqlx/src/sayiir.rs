//! sayiir: a chain of tasks, with a snapshot after each, on Postgres. The future of its `run` can't be sent to another
//! thread ("implementation of `Send` is not general enough"), so all instances run on one.

use crate::harness::{Failed, Instance, Rate, give, measure};
use sayiir_postgres::PostgresBackend;
use sayiir_runtime::{CheckpointingRunner, prelude::*, serialization::JsonCodec};
use std::{rc::Rc, sync::Arc, thread};
use tokio::{
    runtime::Builder,
    sync::{mpsc, oneshot},
    task::LocalSet,
};

type Asked = (Instance, oneshot::Sender<Result<(), Failed>>);

pub(crate) async fn rate(url: &str, in_flight: u64) -> Result<Rate, Failed> {
    let (asked, asks) = mpsc::unbounded_channel::<Asked>();
    let url = url.to_owned();
    let thread = thread::spawn(move || -> Result<(), Failed> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let instances = LocalSet::new();
        let answered = instances.block_on(&runtime, answer(url, asks));
        // Dropped instances give their connections back, which needs a runtime.
        let _inside = runtime.enter();
        drop(instances);
        answered
    });
    let rate = measure(in_flight, move |instance| {
        let (sender, receiver) = oneshot::channel();
        let sent = asked.send((instance, sender));
        async move {
            sent.map_err(|_| "sayiir's thread has ended")?;
            receiver.await?
        }
    })
    .await;
    thread.join().map_err(|_| "sayiir's thread panicked")??;
    rate
}

async fn answer(url: String, mut asks: mpsc::UnboundedReceiver<Asked>) -> Result<(), Failed> {
    let backend = PostgresBackend::<JsonCodec>::connect(&url).await?;
    let runner = Rc::new(CheckpointingRunner::new(backend));
    let context = WorkflowContext::new("five", Arc::new(JsonCodec), Arc::new(()));
    let workflow = WorkflowBuilder::new(context)
        .then("first", |value: String| async move { Ok(give(&value)) })
        .then("second", |value: String| async move { Ok(give(&value)) })
        .then("third", |value: String| async move { Ok(give(&value)) })
        .then("fourth", |value: String| async move { Ok(give(&value)) })
        .then("fifth", |value: String| async move { Ok(give(&value)) })
        .build()?;
    let workflow = Rc::new(workflow);
    while let Some((instance, sender)) = asks.recv().await {
        let (runner, workflow) = (Rc::clone(&runner), Rc::clone(&workflow));
        tokio::task::spawn_local(async move {
            let ended = match runner.run(&workflow, instance.id, instance.input).await {
                Ok(WorkflowStatus::Completed) => Ok(()),
                Ok(other) => Err(format!("sayiir: {other:?}").into()),
                Err(error) => Err(error.into()),
            };
            // After the time limit, the receiver is dropped.
            let _ = sender.send(ended);
        });
    }
    Ok(())
}
