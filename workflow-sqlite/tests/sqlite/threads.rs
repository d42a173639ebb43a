//! The threads of a store end, even if one of them drops the last handle of the store.

use crate::fixtures::{Folder, batch, create, put};
use std::{
    pin::Pin,
    sync::{Arc, Mutex, mpsc},
    task::{Context, Wake, Waker},
    thread,
};
use workflow_sqlite::SqliteStore;
use workflow_store::{Store, StoreErrorKind};

/// A waker that drops the store on the thread that wakes it.
struct Last {
    store: Mutex<Option<SqliteStore>>,
    woken: mpsc::Sender<String>,
}

impl Wake for Last {
    fn wake(self: Arc<Self>) {
        drop(self.store.lock().expect("no other thread holds it").take());
        let _ = self.woken.send(thread::current().name().unwrap_or_default().to_owned());
    }
}

fn dropped_by(thread: &str, asks: impl Fn(&SqliteStore) -> Pin<Box<dyn Future<Output = ()> + Send>>) {
    let folder = Folder::new();
    loop {
        let store = folder.open().expect("opens");
        let (woken, name) = mpsc::channel();
        let mut asked = asks(&store);
        let last = Arc::new(Last { store: Mutex::new(Some(store)), woken });
        // An answer that is already there wakes no waker: try again.
        if asked.as_mut().poll(&mut Context::from_waker(&Waker::from(last.clone()))).is_pending() {
            assert_eq!(name.recv().expect("a thread wakes the waker"), thread);
            break;
        }
    }
    // The thread releases the file a moment later, and can't be waited for.
    loop {
        match folder.open() {
            Err(error) if error.kind() == StoreErrorKind::Locked => thread::yield_now(),
            opened => break drop(opened.expect("opens again")),
        }
    }
}

#[test]
fn the_writer_drops_the_store() {
    dropped_by("workflow-writer", |store| {
        let created = store.create(crate::fixtures::new_instance("order"));
        Box::pin(async move { drop(created.await) })
    });
}

#[test]
fn a_reader_drops_the_store() {
    dropped_by("workflow-reader", |store| {
        let found = store.find("order");
        Box::pin(async move { drop(found.await) })
    });
}

#[tokio::test]
async fn what_was_asked_before_the_last_clone_was_dropped_is_done() {
    let folder = Folder::new();
    let store = folder.open().expect("opens");
    let key = create(&store, "order").await;
    let asked: Vec<_> =
        (0..100).map(|number| store.commit(batch(key, [put(&format!("stage/{number}"), number, vec![1])]))).collect();
    drop(store);
    for committed in asked {
        committed.await.expect("is committed");
    }
    let store = folder.open().expect("opens again");
    assert_eq!(store.load(key).await.expect("loads").records.len(), 100);
}
