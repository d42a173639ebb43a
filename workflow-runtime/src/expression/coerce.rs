//! Values of expressions, as the type that is asked of them.

use super::hint::{HasType, HasUnitType, TypeHint};
use std::{marker::PhantomData, sync::OnceLock};

/// Returns a value, as the type that is expected of it: an expression that never gives one has no type of its own.
#[inline]
pub fn ascribe<T>(_: TypeHint<T>, value: T) -> T {
    value
}

/// Converts a value that is moved into the type that is expected of it.
#[inline]
pub fn expect_type<S, T, V: HasType<S, T>>(_: TypeHint<T>, _: PhantomData<S>, value: V) -> T {
    value.into_type()
}

/// Converts the value of a block without a tail into the type that is expected of it.
#[inline]
pub fn expect_unit<S, T, V: HasUnitType<S, T>>(_: TypeHint<T>, _: PhantomData<S>, value: V) -> T {
    value.into_unit()
}

/// Returns the value of a `let` that is moved.
pub fn into_value<T>(cell: OnceLock<T>) -> T {
    match cell.into_inner() {
        Some(value) => value,
        None => unreachable!("evaluated just before"),
    }
}

/// Evaluates an expression that never gives a value, `panic!(..)`, as the type that is expected of it.
pub fn never_returns<T>(_: TypeHint<T>, expression: impl FnOnce() -> T) -> T {
    expression()
}

/// Evaluates an expression whose temporaries end with it.
#[inline]
pub fn evaluated<T>(expression: impl FnOnce() -> T) -> T {
    expression()
}

/// Returns an item of a collection that is looked up again, by a task that can't borrow it from the task that had it.
pub fn reborrow_item<I: IntoIterator>(items: I, index: usize) -> I::Item {
    match items.into_iter().nth(index) {
        Some(item) => item,
        None => unreachable!("a collection that a workflow holds keeps its items"),
    }
}

/// Hides a constant of the name under which a body imports it: a local may have a function's name.
pub const fn hides() {}
