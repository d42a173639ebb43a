//! What waits for a thread of the store.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

/// A queue to threads, from whoever asks. Once it is closed nothing more goes in, and what is in it still comes out.
pub(crate) struct Queue<T> {
    content: Mutex<Content<T>>,
    filled: Condvar,
}

struct Content<T> {
    waiting: VecDeque<T>,
    /// Threads that wait. To wake nobody would cost a system call all the same.
    idle: usize,
    closed: bool,
}

impl<T> Queue<T> {
    pub(crate) fn new() -> Self {
        let content = Content { waiting: VecDeque::new(), idle: 0, closed: false };
        Self { content: Mutex::new(content), filled: Condvar::new() }
    }

    /// Puts it at the end.
    ///
    /// # Errors
    /// What was to go in, where the queue is closed.
    pub(crate) fn push(&self, asked: T) -> Result<(), T> {
        let mut content = self.lock();
        if content.closed {
            return Err(asked);
        }
        content.waiting.push_back(asked);
        let wake = content.idle > 0;
        drop(content);
        if wake {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Waits until there is one, and takes all there are, at most `limit`. None at all: the queue is closed and empty.
    pub(crate) fn all(&self, limit: usize) -> Vec<T> {
        let mut content = self.filled();
        let many = content.waiting.len().min(limit);
        content.waiting.drain(..many).collect()
    }

    /// Lets nothing more in.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    /// What nobody will take any more is dropped, and with it the hopes of who asked.
    pub(crate) fn abandon(&self) {
        self.close();
        let abandoned = std::mem::take(&mut self.lock().waiting);
        drop(abandoned);
    }

    fn filled(&self) -> MutexGuard<'_, Content<T>> {
        let mut content = self.lock();
        content.idle += 1;
        let waits = |content: &mut Content<T>| content.waiting.is_empty() && !content.closed;
        let mut content = self.filled.wait_while(content, waits).unwrap_or_else(PoisonError::into_inner);
        content.idle -= 1;
        content
    }

    fn lock(&self) -> MutexGuard<'_, Content<T>> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
