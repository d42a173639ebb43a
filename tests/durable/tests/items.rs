//! The items of a `for` of a durable workflow; what is always ready, on an engine.
#![allow(
    clippy::trivially_copy_pass_by_ref,
    clippy::let_underscore_untyped,
    reason = "what users write is not the point here"
)]
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering::Relaxed},
};
use workflow_runtime::{
    engine::{Engine, EngineError},
    store::MemoryStore,
    workflow,
};

type Log = Arc<Mutex<Vec<String>>>;

fn note(log: &Log, what: String) {
    log.lock().unwrap().push(what);
}

fn taken(log: &Log, items: u64) -> impl Iterator<Item = u64> + Send + use<> {
    let log = Arc::clone(log);
    (0..items).inspect(move |item| note(&log, format!("takes {item}")))
}

fn doubled(log: &Log, item: u64) -> Result<u64, String> {
    note(log, format!("runs {item}"));
    if item == 2 { Err("enough".to_owned()) } else { Ok(2 * item) }
}

workflow! {
    #[durable]
    pub workflow Items(count: u64) -> usize with log: Log {
        #[concurrency(1)]
        stage all: Vec<u64> = for item in taken(log, *count) { doubled(log, *item) };
        all.len()
    }
    #[durable]
    pub workflow Huge() -> usize {
        stage all: Vec<u64> = for item in 0..1_000_000_000_000_u64 { *item };
        all.len()
    }
    #[durable]
    pub workflow Endless() -> u32 with calls: Arc<AtomicU32> {
        #[retry(2_000_000_000)]
        stage asked: u32 = refused(calls);
        asked
    }
    #[durable]
    pub workflow Locking() -> usize with log: Log {
        #[undo(log.lock().unwrap().push("undone".to_owned()))]
        #[when(log.lock().unwrap().is_empty())]
        stage first: Option<()> = log.lock().unwrap().push("done".to_owned());
        #[max(log.lock().unwrap().len() as u64 + 3)]
        stage looped: usize = loop {
            #[after(first)]
            stage length: usize = log.lock().unwrap().len();
            if let Some(last) = log.lock().unwrap().last().cloned() && last.len() == 4 { break *length } else { continue }
        };
        #[concurrency(log.lock().unwrap().len() as u64 + 1)]
        stage all: Vec<usize> = for item in vec![log.lock().unwrap().len()] { log.lock().unwrap().len() + *item };
        looped + all.len()
    }
}

fn refused(calls: &AtomicU32) -> Result<u32, String> {
    calls.fetch_add(1, Relaxed);
    Err("refused".to_owned())
}

#[tokio::test]
async fn in_memory_items_are_taken_one_by_one() {
    let log = Log::default();
    Items::new(Arc::clone(&log)).run(1_000_000_000_000).await.unwrap_err();
    let expected = ["takes 0", "runs 0", "takes 1", "runs 1", "takes 2", "runs 2"];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[tokio::test]
async fn on_a_store_items_are_taken_at_the_start() {
    let log = Log::default();
    let workflow = Items::new(Arc::clone(&log));
    let engine = Engine::builder().store(MemoryStore::new()).workflow(workflow).start().await.unwrap();
    engine.start::<Items>("a", 4).await.unwrap().result().await.unwrap_err();
    let expected = ["takes 0", "takes 1", "takes 2", "takes 3", "runs 0", "runs 1", "runs 2"];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[tokio::test]
async fn more_items_than_a_store_keeps_park_the_instance() {
    let engine = Engine::builder().store(MemoryStore::new()).workflow(Huge::new()).start().await.unwrap();
    match engine.start::<Huge>("a", ()).await.unwrap().result().await.unwrap_err() {
        EngineError::Parked { reason, .. } => assert_eq!(reason, "'all' has more items than a store keeps: 4194304"),
        error => panic!("{error}"),
    }
}

#[tokio::test]
async fn what_is_always_ready_can_be_cancelled_on_an_engine() {
    let calls = Arc::<AtomicU32>::default();
    let workflow = Endless::new(Arc::clone(&calls));
    let engine = Engine::builder().store(MemoryStore::new()).workflow(workflow).start().await.unwrap();
    let run = engine.start::<Endless>("a", ()).await.unwrap();
    while calls.load(Relaxed) < 1_000 {
        tokio::task::yield_now().await;
    }
    run.cancel().await.unwrap();
    run.result().await.unwrap_err();
}

#[tokio::test]
async fn a_lock_may_stand_wherever_an_expression_does() {
    let engine =
        Engine::builder().store(MemoryStore::new()).workflow(Locking::new(Log::default())).start().await.unwrap();
    assert_eq!(engine.start::<Locking>("a", ()).await.unwrap().result().await.unwrap(), 2);
    assert_eq!(Locking::new(Log::default()).run().await.unwrap(), 2);
}
