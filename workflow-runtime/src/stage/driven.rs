//! The start of a stage that is one expression, in a scope that the driver runs: one call, whatever the expression
//! gives.

use super::observers::{Audience, poll_observed};
use crate::{
    expression::{
        hint::{Of, StageValue},
        output::{IntoOutput, NowOrLater, SendIfLater},
    },
    failure::{BoxError, exit::Stop},
    future::boxed::BoxFuture,
    output::{shared::Held, slot::Slot, state::Cell},
    run::{frame::Cx, state::Core, tail::IntoStop},
};
use std::{
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};
use tracing::span::EnteredSpan;

/// A closure that evaluates a `let` when an expression first needs it.
pub struct Getter<'a, T>(pub &'a (dyn Fn() -> &'a T + Send + Sync));

/// A stage whose expression is evaluated now.
pub struct Starting<'a> {
    core: &'a Core,
    stage: u32,
    /// Most stages are unobserved.
    seen: Option<Onlookers<'a>>,
}

/// The observers of a stage, and its span, entered.
type Onlookers<'a> = (Box<Audience<'a, Cell>>, Option<Box<EnteredSpan>>);

/// Marks the stage as running, before its expression is evaluated.
#[inline]
#[must_use]
pub fn starting(cx: Cx<'_>, stage: u32) -> Starting<'_> {
    cx.at(stage);
    if !cx.core.is_seen() {
        return Starting { core: cx.core, stage, seen: None };
    }
    let audience = Audience::open(cx, stage, cx.core.cell(stage), cx.core.is_heeded(), true);
    let entered = audience.entered();
    Starting { core: cx.core, stage, seen: Some((audience, entered)) }
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
pub trait Place<S, T>: Send + Sync {
    /// Puts it there, and shows it where a handle looks; `lend`: it is lent to tasks, and so shared from the start.
    fn put(&self, value: T, cell: Option<Cell>, lend: bool);
}

impl<S, T: Send + Sync + 'static> Place<S, T> for Slot<T> {
    #[inline]
    fn put(&self, value: T, cell: Option<Cell>, lend: bool) {
        let held = match cell {
            None => Held::Local(value),
            Some(cell) => cell.complete(value),
        };
        self.fill(if lend { held.shared() } else { held });
    }
}

/// Returns a slot as such a place: the error stands at the type, once.
#[inline]
pub const fn place<S, T: StageValue<S>>(slot: &Slot<T>) -> &dyn Place<S, T> {
    slot
}

/// Starts the stage with the value of its expression.
#[inline]
pub fn start_stage<'a, S, T, M, X>(
    mut starting: Starting<'a>,
    place: &'a dyn Place<S, T>,
    lend: bool,
    expression: X,
) -> Started<Erased<'a>>
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
        NowOrLater::Later(run) => Started::UnderWay(erased(Running { core, stage, lend, place, run, audience })),
        NowOrLater::Now(given) => Started::Ended(end(core, stage, given, place, audience.as_deref(), lend)),
    }
}

/// Returns the hint for the type in a stage's slot.
#[inline]
#[must_use]
pub fn of_slot<T>(_: &Slot<T>) -> Of<T> {
    Of::new()
}

/// Returns the future of the value of stage `S`'s expression, for the future with which the stage starts.
#[inline]
pub fn settling<S, T, M, X>(_: PhantomData<S>, _: Of<T>, expression: X) -> X::Run
where
    X: IntoOutput<S, T, M> + SendIfLater<S, M>,
{
    expression.run()
}

#[inline]
fn end<S, T>(
    core: &Core,
    stage: u32,
    given: Result<T, BoxError>,
    place: &dyn Place<S, T>,
    audience: Option<&Audience<'_, Cell>>,
    lend: bool,
) -> Result<(), Stop> {
    match given {
        Ok(value) => {
            place.put(value, audience.and_then(|audience| audience.cell.take()), lend);
            if let Some(sight) = audience.and_then(|audience| audience.sight.as_ref()) {
                sight.completed();
            }
            Ok(())
        }
        Err(error) => {
            let stop = error.stop(core.cx(), stage);
            if let Some(audience) = audience {
                audience.stopped(&stop);
            }
            Err(stop)
        }
    }
}

pin_project_lite::pin_project! {
    /// A running stage.
    struct Running<'a, S, T, F> {
        core: &'a Core,
        stage: u32,
        lend: bool,
        place: &'a dyn Place<S, T>,
        #[pin]
        run: F,
        // Its span is dropped after what is inside the stage.
        audience: Option<Box<Audience<'a, Cell>>>,
    }

    impl<S, T, F> PinnedDrop for Running<'_, S, T, F> {
        #[inline]
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(audience) = this.audience {
                audience.dropped(this.core);
            }
        }
    }
}

impl<S, T, F: Future<Output = Result<T, BoxError>>> Future for Running<'_, S, T, F> {
    type Output = Result<(), Stop>;
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
pub enum Started<F> {
    /// The stage has ended already.
    Ended(Result<(), Stop>),
    /// The stage has not been polled.
    UnderWay(F),
}

/// A stage as the driver holds it.
pub type Erased<'a> = BoxFuture<'a, Result<(), Stop>>;

/// Boxes a stage for the driver.
#[inline]
pub fn erased<'a>(run: impl Future<Output = Result<(), Stop>> + Send + 'a) -> Erased<'a> {
    Box::pin(run)
}
