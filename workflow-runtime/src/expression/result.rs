//! An expression whose own error is kept as it is, for the rules that look at it.

use super::{
    hint::TypeHint,
    output::{Later, Now},
};
use crate::failure::Failure;
use std::{
    any::Any,
    error::Error,
    future::{Future, Ready, ready},
    marker::PhantomData,
};

/// An expression whose own error is kept as it is.
#[diagnostic::on_unimplemented(
    message = "stage `{S}` looks at its own error, so its expression gives a `Result<{T}, E>`, but this gives `{Self}`",
    label = "this gives `{Self}`",
    note = "what is asked for is a `Result<{T}, E>`, or a future of one"
)]
pub trait IntoResult<S, T, M> {
    /// Error of the expression.
    type Error;
    /// The future of it.
    type Run: Future<Output = Result<T, Self::Error>>;
    /// Makes that future.
    fn into_result(self) -> Self::Run;
}

#[diagnostic::do_not_recommend]
impl<S, T, M, X: Own<T, M>> IntoResult<S, T, Now<M>> for X {
    type Error = X::Error;
    type Run = Ready<Result<T, X::Error>>;
    fn into_result(self) -> Self::Run {
        ready(self.own())
    }
}

#[diagnostic::do_not_recommend]
impl<S, T, E, F: Future<Output = Result<T, E>>> IntoResult<S, T, Later<E>> for F {
    type Error = E;
    type Run = F;
    fn into_result(self) -> F {
        self
    }
}

/// A `Result` of a `T`. Only by this trait does rustc take it for undecided, and so for one error, which of both is
/// meant.
pub trait Own<T, M> {
    /// Error of the result.
    type Error;
    /// Returns the result unchanged.
    fn own(self) -> Result<T, Self::Error>;
}

impl<T, E> Own<T, E> for Result<T, E> {
    type Error = E;
    fn own(self) -> Self {
        self
    }
}

/// Returns the future of an expression of a stage whose rules look at its own error.
pub fn fallible_expression<S, T, M, X: IntoResult<S, T, M>>(
    _: PhantomData<S>,
    _: TypeHint<T>,
    expression: X,
) -> X::Run {
    expression.into_result()
}

/// An error that a failure may come of.
#[diagnostic::on_unimplemented(
    message = "this `if` looks for a `{Self}` in what a block or an undo failed with, and that is no `Error`",
    label = "takes a `&{Self}`",
    note = "only a type that implements `std::error::Error` is found there, or the `Failure` itself"
)]
pub trait FailureCause: Sized {
    /// Finds the first error of its type.
    fn of(failure: &Failure) -> Option<&Self>;
}

#[diagnostic::do_not_recommend]
impl<E: Error + 'static> FailureCause for E {
    fn of(failure: &Failure) -> Option<&Self> {
        let itself: &dyn Any = failure;
        itself.downcast_ref().or_else(|| failure.downcast_ref())
    }
}

/// Whether a failure comes of an error that the predicate holds for: the first of its type, or the failure itself.
pub fn failed_with<E: FailureCause>(holds: impl Fn(&E) -> bool, failure: &Failure) -> bool {
    E::of(failure).is_some_and(holds)
}
