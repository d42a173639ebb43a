//! Futures of expressions that are no stage's own: an arm, a tail, a loop's `continue`, an undo.

use super::{frame::Frame, state::RunState};
use crate::{
    expression::{
        hint::TypeHint,
        output::{IntoDeclared, IntoOutput, IntoUndone, SendIfLater},
    },
    failure::{BoxError, FailureKind, exit::Exit},
    stage_id::StageId,
};
use std::{
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

/// A way for a stage to end without its output: an error of the user, or a stop inside of it.
pub trait IntoExit {
    /// Returns the exit, with the stage that the expression stands in.
    fn stop(self, frame: Frame<'_>, stage: StageId) -> Exit;
}
impl IntoExit for BoxError {
    #[cold]
    fn stop(self, frame: Frame<'_>, stage: StageId) -> Exit {
        frame.core.failure(stage, FailureKind::Error, Some(self)).into()
    }
}
impl IntoExit for Exit {
    #[inline]
    fn stop(self, _: Frame<'_>, _: StageId) -> Exit {
        self
    }
}

pin_project_lite::pin_project! {
    /// An expression that is no stage: an arm, a tail, a loop's `continue`. Its failure is that of the stage around it.
    pub struct BodyFuture<'a, F> {
        core: &'a RunState,
        stage: StageId,
        #[pin]
        run: F,
    }
}

impl<T, F: Future<Output = Result<T, BoxError>>> Future for BodyFuture<'_, F> {
    type Output = Result<T, Exit>;
    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.core.at(*this.stage);
        match this.run.poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(value)) => Poll::Ready(Ok(value)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error.stop(this.core.frame(), *this.stage))),
        }
    }
}

/// Returns the future of an expression whose type a stage declares.
#[inline]
pub fn body_expression<S, T, X, M>(
    frame: Frame<'_>,
    stage: StageId,
    _: PhantomData<S>,
    _: TypeHint<T>,
    expression: X,
) -> BodyFuture<'_, X::Run>
where
    X: IntoOutput<S, T, M> + SendIfLater<S, M>,
{
    BodyFuture { core: frame.core, stage, run: expression.run() }
}

/// Returns the future of an expression whose type a loop's state or the workflow's output declares.
#[inline]
pub fn declared_expression<S, T, X, M>(
    frame: Frame<'_>,
    stage: StageId,
    _: PhantomData<S>,
    _: TypeHint<T>,
    expression: X,
) -> BodyFuture<'_, X::Run>
where
    X: IntoDeclared<S, T, M> + SendIfLater<S, M>,
{
    BodyFuture { core: frame.core, stage, run: expression.run() }
}

/// Returns the future of an expression whose value is not used.
#[inline]
pub fn untyped_body<F>(frame: Frame<'_>, stage: StageId, run: F) -> BodyFuture<'_, F> {
    BodyFuture { core: frame.core, stage, run }
}

/// Returns the future of the expression that undoes a stage.
#[inline]
pub fn undo_expression<S, X, M>(
    frame: Frame<'_>,
    stage: StageId,
    _: PhantomData<S>,
    expression: X,
) -> BodyFuture<'_, X::Run>
where
    X: IntoUndone<S, M> + SendIfLater<S, M>,
{
    BodyFuture { core: frame.core, stage, run: expression.run() }
}
