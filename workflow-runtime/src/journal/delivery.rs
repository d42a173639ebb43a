//! The delivery of what was entered: sending it to the store, and waiting until it is there.

use super::{
    log::{Journal, JournalState, ParkReason, Wish},
    outbox::Delivery,
    record::RecordKind,
};
use std::{
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Poll, Waker},
};
use tokio::sync::oneshot;
use workflow_store::{Change, Record, StoreError, StoreErrorKind};

impl Journal {
    /// Waits until that entry is on the store. Where the store refuses it for good, the run is halted, and this never
    /// returns.
    async fn stored(&self, number: u64) {
        poll_fn(|context| self.lock().outbox.poll_stored(number, context)).await;
    }

    /// Waits until all that was entered is on the store: user code may rely on it.
    pub(crate) async fn settled(&self) {
        let entered = {
            let content = self.lock();
            if content.outbox.stored_up_to() == content.outbox.entered() {
                return;
            }
            content.outbox.entered()
        };
        self.stored(entered).await;
    }

    /// Waits until the change with which the instance was brought into memory is on the store.
    pub(crate) async fn brought(&self) {
        if self.first {
            let halts = |content: &JournalState| content.halt.is_some();
            self.drive(|content, context| match halts(content) {
                true => Poll::Ready(()),
                false => content.outbox.poll_stored(1, context),
            })
            .await;
        }
    }

    /// Polls the store until `done`, also where the run in memory is over and polls it no more.
    async fn drive<T>(&self, mut done: impl FnMut(&mut JournalState, &mut Context<'_>) -> Poll<T>) -> T {
        let given = poll_fn(|context| {
            self.poll_store(context);
            done(&mut self.lock(), context)
        })
        .await;
        // What is on its way now would wake this caller alone.
        let content = self.lock();
        if !content.outbox.is_idle()
            && let Some(root) = &content.root
        {
            root.wake_by_ref();
        }
        given
    }

    /// Puts what a caller wants of the instance, and waits until it is on the store.
    ///
    /// # Errors
    /// The store does not take it now: the wish is withdrawn.
    pub(crate) async fn wish(&self, path: &str, kind: RecordKind, payload: Vec<u8>) -> Result<(), StoreError> {
        let mut answer = {
            let mut content = self.lock();
            if let Some(error) = content.outbox.delayed_by() {
                return Err(error.clone());
            }
            let record = Record { order: content.next_order, kind: kind as u8, payload };
            content.next_order += 1;
            let path: Arc<str> = path.into();
            let number = content.outbox.wish(vec![Change::Put { path: Arc::clone(&path), record: record.clone() }]);
            let (sender, answer) = oneshot::channel();
            content.wishes.push(Wish { number, path, record, reply: sender });
            answer
        };
        let ended = self.drive(|_, context| Pin::new(&mut answer).poll(context)).await;
        ended.unwrap_or_else(|_| Err(StoreError::new(StoreErrorKind::Closed, "the instance has left memory")))
    }

    /// Sends what was entered, and looks at what was sent.
    pub(crate) fn poll_store(&self, context: &mut Context<'_>) {
        let mut content = self.lock();
        if !content.outbox.has_news(context) {
            return;
        }
        let mut woken = Vec::new();
        let mut replies = Vec::new();
        while let Some(delivery) = {
            let found = content.outbox.poll(&*self.store, context, &mut woken);
            content.reply_to_wishes(&mut replies);
            found
        } {
            match delivery {
                Delivery::Delayed { error, pause, withdrawn } => {
                    let id = &self.id;
                    tracing::error!(target: "workflow", instance = %id, %error, "could not write to the store: retrying in {pause:?}");
                    content.withdraw(&withdrawn, &error, &mut replies);
                }
                Delivery::Refused { number, path, error } => {
                    content.withdraw(&[number], &error, &mut replies);
                    content.refused = Some(error.clone());
                    let what =
                        path.map_or_else(|| "what became of it".to_owned(), |path| format!("what '{path}' gave"));
                    content.halt.get_or_insert(ParkReason(format!("{what} can't be stored: {error}")));
                    woken.extend(content.root.take());
                }
            }
        }
        drop(content);
        woken.into_iter().for_each(Waker::wake);
        for (reply, result) in replies {
            let _ = reply.send(result);
        }
    }

    /// Returns whether something is on its way to the store.
    pub(crate) fn is_writing(&self) -> bool {
        !self.lock().outbox.is_idle()
    }

    /// Makes the task of a waker the one that polls the store: entries need not wake it.
    pub(crate) fn begin_driving(&self, waker: &Waker) {
        let mut content = self.lock();
        content.driven = true;
        match &mut content.root {
            Some(root) => root.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }

    /// Ends that. What was entered after the task last polled the store, by a stage on another task, wakes it.
    pub(crate) fn end_driving(&self) {
        let mut content = self.lock();
        content.driven = false;
        if content.outbox.has_unsent() {
            content.wake_driver();
        }
    }

    /// Wakes what polls the store.
    pub(crate) fn wake_driver(&self) {
        let root = self.lock().root.take();
        if let Some(root) = root {
            root.wake();
        }
    }

    /// Puts what becomes of the instance as a whole, and waits until all is on the store. While the store fails it is
    /// tried again, until `given_up`.
    ///
    /// # Errors
    /// The store refuses it for good, or does not take it now, and it was given up.
    pub(crate) async fn finalize(&self, changes: Vec<Change>, given_up: &AtomicBool) -> Result<(), StoreError> {
        {
            let mut content = self.lock();
            content.refused = None;
            if !changes.is_empty() {
                content.end(changes);
            }
        }
        poll_fn(|context| {
            self.poll_store(context);
            let mut content = self.lock();
            content.root = Some(context.waker().clone());
            if let Some(error) = content.refused.take() {
                return Poll::Ready(Err(error));
            }
            if content.outbox.is_idle() {
                return Poll::Ready(Ok(()));
            }
            match content.outbox.delayed_by() {
                Some(error) if given_up.load(SeqCst) => Poll::Ready(Err(error.clone())),
                _ => Poll::Pending,
            }
        })
        .await
    }
}
