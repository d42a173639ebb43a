//! Runs that are begun inside a stage of another one: their keys are made of the place where they begin, so that they
//! are the same after a crash.
//!
//! While an expression of a stage is evaluated and polled, its thread knows the place. A run that begins takes a name
//! from it: the key of that expression, the name of the workflow, and how many of that name were begun there before.

use super::{begun::NestedRunCounts, frame::Frame, key::key_of, state::RunState};
use crate::stage_id::StageId;
use crate::{journal::log::Journal, sync::lock};
use std::{
    cell::{Cell, RefCell},
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use workflow_graph::Graph;

thread_local! {
    static PLACE: RefCell<Option<Origin>> = const { RefCell::new(None) };
    /// Whether there is a place. Each run that begins reads this flag, without the cost of a value with a destructor.
    static IS_IN_PLACE: Cell<bool> = const { Cell::new(false) };
}

/// Returns whether this thread is in a place where runs have names.
#[inline]
pub(crate) fn is_in_place() -> bool {
    IS_IN_PLACE.get()
}

/// Returns the name of a run that begins now, where this thread is in such a place.
pub(crate) fn begun(workflow: &'static str) -> Option<Arc<str>> {
    PLACE.try_with(|place| Some(place.try_borrow_mut().ok()?.as_mut()?.begin(workflow))).ok().flatten()
}

fn swap(place: &mut Option<Origin>) {
    // Where the thread ends there is none.
    let _ = PLACE.try_with(|here| {
        mem::swap(&mut *here.borrow_mut(), place);
        IS_IN_PLACE.set(here.borrow().is_some());
    });
}

/// A place where a run may begin.
enum Origin {
    /// The place is an expression of a stage.
    Expression { site: Site, begun: NestedRunCounts },
    /// The place is a run that has a name itself, whose stages do not record where they are: the stage whose code was
    /// polled last.
    Run(Arc<RunState>),
}

impl Origin {
    fn begin(&mut self, workflow: &'static str) -> Arc<str> {
        let (key, times) = match self {
            Self::Expression { site, begun } => (site.key(), begun.one_more(StageId::BODY, workflow)),
            Self::Run(core) => {
                let stage = core.current();
                let begun = core.begun_inside();
                let times = lock(begun).one_more(stage, workflow);
                (format!("{}/{}", core.instance(), core.stage_name(stage).unwrap_or_default()), times)
            }
        };
        format!("{key}/{workflow}[{times}]").into()
    }
}

/// An expression of a stage, in its run.
struct Site {
    graph: &'static Graph<'static>,
    journal: Option<Arc<Journal>>,
    instance: Arc<str>,
    places: Vec<(u32, u32)>,
    stage: StageId,
    /// Key of the expression in its stage.
    expression: &'static str,
    reverses: bool,
}

impl Site {
    fn key(&self) -> String {
        let place = (self.stage, self.expression, self.reverses);
        let (mut key, place) = key_of(self.graph, self.journal.as_deref(), &self.instance, &self.places, place);
        key.push_str(&place);
        key
    }
}

/// An expression that is being evaluated.
pub struct Evaluating {
    /// Place of the thread before.
    around: Option<Origin>,
    is_placed: bool,
}

/// Sets the place where runs may begin, before an expression of a stage is evaluated.
#[must_use]
pub fn evaluates(frame: Frame<'_>, stage: StageId, site: &'static str) -> Evaluating {
    let core = frame.core();
    if core.journal().is_none() && !core.is_named() {
        return Evaluating { around: None, is_placed: false };
    }
    let site = Site {
        graph: core.graph(),
        journal: core.journal().cloned(),
        instance: Arc::clone(core.instance()),
        places: frame.places(),
        stage,
        expression: site,
        reverses: core.reverses(),
    };
    let mut place = Some(Origin::Expression { site, begun: NestedRunCounts::default() });
    swap(&mut place);
    Evaluating { around: place, is_placed: true }
}

impl Evaluating {
    /// Restores the thread's place, after the expression was evaluated. Returns the place of the expression.
    fn leave(&mut self) -> Option<Origin> {
        if !mem::take(&mut self.is_placed) {
            return None;
        }
        let mut place = self.around.take();
        swap(&mut place);
        place
    }
}

impl Drop for Evaluating {
    fn drop(&mut self) {
        // The expression has panicked.
        drop(self.leave());
    }
}

pin_project_lite::pin_project! {
    /// A future that is polled in a place.
    pub struct Placed<F> {
        place: Option<Origin>,
        #[pin]
        run: F,
    }
}

/// Has what the expression has given polled in its place.
pub fn placed<F: Future>(mut evaluating: Evaluating, run: F) -> Placed<F> {
    Placed { place: evaluating.leave(), run }
}

/// Has `run`, where that is one with a name, polled in a place of its own: runs that are begun in there have names too.
pub(crate) fn placed_run<F: Future>(core: &Arc<RunState>, run: F) -> Placed<F> {
    Placed { place: core.is_named().then(|| Origin::Run(Arc::clone(core))), run }
}

impl<F: Future> Future for Placed<F> {
    type Output = F::Output;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if this.place.is_none() {
            return this.run.poll(context);
        }
        swap(this.place);
        let _back = Back(this.place);
        this.run.poll(context)
    }
}

/// Takes the place out again, also where the code in it panics.
struct Back<'a>(&'a mut Option<Origin>);

impl Drop for Back<'_> {
    fn drop(&mut self) {
        swap(self.0);
    }
}
