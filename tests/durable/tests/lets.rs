//! `let`s are evaluated again by each process, and must come out the same.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicU32, Ordering::SeqCst},
    time::Duration,
};
use workflow_runtime::{
    engine::{Engine, EngineError},
    store::MemoryStore,
    workflow,
};

type Error = Box<dyn std::error::Error>;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// No type that can be stored.
struct Opaque(u32);

workflow! {
    #[durable]
    workflow Odd() -> u32 {
        let counted: u32 = COUNT.fetch_add(1, SeqCst);
        stage first: u32 = *counted;
        #[after(first)]
        stage rest = sleep(1h);
        #[after(rest)]
        stage last: u32 = *counted + *first;
        last
    }
}

workflow! {
    #[durable]
    workflow Even(text: String) -> usize {
        let words: HashSet<String> = text.split(' ').map(str::to_owned).collect();
        let opaque: Opaque = Opaque(COUNT.load(SeqCst));
        stage first: usize = words.len() + usize::from(opaque.0 > 1_000_000);
        #[after(first)]
        stage rest = sleep(1h);
        #[after(rest)]
        stage last: usize = words.len() + *first + usize::from(opaque.0 > 1_000_000);
        last
    }
}

#[tokio::test(start_paused = true)]
async fn a_let_that_comes_out_otherwise_parks() -> Result<(), Error> {
    let builder = Engine::builder().store(MemoryStore::new()).workflow(Odd::new()).workflow(Even::new());
    let engine = builder.idle_timeout(Duration::ZERO).start().await?;
    let odd = engine.start::<Odd>("odd", ()).await?;
    let even = engine.start::<Even>("even", "a b c d e f g h".to_owned()).await?;
    let Err(EngineError::Parked { reason, .. }) = odd.result().await else { panic!("it does not park") };
    assert_eq!(reason, "`let counted` is no longer what it was when it was first evaluated");
    // Sets are the same in whatever order; what can't be stored is taken as it is.
    assert_eq!(even.result().await?, 16);
    Ok(())
}
