//! The type that is asked of an expression, and what it may be declared as.

use std::marker::PhantomData;

/// Says which type is meant, without a value of it.
pub struct TypeHint<T>(PhantomData<fn() -> T>);
impl<T> Clone for TypeHint<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for TypeHint<T> {}

impl<T> TypeHint<T> {
    /// Returns the hint for the type in a stage's cell.
    #[inline]
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

/// Returns the hint for a type as written.
#[inline]
#[must_use]
pub const fn of<T>() -> TypeHint<T> {
    TypeHint(PhantomData)
}

/// Returns the hint for a type that rustc infers.
#[must_use]
pub const fn of_any<T>() -> TypeHint<T> {
    TypeHint(PhantomData)
}

/// Returns the hint for the items of a list, and the function that makes the list.
#[inline]
#[must_use]
#[allow(clippy::type_complexity, reason = "a pair")]
pub fn of_list<S, T: List<S>>() -> (TypeHint<T::Item>, fn(Vec<T::Item>) -> T) {
    (TypeHint::new(), T::from_items)
}

/// Returns the hint for the items of a list, and the function that makes the list, if only the list's own hint is at
/// hand.
#[inline]
#[must_use]
#[allow(clippy::type_complexity, reason = "a pair")]
pub fn of_list_in<S, T: List<S>>(_: TypeHint<T>) -> (TypeHint<T::Item>, fn(Vec<T::Item>) -> T) {
    of_list()
}

/// Returns the hint for the content of an `Option`, and the function that makes the `Option`.
#[inline]
#[must_use]
#[allow(clippy::type_complexity, reason = "a pair")]
pub fn of_optional<S, T: Optional<S>>() -> (TypeHint<T::Content>, fn(Option<T::Content>) -> T) {
    (TypeHint::new(), T::from_content)
}

/// The type of a `for` or a `quorum`.
#[diagnostic::on_unimplemented(
    message = "a `for` and a `quorum` give a `Vec`, but `{S}` is declared as `{Self}`",
    label = "not a `Vec`"
)]
pub trait List<S>: Sized {
    /// Type of an item, or of a member's value.
    type Item;
    /// Makes the list of all items, in order.
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
    /// Makes the output of the stage. `None`: the stage was skipped.
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

/// Returns the hint for the node of a stage with `#[catch]`.
#[must_use]
pub fn of_caught<S, T: Caught<S>>() -> TypeHint<T::Content> {
    TypeHint::new()
}

/// Returns the hint for one item of a `for`, if failures of items are caught.
#[must_use]
pub fn of_caught_in<S, T: Caught<S>>(_: TypeHint<T>) -> TypeHint<T::Content> {
    TypeHint::new()
}

/// An output that other stages may see.
#[diagnostic::on_unimplemented(
    message = "`{S}` is shared between stages, so its type must be `Send + Sync + 'static`, but `{Self}` is not",
    label = "not `Send + Sync + 'static`"
)]
pub trait StageValue<S>: Send + Sync + 'static {}
#[diagnostic::do_not_recommend]
impl<S, T: Send + Sync + 'static> StageValue<S> for T {}

/// Requires that a type can be shared. The error stands at the type, once.
#[inline]
pub fn value<S, T: StageValue<S>>() {}

/// A value that is handed over is of the declared type.
#[diagnostic::on_unimplemented(
    message = "`{S}` is declared as `{T}`, but this gives `{Self}`",
    label = "this gives `{Self}`"
)]
pub trait HasType<S, T> {
    /// Converts the value.
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
