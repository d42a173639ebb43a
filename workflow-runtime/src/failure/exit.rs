//! The private exit of a scope that ends early: a failure, or a `return`.

use super::Failure;

/// The reason why a scope ends early.
pub enum Exit {
    /// A stage failed.
    Failed(Failure),
    /// `return`: the workflow's output lies in its [`ReturnSlot`](crate::__private::ReturnSlot).
    Returned,
}

impl Exit {
    /// Returns why a machine ended without its output.
    #[cold]
    pub(crate) fn into_failure(self) -> Failure {
        match self {
            Self::Failed(failure) => failure,
            Self::Returned => unreachable!("a machine takes what was returned"),
        }
    }
}

impl From<Failure> for Exit {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
