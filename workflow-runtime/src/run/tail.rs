//! Expressions that are no stage: an arm, a tail, a loop's `continue`.

use super::{frame::Cx, state::Core};
use crate::{
    expression::{
        hint::Of,
        output::{IntoDeclared, IntoOutput, IntoUndone, SendIfLater},
    },
    failure::{BoxError, FailureKind, exit::Stop},
};
use std::{
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

/// A way for a stage to end without its output: an error of the user, or a stop inside of it.
pub trait IntoStop {
    /// Returns the exit, with the stage that the expression stands in.
    fn stop(self, cx: Cx<'_>, stage: u32) -> Stop;
}
impl IntoStop for BoxError {
    #[cold]
    fn stop(self, cx: Cx<'_>, stage: u32) -> Stop {
        cx.core.failure(stage, FailureKind::Error, Some(self)).into()
    }
}
impl IntoStop for Stop {
    #[inline]
    fn stop(self, _: Cx<'_>, _: u32) -> Stop {
        self
    }
}

pin_project_lite::pin_project! {
    /// An expression that is no stage: an arm, a tail, a loop's `continue`. Its failure is that of the stage around it.
    pub struct BodyFuture<'a, F> {
        core: &'a Core,
        stage: u32,
        #[pin]
        run: F,
    }
}

impl<T, F: Future<Output = Result<T, BoxError>>> Future for BodyFuture<'_, F> {
    type Output = Result<T, Stop>;
    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.core.at(*this.stage);
        match this.run.poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(value)) => Poll::Ready(Ok(value)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error.stop(this.core.cx(), *this.stage))),
        }
    }
}

/// Returns the future of an expression whose type a stage declares.
#[inline]
pub fn body_expression<S, T, X, M>(
    cx: Cx<'_>,
    stage: u32,
    _: PhantomData<S>,
    _: Of<T>,
    expression: X,
) -> BodyFuture<'_, X::Run>
where
    X: IntoOutput<S, T, M> + SendIfLater<S, M>,
{
    BodyFuture { core: cx.core, stage, run: expression.run() }
}

/// Returns the future of an expression whose type a loop's state or the workflow's output declares.
#[inline]
pub fn declared_expression<S, T, X, M>(
    cx: Cx<'_>,
    stage: u32,
    _: PhantomData<S>,
    _: Of<T>,
    expression: X,
) -> BodyFuture<'_, X::Run>
where
    X: IntoDeclared<S, T, M> + SendIfLater<S, M>,
{
    BodyFuture { core: cx.core, stage, run: expression.run() }
}

/// Returns the future of an expression whose value is not used.
#[inline]
pub fn untyped_body<F>(cx: Cx<'_>, stage: u32, run: F) -> BodyFuture<'_, F> {
    BodyFuture { core: cx.core, stage, run }
}

/// Returns the future of the expression that undoes a stage.
#[inline]
pub fn undo_expression<S, X, M>(cx: Cx<'_>, stage: u32, _: PhantomData<S>, expression: X) -> BodyFuture<'_, X::Run>
where
    X: IntoUndone<S, M> + SendIfLater<S, M>,
{
    BodyFuture { core: cx.core, stage, run: expression.run() }
}
