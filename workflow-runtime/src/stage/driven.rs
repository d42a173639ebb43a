//! The start of a stage that is one expression, in a scope that the driver runs: one call, whatever the expression
//! gives.

use super::observers::{StageObservers, poll_observed};
use crate::{
    expression::{
        hint::{StageValue, TypeHint},
        output::{IntoOutput, MaybeReady, SendIfLater},
    },
    failure::{BoxError, exit::Exit},
    future::boxed::BoxFuture,
    output::{shared::OwnedOrShared, slot::Slot, state::Cell},
    run::{frame::Frame, state::RunState, tail::IntoExit},
    stage_id::StageId,
};
use std::{
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};
use tracing::span::EnteredSpan;

/// A closure that evaluates a `let` when an expression first needs it.
pub struct LetRef<'a, T>(pub &'a (dyn Fn() -> &'a T + Send + Sync));

/// A stage whose expression is evaluated now.
pub struct Starting<'a> {
    core: &'a RunState,
    stage: StageId,
    /// Most stages are unobserved.
    seen: Option<Onlookers<'a>>,
}

/// The observers of a stage, and its span, entered.
type Onlookers<'a> = (Box<StageObservers<'a, Cell>>, Option<Box<EnteredSpan>>);

/// Marks the stage as running, before its expression is evaluated.
#[inline]
#[must_use]
pub fn starting(frame: Frame<'_>, stage: StageId) -> Starting<'_> {
    frame.at(stage);
    if !frame.core.observes_state() {
        return Starting { core: frame.core, stage, seen: None };
    }
    let audience = StageObservers::open(frame, stage, frame.core.cell(stage), frame.core.observes_stages(), true);
    let entered = audience.entered();
    Starting { core: frame.core, stage, seen: Some((audience, entered)) }
}

impl Drop for Starting<'_> {
    #[inline]
    fn drop(&mut self) {
        // The observers are still here only if the expression panicked.
        if let Some((audience, _)) = &self.seen {
            audience.panicked();
        }
    }
}

/// A place for an output, and the proof that the output may be shared.
pub trait OutputPlace<S, T>: Send + Sync {
    /// Puts it there, and shows it where a handle looks; `lend`: it is lent to tasks, and so shared from the start.
    fn put(&self, value: T, cell: Option<Cell>, lend: bool);
}

impl<S, T: Send + Sync + 'static> OutputPlace<S, T> for Slot<T> {
    #[inline]
    fn put(&self, value: T, cell: Option<Cell>, lend: bool) {
        let held = match cell {
            None => OwnedOrShared::Owned(value),
            Some(cell) => cell.complete(value),
        };
        self.fill(if lend { held.shared() } else { held });
    }
}

/// Returns a slot as such a place: the error stands at the type, once.
#[inline]
pub const fn output_slot<S, T: StageValue<S>>(slot: &Slot<T>) -> &dyn OutputPlace<S, T> {
    slot
}

/// Starts the stage with the value of its expression.
#[inline]
pub fn start_stage<'a, S, T, M, X>(
    mut starting: Starting<'a>,
    place: &'a dyn OutputPlace<S, T>,
    lend: bool,
    expression: X,
) -> Start<Erased<'a>>
where
    S: 'a,
    T: 'a,
    X: IntoOutput<S, T, M>,
    X::Later: Send + 'a,
{
    let given = expression.now_or_later();
    let audience = starting.seen.take().map(|(audience, _)| audience);
    let (core, stage) = (starting.core, starting.stage);
    match given {
        MaybeReady::Later(run) => Start::Pending(erased(DrivenStage { core, stage, lend, place, run, audience })),
        MaybeReady::Now(given) => Start::Ready(end(core, stage, given, place, audience.as_deref(), lend)),
    }
}

/// Returns the hint for the type in a stage's slot.
#[inline]
#[must_use]
pub fn of_slot<T>(_: &Slot<T>) -> TypeHint<T> {
    TypeHint::new()
}

/// Returns the future of the value of stage `S`'s expression, for the future with which the stage starts.
#[inline]
pub fn await_output<S, T, M, X>(_: PhantomData<S>, _: TypeHint<T>, expression: X) -> X::Run
where
    X: IntoOutput<S, T, M> + SendIfLater<S, M>,
{
    expression.run()
}

#[inline]
fn end<S, T>(
    core: &RunState,
    stage: StageId,
    given: Result<T, BoxError>,
    place: &dyn OutputPlace<S, T>,
    audience: Option<&StageObservers<'_, Cell>>,
    lend: bool,
) -> Result<(), Exit> {
    match given {
        Ok(value) => {
            place.put(value, audience.and_then(|audience| audience.cell.take()), lend);
            if let Some(sight) = audience.and_then(|audience| audience.sight.as_ref()) {
                sight.completed();
            }
            Ok(())
        }
        Err(error) => {
            let stop = error.stop(core.frame(), stage);
            if let Some(audience) = audience {
                audience.stopped(&stop);
            }
            Err(stop)
        }
    }
}

pin_project_lite::pin_project! {
    /// A running stage.
    struct DrivenStage<'a, S, T, F> {
        core: &'a RunState,
        stage: StageId,
        lend: bool,
        place: &'a dyn OutputPlace<S, T>,
        #[pin]
        run: F,
        // Its span is dropped after what is inside the stage.
        audience: Option<Box<StageObservers<'a, Cell>>>,
    }

    impl<S, T, F> PinnedDrop for DrivenStage<'_, S, T, F> {
        #[inline]
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(audience) = this.audience {
                audience.dropped(this.core);
            }
        }
    }
}

impl<S, T, F: Future<Output = Result<T, BoxError>>> Future for DrivenStage<'_, S, T, F> {
    type Output = Result<(), Exit>;
    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (core, stage) = (*this.core, *this.stage);
        core.at(stage);
        let audience = this.audience.as_deref();
        let (polled, entered) = poll_observed(audience, this.run, context);
        match polled {
            Poll::Pending => Poll::Pending,
            Poll::Ready(given) => {
                drop(entered);
                Poll::Ready(end(core, stage, given, *this.place, audience, *this.lend))
            }
        }
    }
}

/// A stage that was started.
pub enum Start<F> {
    /// The stage has ended already.
    Ready(Result<(), Exit>),
    /// The stage has not been polled.
    Pending(F),
}

/// A stage as the driver holds it.
pub type Erased<'a> = BoxFuture<'a, Result<(), Exit>>;

/// Boxes a stage for the driver.
#[inline]
pub fn erased<'a>(run: impl Future<Output = Result<(), Exit>> + Send + 'a) -> Erased<'a> {
    Box::pin(run)
}
