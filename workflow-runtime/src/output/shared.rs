//! An output as its scope holds it: the value itself, or shared with handles and tasks.

use crate::sync::lock;
use std::{
    future::Future,
    ops::Deref,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

/// An output in the scope that made it.
pub enum OwnedOrShared<T> {
    /// Only the scope has it: no reference is counted.
    Owned(T),
    /// A handle, or a task of its own, sees it too.
    Shared(OutputRef<T>),
}

impl<T> OwnedOrShared<T> {
    /// Shares the output, so that it can be lent.
    #[must_use]
    pub fn shared(self) -> Self {
        match self {
            Self::Owned(value) => Self::Shared(OutputRef::new(value)),
            kept @ Self::Shared(_) => kept,
        }
    }

    /// Lends the output to a task that may outlive this scope.
    ///
    /// # Panics
    /// Unless it is shared: the macro sees to that.
    #[must_use]
    pub fn lend(&self) -> OutputRef<T> {
        match self {
            Self::Owned(_) => unreachable!("only a shared output is lent"),
            Self::Shared(loan) => loan.clone(),
        }
    }

    /// Returns a future of the value itself, ready when all other references are dropped. It waits without blocking the
    /// thread.
    #[inline]
    pub fn release(self) -> Release<T> {
        Release { held: Some(self) }
    }
}

/// A future of the value itself, ready when all other references are dropped.
pub struct Release<T> {
    held: Option<OwnedOrShared<T>>,
}

// A value is given away, never polled.
impl<T> Unpin for Release<T> {}

impl<T> Future for Release<T> {
    type Output = T;
    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        match self.held.take() {
            Some(OwnedOrShared::Owned(value)) => Poll::Ready(value),
            Some(OwnedOrShared::Shared(loan)) => match loan.try_unwrap(context) {
                Ok(value) => Poll::Ready(value),
                Err(loan) => {
                    self.held = Some(OwnedOrShared::Shared(loan));
                    Poll::Pending
                }
            },
            None => unreachable!("polled after it gave its value"),
        }
    }
}

impl<T> Deref for OwnedOrShared<T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        match self {
            Self::Owned(value) => value,
            Self::Shared(loan) => loan,
        }
    }
}

/// An output of a running workflow, on loan: it dereferences to the value.
///
/// The value itself goes on to the expression that takes it last. A workflow that moves it (a tail that is the stage's
/// name) waits until every reference has been dropped. Drop a reference as soon as it is read.
///
/// Cloning costs two reference counts.
pub struct OutputRef<T> {
    // `None` only while it is dropped: the value's count goes down before the owner is woken.
    value: Option<Arc<T>>,
    owner: Arc<Mutex<Option<Waker>>>,
}

impl<T> OutputRef<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { value: Some(Arc::new(value)), owner: Arc::default() }
    }

    /// Returns another reference to the output.
    #[doc(hidden)]
    #[must_use]
    pub fn lend(&self) -> Self {
        self.clone()
    }

    /// Returns the value itself, if there is no other reference. Else registers the caller, which is woken when a
    /// reference is dropped.
    fn try_unwrap(mut self, context: &Context<'_>) -> Result<T, Self> {
        // Registered before the count is read: a reference that is dropped in between finds the waker.
        *lock(&self.owner) = Some(context.waker().clone());
        match self.value.take().map(Arc::try_unwrap) {
            Some(Ok(value)) => Ok(value),
            Some(Err(shared)) => {
                self.value = Some(shared);
                Err(self)
            }
            None => unreachable!("only a loan that is being dropped has no value"),
        }
    }
}

impl<T> Clone for OutputRef<T> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), owner: Arc::clone(&self.owner) }
    }
}

impl<T> Deref for OutputRef<T> {
    type Target = T;
    fn deref(&self) -> &T {
        match &self.value {
            Some(value) => value,
            None => unreachable!("only a loan that is being dropped has no value"),
        }
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for OutputRef<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(formatter)
    }
}

impl<T> Drop for OutputRef<T> {
    fn drop(&mut self) {
        let Some(value) = self.value.take() else { return };
        drop(value);
        let waker = lock(&self.owner).clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
