//! Values of expressions, as the type that is asked of them.

use super::hint::{HasType, HasUnitType, Of};
use std::{marker::PhantomData, sync::OnceLock};

/// A value, as the type that is asked of it: what never gives one has none of its own.
#[inline]
pub fn given<T>(_: Of<T>, value: T) -> T {
    value
}

/// A value that is handed over, as the type that is asked of it.
#[inline]
pub fn expect_type<S, T, V: HasType<S, T>>(_: Of<T>, _: PhantomData<S>, value: V) -> T {
    value.into_type()
}

/// A block without a tail, as the type that is expected of it.
#[inline]
pub fn expect_unit<S, T, V: HasUnitType<S, T>>(_: Of<T>, _: PhantomData<S>, value: V) -> T {
    value.into_unit()
}

/// A `let` whose value is handed over.
pub fn taken<T>(cell: OnceLock<T>) -> T {
    match cell.into_inner() {
        Some(value) => value,
        None => unreachable!("evaluated just before"),
    }
}

/// An expression that never gives anything, `panic!(..)`, as the type that is asked of it.
pub fn diverging<T>(_: Of<T>, expression: impl FnOnce() -> T) -> T {
    expression()
}

/// The value of an expression whose temporaries end with it.
#[inline]
pub fn evaluated<T>(expression: impl FnOnce() -> T) -> T {
    expression()
}

/// An item of a collection that is looked up again, by a task that can't borrow it from the one that had it.
pub fn item_again<I: IntoIterator>(items: I, index: usize) -> I::Item {
    match items.into_iter().nth(index) {
        Some(item) => item,
        None => unreachable!("a collection that a workflow holds keeps its items"),
    }
}
