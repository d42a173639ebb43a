//! Calls on an instance that has ended report how it ended; each text of an error is printed once.

use serde::{Serialize, Serializer};
use std::{error::Error as _, time::Duration};
use workflow_runtime::{
    Failure, FailureKind, SignalError,
    engine::{End, Engine, EngineError},
    store::{MemoryStore, StoreError, StoreErrorKind},
    workflow,
};

type Error = Box<dyn std::error::Error>;

/// Its `Serialize` panics with 13.
#[derive(Debug, Clone, serde::Deserialize)]
struct Careless(u32);

impl Serialize for Careless {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        assert_ne!(self.0, 13, "thirteen");
        self.0.serialize(to)
    }
}

fn is_wanted(number: u32) -> bool {
    assert_ne!(number, 7, "seven");
    number > 1
}

workflow! {
    #[durable]
    workflow Ends(start: Careless) -> u32 {
        #[accept(is_wanted(go.0))]
        signal go: Careless;
        #[undo(async { Err::<(), _>("stuck") })]
        stage made: u32 = start.0;
        #[after(made)]
        stage checked: u32 = if go.0 > 100 { fail "too many".to_owned() } else { go.0 };
        *checked
    }
}

async fn engine() -> Result<Engine, Error> {
    Ok(Engine::builder().store(MemoryStore::new()).workflow(Ends::new()).start().await?)
}

#[tokio::test(start_paused = true)]
async fn who_asks_later_hears_how_it_ended() -> Result<(), Error> {
    let engine = engine().await?;
    let completed = engine.start::<Ends>("completed", Careless(0)).await?;
    completed.signal(EndsSignal::Go(Careless(5))).await?;
    assert_eq!(completed.result().await?, 5);
    let failed = engine.start::<Ends>("failed", Careless(0)).await?;
    failed.signal(EndsSignal::Go(Careless(101))).await?;
    failed.result().await.unwrap_err();
    let cancelled = engine.start::<Ends>("cancelled", Careless(0)).await?;
    cancelled.cancel().await?;
    cancelled.result().await.unwrap_err();

    for asked in
        [completed.state().await.err(), completed.cancel().await.err(), completed.rewind(EndsStage::Made).await.err()]
    {
        assert!(matches!(asked, Some(EngineError::Ended { how: End::Completed, .. })), "{asked:?}");
        assert_eq!(asked.unwrap().to_string(), "instance 'completed' has completed");
    }
    for asked in [failed.state().await.err(), failed.cancel().await.err(), failed.rewind(EndsStage::Made).await.err()] {
        let asked = asked.unwrap();
        assert!(matches!(&asked, EngineError::Ended { how: End::Failed(_), .. }), "{asked:?}");
        assert_eq!(asked.failure().unwrap().stage(), Some("checked"));
        assert_eq!(
            format!("{asked:#}"),
            "instance 'failed' has failed: stage 'checked' of workflow 'Ends' failed: too many; \
             not undone: stage 'made' of workflow 'Ends' failed: stuck"
        );
    }
    for asked in [cancelled.state().await.err(), cancelled.rewind(EndsStage::Made).await.err()] {
        let asked = asked.unwrap();
        assert!(matches!(&asked, EngineError::Ended { how: End::Cancelled(_), .. }), "{asked:?}");
        assert_eq!(asked.failure().unwrap().kind(), FailureKind::Cancelled);
    }
    cancelled.cancel().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_sender_s_code_is_the_sender_s_error() -> Result<(), Error> {
    let engine = engine().await?;
    let refused = engine.start::<Ends>("never", Careless(13)).await.unwrap_err();
    assert!(refused.to_string().starts_with("instance 'never': its input can't be stored: "), "{refused}");
    let run = engine.start::<Ends>("one", Careless(0)).await?;
    let panicked = run.signal(EndsSignal::Go(Careless(7))).await;
    assert!(matches!(panicked, Err(EngineError::Signal { error: SignalError::Panicked, .. })), "{panicked:?}");
    let refused = run.signal_once("key", EndsSignal::Go(Careless(1))).await;
    assert!(matches!(refused, Err(EngineError::Signal { error: SignalError::Refused, .. })), "{refused:?}");
    let unstored = run.signal(EndsSignal::Go(Careless(13))).await.unwrap_err();
    assert!(unstored.to_string().starts_with("instance 'one': the signal can't be stored: "), "{unstored}");
    run.signal(EndsSignal::Go(Careless(9))).await?;
    assert_eq!(tokio::time::timeout(Duration::from_secs(1), run.result()).await??, 9);
    Ok(())
}

/// Each text of the chain, with that of the error around it.
fn is_told_once(error: &(dyn std::error::Error + 'static)) {
    let (mut before, mut next) = (error.to_string(), error.source());
    while let Some(source) = next {
        let text = source.to_string();
        assert!(!before.contains(&text), "'{before}' tells '{text}', and gives it as its source");
        (before, next) = (text, source.source());
    }
}

#[tokio::test(start_paused = true)]
async fn no_text_of_a_chain_is_told_twice() -> Result<(), Error> {
    let engine = engine().await?;
    let run = engine.start::<Ends>("failed", Careless(0)).await?;
    run.signal(EndsSignal::Go(Careless(101))).await?;
    let failed = run.result().await.unwrap_err();
    is_told_once(&failed);
    assert_eq!(failed.source().unwrap().to_string(), "too many");
    is_told_once(&run.state().await.unwrap_err());
    is_told_once(&run.signal(EndsSignal::Go(Careless(7))).await.unwrap_err());
    let full = StoreError::new(StoreErrorKind::Full, "no room left").with_source(std::io::Error::other("disk quota"));
    let full = EngineError::Store(full);
    is_told_once(&full);
    assert_eq!(format!("{full:#}"), "the store failed: no room left: disk quota");
    let failure: Failure = failed.failure().unwrap().clone();
    is_told_once(&failure);
    Ok(())
}
