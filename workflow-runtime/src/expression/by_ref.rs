//! Scrutinees and items are matched by reference: a value is shown as `&T`, a reference as itself.

/// A scrutinee or an item.
pub struct ByRef<'a, T>(pub &'a T);

/// Values that are references already. Inherent, so that it is preferred over [`Show`].
impl<'a, T: ?Sized> ByRef<'_, &'a T> {
    /// Returns the reference itself.
    #[inline]
    #[must_use]
    pub fn __workflow_shown(&self) -> &'a T {
        self.0
    }
}

/// All other values.
pub trait Show<'a, T> {
    /// Returns a reference to the value.
    fn __workflow_shown(&self) -> &'a T;
}

impl<'a, T> Show<'a, T> for ByRef<'a, T> {
    #[inline]
    fn __workflow_shown(&self) -> &'a T {
        self.0
    }
}

/// A value that a `match` or an `if let` decides on. No future is one.
#[diagnostic::on_unimplemented(
    message = "what decides is a value that is there, and this is a future: give it a stage of its own, and name that stage",
    label = "a future",
    note = "`stage name: Type = ..;` before it, with `#[catch]` and a `Result` as its type if its failure decides"
)]
pub trait Decisive {
    /// Type that its patterns match.
    type Shown;
}

/// Futures. Its function takes the value itself, so that it is preferred over those above, which take references.
pub trait ShowFuture<F: Future> {
    /// Says that a future can't be matched.
    fn __workflow_shown(self) -> F::Shown
    where
        F: Decisive;
}

impl<F: Future> ShowFuture<F> for ByRef<'_, F> {
    fn __workflow_shown(self) -> F::Shown
    where
        F: Decisive,
    {
        unreachable!("no future is decisive")
    }
}

/// Returns the reference to a scrutinee that is no name of the workflow's. If it is no name at all, its type is still a
/// reference to the patterns' type, so that names which they bind have no error of their own.
#[inline]
pub const fn reference<T: ?Sized>(value: &T) -> &T {
    value
}
