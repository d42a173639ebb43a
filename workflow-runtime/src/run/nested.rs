//! Runs that are cut inside another one: what they did is undone there.
//!
//! A run that is dropped can't await its own undos. Where it is dropped while another run is polled, it leaves them
//! behind as a future, and the other run awaits that before it goes on. While a run is polled, its thread knows that by
//! the run's address.

use super::{
    children::{HAS_LEFT, POLLED, left_in},
    frame::Frame,
    state::RunState,
};
use crate::{
    failure::{UndoReport, panic::drop_quietly},
    future::boxed::BoxFuture,
    sync::lock,
};
use std::{
    future::{Future, poll_fn},
    pin::Pin,
    ptr,
    sync::Arc,
    task::{Context, Poll},
};

#[inline]
pub(crate) fn address(core: &RunState) -> usize {
    ptr::from_ref(core).addr()
}

/// A run whose part is polled or dropped now.
struct Entered<'a> {
    core: &'a RunState,
    /// The run that was polled before.
    around: usize,
}

impl<'a> Entered<'a> {
    #[inline]
    fn new(core: &'a RunState) -> Self {
        Self { core, around: POLLED.replace(address(core)) }
    }
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        if POLLED.replace(self.around) & HAS_LEFT != 0 {
            take_over(self.core);
        }
    }
}

/// Polls the machine of a run.
#[inline]
pub(crate) fn polled<T>(core: &RunState, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
    let _entered = Entered::new(core);
    poll()
}

/// Drops what belongs to a run.
pub(crate) fn dropped(core: &RunState, drop: impl FnOnce()) {
    // A run on a store goes on later, and so do those inside of it, from their beginning.
    let _entered = (!core.is_suspended()).then(|| Entered::new(core));
    drop();
}

/// Keeps what was left behind in that run until something awaits it.
#[cold]
#[inline(never)]
fn take_over(core: &RunState) {
    core.children().add(left_in(address(core)));
}

/// Drops what was cut by a `return`: nothing is undone then.
pub(crate) fn forget() {
    let polled = POLLED.get();
    if polled & HAS_LEFT != 0 {
        let left = left_in(polled & !HAS_LEFT);
        POLLED.set(0);
        drop_quietly(|| drop(left));
        POLLED.set(polled & !HAS_LEFT);
    }
}

/// Returns whether something was cut in that run that has to be undone.
#[inline]
pub(crate) fn is_abandoned(core: &RunState) -> bool {
    POLLED.get() & HAS_LEFT != 0 || core.has_children_left()
}

/// Undoes what was cut just now in a run; gives what could not be undone.
pub(crate) async fn undone(core: &RunState) -> UndoReport {
    let mut undone = UndoReport::default();
    while is_abandoned(core) {
        let mut under_way = left_in(POLLED.get() & !HAS_LEFT);
        POLLED.set(POLLED.get() & !HAS_LEFT);
        if core.has_children_left() {
            under_way.append(&mut core.children().take());
        }
        let _guard = core.resident_guard();
        poll_fn(|context| {
            under_way.retain_mut(|rollback| match rollback.as_mut().poll(context) {
                Poll::Pending => true,
                Poll::Ready(failure) => {
                    undone.append(failure.undone().map(Arc::unwrap_or_clone).unwrap_or_default());
                    false
                }
            });
            if under_way.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
    undone
}

/// Undoes what is left once a run has its output.
pub(crate) async fn left_undone(core: &RunState) {
    if core.has_children_left() {
        Box::pin(within(core, undone(core))).await;
    }
}

/// Undoes what was dropped in a run that goes on. Undos that fail are reported when the run fails.
pub(crate) async fn undone_on_the_way(frame: Frame<'_>) {
    let core = frame.core();
    let undone = undone(core).await;
    if undone.is_nothing() {
        return;
    }
    #[cfg(feature = "durable")]
    if let Some(journal) = frame.journal() {
        return journal.not_undone(&format!(":child {:032x}", fastrand::u128(..)), &undone);
    }
    lock(&core.children().undone).append(undone);
}

/// Awaits [`undone_on_the_way`], where something was cut.
#[inline]
pub(crate) async fn settled(frame: Frame<'_>) {
    if is_abandoned(frame.core()) {
        // Boxed, so that futures do not grow.
        Box::pin(undone_on_the_way(frame)).await;
    }
}

/// The output of a future, held back while the runs that it dropped are undone.
pub(crate) struct After<'a, T>(Option<Box<UndoneAfter<'a, T>>>);

struct UndoneAfter<'a, T> {
    undoing: BoxFuture<'a, ()>,
    given: Option<T>,
}

impl<T> Default for After<'_, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a, T> After<'a, T> {
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    /// Gives what `run` gives, once what it has cut is undone. `run` is not called again after it has given something.
    pub(crate) fn poll(
        &mut self,
        frame: Frame<'a>,
        context: &mut Context<'_>,
        run: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        if self.0.is_none() {
            let Poll::Ready(given) = run(context) else { return Poll::Pending };
            if !is_abandoned(frame.core()) {
                return Poll::Ready(given);
            }
            let undoing = Box::pin(undone_on_the_way(frame));
            self.0 = Some(Box::new(UndoneAfter { undoing, given: Some(given) }));
        }
        let Some(settling) = &mut self.0 else { return Poll::Pending };
        let Poll::Ready(()) = settling.undoing.as_mut().poll(context) else { return Poll::Pending };
        match settling.given.take() {
            Some(given) => Poll::Ready(given),
            None => unreachable!("polled after it ended"),
        }
    }
}

pin_project_lite::pin_project! {
    /// A future that ends once what it has cut is undone.
    pub(crate) struct Settled<'a, F: Future> {
        frame: Frame<'a>,
        #[pin]
        run: F,
        after: After<'a, F::Output>,
    }
}

/// Has `run` end once what it has cut is undone.
pub(crate) fn settling<F: Future>(frame: Frame<'_>, run: F) -> Settled<'_, F> {
    Settled { frame, run, after: After::new() }
}

impl<F: Future> Future for Settled<'_, F> {
    type Output = F::Output;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let run = this.run;
        this.after.poll(*this.frame, context, |context| run.poll(context))
    }
}

pin_project_lite::pin_project! {
    /// A part of a run that is polled after its machine.
    pub(crate) struct AfterMachine<'a, F> {
        core: &'a RunState,
        #[pin]
        run: Option<F>,
    }
    impl<F> PinnedDrop for AfterMachine<'_, F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.run.is_some() {
                dropped(this.core, || this.run.set(None));
            }
        }
    }
}

/// Has `run` polled as a part of that run.
pub(crate) fn within<F>(core: &RunState, run: F) -> AfterMachine<'_, F> {
    AfterMachine { core, run: Some(run) }
}

impl<T, F: Future<Output = T>> Future for AfterMachine<'_, F> {
    type Output = T;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut this = self.project();
        let Some(run) = this.run.as_mut().as_pin_mut() else { unreachable!("polled after it ended") };
        let ended = polled(this.core, || run.poll(context));
        if ended.is_ready() {
            this.run.set(None);
        }
        ended
    }
}
