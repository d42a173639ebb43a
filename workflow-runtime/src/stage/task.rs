//! Stages on a tokio task of their own, or on the blocking pool.

use crate::{
    expression::{
        hint::TypeHint,
        output::{IntoOutput, Now},
        result::IntoResult,
    },
    failure::{BoxError, FailureKind, exit::Exit},
    run::{
        frame::{Frame, OwnedFrame},
        nested,
        tail::IntoExit,
    },
    stage_id::StageId,
};
use std::{
    future::Future,
    marker::PhantomData,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
};
use tokio::{runtime::Handle, sync::oneshot, task::JoinHandle};
use tracing::{Instrument, Span};

/// A stage that runs elsewhere. Dropping it cancels what tokio can: at the next await.
pub(crate) struct SpawnedStage<'a, T> {
    frame: Frame<'a>,
    stage: StageId,
    task: Option<JoinHandle<T>>,
    /// The runtime has cancelled the task.
    is_cut: bool,
    /// Receiver of the end of the task with all that was on it, if a stage may have to be undone.
    gone: Option<oneshot::Receiver<()>>,
}

impl<T> Drop for SpawnedStage<'_, T> {
    fn drop(&mut self) {
        let Some(task) = &self.task else { return };
        task.abort();
        if let Some((gone, log)) = self.gone.take().zip(self.frame.log_if_any()) {
            log.await_end(self.stage, async move {
                let _ = gone.await;
            });
        }
    }
}

impl<T> SpawnedStage<'_, T> {
    fn poll_task(&mut self, context: &mut Context<'_>) -> Poll<Result<T, Exit>> {
        if self.is_cut {
            return Poll::Pending;
        }
        let Some(task) = &mut self.task else {
            return Poll::Ready(Err(self.stop("a stage on a task of its own needs a tokio runtime".into())));
        };
        let Poll::Ready(ended) = Pin::new(task).poll(context) else { return Poll::Pending };
        self.task = None;
        Poll::Ready(match ended {
            Ok(output) => Ok(output),
            Err(error) => match error.try_into_panic() {
                // The code that catches the panics of this scope receives it.
                Ok(payload) => {
                    self.frame.at(self.stage);
                    Err(self.frame.core.panicked(payload).into())
                }
                // Only the shutdown of its runtime cancels a task that is waited for: the run ends as if it were
                // dropped. Nothing takes that for a failure, since nothing comes of it.
                Err(_) => {
                    self.is_cut = true;
                    return Poll::Pending;
                }
            },
        })
    }

    fn stop(&self, error: BoxError) -> Exit {
        self.frame.core.failure(self.stage, FailureKind::Error, Some(error)).into()
    }
}

pin_project_lite::pin_project! {
    struct OnTask<F> {
        detached: Arc<OwnedFrame>,
        #[pin]
        run: Option<F>,
        // Dropped last.
        gone: Option<oneshot::Sender<()>>,
    }
    impl<F> PinnedDrop for OnTask<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            nested::dropped(this.detached.core(), || this.run.set(None));
        }
    }
}

impl<T, F: Future<Output = Result<T, Exit>>> Future for OnTask<F> {
    type Output = Result<T, Exit>;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (core, run) = (this.detached.core(), this.run.as_pin_mut());
        let Some(run) = run else { unreachable!("it is there until it is dropped") };
        // The panic names the innermost stage, which only this task knows.
        nested::polled(core, || core.catch(|| run.poll(context)))
    }
}

/// `#[spawn]`: what `run` makes of its place runs on a task of its own.
pub fn spawn<T, F>(frame: Frame<'_>, stage: StageId, run: impl FnOnce(Arc<OwnedFrame>) -> F) -> Spawned<'_, T>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Exit>> + Send + 'static,
{
    let (ended, gone) = frame.log_if_any().map(|_| oneshot::channel()).unzip();
    let make = || {
        let detached = Arc::new(frame.detach());
        let run = run(Arc::clone(&detached));
        OnTask { detached, run: Some(run), gone: ended }.instrument(Span::current())
    };
    #[cfg(feature = "durable")]
    if frame.journal().is_some_and(|journal| journal.is_restoring()) {
        let here: Option<Here<T>> = Some(Box::pin(make()));
        return Spawned { elsewhere: SpawnedStage { frame, stage, task: None, is_cut: false, gone }, here };
    }
    let task = start(frame, make());
    let elsewhere = SpawnedStage { frame, stage, task, is_cut: false, gone };
    Spawned {
        elsewhere,
        #[cfg(feature = "durable")]
        here: None,
    }
}

/// The output of a `#[spawn]` stage's task, with the guard that keeps its instance in memory until the run takes the
/// output.
#[cfg(feature = "durable")]
type TaskOutput<T> = (Result<T, Exit>, Option<crate::journal::residency::ResidencyGuard>);
#[cfg(not(feature = "durable"))]
type TaskOutput<T> = Result<T, Exit>;

/// Has `run` polled by a task of its own.
fn start<T: Send + 'static>(
    frame: Frame<'_>,
    run: impl Future<Output = Result<T, Exit>> + Send + 'static,
) -> Option<JoinHandle<TaskOutput<T>>> {
    let runtime = Handle::try_current().ok()?;
    #[cfg(feature = "durable")]
    let run = super::resident_task::task_part(frame.journal(), run);
    #[cfg(not(feature = "durable"))]
    let _ = frame;
    Some(runtime.spawn(run))
}

#[cfg(feature = "durable")]
type Here<T> = crate::future::boxed::BoxFuture<'static, Result<T, Exit>>;

/// A `#[spawn]` stage.
pub struct Spawned<'a, T> {
    elsewhere: SpawnedStage<'a, TaskOutput<T>>,
    /// The part without a task, while the instance restores its records. It restores in step with all other parts, so
    /// that everything to be undone is known before a scope is rolled back.
    #[cfg(feature = "durable")]
    here: Option<Here<T>>,
}

impl<T: Send + 'static> Future for Spawned<'_, T> {
    type Output = Result<T, Exit>;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        #[cfg(feature = "durable")]
        if let Some(mut here) = self.here.take() {
            if self.elsewhere.frame.journal().is_some_and(|journal| journal.is_restoring()) {
                let polled = here.as_mut().poll(context);
                if polled.is_pending() {
                    self.here = Some(here);
                }
                return polled;
            }
            self.elsewhere.task = start(self.elsewhere.frame, here);
        }
        match self.elsewhere.poll_task(context) {
            Poll::Pending => Poll::Pending,
            #[cfg(feature = "durable")]
            Poll::Ready(Ok((ended, _))) => Poll::Ready(ended),
            #[cfg(not(feature = "durable"))]
            Poll::Ready(Ok(ended)) => Poll::Ready(ended),
            Poll::Ready(Err(stop)) => Poll::Ready(Err(stop)),
        }
    }
}

/// `#[blocking]`: a plain function on the blocking pool. It runs to its end even if its stage has been dropped.
pub fn blocking<S, T, X, M>(
    frame: Frame<'_>,
    stage: StageId,
    _: PhantomData<S>,
    _: TypeHint<T>,
    run: impl FnOnce() -> X + Send + 'static,
) -> Blocking<'_, X, T>
where
    X: IntoOutput<S, T, Now<M>> + Send + 'static,
{
    Blocking(on_thread(frame, stage, run, |given| at_once(given.run())))
}

/// Runs a plain function on the blocking pool, and keeps the expression's own error as it is.
pub fn blocking_own<S, T, X, M>(
    frame: Frame<'_>,
    stage: StageId,
    _: PhantomData<S>,
    _: TypeHint<T>,
    run: impl FnOnce() -> X + Send + 'static,
) -> OnThread<'_, X, Result<T, X::Error>>
where
    X: IntoResult<S, T, Now<M>> + Send + 'static,
{
    on_thread(frame, stage, run, |given| at_once(given.into_result()))
}

fn on_thread<X: Send + 'static, R>(
    frame: Frame<'_>,
    stage: StageId,
    run: impl FnOnce() -> X + Send + 'static,
    settle: fn(X) -> R,
) -> OnThread<'_, X, R> {
    let task = Handle::try_current().ok().map(|runtime| runtime.spawn_blocking(run));
    OnThread { elsewhere: SpawnedStage { frame, stage, task, is_cut: false, gone: None }, settle }
}

/// Returns the output of a plain function.
fn at_once<F: Future>(run: F) -> F::Output {
    match pin!(run).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(given) => given,
        Poll::Pending => unreachable!("a plain function gives its value at once"),
    }
}

/// A call on the blocking pool. What it may give is asked where it is made, and not again.
pub struct OnThread<'a, X, R> {
    elsewhere: SpawnedStage<'a, X>,
    settle: fn(X) -> R,
}

impl<X, R> Future for OnThread<'_, X, R> {
    type Output = Result<R, Exit>;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let settle = self.settle;
        self.elsewhere.poll_task(context).map(|ended| ended.map(settle))
    }
}

/// A `#[blocking]` stage.
pub struct Blocking<'a, X, T>(OnThread<'a, X, Result<T, BoxError>>);

impl<X, T> Future for Blocking<'_, X, T> {
    type Output = Result<T, Exit>;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (frame, stage) = (self.0.elsewhere.frame, self.0.elsewhere.stage);
        Pin::new(&mut self.0).poll(context).map(|ended| ended?.map_err(|error| error.stop(frame, stage)))
    }
}
