//! The reason of a `fail`.

use crate::failure::BoxError;

/// A value that `fail` takes.
#[diagnostic::on_unimplemented(
    message = "`fail` takes an error, a message or a `&Failure`, not `{Self}`",
    label = "can't become a `Box<dyn Error + Send + Sync>`"
)]
pub trait IntoReason {
    /// Returns why the stage failed.
    fn reason(self) -> Reason;
}
#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> IntoReason for E {
    fn reason(self) -> Reason {
        Reason::Own(self.into())
    }
}
/// The reason of a `fail`.
pub enum Reason {
    /// The user's own error.
    Own(BoxError),
    /// A failure that came from elsewhere and goes on as it is.
    Passed(crate::failure::Failure),
}

/// The value written after `fail`.
pub struct FailReason<R>(pub R);

/// A failure from elsewhere. Inherent, so that it is preferred over [`GiveReason`]: a `&'static Failure` is an error
/// too.
impl FailReason<&crate::failure::Failure> {
    /// Returns the failure itself.
    #[must_use]
    pub fn __workflow_reason(self) -> Reason {
        Reason::Passed(self.0.clone())
    }
}

impl<R> GiveReason<R> for FailReason<R> {
    fn __workflow_reason(self) -> Reason
    where
        R: IntoReason,
    {
        self.0.reason()
    }
}

/// All other values.
pub trait GiveReason<R> {
    /// Returns the reason, if the value is one.
    fn __workflow_reason(self) -> Reason
    where
        R: IntoReason;
}
