//! What a stage's expression may give, and the compiler's words when it does not.
//!
//! A stage declared as `T` takes a `T`, a `Result<T, E>` with `E: Into<BoxError>`, or a future of either. Which of them it
//! is, is picked by the declared type and an inferred marker, so that nothing is asked of the user's functions.

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
pub trait Settle<T, M> {
    /// The value, or why there is none.
    ///
    /// # Errors
    /// The user's own error, boxed.
    fn settle(self) -> Result<T, BoxError>;
}

impl<T> Settle<T, Plain> for T {
    #[inline]
    fn settle(self) -> Result<T, BoxError> {
        Ok(self)
    }
}

impl<T, E: Into<BoxError>> Settle<T, Fallible> for Result<T, E> {
    #[inline]
    fn settle(self) -> Result<T, BoxError> {
        self.map_err(Into::into)
    }
}

#[diagnostic::do_not_recommend]
impl<T> Settle<T, Diverges> for Never {
    fn settle(self) -> Result<T, BoxError> {
        self
    }
}

/// What the expression of stage `S`, declared as `T`, may give.
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
    /// That future, where the value is not there yet.
    type Later: Future<Output = Result<T, BoxError>>;
    /// The value if it is there, or what gives it.
    fn now_or_later(self) -> NowOrLater<T, Self::Later>;
}

/// A value that may be there.
pub enum NowOrLater<T, L> {
    /// It is.
    Now(Result<T, BoxError>),
    /// This gives it.
    Later(L),
}

/// Nothing gives the value: it was there.
pub struct WasNow<T>(PhantomData<fn() -> T>);

impl<T> Future for WasNow<T> {
    type Output = Result<T, BoxError>;
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Pending
    }
}

#[diagnostic::do_not_recommend]
impl<S, T, M, X: Settle<T, M>> IntoOutput<S, T, Now<M>> for X {
    type Run = Ready<Result<T, BoxError>>;
    #[inline]
    fn run(self) -> Self::Run {
        ready(self.settle())
    }
    type Later = WasNow<T>;
    #[inline]
    fn now_or_later(self) -> NowOrLater<T, WasNow<T>> {
        NowOrLater::Now(self.settle())
    }
}

#[diagnostic::do_not_recommend]
impl<S, T, M, F: Future> IntoOutput<S, T, Later<M>> for F
where
    F::Output: Settle<T, M>,
{
    type Run = Settling<F, T, M>;
    #[inline]
    fn run(self) -> Self::Run {
        Settling { future: self, to: PhantomData }
    }
    type Later = Settling<F, T, M>;
    #[inline]
    fn now_or_later(self) -> NowOrLater<T, Self::Later> {
        NowOrLater::Later(IntoOutput::<S, T, Later<M>>::run(self))
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
    F::Output: Settle<T, M>,
{
    type Output = Result<T, BoxError>;
    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().future.poll(context).map(Settle::settle)
    }
}

/// The same for what is no stage's own: a loop's state, the workflow's tail.
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
impl<S, T, M, X: Settle<T, M>> IntoDeclared<S, T, Now<M>> for X {
    type Run = Ready<Result<T, BoxError>>;
    #[inline]
    fn run(self) -> Self::Run {
        ready(self.settle())
    }
}

#[diagnostic::do_not_recommend]
impl<S, T, M, F: Future> IntoDeclared<S, T, Later<M>> for F
where
    F::Output: Settle<T, M>,
{
    type Run = Settling<F, T, M>;
    #[inline]
    fn run(self) -> Self::Run {
        Settling { future: self, to: PhantomData }
    }
}

/// What reverses a stage gives nothing.
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
impl<S, M, X: Settle<(), M>> IntoUndone<S, Now<M>> for X {
    type Run = Ready<Result<(), BoxError>>;
    #[inline]
    fn run(self) -> Self::Run {
        ready(self.settle())
    }
}

#[diagnostic::do_not_recommend]
impl<S, M, F: Future> IntoUndone<S, Later<M>> for F
where
    F::Output: Settle<(), M>,
{
    type Run = Settling<F, (), M>;
    #[inline]
    fn run(self) -> Self::Run {
        Settling { future: self, to: PhantomData }
    }
}

/// A value that is handed over is of the declared type.
#[diagnostic::on_unimplemented(
    message = "`{S}` is declared as `{T}`, but this gives `{Self}`",
    label = "this gives `{Self}`"
)]
pub trait Handed<S, T> {
    /// As it is.
    fn handed(self) -> T;
}

impl<S, T> Handed<S, T> for T {
    #[inline]
    fn handed(self) -> T {
        self
    }
}

/// What `()` may be, where nothing is written.
#[diagnostic::on_unimplemented(
    message = "`{S}` is declared as `{T}`, but no value is given here",
    label = "this gives `()`",
    note = "a block without a tail, an `if` without an `else`, and a `break` or `return` alone give `()`"
)]
pub trait Nothing<S, T> {
    /// `()`
    fn nothing(self) -> T;
}

impl<S> Nothing<S, ()> for () {
    #[inline]
    fn nothing(self) {}
}

/// A number of rounds, items or members.
#[diagnostic::on_unimplemented(
    message = "a whole number is asked for here, not `{Self}`",
    label = "not a whole number"
)]
pub trait Count {
    /// None below zero.
    fn count(self) -> u64;
}

macro_rules! counts {
    ($($number:ty)*) => { $(
        impl Count for $number {
            #[inline]
            fn count(self) -> u64 {
                u64::try_from(self).unwrap_or(0)
            }
        }
    )* };
}
counts!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize);

/// That number.
#[inline]
pub fn count<N: Count>(number: N) -> u64 {
    number.count()
}

/// A number of attempts.
#[inline]
pub fn times<N: Count>(number: N) -> u32 {
    u32::try_from(number.count()).unwrap_or(u32::MAX)
}

/// Futures of stages cross threads; values that are no futures need not, until they are kept.
pub trait SendIfLater<S, M> {}
impl<S, M, X> SendIfLater<S, Now<M>> for X {}
impl<S, M, X: Send> SendIfLater<S, Later<M>> for X {}

/// An output that other stages may see.
#[diagnostic::on_unimplemented(
    message = "`{S}` is shared between stages, so its type must be `Send + Sync + 'static`, but `{Self}` is not",
    label = "not `Send + Sync + 'static`"
)]
pub trait Value<S>: Send + Sync + 'static {}
#[diagnostic::do_not_recommend]
impl<S, T: Send + Sync + 'static> Value<S> for T {}

/// The error stands at the type, once.
#[inline]
pub fn value<S, T: Value<S>>() {}

/// Says which type is meant, without a value of it.
pub struct Of<T>(PhantomData<fn() -> T>);
impl<T> Clone for Of<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Of<T> {}

/// The type as written.
#[inline]
#[must_use]
pub const fn of<T>() -> Of<T> {
    Of(PhantomData)
}

impl<T> Of<T> {
    /// The type of what a stage's cell holds.
    #[inline]
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

/// The type that is found out.
#[must_use]
pub const fn of_any<T>() -> Of<T> {
    Of(PhantomData)
}

/// The type of the items of a list, and what makes the list of them.
#[inline]
#[must_use]
#[allow(clippy::type_complexity, reason = "a pair")]
pub fn of_list<S, T: List<S>>() -> (Of<T::Item>, fn(Vec<T::Item>) -> T) {
    (Of::new(), T::from_items)
}

/// The same, where the list's type is not at hand.
#[inline]
#[must_use]
#[allow(clippy::type_complexity, reason = "a pair")]
pub fn of_list_in<S, T: List<S>>(_: Of<T>) -> (Of<T::Item>, fn(Vec<T::Item>) -> T) {
    of_list()
}

/// The type of the content of an `Option`, and what makes the `Option` of it.
#[inline]
#[must_use]
#[allow(clippy::type_complexity, reason = "a pair")]
pub fn of_optional<S, T: Optional<S>>() -> (Of<T::Content>, fn(Option<T::Content>) -> T) {
    (Of::new(), T::from_content)
}

/// What a `for` or a `quorum` gives.
#[diagnostic::on_unimplemented(
    message = "a `for` and a `quorum` give a `Vec`, but `{S}` is declared as `{Self}`",
    label = "not a `Vec`"
)]
pub trait List<S>: Sized {
    /// What one run of the body gives.
    type Item;
    /// All of them, in order.
    fn from_items(items: Vec<Self::Item>) -> Self;
}
impl<S, T> List<S> for Vec<T> {
    type Item = T;
    #[inline]
    fn from_items(items: Vec<T>) -> Self {
        items
    }
}
impl<S> List<S> for () {
    type Item = ();
    #[inline]
    fn from_items(_: Vec<()>) {}
}

/// What a stage with `#[when]` is declared as.
#[diagnostic::on_unimplemented(
    message = "a stage with `#[when]` or `#[until]` may give nothing: declare stage `{S}` as `Option<{Self}>`",
    label = "not an `Option`"
)]
pub trait Optional<S>: Sized {
    /// What its node gives.
    type Content;
    /// The output of the stage; `None`: it was skipped.
    fn from_content(content: Option<Self::Content>) -> Self;
}
impl<S, T> Optional<S> for Option<T> {
    type Content = T;
    #[inline]
    fn from_content(content: Option<T>) -> Self {
        content
    }
}
impl<S> Optional<S> for () {
    type Content = ();
    #[inline]
    fn from_content(_: Option<()>) {}
}

/// What `fail` takes.
#[diagnostic::on_unimplemented(
    message = "`fail` takes an error, a message or a `&Failure`, not `{Self}`",
    label = "can't become a `Box<dyn Error + Send + Sync>`"
)]
pub trait IntoReason {
    /// Why the stage failed.
    fn reason(self) -> Reason;
}
#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> IntoReason for E {
    fn reason(self) -> Reason {
        Reason::Own(self.into())
    }
}
/// Why a `fail` was said.
pub enum Reason {
    /// The user's own error.
    Own(BoxError),
    /// A failure that came from elsewhere and goes on as it is.
    Passed(crate::failure::Failure),
}

/// What was written after `fail`.
pub struct Why<R>(pub R);

/// A failure from elsewhere. Inherent, so that it is preferred over [`GiveReason`]: a `&'static Failure` is an error too.
impl Why<&crate::failure::Failure> {
    /// The failure itself.
    #[must_use]
    pub fn __workflow_reason(self) -> Reason {
        Reason::Passed(self.0.clone())
    }
}

/// For everything else.
pub trait GiveReason<R> {
    /// The reason, if it is one.
    fn __workflow_reason(self) -> Reason
    where
        R: IntoReason;
}

impl<R> GiveReason<R> for Why<R> {
    fn __workflow_reason(self) -> Reason
    where
        R: IntoReason,
    {
        self.0.reason()
    }
}

/// What a stage with `#[catch]` is declared as.
#[diagnostic::on_unimplemented(
    message = "a stage with `#[catch]` gives a `Result`: declare stage `{S}` as `Result<{Self}, Failure>`",
    label = "not a `Result`"
)]
pub trait Caught<S> {
    /// What its node gives.
    type Content;
}
impl<S, T, E> Caught<S> for Result<T, E> {
    type Content = T;
}

/// The type that the node of a stage with `#[catch]` gives.
#[must_use]
pub fn of_caught<S, T: Caught<S>>() -> Of<T::Content> {
    Of::new()
}

/// The same of one item of a `for`.
#[must_use]
pub fn of_caught_in<S, T: Caught<S>>(_: Of<T>) -> Of<T::Content> {
    Of::new()
}
