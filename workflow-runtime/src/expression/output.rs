//! Values that a stage's expression may give, and the compiler's words for all others.

use self::never::Never;
use crate::failure::BoxError;
use std::{
    future::{Future, Ready, ready},
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

/// Marker: the expression gives a `T`.
pub struct Plain;
/// Marker: the expression gives a `Result<T, E>`.
pub struct Fallible;
/// Marker: the expression gives its value at once.
pub struct Now<M>(PhantomData<M>);
/// Marker: the expression gives a future.
pub struct Later<M>(PhantomData<M>);

/// Marker: the expression never gives anything.
pub struct Diverges;

/// `!`, which has no name of its own yet: what a function that never returns gives.
mod never {
    pub trait Gives {
        type Given;
    }
    impl<T> Gives for fn() -> T {
        type Given = T;
    }
    pub(super) type Never = <fn() -> ! as Gives>::Given;
}

/// A value, or a `Result` of it.
pub trait IntoBoxedResult<T, M> {
    /// Returns the value, or the error.
    ///
    /// # Errors
    /// The user's own error, boxed.
    fn settle(self) -> Result<T, BoxError>;
}

impl<T> IntoBoxedResult<T, Plain> for T {
    #[inline]
    fn settle(self) -> Result<T, BoxError> {
        Ok(self)
    }
}

impl<T, E: Into<BoxError>> IntoBoxedResult<T, Fallible> for Result<T, E> {
    #[inline]
    fn settle(self) -> Result<T, BoxError> {
        self.map_err(Into::into)
    }
}

#[diagnostic::do_not_recommend]
impl<T> IntoBoxedResult<T, Diverges> for Never {
    fn settle(self) -> Result<T, BoxError> {
        self
    }
}

/// A value that the expression of stage `S`, declared as `T`, may give.
#[diagnostic::on_unimplemented(
    message = "stage `{S}` is declared as `{T}`, but its expression gives `{Self}`",
    label = "this gives `{Self}`",
    note = "a stage takes a `{T}`, a `Result<{T}, E>` with `E: Into<BoxError>`, or a future of either"
)]
pub trait IntoOutput<S, T, M> {
    /// The future that settles it.
    type Run: Future<Output = Result<T, BoxError>>;
    /// Makes that future; polls nothing.
    fn run(self) -> Self::Run;
    /// Future of a value that is not there yet.
    type Later: Future<Output = Result<T, BoxError>>;
    /// Returns the value if it is there, or the future of it.
    fn now_or_later(self) -> MaybeReady<T, Self::Later>;
}

/// A value that may be there.
pub enum MaybeReady<T, L> {
    /// The value is there.
    Now(Result<T, BoxError>),
    /// The future gives the value.
    Later(L),
}

/// The future of a value that was there already, which never runs.
pub struct WasNow<T>(PhantomData<fn() -> T>);

impl<T> Future for WasNow<T> {
    type Output = Result<T, BoxError>;
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Pending
    }
}

#[diagnostic::do_not_recommend]
impl<S, T, M, X: IntoBoxedResult<T, M>> IntoOutput<S, T, Now<M>> for X {
    type Run = Ready<Result<T, BoxError>>;
    #[inline]
    fn run(self) -> Self::Run {
        ready(self.settle())
    }
    type Later = WasNow<T>;
    #[inline]
    fn now_or_later(self) -> MaybeReady<T, WasNow<T>> {
        MaybeReady::Now(self.settle())
    }
}

#[diagnostic::do_not_recommend]
impl<S, T, M, F: Future> IntoOutput<S, T, Later<M>> for F
where
    F::Output: IntoBoxedResult<T, M>,
{
    type Run = Settling<F, T, M>;
    #[inline]
    fn run(self) -> Self::Run {
        Settling { future: self, to: PhantomData }
    }
    type Later = Settling<F, T, M>;
    #[inline]
    fn now_or_later(self) -> MaybeReady<T, Self::Later> {
        MaybeReady::Later(IntoOutput::<S, T, Later<M>>::run(self))
    }
}

pin_project_lite::pin_project! {
    /// A user's future, settled.
    pub struct Settling<F, T, M> {
        #[pin]
        future: F,
        to: PhantomData<fn() -> (T, M)>,
    }
}

impl<F: Future, T, M> Future for Settling<F, T, M>
where
    F::Output: IntoBoxedResult<T, M>,
{
    type Output = Result<T, BoxError>;
    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().future.poll(context).map(IntoBoxedResult::settle)
    }
}

/// A value that an expression outside of stages may give: a loop's state, the workflow's tail.
#[diagnostic::on_unimplemented(
    message = "`{S}` is declared as `{T}`, but this gives `{Self}`",
    label = "this gives `{Self}`",
    note = "what is asked for is a `{T}`, a `Result<{T}, E>` with `E: Into<BoxError>`, or a future of either"
)]
pub trait IntoDeclared<S, T, M> {
    /// The future that settles it.
    type Run: Future<Output = Result<T, BoxError>>;
    /// Makes that future; polls nothing.
    fn run(self) -> Self::Run;
}

#[diagnostic::do_not_recommend]
impl<S, T, M, X: IntoBoxedResult<T, M>> IntoDeclared<S, T, Now<M>> for X {
    type Run = Ready<Result<T, BoxError>>;
    #[inline]
    fn run(self) -> Self::Run {
        ready(self.settle())
    }
}

#[diagnostic::do_not_recommend]
impl<S, T, M, F: Future> IntoDeclared<S, T, Later<M>> for F
where
    F::Output: IntoBoxedResult<T, M>,
{
    type Run = Settling<F, T, M>;
    #[inline]
    fn run(self) -> Self::Run {
        Settling { future: self, to: PhantomData }
    }
}

/// A value that an undo may give: none, or a `Result` without a value.
#[diagnostic::on_unimplemented(
    message = "the undo of stage `{S}` gives `()` or a `Result<(), E>`, but this gives `{Self}`",
    label = "this gives `{Self}`",
    note = "what is asked for is a `()`, a `Result<(), E>` with `E: Into<BoxError>`, or a future of either"
)]
pub trait IntoUndone<S, M> {
    /// The future that settles it.
    type Run: Future<Output = Result<(), BoxError>>;
    /// Makes that future; polls nothing.
    fn run(self) -> Self::Run;
}

#[diagnostic::do_not_recommend]
impl<S, M, X: IntoBoxedResult<(), M>> IntoUndone<S, Now<M>> for X {
    type Run = Ready<Result<(), BoxError>>;
    #[inline]
    fn run(self) -> Self::Run {
        ready(self.settle())
    }
}

#[diagnostic::do_not_recommend]
impl<S, M, F: Future> IntoUndone<S, Later<M>> for F
where
    F::Output: IntoBoxedResult<(), M>,
{
    type Run = Settling<F, (), M>;
    #[inline]
    fn run(self) -> Self::Run {
        Settling { future: self, to: PhantomData }
    }
}

/// Futures of stages cross threads; values that are no futures need not, until they are kept.
pub trait SendIfLater<S, M> {}
impl<S, M, X> SendIfLater<S, Now<M>> for X {}
impl<S, M, X: Send> SendIfLater<S, Later<M>> for X {}
