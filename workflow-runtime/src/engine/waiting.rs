//! Callers that wait for instances to end.

use super::error::EngineError;
use crate::sync::lock;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};
use tokio::sync::oneshot;
use workflow_store::InstanceKey;

/// The outcome of an instance, for the callers that wait for it.
pub(crate) type InstanceEnd = Result<Vec<u8>, EngineError>;

/// A caller: the instance that it waits for, and its own number.
type Caller = (InstanceKey, u64);

/// The callers that wait for instances to end. One that does not wait any more leaves nothing behind.
#[derive(Default)]
pub(crate) struct Waiters {
    callers: Callers,
    last: AtomicU64,
}

type Callers = Arc<Mutex<BTreeMap<Caller, oneshot::Sender<InstanceEnd>>>>;

/// The end of an instance, to be waited for.
pub(crate) struct Awaited {
    end: oneshot::Receiver<InstanceEnd>,
    caller: Caller,
    callers: Callers,
}

impl Waiters {
    /// Registers a caller that waits for this instance.
    pub(crate) fn of(&self, key: InstanceKey) -> Awaited {
        let (sender, end) = oneshot::channel();
        let caller = (key, self.last.fetch_add(1, Relaxed));
        lock(&self.callers).insert(caller, sender);
        Awaited { end, caller, callers: Arc::clone(&self.callers) }
    }

    /// Passes the end to all callers that wait for this instance.
    pub(crate) fn reply(&self, key: InstanceKey, mut ended: impl FnMut() -> InstanceEnd) {
        let callers: Vec<_> =
            lock(&self.callers).extract_if((key, 0)..=(key, u64::MAX), |_, _| true).map(|(_, caller)| caller).collect();
        for caller in callers {
            let _ = caller.send(ended());
        }
    }

    /// Passes the end to all callers.
    pub(crate) fn reply_all(&self, mut ended: impl FnMut() -> InstanceEnd) {
        let replies = std::mem::take(&mut *lock(&self.callers));
        for caller in replies.into_values() {
            let _ = caller.send(ended());
        }
    }
}

impl Awaited {
    /// Waits for the end.
    pub(crate) async fn come(mut self) -> InstanceEnd {
        (&mut self.end).await.unwrap_or(Err(EngineError::ShutDown))
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        lock(&self.callers).remove(&self.caller);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_that_does_not_wait_any_more_leaves_nothing_behind() {
        let waiting = Waiters::default();
        let (first, second) = (InstanceKey(1), InstanceKey(2));
        let stays = waiting.of(second);
        for _ in 0..1000 {
            drop((waiting.of(first), waiting.of(second)));
        }
        assert_eq!(lock(&waiting.callers).len(), 1);
        drop(stays);
        assert!(lock(&waiting.callers).is_empty());
    }

    #[tokio::test]
    async fn each_caller_is_told_the_end_of_its_instance() {
        let waiting = Waiters::default();
        let [a, b, other] = [1, 1, 2].map(|key| waiting.of(InstanceKey(key)));
        waiting.reply(InstanceKey(1), || Ok(vec![7]));
        assert_eq!(a.come().await.expect("has ended"), [7]);
        assert_eq!(b.come().await.expect("has ended"), [7]);
        assert_eq!(lock(&waiting.callers).len(), 1);
        waiting.reply_all(|| Err(EngineError::ShutDown));
        assert!(matches!(other.come().await, Err(EngineError::ShutDown)));
        assert!(lock(&waiting.callers).is_empty());
    }
}
