//! Compile-time visibility of stage outputs. Each workflow is compiled twice: an *unobserved* machine that stores
//! outputs inline, and an *observed* one that shares them with handles and observers. The choice is made once, at
//! start.
//!
//! A part that only one of the two has lies in an array of none or of one: an empty array takes no memory and no
//! instruction. A trait with associated types would do the same, but hide from rustc that a whole of `Send` parts is
//! `Send`.

use super::shared::{OwnedOrShared, Release};
use std::{
    array,
    future::Future,
    ops::Deref,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// The visibility of a machine: `Visibility<1, 0>` is unobserved, `Visibility<0, 1>` may have a handle, `tracing` or observers.
#[derive(Clone, Copy)]
pub struct Visibility<const UNOBSERVED: usize, const OBSERVED: usize>(());

/// The visibility of runs without a handle and without observers.
pub(crate) const UNOBSERVED: Visibility<1, 0> = Visibility(());

impl Visibility<0, 1> {
    /// The visibility of runs that a handle or observers may see.
    pub const OBSERVED: Self = Visibility(());
}

impl<const UNOBSERVED: usize, const OBSERVED: usize> Visibility<UNOBSERVED, OBSERVED> {
    /// Returns the state through which a handle sees the stages, if there is one.
    #[allow(clippy::inline_always, reason = "it is nothing but a constant, or nothing at all")]
    #[inline(always)]
    #[must_use]
    pub fn of<X>(self, state: Option<&Arc<X>>) -> Option<&X> {
        if OBSERVED == 0 { None } else { state.map(Arc::as_ref) }
    }

    /// Wraps a value that no stage made, and that only its scope sees.
    #[inline]
    pub fn own<T>(self, value: T) -> StageOutput<T, UNOBSERVED, OBSERVED> {
        StageOutput::local(value)
    }
}

/// An output, or another value that stages see, in the scope that made it.
pub struct StageOutput<T, const UNOBSERVED: usize, const OBSERVED: usize> {
    plain: [T; UNOBSERVED],
    shown: [OwnedOrShared<T>; OBSERVED],
}

/// Returns an array with the value, or an empty array.
#[inline]
pub(crate) fn only<T, const COUNT: usize>(value: T) -> [T; COUNT] {
    let mut value = Some(value);
    array::from_fn(|_| match value.take() {
        Some(value) => value,
        None => unreachable!("there is none or one"),
    })
}

impl<T, const UNOBSERVED: usize, const OBSERVED: usize> StageOutput<T, UNOBSERVED, OBSERVED> {
    /// Wraps an output that only its scope sees.
    #[inline]
    pub(crate) fn local(value: T) -> Self {
        if OBSERVED == 0 {
            Self { plain: only(value), shown: array::from_fn(|_| unreachable!("it is plain")) }
        } else {
            Self::held(OwnedOrShared::Owned(value))
        }
    }

    /// Wraps an output that handles and tasks may see, in an observed machine.
    #[inline]
    pub(crate) fn held(held: OwnedOrShared<T>) -> Self {
        Self { plain: array::from_fn(|_| unreachable!("it is shown")), shown: only(held) }
    }

    /// Returns the output as a slot holds it.
    #[inline]
    #[must_use]
    pub fn into_held(self) -> OwnedOrShared<T> {
        match (self.plain.into_iter().next(), self.shown.into_iter().next()) {
            (Some(value), _) => OwnedOrShared::Owned(value),
            (None, Some(held)) => held,
            (None, None) => unreachable!("it is plain or shown"),
        }
    }

    /// Shares the output, so that it can be lent.
    #[must_use]
    pub fn shared(self) -> OwnedOrShared<T> {
        self.into_held().shared()
    }

    /// Returns a future of the value itself, ready when all other references are dropped.
    #[inline]
    pub fn release(self) -> ReleaseMade<T, UNOBSERVED, OBSERVED> {
        ReleaseMade { plain: self.plain.map(Some), shown: self.shown.map(OwnedOrShared::release) }
    }
}

/// A future of the value itself, ready when all other references are dropped.
pub struct ReleaseMade<T, const UNOBSERVED: usize, const OBSERVED: usize> {
    plain: [Option<T>; UNOBSERVED],
    shown: [Release<T>; OBSERVED],
}

// A value is given away, never polled.
impl<T, const UNOBSERVED: usize, const OBSERVED: usize> Unpin for ReleaseMade<T, UNOBSERVED, OBSERVED> {}

impl<T, const UNOBSERVED: usize, const OBSERVED: usize> Future for ReleaseMade<T, UNOBSERVED, OBSERVED> {
    type Output = T;
    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let this = &mut *self;
        match (this.plain.first_mut(), this.shown.first_mut()) {
            (Some(value), _) => match value.take() {
                Some(value) => Poll::Ready(value),
                None => unreachable!("polled after it gave its value"),
            },
            (None, Some(release)) => Pin::new(release).poll(context),
            (None, None) => unreachable!("it is plain or shown"),
        }
    }
}

impl<T, const UNOBSERVED: usize, const OBSERVED: usize> Deref for StageOutput<T, UNOBSERVED, OBSERVED> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        match (self.plain.as_slice(), self.shown.as_slice()) {
            ([value, ..], _) => value,
            ([], [held, ..]) => held,
            ([], []) => unreachable!("it is plain or shown"),
        }
    }
}

/// An output of a stage, in the form that a slot holds.
pub trait IntoHeld<T> {
    /// Returns the output as a slot holds it.
    fn into_held(self) -> OwnedOrShared<T>;
}
impl<T> IntoHeld<T> for OwnedOrShared<T> {
    #[inline]
    fn into_held(self) -> OwnedOrShared<T> {
        self
    }
}
impl<T, const UNOBSERVED: usize, const OBSERVED: usize> IntoHeld<T> for StageOutput<T, UNOBSERVED, OBSERVED> {
    #[inline]
    fn into_held(self) -> OwnedOrShared<T> {
        Self::into_held(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nobody_looks_an_output_takes_its_own_room() {
        assert_eq!(size_of::<StageOutput<u64, 1, 0>>(), size_of::<u64>());
        assert_eq!(size_of::<StageOutput<u64, 0, 1>>(), size_of::<OwnedOrShared<u64>>());
    }

    #[test]
    fn either_way_it_is_the_value() {
        let (plain, shown) = (UNOBSERVED.own(vec![1]), Visibility::OBSERVED.own(vec![1]));
        assert_eq!((&*plain, &*shown), (&vec![1], &vec![1]));
        assert!(matches!(plain.into_held(), OwnedOrShared::Owned(value) if value == [1]));
        assert!(matches!(shown.shared(), OwnedOrShared::Shared(loan) if *loan == [1]));
    }
}
