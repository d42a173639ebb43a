//! Observers of one stage: a handle that shows its state, `tracing`, observers. All of it lies behind one pointer,
//! since most runs have none of them.

use crate::{
    failure::exit::Exit,
    output::state,
    run::{frame::Frame, span::StageSpan, state::RunState},
    stage_id::StageId,
};
use std::{
    cell::Cell,
    mem,
    pin::Pin,
    task::{Context, Poll},
};
use tracing::span::{Entered, EnteredSpan};

/// The observers of one running stage. `C` is the cell through which a handle sees the stage.
pub(crate) struct StageObservers<'a, C> {
    pub(crate) cell: Cell<Option<C>>,
    pub(crate) sight: Option<StageSpan<'a>>,
}

impl<'a, C: AsRef<state::Cell>> StageObservers<'a, C> {
    /// Reports that the stage is running.
    #[allow(clippy::unnecessary_box_returns, reason = "only what is behind the pointer is cold")]
    #[cold]
    pub(crate) fn open(frame: Frame<'a>, stage: StageId, cell: Option<C>, observed: bool, tries: bool) -> Box<Self> {
        if let Some(cell) = &cell {
            cell.as_ref().begin();
        }
        Box::new(Self { cell: Cell::new(cell), sight: observed.then(|| StageSpan::open(frame, stage, tries)) })
    }

    /// Enters the stage's span for as long as what it gives lives: while its expression is evaluated.
    #[cold]
    pub(crate) fn entered(&self) -> Option<Box<EnteredSpan>> {
        self.sight.as_ref().and_then(StageSpan::span).map(|span| Box::new(span.entered()))
    }

    #[cold]
    pub(crate) fn stopped(&self, stop: &Exit) {
        if let Some(cell) = self.cell.take() {
            match stop {
                Exit::Failed(_) => cell.as_ref().fail(),
                // The run ends with its `return`, and cuts it like all others.
                Exit::Returned => cell.as_ref().cancel(),
            }
        }
        if let Some(sight) = &self.sight {
            sight.stopped(stop);
        }
    }

    #[cold]
    pub(crate) fn panicked(&self) {
        if let Some(cell) = self.cell.take() {
            cell.as_ref().fail();
        }
        if let Some(sight) = &self.sight {
            sight.panicked();
        }
    }

    /// Reports the drop of the stage. A stage that has not ended is cancelled; or it goes on later, and its state stays
    /// as it was.
    #[cold]
    pub(crate) fn dropped(&self, core: &RunState) {
        if let Some(cell) = self.cell.take()
            && !core.is_suspended()
        {
            cell.as_ref().cancel();
        }
    }
}

/// Lives while a stage is polled: dropped only by a panic in it.
struct UnwindGuard<'w, 'a, C: AsRef<state::Cell>>(Option<&'w StageObservers<'a, C>>);

impl<C: AsRef<state::Cell>> Drop for UnwindGuard<'_, '_, C> {
    #[cold]
    fn drop(&mut self) {
        if let Some(audience) = self.0 {
            audience.panicked();
        }
    }
}

/// Polls a stage that may be observed, in its span; a panic that goes through it is reported to observers. Returns the
/// span too, which the caller leaves.
#[allow(clippy::inline_always, reason = "a third of what a stage costs that is not observed")]
#[inline(always)]
pub(crate) fn poll_observed<'w, C: AsRef<state::Cell>, F: Future>(
    audience: Option<&'w StageObservers<'_, C>>,
    run: Pin<&mut F>,
    context: &mut Context<'_>,
) -> (Poll<F::Output>, Option<Entered<'w>>) {
    let entered = audience.and_then(|audience| audience.sight.as_ref()?.enter());
    let unwound = UnwindGuard(audience);
    let polled = run.poll(context);
    mem::forget(unwound);
    (polled, entered)
}
