//! A future that is one of several.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

pin_project_lite::pin_project! {
    #[project = EitherProjection]
    #[allow(missing_docs, reason = "each has one field, the future")]
    /// One of two futures, in place; nested, one of more.
    pub enum Either<A, B> {
        /// The first.
        Left { #[pin] future: A },
        /// The second.
        Right { #[pin] future: B },
    }
}

/// Wraps the first of two futures.
#[inline]
pub fn left<A, B>(future: A) -> Either<A, B> {
    Either::Left { future }
}

/// Wraps the second of two futures.
#[inline]
pub fn right<A, B>(future: B) -> Either<A, B> {
    Either::Right { future }
}

impl<A: Future, B: Future<Output = A::Output>> Future for Either<A, B> {
    type Output = A::Output;
    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            EitherProjection::Left { future } => future.poll(context),
            EitherProjection::Right { future } => future.poll(context),
        }
    }
}
