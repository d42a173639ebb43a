//! Values that no type is asked of: they are dropped, and an error is one all the same.
//!
//! An expression gives a value, a `Result` or a future. Without a declared type its own type alone decides which: rustc
//! takes the first method that fits.

use crate::failure::BoxError;
use std::{
    future::{Future, Ready, ready},
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

/// The type of what an expression gave.
pub struct TypeTag<X>(PhantomData<fn() -> X>);

impl<X> Clone for TypeTag<X> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<X> Copy for TypeTag<X> {}

/// Returns a tag with the type of a value, for method resolution.
#[must_use]
pub fn type_tag<X>(_: &X) -> TypeTag<X> {
    TypeTag(PhantomData)
}

/// A future of a `Result`.
pub struct FutureOfResult;
/// A future of anything else.
pub struct FutureOfValue;
/// A `Result`.
pub struct ResultTag;
/// Anything else.
pub struct Value;

/// First: a future of a `Result`.
pub trait ViaFutureOfResult {
    /// Returns the kind.
    fn __workflow_kind(&self) -> FutureOfResult {
        FutureOfResult
    }
}
impl<F: Future<Output = Result<T, E>>, T, E> ViaFutureOfResult for &&TypeTag<F> {}

/// Second: a future.
pub trait ViaFuture {
    /// Returns the kind.
    fn __workflow_kind(&self) -> FutureOfValue {
        FutureOfValue
    }
}
impl<F: Future> ViaFuture for &TypeTag<F> {}

/// Third: a `Result`.
pub trait ViaResult {
    /// Returns the kind.
    fn __workflow_kind(&self) -> ResultTag {
        ResultTag
    }
}
impl<T, E> ViaResult for TypeTag<Result<T, E>> {}

/// Last: a value.
pub trait ViaValue {
    /// Returns the kind.
    fn __workflow_kind(self) -> Value
    where
        Self: Sized,
    {
        Value
    }
}
impl<X> ViaValue for TypeTag<X> {}

/// An error of an expression whose value is not used.
#[diagnostic::on_unimplemented(
    message = "this fails with `{Self}`, which can't become a `Box<dyn Error + Send + Sync>`",
    label = "its error is a `{Self}`"
)]
pub trait IntoBoxError {
    /// Boxes the error.
    fn reported(self) -> BoxError;
}
#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> IntoBoxError for E {
    fn reported(self) -> BoxError {
        self.into()
    }
}

#[allow(clippy::unused_self, reason = "it says which of four this is")]
impl Value {
    /// Drops it.
    pub fn settle<X>(self, value: X) -> Ready<Result<(), BoxError>> {
        drop(value);
        ready(Ok(()))
    }
}

#[allow(clippy::unused_self, reason = "it says which of four this is")]
impl ResultTag {
    /// Whether it is an error.
    pub fn settle<T, E: IntoBoxError>(self, value: Result<T, E>) -> Ready<Result<(), BoxError>> {
        ready(value.map(drop).map_err(IntoBoxError::reported))
    }
}

#[allow(clippy::unused_self, reason = "it says which of four this is")]
impl FutureOfValue {
    /// Returns a future that drops the value.
    pub fn settle<F: Future + Send>(self, future: F) -> DiscardOutput<F> {
        DiscardOutput { future }
    }
}

#[allow(clippy::unused_self, reason = "it says which of four this is")]
impl FutureOfResult {
    /// Returns a future that drops the value, and keeps an error.
    pub fn settle<F: Future<Output = Result<T, E>> + Send, T, E: IntoBoxError>(self, future: F) -> EndedWell<F, E> {
        EndedWell { future, reported: E::reported }
    }
}

pin_project_lite::pin_project! {
    /// A future whose value is dropped.
    pub struct DiscardOutput<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for DiscardOutput<F> {
    type Output = Result<(), BoxError>;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().future.poll(context).map(|value| {
            drop(value);
            Ok(())
        })
    }
}

pin_project_lite::pin_project! {
    /// A future that drops the value of a fallible future, and keeps its error.
    pub struct EndedWell<F, E> {
        #[pin]
        future: F,
        // Not asked of its type again, which would be another error.
        reported: fn(E) -> BoxError,
    }
}

impl<F: Future<Output = Result<T, E>>, T, E> Future for EndedWell<F, E> {
    type Output = Result<(), BoxError>;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let reported = *this.reported;
        this.future.poll(context).map(|ended| ended.map(drop).map_err(reported))
    }
}
