//! The type that is asked of an expression, and what it may be declared as.

use std::marker::PhantomData;

/// Says which type is meant, without a value of it.
pub struct Of<T>(PhantomData<fn() -> T>);
impl<T> Clone for Of<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Of<T> {}

impl<T> Of<T> {
    /// The type of what a stage's cell holds.
    #[inline]
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

/// The type as written.
#[inline]
#[must_use]
pub const fn of<T>() -> Of<T> {
    Of(PhantomData)
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

/// The type of the items of a list, and the function that makes the list, where only the list's type hint is at hand.
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

/// The type of a `for` or a `quorum`.
#[diagnostic::on_unimplemented(
    message = "a `for` and a `quorum` give a `Vec`, but `{S}` is declared as `{Self}`",
    label = "not a `Vec`"
)]
pub trait List<S>: Sized {
    /// Type of an item, or of a member's value.
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

/// The declared type of a stage with `#[when]`.
#[diagnostic::on_unimplemented(
    message = "a stage with `#[when]` or `#[until]` may give nothing: declare stage `{S}` as `Option<{Self}>`",
    label = "not an `Option`"
)]
pub trait Optional<S>: Sized {
    /// Type of the stage's node.
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

/// The declared type of a stage with `#[catch]`.
#[diagnostic::on_unimplemented(
    message = "a stage with `#[catch]` gives a `Result`: declare stage `{S}` as `Result<{Self}, Failure>`",
    label = "not a `Result`"
)]
pub trait Caught<S> {
    /// Type of the stage's node.
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

/// The type that the body of a `for` gives for one item, if failures of items are caught.
#[must_use]
pub fn of_caught_in<S, T: Caught<S>>(_: Of<T>) -> Of<T::Content> {
    Of::new()
}

/// An output that other stages may see.
#[diagnostic::on_unimplemented(
    message = "`{S}` is shared between stages, so its type must be `Send + Sync + 'static`, but `{Self}` is not",
    label = "not `Send + Sync + 'static`"
)]
pub trait StageValue<S>: Send + Sync + 'static {}
#[diagnostic::do_not_recommend]
impl<S, T: Send + Sync + 'static> StageValue<S> for T {}

/// The error stands at the type, once.
#[inline]
pub fn value<S, T: StageValue<S>>() {}

/// A value that is handed over is of the declared type.
#[diagnostic::on_unimplemented(
    message = "`{S}` is declared as `{T}`, but this gives `{Self}`",
    label = "this gives `{Self}`"
)]
pub trait HasType<S, T> {
    /// As it is.
    fn into_type(self) -> T;
}

impl<S, T> HasType<S, T> for T {
    #[inline]
    fn into_type(self) -> T {
        self
    }
}

/// The types that `()` may become, where no value is written.
#[diagnostic::on_unimplemented(
    message = "`{S}` is declared as `{T}`, but no value is given here",
    label = "this gives `()`",
    note = "a block without a tail, an `if` without an `else`, and a `break` or `return` alone give `()`"
)]
pub trait HasUnitType<S, T> {
    /// `()`
    fn into_unit(self) -> T;
}

impl<S> HasUnitType<S, ()> for () {
    #[inline]
    fn into_unit(self) {}
}
