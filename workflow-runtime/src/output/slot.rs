//! A slot for the output of one stage, which other stages read once it is filled.

use super::{shared::OwnedOrShared, visibility::IntoHeld};
use crate::failure::exit::Exit;
use spin::Once;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

/// A slot into which a stage puts its output for the others.
pub struct Slot<T> {
    // Written once, by one stage, before any reader: no reader ever waits or spins. The standard library's `OnceLock`
    // is made for readers that do, and takes four times as many instructions.
    pub(crate) value: Once<OwnedOrShared<T>>,
}

impl<T> Slot<T> {
    /// Empty.
    #[allow(clippy::declare_interior_mutable_const, reason = "each use is a new one")]
    pub const EMPTY: Self = Self { value: Once::new() };

    /// Creates an empty slot.
    #[must_use]
    pub const fn new() -> Self {
        Self::EMPTY
    }

    /// Returns the output. The driver starts a stage only after all that it reads have ended.
    #[inline]
    pub fn get(&self) -> &T {
        self.held()
    }

    /// Returns the output as the slot holds it, so that it can be lent.
    #[inline]
    pub fn held(&self) -> &OwnedOrShared<T> {
        match self.value.get() {
            Some(held) => held,
            None => unreachable!("a stage started before one that it reads had ended"),
        }
    }

    /// Puts a value there that can be lent.
    pub fn put(&self, value: T) {
        self.fill(OwnedOrShared::Owned(value).shared());
    }

    /// Returns the output as the slot holds it.
    pub fn into_held(self) -> OwnedOrShared<T> {
        match self.value.try_into_inner() {
            Some(held) => held,
            None => unreachable!("a scope ended before all its stages had"),
        }
    }

    /// Puts there what its stage gave.
    #[inline]
    pub fn keep(&self, held: impl IntoHeld<T>) {
        self.fill(held.into_held());
    }

    #[inline]
    pub(crate) fn fill(&self, held: OwnedOrShared<T>) {
        let mut held = Some(held);
        self.value.call_once(|| match held.take() {
            Some(held) => held,
            None => unreachable!("it is called once"),
        });
        if held.is_some() {
            unreachable!("a stage ends once");
        }
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self::new()
    }
}

pin_project_lite::pin_project! {
    /// A stage that fills its slot.
    pub struct FillSlot<'a, T, F> {
        slot: &'a Slot<T>,
        lend: bool,
        #[pin]
        run: F,
    }
}

impl<T, H: IntoHeld<T>, F: Future<Output = Result<H, Exit>>> Future for FillSlot<'_, T, F> {
    type Output = Result<(), Exit>;
    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.run.poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(stop)) => Poll::Ready(Err(stop)),
            Poll::Ready(Ok(held)) => {
                let held = held.into_held();
                this.slot.fill(if *this.lend { held.shared() } else { held });
                Poll::Ready(Ok(()))
            }
        }
    }
}

/// Has `run` fill `slot`; where the output is lent to tasks, it is shared from the start.
#[inline]
pub fn fill<T, F>(slot: &Slot<T>, lend: bool, run: F) -> FillSlot<'_, T, F> {
    FillSlot { slot, lend, run }
}
