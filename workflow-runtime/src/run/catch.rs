//! A future whose panic is a failure of the stage that runs.

use super::state::Core;
use crate::failure::exit::Stop;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

pin_project_lite::pin_project! {
    /// A future whose panic is a failure.
    pub(crate) struct Caught<'a, F> {
        core: &'a Core,
        #[pin]
        run: F,
    }
}

impl<T, F: Future<Output = Result<T, Stop>>> Future for Caught<'_, F> {
    type Output = F::Output;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let run = this.run;
        this.core.catch(|| run.poll(context))
    }
}

/// Makes a failure of a panic of `run`.
pub(crate) fn caught<T, F: Future<Output = Result<T, Stop>>>(core: &Core, run: F) -> Caught<'_, F> {
    Caught { core, run }
}
