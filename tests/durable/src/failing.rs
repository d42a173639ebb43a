//! A store that does not do what it is asked, for a time.

use crate::over::{
    Batch, Due, Instance, InstanceKey, InstanceStatus, Loaded, MemoryStore, NewInstance, NewSignal, Session, Store,
    StoreFuture, Timestamp, store_over_memory,
};
use std::sync::{Arc, Mutex, PoisonError};
use workflow_runtime::store::{StoreError, StoreErrorKind};

/// How long a write takes that fails.
const TAKES: std::time::Duration = std::time::Duration::from_millis(2);

/// A store in memory whose writes can be made to fail.
#[derive(Clone, Default)]
pub struct FailingStore {
    inner: MemoryStore,
    fails: Arc<Mutex<Option<StoreErrorKind>>>,
}

impl FailingStore {
    /// From now on writes fail like that; with none, they do what they should.
    pub fn fail(&self, kind: Option<StoreErrorKind>) {
        *self.fails.lock().unwrap_or_else(PoisonError::into_inner) = kind;
    }

    fn written<T: Send + 'static>(&self, write: impl FnOnce(&MemoryStore) -> StoreFuture<T>) -> StoreFuture<T> {
        match *self.fails.lock().unwrap_or_else(PoisonError::into_inner) {
            None => write(&self.inner),
            Some(kind) => Box::pin(async move {
                tokio::time::sleep(TAKES).await;
                Err(StoreError::new(kind, format!("it is {kind:?}")))
            }),
        }
    }
}

store_over_memory!(FailingStore, written);
