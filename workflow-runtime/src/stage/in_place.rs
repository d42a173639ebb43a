//! The future of a named stage. Reports state changes to observers; without any, the overhead is one comparison.

use super::observers::{Audience, poll_observed};
use crate::{
    expression::{
        hint::Of,
        output::{IntoOutput, SendIfLater},
    },
    failure::exit::Stop,
    output::{
        shared::Held,
        state::Watched,
        visibility::{Made, View, only},
    },
    run::{frame::Cx, state::Core, tail::IntoStop},
};
use std::{
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};
use tracing::span::EnteredSpan;

#[cold]
fn completed<T, V: Gives<T, P, S>, const P: usize, const S: usize>(
    audience: &Audience<'_, Watched<T>>,
    value: V,
) -> Made<T, P, S> {
    let held = value.give(audience.cell.take());
    if let Some(sight) = &audience.sight {
        sight.completed();
    }
    held
}

/// The observers of a running stage. In an unobserved run it takes no memory.
pub struct Seats<'a, T, const PLAIN: usize, const SHOWN: usize>([Option<Box<Audience<'a, Watched<T>>>>; SHOWN]);

impl<'a, T, const PLAIN: usize, const SHOWN: usize> Seats<'a, T, PLAIN, SHOWN> {
    #[inline]
    fn audience(&self) -> Option<&Audience<'a, Watched<T>>> {
        self.0.first()?.as_deref()
    }
}

/// The reports of a stage that is dropped.
pub trait Leave {
    /// Reports that the stage is dropped, whether it has ended or not.
    #[doc(hidden)]
    fn leave(&self, place: &impl Standing);
}
impl<T, const PLAIN: usize, const SHOWN: usize> Leave for Seats<'_, T, PLAIN, SHOWN> {
    #[inline]
    fn leave(&self, place: &impl Standing) {
        if let Some(audience) = self.audience() {
            audience.dropped(place.core());
        }
    }
}

/// The position of a stage in its run.
#[doc(hidden)]
#[allow(private_interfaces, reason = "only generated code names it")]
pub trait Standing {
    fn core(&self) -> &Core;
    /// Notes that the stage's code runs now.
    fn polled(&self);
    fn stage(&self) -> u32;
}

/// A stage beside which others may run.
pub struct At<'a> {
    core: &'a Core,
    stage: u32,
}
#[allow(private_interfaces, reason = "as there")]
impl Standing for At<'_> {
    #[inline]
    fn core(&self) -> &Core {
        self.core
    }
    #[inline]
    fn polled(&self) {
        self.core.at(self.stage);
    }
    #[inline]
    fn stage(&self) -> u32 {
        self.stage
    }
}

/// A stage beside which no other runs: from when its expression is evaluated until it has ended, all code of the run is
/// its own. It keeps no number, which is an eighth of what a trivial stage takes.
pub struct Alone<'a>(&'a Core);
#[allow(private_interfaces, reason = "as there")]
impl Standing for Alone<'_> {
    #[inline]
    fn core(&self) -> &Core {
        self.0
    }
    #[inline]
    fn polled(&self) {}
    #[inline]
    fn stage(&self) -> u32 {
        self.0.current()
    }
}

pin_project_lite::pin_project! {
    /// A running named stage.
    pub struct Staged<W: Standing, F, A: Leave> {
        at: W,
        #[pin]
        run: F,
        // Its span is dropped after what is inside the stage.
        seats: A,
    }
    impl<W: Standing, F, A: Leave> PinnedDrop for Staged<W, F, A> {
        #[inline]
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.seats.leave(this.at);
        }
    }
}

/// A stage whose expression is evaluated now: the stage is running, and its span is entered.
pub struct Begun<'a, T, const PLAIN: usize, const SHOWN: usize> {
    seats: Seats<'a, T, PLAIN, SHOWN>,
    entered: [Option<Box<EnteredSpan>>; SHOWN],
}

impl<'a, T, const PLAIN: usize, const SHOWN: usize> Begun<'a, T, PLAIN, SHOWN> {
    /// Takes the observers, after the expression has been evaluated.
    #[allow(clippy::inline_always, reason = "mostly it is nothing at all")]
    #[inline(always)]
    fn seats(mut self) -> Seats<'a, T, PLAIN, SHOWN> {
        let seats = Seats(self.seats.0.each_mut().map(Option::take));
        drop(self.entered.each_mut().map(Option::take));
        seats
    }
}

/// Marks the stage as running, before its expression is evaluated.
#[allow(clippy::inline_always, reason = "it is nothing but two comparisons")]
#[inline(always)]
#[must_use]
pub fn begin<T, const PLAIN: usize, const SHOWN: usize>(
    cx: Cx<'_>,
    stage: u32,
    _: View<PLAIN, SHOWN>,
    cell: Option<Watched<T>>,
) -> Begun<'_, T, PLAIN, SHOWN> {
    let heeded = cx.core().is_heeded();
    if SHOWN == 0 || (cell.is_none() && !heeded) {
        return Begun { seats: Seats(only(None)), entered: only(None) };
    }
    let audience = Audience::open(cx, stage, cell, heeded, true);
    let entered = audience.entered();
    Begun { seats: Seats(only(Some(audience))), entered: only(entered) }
}

impl<T, const PLAIN: usize, const SHOWN: usize> Drop for Begun<'_, T, PLAIN, SHOWN> {
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
pub fn stage_expression<'a, S, T, X, M, const PLAIN: usize, const SHOWN: usize>(
    cx: Cx<'a>,
    stage: u32,
    _: PhantomData<S>,
    begun: Begun<'a, T, PLAIN, SHOWN>,
    expression: X,
) -> Staged<At<'a>, X::Run, Seats<'a, T, PLAIN, SHOWN>>
where
    X: IntoOutput<S, T, M> + SendIfLater<S, M>,
{
    let seats = begun.seats();
    Staged { at: At { core: cx.core(), stage }, run: expression.run(), seats }
}

/// Returns the future of a stage whose node is an expression, if no other stage runs beside it.
#[allow(clippy::inline_always, reason = "it makes the future where it lives")]
#[inline(always)]
pub fn lone_stage_expression<'a, S, T, X, M, const PLAIN: usize, const SHOWN: usize>(
    cx: Cx<'a>,
    _: PhantomData<S>,
    begun: Begun<'a, T, PLAIN, SHOWN>,
    expression: X,
) -> Staged<Alone<'a>, X::Run, Seats<'a, T, PLAIN, SHOWN>>
where
    X: IntoOutput<S, T, M> + SendIfLater<S, M>,
{
    let seats = begun.seats();
    Staged { at: Alone(cx.core()), run: expression.run(), seats }
}

/// Returns the future of a stage whose node is a construct: it ends with the failures of the stages inside it.
#[inline]
pub fn staged<T, F, const PLAIN: usize, const SHOWN: usize>(
    cx: Cx<'_>,
    stage: u32,
    view: View<PLAIN, SHOWN>,
    cell: Option<Watched<T>>,
    run: F,
) -> Staged<At<'_>, F, Seats<'_, T, PLAIN, SHOWN>> {
    under_way((cx, stage), view, cell, run, true)
}

/// Returns the future of a stage with policies: its attempts are made inside `run`.
#[inline]
pub fn governed<T, F, const PLAIN: usize, const SHOWN: usize>(
    cx: Cx<'_>,
    stage: u32,
    view: View<PLAIN, SHOWN>,
    cell: Option<Watched<T>>,
    run: F,
) -> Staged<At<'_>, F, Seats<'_, T, PLAIN, SHOWN>> {
    under_way((cx, stage), view, cell, run, false)
}

#[inline]
fn under_way<T, F, const PLAIN: usize, const SHOWN: usize>(
    (cx, stage): (Cx<'_>, u32),
    _: View<PLAIN, SHOWN>,
    cell: Option<Watched<T>>,
    run: F,
    tries: bool,
) -> Staged<At<'_>, F, Seats<'_, T, PLAIN, SHOWN>> {
    let heeded = SHOWN != 0 && cx.core().is_heeded() && !cx.is_known(stage);
    let audience = (cell.is_some() || heeded).then(|| Audience::open(cx, stage, cell, heeded, tries));
    Staged { at: At { core: cx.core(), stage }, run, seats: Seats(only(audience)) }
}

/// Returns the hint for the type in a stage's cell.
#[inline]
#[must_use]
pub fn of_cell<T>(_: &Option<Watched<T>>) -> Of<T> {
    Of::new()
}

/// The output of a stage's future, which may be shared already.
pub trait Gives<T, const PLAIN: usize, const SHOWN: usize> {
    /// Returns the output as its scope holds it, and shows it in the state.
    fn give(self, cell: Option<Watched<T>>) -> Made<T, PLAIN, SHOWN>;
}
impl<T, const PLAIN: usize, const SHOWN: usize> Gives<T, PLAIN, SHOWN> for T {
    #[inline]
    fn give(self, cell: Option<Watched<T>>) -> Made<T, PLAIN, SHOWN> {
        match cell {
            None => Made::local(self),
            Some(cell) => Made::held(cell.complete(self)),
        }
    }
}
impl<T> Gives<T, 0, 1> for Held<T> {
    #[inline]
    fn give(self, cell: Option<Watched<T>>) -> Made<T, 0, 1> {
        if let (Some(cell), Self::Kept(loan)) = (cell, &self) {
            cell.show(loan.clone());
        }
        Made::held(self)
    }
}

impl<W, T, V, E, F, const PLAIN: usize, const SHOWN: usize> Future for Staged<W, F, Seats<'_, T, PLAIN, SHOWN>>
where
    W: Standing,
    V: Gives<T, PLAIN, SHOWN>,
    E: IntoStop,
    F: Future<Output = Result<V, E>>,
{
    type Output = Result<Made<T, PLAIN, SHOWN>, Stop>;
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
                let stop = error.stop(this.at.core().cx(), this.at.stage());
                drop(entered);
                if let Some(audience) = audience {
                    audience.stopped(&stop);
                }
                Poll::Ready(Err(stop))
            }
        }
    }
}
