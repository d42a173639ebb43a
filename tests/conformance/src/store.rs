//! On a store: an engine of its own for each run.

use crate::{Conforming, Host, Run};
use std::time::Duration;
use workflow_runtime::{
    Failure, SignalError,
    engine::{self, Engine, EngineError},
    store::MemoryStore,
};

/// On a store in memory, by an engine. Instances stay in memory while they wait, so that each event is told once.
#[derive(Debug, Clone, Copy, Default)]
pub struct OnStore;

/// A run on a store, with its engine.
pub struct StoredRun<W> {
    engine: Option<Engine>,
    run: engine::InstanceHandle<W>,
}

impl Host for OnStore {
    const STORES: bool = true;

    type Run<W: Conforming> = StoredRun<W>;

    async fn start<W: Conforming>(&self, workflow: W, input: W::Input) -> StoredRun<W> {
        let builder = Engine::builder().store(MemoryStore::new()).idle_timeout(Duration::MAX).workflow(workflow);
        let engine = builder.start().await.expect("a store in memory can be read");
        let run = engine.start_with::<W>("case", input).await.expect("a store in memory takes everything");
        StoredRun { engine: Some(engine), run }
    }
}

impl<W: Conforming> Run<W> for StoredRun<W> {
    async fn signal(&self, signal: W::Signal) -> Result<(), SignalError> {
        signalled(self.run.signal(signal).await)
    }

    async fn cancel(&self) {
        match self.run.cancel().await {
            Ok(()) | Err(EngineError::Ended { .. }) => {}
            Err(error) => panic!("a store in memory takes everything: {error}"),
        }
    }

    async fn ended(&mut self) -> Result<W::Output, Failure> {
        let ended = failed(self.run.result().await);
        if let Some(engine) = self.engine.take() {
            engine.shutdown().await.expect("a store in memory can be closed");
        }
        ended
    }
}

/// As in memory.
pub(crate) fn signalled(taken: Result<(), EngineError>) -> Result<(), SignalError> {
    match taken {
        Ok(()) => Ok(()),
        Err(EngineError::Signal { error, .. }) => Err(error),
        Err(other) => panic!("{other}"),
    }
}

/// As in memory.
pub(crate) fn failed<T>(ended: Result<T, EngineError>) -> Result<T, Failure> {
    match ended {
        Ok(output) => Ok(output),
        Err(EngineError::Failed { failure, .. }) => Err(failure),
        Err(other) => panic!("{other}"),
    }
}
