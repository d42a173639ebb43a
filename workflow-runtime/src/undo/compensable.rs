//! A running stage with an undo: it owns its future, and adds its undo to the log as it completes.

use crate::{
    failure::{Failure, exit::Exit},
    future::boxed::BoxFuture,
    output::shared::{OutputRef, OwnedOrShared},
    run::{
        attempt_state::AttemptState,
        frame::{Frame, OwnedFrame},
        grace::GracePeriod,
        undo_log::{ArmedUndo, PendingAttempt, UndoEntry, UndoLog, UndoState},
        undo_record::UndoRecord,
    },
    stage_id::StageId,
};
use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

/// A running stage with an undo.
pub struct Protected<T: Send + Sync + 'static> {
    stage: StageId,
    record: Option<UndoRecord>,
    log: Arc<UndoLog>,
    detached: Arc<OwnedFrame>,
    run: Option<BoxFuture<'static, Result<Done<T>, Exit>>>,
}

/// The result of a compensable stage: its output, shared with its undo.
type Done<T> = (OutputRef<T>, Option<UndoEntry>);

/// Runs a stage that will have to be undone. `run` gives its output and whether there is something to undo; `arm` makes
/// the undo, which gets the output where it `keeps` it: what is kept can't be handed over.
pub fn compensable<T, F, A, R>(
    frame: Frame<'_>,
    stage: StageId,
    keeps: bool,
    run: impl FnOnce(Arc<OwnedFrame>) -> F,
    arm: A,
) -> Protected<T>
where
    T: Send + Sync + 'static,
    F: Future<Output = Result<(T, bool), Exit>> + Send + 'static,
    A: FnOnce(Option<OutputRef<T>>, Failure, Arc<OwnedFrame>) -> R + Send + 'static,
    R: Future<Output = Result<(), Exit>> + Send + 'static,
{
    fly(frame, stage, None, keeps, run, arm)
}

/// Runs a stage whose undo has `on = attempt`: `arm` makes the undo when the first attempt begins.
pub fn compensable_from_attempt<T, F, A, R>(
    frame: Frame<'_>,
    stage: StageId,
    run: impl FnOnce(Arc<OwnedFrame>) -> F,
    arm: A,
) -> Protected<T>
where
    T: Send + Sync + 'static,
    F: Future<Output = Result<(T, bool), Exit>> + Send + 'static,
    A: FnOnce(Failure, Arc<OwnedFrame>) -> R + Send + 'static,
    R: Future<Output = Result<(), Exit>> + Send + 'static,
{
    let detached = Arc::new(frame.detach_to_reverse());
    let (completed, record) = (Arc::new(OnceLock::new()), record_of(frame, stage));
    let arming = ArmedUndo {
        log: frame.log(),
        stage,
        places: frame.observed_places(),
        record: record_of(frame, stage),
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
    fly(frame, stage, Some(arming), false, run, |_, _, _| async { Ok(()) })
}

fn fly<T, F, A, R>(
    frame: Frame<'_>,
    stage: StageId,
    armed: Option<ArmedUndo>,
    keeps: bool,
    run: impl FnOnce(Arc<OwnedFrame>) -> F,
    arm: A,
) -> Protected<T>
where
    T: Send + Sync + 'static,
    F: Future<Output = Result<(T, bool), Exit>> + Send + 'static,
    A: FnOnce(Option<OutputRef<T>>, Failure, Arc<OwnedFrame>) -> R + Send + 'static,
    R: Future<Output = Result<(), Exit>> + Send + 'static,
{
    let flying = Arc::new(frame.detach_in_flight(AttemptState::new(stage, armed)));
    let run = run(Arc::clone(&flying));
    // What lies in a log must not hold on to it.
    let detached = Arc::new(frame.detach_to_reverse());
    let places = frame.observed_places();
    let (record, doubtful) = (record_of(frame, stage), record_of(frame, stage));
    let run = async move {
        let (value, ran) = run.await?;
        let loan = OutputRef::new(value);
        let output = keeps.then(|| loan.clone());
        let place = (stage, places, record);
        let undo = ran.then(|| UndoEntry::new(place, move |failure| Box::pin(arm(output, failure, detached))));
        Ok((loan, undo))
    };
    Protected { stage, record: Some(doubtful), log: frame.log(), detached: flying, run: Some(Box::pin(run)) }
}

impl OwnedFrame {
    /// Returns the output that an undo keeps.
    ///
    /// # Panics
    /// If the undo keeps none. The macro calls it only for one that does.
    #[must_use]
    pub fn kept<T>(own: Option<&OutputRef<T>>) -> &T {
        match own {
            Some(loan) => loan,
            None => unreachable!("only an undo that names its output keeps it"),
        }
    }
}

impl<T: Send + Sync + 'static> Future for Protected<T> {
    type Output = Result<OwnedOrShared<T>, Exit>;
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
            OwnedOrShared::Shared(loan)
        }))
    }
}

impl<T: Send + Sync + 'static> Drop for Protected<T> {
    fn drop(&mut self) {
        // Also where a panic elsewhere throws the scope away.
        let Some((run, flight)) = self.run.take().zip(self.detached.core().flight()) else { return };
        let grace = flight.grace();
        if grace == GracePeriod::None {
            return;
        }
        // An attempt has begun: it may finish, and is then undone.
        flight.leave();
        let run = Box::pin(async move { run.await.map(|(_, undo)| undo) });
        let in_flight = vec![PendingAttempt { stage: self.stage, record: self.record.take(), grace, run }];
        self.log.take(UndoState { in_flight, ..UndoState::default() });
    }
}

/// Returns the record of a stage's undo.
#[cfg(feature = "durable")]
fn record_of(frame: Frame<'_>, stage: StageId) -> UndoRecord {
    let core = frame.core;
    UndoRecord::new(frame.journal(), || frame.path_of(stage), (core.graph().name, core.stage_name(stage)))
}

#[cfg(not(feature = "durable"))]
fn record_of(_: Frame<'_>, _: StageId) -> UndoRecord {
    UndoRecord
}
