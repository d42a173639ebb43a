//! The future of a named stage. Reports state changes to observers; without any, the overhead is one comparison.

use super::observers::{StageObservers, poll_observed};
use crate::{
    expression::{
        hint::TypeHint,
        output::{IntoOutput, SendIfLater},
    },
    failure::exit::Exit,
    output::{
        shared::OwnedOrShared,
        state::TypedCell,
        visibility::{StageOutput, Visibility, only},
    },
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

#[cold]
fn completed<T, V: IntoStageOutput<T, P, S>, const P: usize, const S: usize>(
    audience: &StageObservers<'_, TypedCell<T>>,
    value: V,
) -> StageOutput<T, P, S> {
    let held = value.give(audience.cell.take());
    if let Some(sight) = &audience.sight {
        sight.completed();
    }
    held
}

/// The observers of a running stage. In an unobserved run it takes no memory.
pub struct MaybeObservers<'a, T, const UNOBSERVED: usize, const OBSERVED: usize>(
    [Option<Box<StageObservers<'a, TypedCell<T>>>>; OBSERVED],
);

impl<'a, T, const UNOBSERVED: usize, const OBSERVED: usize> MaybeObservers<'a, T, UNOBSERVED, OBSERVED> {
    #[inline]
    fn audience(&self) -> Option<&StageObservers<'a, TypedCell<T>>> {
        self.0.first()?.as_deref()
    }
}

/// The reports of a stage that is dropped.
pub trait Leave {
    /// Reports that the stage is dropped, whether it has ended or not.
    #[doc(hidden)]
    fn leave(&self, place: &impl StagePlace);
}
impl<T, const UNOBSERVED: usize, const OBSERVED: usize> Leave for MaybeObservers<'_, T, UNOBSERVED, OBSERVED> {
    #[inline]
    fn leave(&self, place: &impl StagePlace) {
        if let Some(audience) = self.audience() {
            audience.dropped(place.core());
        }
    }
}

/// The position of a stage in its run.
#[doc(hidden)]
#[allow(private_interfaces, reason = "only generated code names it")]
pub trait StagePlace {
    fn core(&self) -> &RunState;
    /// Notes that the stage's code runs now.
    fn polled(&self);
    fn stage(&self) -> StageId;
}

/// A stage beside which others may run.
pub struct Concurrent<'a> {
    core: &'a RunState,
    stage: StageId,
}
#[allow(private_interfaces, reason = "as there")]
impl StagePlace for Concurrent<'_> {
    #[inline]
    fn core(&self) -> &RunState {
        self.core
    }
    #[inline]
    fn polled(&self) {
        self.core.at(self.stage);
    }
    #[inline]
    fn stage(&self) -> StageId {
        self.stage
    }
}

/// A stage beside which no other runs: from when its expression is evaluated until it has ended, all code of the run is
/// its own. It keeps no number, which is an eighth of what a trivial stage takes.
pub struct Exclusive<'a>(&'a RunState);
#[allow(private_interfaces, reason = "as there")]
impl StagePlace for Exclusive<'_> {
    #[inline]
    fn core(&self) -> &RunState {
        self.0
    }
    #[inline]
    fn polled(&self) {}
    #[inline]
    fn stage(&self) -> StageId {
        self.0.current()
    }
}

pin_project_lite::pin_project! {
    /// A running named stage.
    pub struct StageFuture<W: StagePlace, F, A: Leave> {
        at: W,
        #[pin]
        run: F,
        // Its span is dropped after what is inside the stage.
        seats: A,
    }
    impl<W: StagePlace, F, A: Leave> PinnedDrop for StageFuture<W, F, A> {
        #[inline]
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.seats.leave(this.at);
        }
    }
}

/// A stage whose expression is evaluated now: the stage is running, and its span is entered.
pub struct EnteredStage<'a, T, const UNOBSERVED: usize, const OBSERVED: usize> {
    seats: MaybeObservers<'a, T, UNOBSERVED, OBSERVED>,
    entered: [Option<Box<EnteredSpan>>; OBSERVED],
}

impl<'a, T, const UNOBSERVED: usize, const OBSERVED: usize> EnteredStage<'a, T, UNOBSERVED, OBSERVED> {
    /// Takes the observers, after the expression has been evaluated.
    #[allow(clippy::inline_always, reason = "mostly it is nothing at all")]
    #[inline(always)]
    fn seats(mut self) -> MaybeObservers<'a, T, UNOBSERVED, OBSERVED> {
        let seats = MaybeObservers(self.seats.0.each_mut().map(Option::take));
        drop(self.entered.each_mut().map(Option::take));
        seats
    }
}

/// Marks the stage as running, before its expression is evaluated.
#[allow(clippy::inline_always, reason = "it is nothing but two comparisons")]
#[inline(always)]
#[must_use]
pub fn begin<T, const UNOBSERVED: usize, const OBSERVED: usize>(
    frame: Frame<'_>,
    stage: StageId,
    _: Visibility<UNOBSERVED, OBSERVED>,
    cell: Option<TypedCell<T>>,
) -> EnteredStage<'_, T, UNOBSERVED, OBSERVED> {
    let observed = frame.core().observes_stages();
    if OBSERVED == 0 || (cell.is_none() && !observed) {
        return EnteredStage { seats: MaybeObservers(only(None)), entered: only(None) };
    }
    let audience = StageObservers::open(frame, stage, cell, observed, true);
    let entered = audience.entered();
    EnteredStage { seats: MaybeObservers(only(Some(audience))), entered: only(entered) }
}

impl<T, const UNOBSERVED: usize, const OBSERVED: usize> Drop for EnteredStage<'_, T, UNOBSERVED, OBSERVED> {
    #[inline]
    fn drop(&mut self) {
        // The observers are still here only if the expression panicked.
        if let Some(audience) = self.seats.audience() {
            audience.panicked();
        }
    }
}

/// Returns the future of a stage whose node is an expression.
#[allow(clippy::inline_always, reason = "it makes the future where it lives")]
#[inline(always)]
pub fn stage_expression<'a, S, T, X, M, const UNOBSERVED: usize, const OBSERVED: usize>(
    frame: Frame<'a>,
    stage: StageId,
    _: PhantomData<S>,
    begun: EnteredStage<'a, T, UNOBSERVED, OBSERVED>,
    expression: X,
) -> StageFuture<Concurrent<'a>, X::Run, MaybeObservers<'a, T, UNOBSERVED, OBSERVED>>
where
    X: IntoOutput<S, T, M> + SendIfLater<S, M>,
{
    let seats = begun.seats();
    StageFuture { at: Concurrent { core: frame.core(), stage }, run: expression.run(), seats }
}

/// Returns the future of a stage whose node is an expression, if no other stage runs beside it.
#[allow(clippy::inline_always, reason = "it makes the future where it lives")]
#[inline(always)]
pub fn lone_stage_expression<'a, S, T, X, M, const UNOBSERVED: usize, const OBSERVED: usize>(
    frame: Frame<'a>,
    _: PhantomData<S>,
    begun: EnteredStage<'a, T, UNOBSERVED, OBSERVED>,
    expression: X,
) -> StageFuture<Exclusive<'a>, X::Run, MaybeObservers<'a, T, UNOBSERVED, OBSERVED>>
where
    X: IntoOutput<S, T, M> + SendIfLater<S, M>,
{
    let seats = begun.seats();
    StageFuture { at: Exclusive(frame.core()), run: expression.run(), seats }
}

/// Returns the future of a stage whose node is a construct: it ends with the failures of the stages inside it.
#[inline]
pub fn staged<T, F, const UNOBSERVED: usize, const OBSERVED: usize>(
    frame: Frame<'_>,
    stage: StageId,
    view: Visibility<UNOBSERVED, OBSERVED>,
    cell: Option<TypedCell<T>>,
    run: F,
) -> StageFuture<Concurrent<'_>, F, MaybeObservers<'_, T, UNOBSERVED, OBSERVED>> {
    running_stage((frame, stage), view, cell, run, true)
}

/// Returns the future of a stage with policies: its attempts are made inside `run`.
#[inline]
pub fn stage_with_policies<T, F, const UNOBSERVED: usize, const OBSERVED: usize>(
    frame: Frame<'_>,
    stage: StageId,
    view: Visibility<UNOBSERVED, OBSERVED>,
    cell: Option<TypedCell<T>>,
    run: F,
) -> StageFuture<Concurrent<'_>, F, MaybeObservers<'_, T, UNOBSERVED, OBSERVED>> {
    running_stage((frame, stage), view, cell, run, false)
}

#[inline]
fn running_stage<T, F, const UNOBSERVED: usize, const OBSERVED: usize>(
    (frame, stage): (Frame<'_>, StageId),
    _: Visibility<UNOBSERVED, OBSERVED>,
    cell: Option<TypedCell<T>>,
    run: F,
    tries: bool,
) -> StageFuture<Concurrent<'_>, F, MaybeObservers<'_, T, UNOBSERVED, OBSERVED>> {
    let observed = OBSERVED != 0 && frame.core().observes_stages() && !frame.is_known(stage);
    let audience = (cell.is_some() || observed).then(|| StageObservers::open(frame, stage, cell, observed, tries));
    StageFuture { at: Concurrent { core: frame.core(), stage }, run, seats: MaybeObservers(only(audience)) }
}

/// Returns the hint for the type in a stage's cell.
#[inline]
#[must_use]
pub fn of_cell<T>(_: &Option<TypedCell<T>>) -> TypeHint<T> {
    TypeHint::new()
}

/// The output of a stage's future, which may be shared already.
pub trait IntoStageOutput<T, const UNOBSERVED: usize, const OBSERVED: usize> {
    /// Returns the output as its scope holds it, and shows it in the state.
    fn give(self, cell: Option<TypedCell<T>>) -> StageOutput<T, UNOBSERVED, OBSERVED>;
}
impl<T, const UNOBSERVED: usize, const OBSERVED: usize> IntoStageOutput<T, UNOBSERVED, OBSERVED> for T {
    #[inline]
    fn give(self, cell: Option<TypedCell<T>>) -> StageOutput<T, UNOBSERVED, OBSERVED> {
        match cell {
            None => StageOutput::local(self),
            Some(cell) => StageOutput::held(cell.complete(self)),
        }
    }
}
impl<T> IntoStageOutput<T, 0, 1> for OwnedOrShared<T> {
    #[inline]
    fn give(self, cell: Option<TypedCell<T>>) -> StageOutput<T, 0, 1> {
        if let (Some(cell), Self::Shared(loan)) = (cell, &self) {
            cell.show(loan.clone());
        }
        StageOutput::held(self)
    }
}

impl<W, T, V, E, F, const UNOBSERVED: usize, const OBSERVED: usize> Future
    for StageFuture<W, F, MaybeObservers<'_, T, UNOBSERVED, OBSERVED>>
where
    W: StagePlace,
    V: IntoStageOutput<T, UNOBSERVED, OBSERVED>,
    E: IntoExit,
    F: Future<Output = Result<V, E>>,
{
    type Output = Result<StageOutput<T, UNOBSERVED, OBSERVED>, Exit>;
    #[allow(
        clippy::inline_always,
        reason = "one caller each, unless stages have one type; then it is a third of their cost"
    )]
    #[inline(always)]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.at.polled();
        let audience = this.seats.audience();
        let (polled, entered) = poll_observed(audience, this.run, context);
        match polled {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(value)) => {
                drop(entered);
                Poll::Ready(Ok(match audience {
                    None => value.give(None),
                    Some(audience) => completed(audience, value),
                }))
            }
            Poll::Ready(Err(error)) => {
                let stop = error.stop(this.at.core().frame(), this.at.stage());
                drop(entered);
                if let Some(audience) = audience {
                    audience.stopped(&stop);
                }
                Poll::Ready(Err(stop))
            }
        }
    }
}
