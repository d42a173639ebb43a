//! The tasks that wait for one thing.

use std::{
    mem,
    task::{Context, Waker},
};

/// The wakers of tasks that wait for one thing, each of another task.
#[derive(Default)]
pub(crate) struct WakeList(Vec<Waker>);

impl WakeList {
    /// Returns a list of none.
    #[inline]
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds the task of `context`, unless it is there already.
    #[inline]
    pub(crate) fn register(&mut self, context: &Context<'_>) {
        if !self.0.iter().any(|waker| waker.will_wake(context.waker())) {
            self.0.push(context.waker().clone());
        }
    }

    /// Takes all tasks out, to be woken once no lock is held.
    #[inline]
    #[must_use]
    pub(crate) fn take(&mut self) -> Self {
        mem::take(self)
    }

    /// Wakes all tasks.
    #[inline]
    pub(crate) fn wake(self) {
        self.0.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::{
            Arc,
            atomic::{AtomicU32, Ordering::Relaxed},
        },
        task::Wake,
    };

    #[derive(Default)]
    struct Counted(AtomicU32);

    impl Wake for Counted {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    #[test]
    fn each_task_is_woken_once() {
        let counted: [Arc<Counted>; 2] = std::array::from_fn(|_| Arc::default());
        let wakers = counted.each_ref().map(|one| Waker::from(Arc::clone(one)));
        let mut list = WakeList::new();
        for waker in [&wakers[0], &wakers[1], &wakers[0]] {
            list.register(&Context::from_waker(waker));
        }
        list.take().wake();
        list.wake();
        assert_eq!(counted.map(|one| one.0.load(Relaxed)), [1, 1]);
    }
}
