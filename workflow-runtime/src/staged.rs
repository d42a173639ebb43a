//! A named stage under way, and who looks at it. Mostly nobody does: then it costs a comparison.

use crate::{
    failure::Stop,
    held::Held,
    observe::Sight,
    output::{IntoOutput, Of, SendIfLater},
    run::{Core, Cx, IntoStop},
    state::Watched,
};
use std::{
    cell::Cell,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};
use tracing::span::EnteredSpan;

/// A handle that shows the stage, `tracing` and observers: behind one pointer, since most runs have none of them.
struct Audience<'a, T> {
    cell: Cell<Option<Watched<T>>>,
    sight: Option<Sight<'a>>,
}

impl<'a, T> Audience<'a, T> {
    /// The stage is under way.
    #[allow(clippy::unnecessary_box_returns, reason = "only what is behind the pointer is cold")]
    #[cold]
    fn open(cx: Cx<'a>, stage: u32, cell: Option<Watched<T>>, heeded: bool, tries: bool) -> Box<Self> {
        if let Some(cell) = &cell {
            cell.begin();
        }
        Box::new(Self { cell: Cell::new(cell), sight: heeded.then(|| Sight::open(cx, stage, tries)) })
    }

    #[cold]
    fn completed<V: Gives<T>>(&self, value: V) -> Held<T> {
        let held = value.give(self.cell.take());
        if let Some(sight) = &self.sight {
            sight.completed();
        }
        held
    }

    #[cold]
    fn stopped(&self, stop: &Stop) {
        if matches!(stop, Stop::Failed(_))
            && let Some(cell) = self.cell.take()
        {
            cell.fail();
        }
        if let Some(sight) = &self.sight {
            sight.stopped(stop);
        }
    }

    #[cold]
    fn panicked(&self) {
        if let Some(cell) = self.cell.take() {
            cell.fail();
        }
        if let Some(sight) = &self.sight {
            sight.panicked();
        }
    }

    /// If it has not come to an end, the stage was cancelled; or it goes on later, and whoever looks at its state sees it as
    /// it was.
    #[cold]
    fn dropped(&self, core: &Core) {
        if let Some(cell) = self.cell.take()
            && !core.is_suspended()
        {
            cell.cancel();
        }
    }
}

pin_project_lite::pin_project! {
    /// A named stage under way.
    pub struct Staged<'a, T, F> {
        core: &'a Core,
        stage: u32,
        #[pin]
        run: F,
        // Its span is dropped after what is inside the stage.
        audience: Option<Box<Audience<'a, T>>>,
    }
    impl<T, F> PinnedDrop for Staged<'_, T, F> {
        #[inline]
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(audience) = this.audience {
                audience.dropped(this.core);
            }
        }
    }
}

/// A stage whose expression is evaluated now: it is under way, and its span is entered.
pub struct Begun<'a, T> {
    audience: Option<Box<Audience<'a, T>>>,
    entered: Option<Box<EnteredSpan>>,
}

/// Before the expression of a stage.
#[allow(clippy::inline_always, reason = "it is nothing but two comparisons")]
#[inline(always)]
#[must_use]
pub fn begin<T>(cx: Cx<'_>, stage: u32, cell: Option<Watched<T>>) -> Begun<'_, T> {
    let heeded = cx.core().is_heeded();
    if cell.is_none() && !heeded {
        return Begun { audience: None, entered: None };
    }
    let audience = Audience::open(cx, stage, cell, heeded, true);
    let entered = audience.sight.as_ref().and_then(Sight::span).map(|span| Box::new(span.entered()));
    Begun { audience: Some(audience), entered }
}

impl<T> Drop for Begun<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // It still has it only where the expression panicked.
        if let Some(audience) = &self.audience {
            audience.panicked();
        }
    }
}

/// A stage whose node is an expression.
#[allow(clippy::inline_always, reason = "it makes the future where it lives")]
#[inline(always)]
pub fn leaf<'a, S, T, X, M>(
    cx: Cx<'a>,
    stage: u32,
    _: PhantomData<S>,
    mut begun: Begun<'a, T>,
    expression: X,
) -> Staged<'a, T, X::Run>
where
    X: IntoOutput<S, T, M> + SendIfLater<S, M>,
{
    let audience = begun.audience.take();
    drop(begun.entered.take());
    Staged { core: cx.core(), stage, run: expression.run(), audience }
}

/// A stage whose node is a construct: it ends with the failures of the stages inside it.
#[inline]
pub fn staged<T, F>(cx: Cx<'_>, stage: u32, cell: Option<Watched<T>>, run: F) -> Staged<'_, T, F> {
    under_way(cx, stage, cell, run, true)
}

/// A stage with policies: its attempts are made inside `run`.
#[inline]
pub fn governed<T, F>(cx: Cx<'_>, stage: u32, cell: Option<Watched<T>>, run: F) -> Staged<'_, T, F> {
    under_way(cx, stage, cell, run, false)
}

#[inline]
fn under_way<T, F>(cx: Cx<'_>, stage: u32, cell: Option<Watched<T>>, run: F, tries: bool) -> Staged<'_, T, F> {
    let heeded = cx.core().is_heeded() && !cx.is_recalled(stage);
    let audience = (cell.is_some() || heeded).then(|| Audience::open(cx, stage, cell, heeded, tries));
    Staged { core: cx.core(), stage, run, audience }
}

/// The type that a stage's cell holds.
#[inline]
#[must_use]
pub fn of_cell<T>(_: &Option<Watched<T>>) -> Of<T> {
    Of::new()
}

/// What a stage's future gives: its output, or its output shared already.
pub trait Gives<T> {
    /// The output as its scope holds it, and as the state shows it.
    fn give(self, cell: Option<Watched<T>>) -> Held<T>;
}
impl<T> Gives<T> for T {
    #[inline]
    fn give(self, cell: Option<Watched<T>>) -> Held<T> {
        match cell {
            None => Held::Local(self),
            Some(cell) => cell.complete(self),
        }
    }
}
impl<T> Gives<T> for Held<T> {
    #[inline]
    fn give(self, cell: Option<Watched<T>>) -> Held<T> {
        if let (Some(cell), Self::Kept(loan)) = (cell, &self) {
            cell.show(loan.clone());
        }
        self
    }
}

impl<T, V: Gives<T>, E: IntoStop, F: Future<Output = Result<V, E>>> Future for Staged<'_, T, F> {
    type Output = Result<Held<T>, Stop>;
    #[allow(
        clippy::inline_always,
        reason = "one caller each, unless stages have one type; then it is a third of their cost"
    )]
    #[inline(always)]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.core.at(*this.stage);
        let audience = this.audience.as_deref();
        let entered = audience.and_then(|audience| audience.sight.as_ref()?.enter());
        let unwound = Unwound(audience);
        let polled = this.run.poll(context);
        std::mem::forget(unwound);
        match polled {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(value)) => {
                drop(entered);
                Poll::Ready(Ok(match audience {
                    None => value.give(None),
                    Some(audience) => audience.completed(value),
                }))
            }
            Poll::Ready(Err(error)) => {
                let stop = error.stop(this.core.cx(), *this.stage);
                drop(entered);
                if let Some(audience) = audience {
                    audience.stopped(&stop);
                }
                Poll::Ready(Err(stop))
            }
        }
    }
}

/// Lives while a stage is polled: dropped only by a panic in it.
struct Unwound<'w, 'a, T>(Option<&'w Audience<'a, T>>);

impl<T> Drop for Unwound<'_, '_, T> {
    #[cold]
    fn drop(&mut self) {
        if let Some(audience) = self.0 {
            audience.panicked();
        }
    }
}
