//! A running stage with an undo: it owns its future, and adds its undo to the log as it completes.

use crate::{
    failure::{Failure, exit::Stop},
    future::boxed::BoxFuture,
    output::shared::{Held, OutputRef},
    run::{
        attempt_state::Flight,
        frame::{Cx, Detached},
        grace::Grace,
        undo_log::{Arming, Content, InFlight, Undo, UndoLog},
        undo_record::UndoRecord,
    },
};
use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

/// A running stage with an undo.
pub struct Protected<T: Send + Sync + 'static> {
    stage: u32,
    record: Option<UndoRecord>,
    log: Arc<UndoLog>,
    detached: Arc<Detached>,
    run: Option<BoxFuture<'static, Result<Done<T>, Stop>>>,
}

/// The result of a compensable stage: its output, shared with its undo.
type Done<T> = (OutputRef<T>, Option<Undo>);

/// Runs a stage that will have to be undone. `run` gives its output and whether there is something to undo; `arm` makes
/// the undo, which gets the output where it `keeps` it: what is kept can't be handed over.
pub fn protected<T, F, A, R>(
    cx: Cx<'_>,
    stage: u32,
    keeps: bool,
    run: impl FnOnce(Arc<Detached>) -> F,
    arm: A,
) -> Protected<T>
where
    T: Send + Sync + 'static,
    F: Future<Output = Result<(T, bool), Stop>> + Send + 'static,
    A: FnOnce(Option<OutputRef<T>>, Failure, Arc<Detached>) -> R + Send + 'static,
    R: Future<Output = Result<(), Stop>> + Send + 'static,
{
    fly(cx, stage, None, keeps, run, arm)
}

/// Runs a stage whose undo has `on = attempt`: `arm` makes the undo when the first attempt begins.
pub fn protected_from_attempt<T, F, A, R>(
    cx: Cx<'_>,
    stage: u32,
    run: impl FnOnce(Arc<Detached>) -> F,
    arm: A,
) -> Protected<T>
where
    T: Send + Sync + 'static,
    F: Future<Output = Result<(T, bool), Stop>> + Send + 'static,
    A: FnOnce(Failure, Arc<Detached>) -> R + Send + 'static,
    R: Future<Output = Result<(), Stop>> + Send + 'static,
{
    let detached = Arc::new(cx.detach_to_reverse());
    let (completed, record) = (Arc::new(OnceLock::new()), record_of(cx, stage));
    let arming = Arming {
        log: cx.log(),
        stage,
        places: cx.places_told(),
        record: record_of(cx, stage),
        completed: Arc::clone(&completed),
        run: Box::new(move |failure| Box::pin(arm(failure, detached))),
    };
    // What is armed already is not armed again.
    let run = |detached| {
        let run = run(detached);
        async move {
            let (value, _) = run.await?;
            completed.get_or_init(|| record.order());
            Ok((value, false))
        }
    };
    fly(cx, stage, Some(arming), false, run, |_, _, _| async { Ok(()) })
}

fn fly<T, F, A, R>(
    cx: Cx<'_>,
    stage: u32,
    armed: Option<Arming>,
    keeps: bool,
    run: impl FnOnce(Arc<Detached>) -> F,
    arm: A,
) -> Protected<T>
where
    T: Send + Sync + 'static,
    F: Future<Output = Result<(T, bool), Stop>> + Send + 'static,
    A: FnOnce(Option<OutputRef<T>>, Failure, Arc<Detached>) -> R + Send + 'static,
    R: Future<Output = Result<(), Stop>> + Send + 'static,
{
    let flying = Arc::new(cx.detach_in_flight(Flight::new(stage, armed)));
    let run = run(Arc::clone(&flying));
    // What lies in a log must not hold on to it.
    let detached = Arc::new(cx.detach_to_reverse());
    let places = cx.places_told();
    let (record, doubtful) = (record_of(cx, stage), record_of(cx, stage));
    let run = async move {
        let (value, ran) = run.await?;
        let loan = OutputRef::new(value);
        let output = keeps.then(|| loan.clone());
        let place = (stage, places, record);
        let undo = ran.then(|| Undo::new(place, move |failure| Box::pin(arm(output, failure, detached))));
        Ok((loan, undo))
    };
    Protected { stage, record: Some(doubtful), log: cx.log(), detached: flying, run: Some(Box::pin(run)) }
}

impl Detached {
    /// Returns the output that an undo keeps.
    ///
    /// # Panics
    /// Where it keeps none: the macro sees to that.
    #[must_use]
    pub fn kept<T>(own: Option<&OutputRef<T>>) -> &T {
        match own {
            Some(loan) => loan,
            None => unreachable!("only an undo that names its output keeps it"),
        }
    }
}

impl<T: Send + Sync + 'static> Future for Protected<T> {
    type Output = Result<Held<T>, Stop>;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // Taken out: should it panic, there is nothing left of it to finish.
        let Some(mut run) = self.run.take() else { unreachable!("polled after it ended") };
        let Poll::Ready(ended) = run.as_mut().poll(context) else {
            self.run = Some(run);
            return Poll::Pending;
        };
        Poll::Ready(ended.map(|(loan, undo)| {
            // In the same breath in which the output is there.
            if let Some(undo) = undo {
                self.log.push(undo);
            }
            Held::Kept(loan)
        }))
    }
}

impl<T: Send + Sync + 'static> Drop for Protected<T> {
    fn drop(&mut self) {
        // Also where a panic elsewhere throws the scope away.
        let Some((run, flight)) = self.run.take().zip(self.detached.core().flight()) else { return };
        let grace = flight.grace();
        if grace == Grace::None {
            return;
        }
        // An attempt has begun: it may finish, and is then undone.
        flight.leave();
        let run = Box::pin(async move { run.await.map(|(_, undo)| undo) });
        let in_flight = vec![InFlight { stage: self.stage, record: self.record.take(), grace, run }];
        self.log.take(Content { in_flight, ..Content::default() });
    }
}

/// Returns the record of a stage's undo.
#[cfg(feature = "durable")]
fn record_of(cx: Cx<'_>, stage: u32) -> UndoRecord {
    let core = cx.core;
    UndoRecord::new(cx.journal(), || cx.path_of(stage), (core.graph().name, core.stage_name(stage)))
}

#[cfg(not(feature = "durable"))]
fn record_of(_: Cx<'_>, _: u32) -> UndoRecord {
    UndoRecord
}
