//! The way from the journal to the store: what was entered goes there in order, one batch at a time.
//!
//! An entry is known to the instance at once; only the wait for the store is a future, and may be dropped. A batch that
//! the store does not take for now is written again after a growing pause, with the values in memory, and nothing
//! overtakes it. A batch that the store can never take is reported, with the path of the record that it refuses.

use crate::{future::wake_list::WakeList, sync::lock};
use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};
use tokio::time::{Sleep, sleep};
use workflow_store::{Batch, Change, InstanceKey, Store, StoreError, StoreFuture};

/// The pause after the first failure; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Entries that are not on the store yet, in their order.
pub(crate) struct Outbox {
    instance: InstanceKey,
    /// The number of the last entry; those on the store come up to `stored`.
    entered: u64,
    stored: u64,
    pending: Vec<Entry>,
    sent: Option<Sent>,
    waiting: Vec<(u64, Waker)>,
    /// All that poll it: the run, and callers that the run does not wait for.
    pollers: Arc<Pollers>,
    /// Number of failures of the store in a row, and the pause after them.
    failures: u32,
    pause: Option<(Pin<Box<Sleep>>, StoreError)>,
    /// The store refuses one of several entries: each goes by itself.
    apart: bool,
}

/// Changes that go to the store together.
struct Entry {
    number: u64,
    changes: Vec<Change>,
    of: EntryOrigin,
}

/// The origin of an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum EntryOrigin {
    Run,
    Caller,
    End,
}

struct Sent {
    entries: Vec<Entry>,
    storing: StoreFuture<()>,
}

/// The wakers of all that have polled the outbox since it woke any. A future keeps only the waker of its last poll, and
/// the task of that poll may have stopped polling.
#[derive(Default)]
struct Pollers(Mutex<Polls>);

#[derive(Default)]
struct Polls {
    wakers: WakeList,
    /// Whether the write or the pause needs no poll before its own wake.
    is_waiting: bool,
}

impl Pollers {
    fn lock(&self) -> MutexGuard<'_, Polls> {
        lock(&self.0)
    }

    /// Adds the task of `context`. Returns whether there is nothing to poll before the next wake: most polls of a run
    /// come of its own code.
    fn add(&self, context: &Context<'_>) -> bool {
        let mut polls = self.lock();
        polls.wakers.register(context);
        polls.is_waiting
    }

    /// Prepares the poll of a write, whose wake may come during that poll.
    fn begin(&self, context: &Context<'_>) {
        let mut polls = self.lock();
        polls.wakers.register(context);
        polls.is_waiting = true;
    }
}

impl Wake for Pollers {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let Polls { wakers, .. } = std::mem::take(&mut *self.lock());
        wakers.wake();
    }
}

/// The outcome of a batch that the store did not take.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// The store has not taken it for now: it is written again. These entries are withdrawn.
    Delayed { error: StoreError, pause: Duration, withdrawn: Vec<u64> },
    /// The store can never take that entry; its first record lies there.
    Refused { number: u64, path: Option<Arc<str>>, error: StoreError },
}

impl Outbox {
    /// Creates an outbox. `first` is on its way to the store already.
    pub(super) fn new(instance: InstanceKey, first: Option<(Vec<Change>, StoreFuture<()>)>) -> Self {
        let entered = u64::from(first.is_some());
        let sent = first.map(|(changes, storing)| Sent {
            entries: vec![Entry { number: entered, changes, of: EntryOrigin::Run }],
            storing,
        });
        Self {
            instance,
            entered,
            stored: 0,
            pending: Vec::new(),
            sent,
            waiting: Vec::new(),
            pollers: Arc::default(),
            failures: 0,
            pause: None,
            apart: false,
        }
    }

    /// Enters changes that go to the store together; returns their number.
    pub(super) fn enter(&mut self, changes: Vec<Change>) -> u64 {
        self.push(changes, EntryOrigin::Run)
    }

    /// Enters a caller's changes: if the store fails, they are withdrawn.
    pub(super) fn wish(&mut self, changes: Vec<Change>) -> u64 {
        self.push(changes, EntryOrigin::Caller)
    }

    /// Enters the final changes of the instance: if the store refuses an earlier entry, they are withdrawn.
    pub(super) fn end(&mut self, changes: Vec<Change>) -> u64 {
        self.push(changes, EntryOrigin::End)
    }

    fn push(&mut self, changes: Vec<Change>, of: EntryOrigin) -> u64 {
        self.entered += 1;
        self.pending.push(Entry { number: self.entered, changes, of });
        self.entered
    }

    /// Returns the number of the last entry.
    pub(super) fn entered(&self) -> u64 {
        self.entered
    }

    /// Returns the number of the last entry that is on the store. Earlier entries are there, too, or were withdrawn.
    pub(super) fn stored_up_to(&self) -> u64 {
        self.stored
    }

    /// Returns whether every entry is on the store.
    pub(super) fn is_idle(&self) -> bool {
        self.pending.is_empty() && self.sent.is_none()
    }

    /// Returns whether an entry is not sent yet.
    pub(super) fn has_unsent(&self) -> bool {
        !self.pending.is_empty() && self.sent.is_none() && self.pause.is_none()
    }

    /// Returns whether there is something to poll. Else the task of `context` is woken once there is.
    pub(super) fn has_news(&self, context: &Context<'_>) -> bool {
        if self.sent.is_some() || self.pause.is_some() {
            return !self.pollers.add(context);
        }
        !self.pending.is_empty() || self.stored != self.entered
    }

    /// Returns the error of the store, if the outbox pauses before it tries again.
    pub(super) fn delayed_by(&self) -> Option<&StoreError> {
        self.pause.as_ref().map(|(_, error)| error)
    }

    /// Resolves once an entry is on the store.
    pub(super) fn poll_stored(&mut self, number: u64, context: &Context<'_>) -> Poll<()> {
        if self.stored >= number {
            return Poll::Ready(());
        }
        if !self.waiting.iter().any(|(other, waker)| *other == number && waker.will_wake(context.waker())) {
            self.waiting.push((number, context.waker().clone()));
        }
        Poll::Pending
    }

    /// Sends what is pending and looks at what was sent. Puts the wakers of those that need wait no longer into
    /// `woken`; returns what went wrong.
    pub(super) fn poll(
        &mut self,
        store: &dyn Store,
        context: &Context<'_>,
        woken: &mut Vec<Waker>,
    ) -> Option<Delivery> {
        if self.is_idle() {
            // Also where the last entries were withdrawn.
            self.stores(self.entered, woken);
            if self.pause.is_none() {
                self.apart = false;
                return None;
            }
        }
        self.pollers.begin(context);
        let waker = Waker::from(Arc::clone(&self.pollers));
        let context = &mut Context::from_waker(&waker);
        loop {
            if let Some((pause, _)) = &mut self.pause {
                if pause.as_mut().poll(context).is_pending() {
                    return None;
                }
                self.pause = None;
            }
            let Some(sent) = &mut self.sent else {
                if self.pending.is_empty() {
                    self.stores(self.entered, woken);
                    self.apart = false;
                    return None;
                }
                self.send(store);
                continue;
            };
            let Poll::Ready(stored) = sent.storing.as_mut().poll(context) else { return None };
            let entries = self.sent.take().map(|sent| sent.entries).unwrap_or_default();
            match stored {
                Ok(()) => {
                    self.failures = 0;
                    self.stores(entries.last().map_or(self.stored, |entry| entry.number), woken);
                }
                Err(error) => {
                    if let Some(delivery) = self.failed(entries, error) {
                        return Some(delivery);
                    }
                }
            }
        }
    }

    /// Notes that all entries up to a number are on the store, or withdrawn.
    fn stores(&mut self, number: u64, woken: &mut Vec<Waker>) {
        self.stored = number;
        woken.extend(self.waiting.extract_if(.., |(waits, _)| *waits <= number).map(|(_, waker)| waker));
    }

    fn send(&mut self, store: &dyn Store) {
        let count = if self.apart { 1 } else { self.pending.len() };
        let entries = match count == self.pending.len() {
            true => std::mem::take(&mut self.pending),
            false => self.pending.drain(..count).collect(),
        };
        let changes = match entries.as_slice() {
            [only] => only.changes.clone(),
            several => several.iter().flat_map(|entry| entry.changes.iter().cloned()).collect(),
        };
        let storing = store.commit(Batch { instance: self.instance, changes });
        self.sent = Some(Sent { entries, storing });
    }

    fn failed(&mut self, mut entries: Vec<Entry>, error: StoreError) -> Option<Delivery> {
        if error.is_permanent() {
            if entries.len() > 1 {
                // Which of them it is shows when each goes by itself.
                self.put_back(entries);
                self.apart = true;
                return None;
            }
            let Entry { number, changes, .. } = entries.pop()?;
            self.pending.retain(|entry| entry.of != EntryOrigin::End);
            let path = changes.iter().find_map(|change| match change {
                Change::Put { path, .. } => Some(Arc::clone(path)),
                _ => None,
            });
            return Some(Delivery::Refused { number, path, error });
        }
        let withdrawn =
            entries.extract_if(.., |entry| entry.of == EntryOrigin::Caller).map(|entry| entry.number).collect();
        self.put_back(entries);
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(16)).min(LONGEST_PAUSE);
        self.failures += 1;
        self.pause = Some((Box::pin(sleep(pause)), error.clone()));
        Some(Delivery::Delayed { error, pause, withdrawn })
    }

    fn put_back(&mut self, entries: Vec<Entry>) {
        self.pending.splice(..0, entries);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use tokio::sync::oneshot;
    use workflow_store::MemoryStore;
    use workflow_store::Store;

    #[derive(Default)]
    struct Counted(AtomicUsize);

    impl Wake for Counted {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }

    #[test]
    fn what_the_store_has_taken_wakes_all_that_have_polled() {
        let store: Box<dyn Store> = Box::new(MemoryStore::new());
        let (taken, storing) = oneshot::channel::<()>();
        let storing: StoreFuture<()> =
            Box::pin(async move { storing.await.map_err(|_| StoreError::not_found(InstanceKey(1))) });
        let mut outbox = Outbox::new(InstanceKey(1), Some((Vec::new(), storing)));
        let counted = [(); 2].map(|()| Arc::new(Counted::default()));
        let mut poll = |counted: &Arc<Counted>| {
            let waker = Waker::from(Arc::clone(counted));
            assert!(outbox.poll(&*store, &Context::from_waker(&waker), &mut Vec::new()).is_none());
            outbox.stored_up_to()
        };
        // The caller of a wish, and then the run, which polls no more.
        assert_eq!([&counted[0], &counted[1], &counted[1]].map(&mut poll), [0; 3]);
        taken.send(()).expect("is waited for");
        assert_eq!([&counted[0], &counted[1]].map(|counted| counted.0.load(SeqCst)), [1; 2]);
        assert_eq!(poll(&counted[0]), 1);
    }
}
