//! A future whose panic is a failure of the stage that runs.

use super::state::RunState;
use crate::failure::exit::Exit;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

pin_project_lite::pin_project! {
    /// A future whose panic is a failure.
    pub(crate) struct CatchPanic<'a, F> {
        core: &'a RunState,
        #[pin]
        run: F,
    }
}

impl<T, F: Future<Output = Result<T, Exit>>> Future for CatchPanic<'_, F> {
    type Output = F::Output;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let run = this.run;
        this.core.catch(|| run.poll(context))
    }
}

/// Makes a failure of a panic of `run`.
pub(crate) fn catch_panic<T, F: Future<Output = Result<T, Exit>>>(core: &RunState, run: F) -> CatchPanic<'_, F> {
    CatchPanic { core, run }
}
