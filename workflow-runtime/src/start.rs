//! How a stage that is one expression starts where the driver runs its scope: one call, whatever the expression gives.

use crate::{
    BoxError,
    drive::{Slot, Started},
    failure::Stop,
    held::Held,
    observe::Sight,
    output::{IntoOutput, NowOrLater, Value},
    run::{Cx, IntoStop},
    state::Cell,
};
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

/// What evaluates a `let` when it is first asked.
pub struct Getter<'a, T>(pub &'a (dyn Fn() -> &'a T + Send + Sync));

/// A stage whose expression is evaluated now.
pub struct Starting<'a> {
    cx: Cx<'a>,
    stage: u32,
    cell: Option<Cell>,
    entered: Option<Box<tracing::span::EnteredSpan>>,
    sight: Option<Box<Sight<'a>>>,
}

/// Before the expression of a stage.
#[inline]
#[must_use]
pub fn starting(cx: Cx<'_>, stage: u32) -> Starting<'_> {
    cx.at(stage);
    let mut starting = Starting { cx, stage, cell: None, entered: None, sight: None };
    if cx.core.is_seen() {
        starting.seen();
    }
    starting
}

impl Starting<'_> {
    /// Somebody has a handle on the run, listens to `tracing`, or observes.
    #[cold]
    fn seen(&mut self) {
        self.cell = self.cx.core.cell(self.stage);
        if let Some(cell) = &self.cell {
            cell.begin();
        }
        if self.cx.core.is_heeded() {
            let sight = Box::new(Sight::open(self.cx, self.stage, true));
            self.entered = sight.span().map(|span| Box::new(span.entered()));
            self.sight = Some(sight);
        }
    }
}

impl Drop for Starting<'_> {
    #[inline]
    fn drop(&mut self) {
        // It still has them only where the expression panicked.
        if let Some(cell) = self.cell.take() {
            cell.fail();
        }
        if let Some(sight) = self.sight.take() {
            sight.panicked();
        }
    }
}

/// Where an output goes; the proof that it may be shared.
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

/// A slot as such a place: the error stands at the type, once.
#[inline]
pub const fn place<S, T: Value<S>>(slot: &Slot<T>) -> &dyn Place<S, T> {
    slot
}

/// The stage, with what its expression gave.
#[inline]
pub fn start_stage<'a, S, T, M, X>(
    mut starting: Starting<'a>,
    place: &'a dyn Place<S, T>,
    lend: bool,
    expression: X,
) -> Started<'a>
where
    S: 'a,
    T: 'a,
    X: IntoOutput<S, T, M>,
    X::Later: Send + 'a,
{
    let given = expression.now_or_later();
    let (cell, sight) = (starting.cell.take(), starting.sight.take());
    drop(starting.entered.take());
    let (cx, stage) = (starting.cx, starting.stage);
    match given {
        NowOrLater::Later(run) => Started::UnderWay(Box::pin(Running { cx, stage, lend, place, cell, run, sight })),
        NowOrLater::Now(given) => Started::Ended(end(cx, stage, given, place, cell, lend, sight.as_deref())),
    }
}

fn end<S, T>(
    cx: Cx<'_>,
    stage: u32,
    given: Result<T, BoxError>,
    place: &dyn Place<S, T>,
    cell: Option<Cell>,
    lend: bool,
    sight: Option<&Sight<'_>>,
) -> Result<(), Stop> {
    match given {
        Ok(value) => {
            place.put(value, cell, lend);
            if let Some(sight) = sight {
                sight.completed();
            }
            Ok(())
        }
        Err(error) => {
            let stop = error.stop(cx, stage);
            if let (Some(cell), Stop::Failed(_)) = (cell, &stop) {
                cell.fail();
            }
            if let Some(sight) = sight {
                sight.stopped(&stop);
            }
            Err(stop)
        }
    }
}

pin_project_lite::pin_project! {
    /// A stage under way.
    struct Running<'a, S, T, F> {
        cx: Cx<'a>,
        stage: u32,
        lend: bool,
        place: &'a dyn Place<S, T>,
        cell: Option<Cell>,
        #[pin]
        run: F,
        // Dropped after what is inside the stage.
        sight: Option<Box<Sight<'a>>>,
    }

    impl<S, T, F> PinnedDrop for Running<'_, S, T, F> {
        fn drop(this: Pin<&mut Self>) {
            // Whoever comes to an end by itself has taken it.
            if let Some(cell) = this.project().cell.take() {
                cell.cancel();
            }
        }
    }
}

impl<S, T, F: Future<Output = Result<T, BoxError>>> Future for Running<'_, S, T, F> {
    type Output = Result<(), Stop>;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (cx, stage) = (*this.cx, *this.stage);
        cx.at(stage);
        let sight = this.sight.as_deref();
        let entered = sight.and_then(Sight::enter);
        let unwound = Unwound { cell: this.cell, sight };
        let polled = this.run.poll(context);
        std::mem::forget(unwound);
        match polled {
            Poll::Pending => Poll::Pending,
            Poll::Ready(given) => {
                drop(entered);
                Poll::Ready(end(cx, stage, given, *this.place, this.cell.take(), *this.lend, sight))
            }
        }
    }
}

/// Lives while a stage is polled: dropped only by a panic in it.
struct Unwound<'w, 'a> {
    cell: &'w mut Option<Cell>,
    sight: Option<&'w Sight<'a>>,
}

impl Drop for Unwound<'_, '_> {
    #[cold]
    fn drop(&mut self) {
        if let Some(cell) = self.cell.take() {
            cell.fail();
        }
        if let Some(sight) = self.sight {
            sight.panicked();
        }
    }
}
