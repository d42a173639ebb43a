//! Catching up: records are restored in their order, before any new stage begins.

use super::{
    log::{DUE, FAILURES, Journal, LAST},
    path::landed_at,
    record::RecordKind,
};
use crate::failure::exit::Exit;
use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::atomic::Ordering::Relaxed,
    task::{Context, Poll, Waker},
};

impl Journal {
    /// Marks the poll of a part that is recorded as ended, until the guard is dropped.
    pub(crate) fn in_ended(&self) -> InEndedGuard<'_> {
        self.in_ended.fetch_add(1, Relaxed);
        InEndedGuard(self)
    }

    /// Returns whether the current poll lies in a part that is recorded as ended.
    pub(crate) fn is_in_ended(&self) -> bool {
        self.in_ended.load(Relaxed) > 0
    }

    pub(crate) fn is_restoring(&self) -> bool {
        self.lock().restoring
    }

    /// Notes that a record was restored.
    pub(crate) fn mark_restored(&self) {
        self.lock().recalled += 1;
    }

    /// Returns the number of restored records.
    pub(crate) fn progress(&self) -> u64 {
        self.lock().recalled
    }

    /// Lets the first of the waiting stages go on, once no further record can be restored. If none waits, the instance
    /// has restored all its records.
    pub(crate) fn release(&self) {
        let wakers: Vec<Waker> = {
            let mut content = self.lock();
            match content.held.first_key_value().map(|(&key, _)| key) {
                // Stages without a record go on all at once, with everything known.
                None | Some((DUE.., _)) => {
                    content.restoring = false;
                    std::mem::take(&mut content.held).into_values().collect()
                }
                Some(key) => {
                    content.released.insert(key.1);
                    content.held.remove(&key).into_iter().collect()
                }
            }
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Waits, while restoring, until every record before `order` is restored.
    pub(crate) async fn await_turn(&self, order: u64) {
        let mut holding = {
            let mut content = self.lock();
            if !content.restoring {
                return;
            }
            content.next_holder += 1;
            Holding { journal: self, key: (order, content.next_holder) }
        };
        let holding = &mut holding;
        poll_fn(move |context| {
            let mut content = holding.journal.lock();
            if !content.restoring || content.released.remove(&holding.key.1) {
                return Poll::Ready(());
            }
            content.held.insert(holding.key, context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Waits, while restoring, before a recorded failure goes on, until all other records are restored.
    pub(crate) async fn hold_failure(&self, order: u64) {
        self.await_turn(FAILURES.saturating_add(order).min(LAST)).await;
    }
}

struct Holding<'a> {
    journal: &'a Journal,
    key: (u64, u64),
}

impl Drop for Holding<'_> {
    fn drop(&mut self) {
        let mut content = self.journal.lock();
        content.held.remove(&self.key);
        content.released.remove(&self.key.1);
    }
}

/// The poll of a part that is recorded as ended.
pub(crate) struct InEndedGuard<'a>(&'a Journal);

impl Drop for InEndedGuard<'_> {
    fn drop(&mut self) {
        self.0.in_ended.fetch_sub(1, Relaxed);
    }
}

/// Runs a part until all records inside are restored. Undos that failed in a rollback inside are recorded: the failure
/// of a part that is known does not have those that a later rollback finished. `stage`: the path of the part's stage.
pub(crate) async fn restore_nested<T>(
    journal: &Journal,
    (stage, order): (&str, u64),
    run: impl Future<Output = Result<T, Exit>>,
) {
    restore_until(journal, order, async {
        if let Err(Exit::Failed(failure)) = run.await {
            journal.undos_failed(stage, "restored", failure.all_undone().failures);
        }
    })
    .await;
}

/// Runs a future until all records before `order` are restored.
pub(crate) async fn restore_until(journal: &Journal, order: u64, run: impl Future<Output = ()>) {
    let (mut held, mut run) = (pin!(journal.await_turn(order)), pin!(run));
    let mut over = false;
    poll_fn(|context| {
        if !over {
            over = run.as_mut().poll(context).is_ready();
        }
        held.as_mut().poll(context)
    })
    .await;
}

pin_project_lite::pin_project! {
    /// A part that is recorded as ended, and runs only to restore the records inside. User code without a record does
    /// not begin there.
    pub(crate) struct InEnded<'j, F> {
        journal: Option<&'j Journal>,
        #[pin]
        run: F,
    }
}

impl<'j, F> InEnded<'j, F> {
    pub(crate) fn new(journal: &'j Journal, run: F) -> Self {
        Self::where_it_has(true, journal, run)
    }

    /// Has `run` polled as what has ended, where it has.
    pub(super) fn where_it_has(ended: bool, journal: &'j Journal, run: F) -> Self {
        Self { journal: ended.then_some(journal), run }
    }
}

impl<F: Future> Future for InEnded<'_, F> {
    type Output = F::Output;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _inside = this.journal.map(Journal::in_ended);
        this.run.poll(context)
    }
}

/// Restores the records of a scope that the record at `path` rolled back.
pub(crate) async fn catch_up_thrown<T>(
    journal: &Journal,
    order: u64,
    path: &str,
    run: impl Future<Output = Result<T, Exit>>,
) {
    let has_landed = journal.has(&landed_at(path), &[RecordKind::Landed]);
    let stage = path.rsplit_once('/').map_or("", |(stage, _)| stage);
    restore_nested(journal, (stage, order), InEnded::where_it_has(has_landed, journal, run)).await;
}
