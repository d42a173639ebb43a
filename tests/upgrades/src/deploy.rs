//! Two builds of one program, one after the other on one store.

use crate::Ledger;
use std::{
    fmt::Debug,
    time::{Duration, SystemTime},
};
use tokio::time::Instant;
use workflow_runtime::{
    engine::{Durable, Engine, EngineError, InstanceHandle},
    store::MemoryStore,
};

/// A store, and the clock that both builds follow.
pub struct Left {
    store: MemoryStore,
    begun: Instant,
}

impl Left {
    async fn engine<W: Durable>(&self, workflow: W) -> Engine {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(24) + self.begun.elapsed();
        let engine = Engine::builder().store(self.store.clone()).starting_at(now).workflow(workflow).start().await;
        engine.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Starts the new build; gives its engine, and the instance.
    ///
    /// # Panics
    /// The engine fails.
    pub async fn deploy<W: Durable>(&self, workflow: W, ledger: &Ledger) -> (Engine, InstanceHandle<W>) {
        let (engine, run) = self.try_deploy(workflow, ledger).await;
        (engine, run.unwrap_or_else(|error| panic!("{error}")))
    }

    /// Starts the new build, which may not have the instance's workflow.
    ///
    /// # Panics
    /// The engine does not start.
    pub async fn try_deploy<W: Durable>(
        &self,
        workflow: W,
        ledger: &Ledger,
    ) -> (Engine, Result<InstanceHandle<W>, EngineError>) {
        ledger.note("|");
        let engine = self.engine(workflow).await;
        let run = engine.find::<W>("i").await;
        (engine, run)
    }

    /// Runs the instance to its end with the new build. Returns the effects of both builds, with a `|` between them,
    /// and how the instance ended.
    ///
    /// # Panics
    /// The engine fails.
    pub async fn goes_on<W: Durable<Output: Debug>>(&self, workflow: W, ledger: &Ledger) -> String {
        let (engine, run) = self.deploy(workflow, ledger).await;
        let ended = match tokio::time::timeout(Duration::from_hours(1000), run.result()).await {
            Ok(ended) => told(ended),
            Err(_) => "waits".to_owned(),
        };
        engine.shutdown().await.unwrap_or_else(|error| panic!("{error}"));
        format!("{} {ended}", ledger.story())
    }
}

/// Starts the instance `i` with the old build, and stops that build after `minutes` minutes.
///
/// # Panics
/// The engine fails.
pub async fn leave<W: Durable>(workflow: W, input: W::Start, minutes: u64) -> Left {
    let left = Left { store: MemoryStore::new(), begun: Instant::now() };
    let engine = left.engine(workflow).await;
    engine.start::<W>("i", input).await.unwrap_or_else(|error| panic!("{error}"));
    tokio::time::sleep(Duration::from_mins(minutes)).await;
    engine.shutdown().await.unwrap_or_else(|error| panic!("{error}"));
    left
}

/// Returns how an instance ended, in words.
pub fn told<T: Debug>(ended: Result<T, EngineError>) -> String {
    match ended {
        Ok(output) => format!("gives {output:?}"),
        Err(EngineError::Parked { reason, .. }) => format!("parks: {reason}"),
        Err(EngineError::Failed { failure, .. }) => format!("fails: {failure:#}"),
        Err(error) => error.to_string(),
    }
}

/// Tests, one a line: `name: old(input) at minute => new, "effects | effects, and how it ends";`. The builds are
/// modules with one workflow `Order(n: u32)` that is `with ledger: Ledger`.
#[macro_export]
macro_rules! cells {
    ($($name:ident: $old:ident($input:expr) at $minute:literal => $new:ident, $story:expr;)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            let ledger = $crate::Ledger::default();
            let left = $crate::leave($old::Order::new(ledger.clone()), $input, $minute).await;
            assert_eq!(left.goes_on($new::Order::new(ledger.clone()), &ledger).await, $story);
        }
    )*};
}
