//! Before user code starts: waits until all that it relies on is on the store, and counts restarts after a crash.

use super::{
    crashes::{Interruptions, PROBATION, place_name},
    log::Journal,
    path::CLEAN_STOP,
    record::{RecordKind, encode_record},
};
use std::{
    future::poll_fn,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::Poll,
};
use workflow_store::Change;

impl Journal {
    /// Notes that the instance was interrupted: by the end of a process, or `in_peace`, which the record `CLEAN_STOP` says
    /// too.
    pub(crate) fn was_interrupted(&self, in_peace: bool) {
        let mut content = self.lock();
        content.restoring = true;
        let rested = content.records.remove(CLEAN_STOP).is_some();
        content.interruptions.rested = rested;
        content.interruptions.interrupted = Some(in_peace || rested);
        self.counts.store(true, Relaxed);
    }

    /// Begins of user code are counted.
    pub(crate) fn counts(&self) -> bool {
        self.counts.load(Relaxed)
    }

    /// Returns whether user code has begun in this process.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Relaxed)
    }

    /// Notes that user code of a place is ready to begin, if it is not held back. While the instance restores its
    /// records, the code was ready when the instance was interrupted. Returns the number of its interruptions.
    pub(crate) fn reaches(&self, place: &str) -> u32 {
        let mut content = self.lock();
        let times = Interruptions::of(content.records.get(place)).times;
        if !content.restoring || content.interruptions.interrupted.is_none() {
            return times;
        }
        content.interruptions.reached.insert(place.to_owned());
        times + 1
    }

    /// Returns whether that place had been reached: it waits for a moment that comes yet, and so had not begun.
    pub(crate) fn had_not_begun(&self, place: &str) -> bool {
        self.lock().interruptions.reached.remove(place)
    }

    /// Returns the records of places that were running when the instance was interrupted, and have not begun since:
    /// each was interrupted once more, and by no crash.
    pub(crate) fn cut_in_peace(&self) -> Vec<(Arc<str>, RecordKind, Vec<u8>)> {
        let mut content = self.lock();
        let places = std::mem::take(&mut content.interruptions.reached);
        let cut = |place: String| {
            let cuts = Interruptions::of(content.records.get(&*place)).once_more(true);
            (place.into(), RecordKind::Interrupted, encode_record(&cuts))
        };
        places.into_iter().map(cut).collect()
    }

    /// Returns how often that place was cut.
    pub(crate) fn cuts(&self, place: &str) -> u32 {
        Interruptions::of(self.lock().records.get(place)).times
    }

    /// Returns the record of a place whose attempts are counted on by another one: its crashes stay known.
    pub(crate) fn crashes(&self, place: &str) -> Option<(Arc<str>, RecordKind, Vec<u8>)> {
        let cuts = Interruptions::of(Some(self.lock().records.get(place)?));
        Some((place.into(), RecordKind::Interrupted, encode_record(&Interruptions { times: 0, ..cuts })))
    }

    /// Waits, before user code begins, until all that it relies on is on the store. If the code may have begun before,
    /// its begin is recorded first.
    pub(crate) async fn before_user_code(self: &Arc<Self>, place: impl FnOnce() -> String) {
        self.begun.store(true, Relaxed);
        if self.counts() {
            self.begins_again(place()).await;
        }
        self.settled().await;
    }

    async fn begins_again(self: &Arc<Self>, place: String) {
        let (is_again, before, cuts) = {
            let mut content = self.lock();
            if std::mem::take(&mut content.interruptions.rested) {
                content.enter(vec![Change::Remove { path: CLEAN_STOP.into() }], false);
            }
            let before = Interruptions::of(content.records.get(&*place));
            let in_peace = content.interruptions.interrupted == Some(true);
            (content.interruptions.reached.remove(&place), before, before.once_more(in_peace))
        };
        if !is_again {
            return;
        }
        if cuts.are_too_many() {
            self.put(
                place.as_str(),
                RecordKind::Interrupted,
                encode_record(&Interruptions { crashes: cuts.crashes, ..before }),
            );
            let (times, place) = (cuts.crashes, place_name(&place));
            self.park::<()>(format!("crashed {times} times in a row in {place} without progress")).await;
        }
        let turn = match (cuts.permits(), self.suspects.get()) {
            (permits @ 1.., Some(suspects)) => {
                let _busy = self.busy();
                suspects.turn(permits).await
            }
            _ => None,
        };
        let is_suspect = turn.is_some();
        let beginning = Beginning::new(self, &place);
        {
            let mut content = self.lock();
            let path: Arc<str> = place.as_str().into();
            let change = content.put(Arc::clone(&path), RecordKind::Interrupted, encode_record(&cuts));
            content.enter(vec![change], false);
            if cuts.crashes > 0 {
                content.interruptions.crashed.insert(path, cuts);
            }
            content.interruptions.turns.extend(turn);
        }
        if is_suspect {
            let journal = Arc::downgrade(self);
            tokio::spawn(async move {
                tokio::time::sleep(PROBATION).await;
                if let Some(journal) = journal.upgrade() {
                    journal.runs_on(&place);
                }
            });
        }
        self.settled().await;
        drop(beginning);
    }

    /// Waits until no user code within that path waits for its begin to be on the store. What polls this polls that
    /// user code first, and is polled again when its begin is there.
    pub(crate) async fn has_begun_within(&self, path: &str) {
        poll_fn(|_| {
            let content = self.lock();
            if content.interruptions.begins_within(path) { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }

    /// Forgives the crashes of a suspect that has not ended the process.
    fn runs_on(&self, place: &str) {
        let mut content = self.lock();
        content.interruptions.turns.clear();
        if let Some(cuts) = content.interruptions.crashed.remove(place)
            && !self.is_suspended()
        {
            let change = content.put(
                place.into(),
                RecordKind::Interrupted,
                encode_record(&Interruptions { crashes: 0, ..cuts }),
            );
            content.enter(vec![change], false);
        }
    }
}

/// User code of a place whose begin is on its way to the store.
struct Beginning<'a> {
    journal: &'a Journal,
    place: Arc<str>,
}

impl<'a> Beginning<'a> {
    fn new(journal: &'a Journal, place: &str) -> Self {
        let place: Arc<str> = place.into();
        journal.lock().interruptions.beginning.push(Arc::clone(&place));
        Self { journal, place }
    }
}

impl Drop for Beginning<'_> {
    fn drop(&mut self) {
        let mut content = self.journal.lock();
        let beginning = &mut content.interruptions.beginning;
        if let Some(at) = beginning.iter().position(|place| *place == self.place) {
            beginning.swap_remove(at);
        }
    }
}
