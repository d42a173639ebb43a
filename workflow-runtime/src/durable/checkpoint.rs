//! Checkpoints: a stage's output is recorded before any other stage sees it.

use super::recorded_place::{RecordedContent, RecordedPlace, Retention, note_failure};
use crate::{
    failure::{BoxError, Failure, exit::Exit},
    future::{boxed::BoxFuture, map::then},
    journal::{
        failure::StoredFailure,
        log::{Journal, LAST, UNRECORDED},
        path::within,
        payload::{NotStorable, Payload, WrittenValue},
        record::{RecordKind, decode_record, encode_record},
        residency::ResidencyGuard,
        restore::{InEnded, restore_nested},
    },
    run::{catch_panic::catch_panic, frame::Frame},
    stage::catch::Absorbed,
    stage_id::StageId,
    sync::lock,
};
use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};
use workflow_store::Record;

/// Returns whether a `#[lazy]` stage is recorded: the stage that requested it may have ended, and does not request it
/// again.
#[must_use]
pub fn has_begun(frame: Frame<'_>, stage: StageId) -> bool {
    frame.journal().filter(|journal| journal.is_restoring()).is_some_and(|journal| {
        let path = frame.path_of(stage);
        journal.record(&path).is_some() || journal.has_within(&path)
    })
}

/// The future of a stage's or an item's content. Boxed, so that futures do not grow with each level of nesting, and
/// rustc need not look through all levels to see that they are `Send`.
pub type Part<'p, T> = BoxFuture<'p, Result<T, Exit>>;

/// Boxes a future.
pub fn part<'p, T>(run: impl Future<Output = Result<T, Exit>> + Send + 'p) -> Part<'p, T> {
    Box::pin(run)
}

/// Restores a stage's recorded output, or runs the stage and records its output. `run` returns an output, and whether
/// it has something to undo.
///
/// # Errors
/// The stage's failure, or the recorded one.
pub async fn checkpoint<'a, 'p, T: Send + 'p>(
    frame: Frame<'a>,
    stage: StageId,
    payload: Payload<T>,
    keeps: Retention,
    run: impl FnOnce(Frame<'a>) -> Part<'p, (T, bool)> + Send,
) -> Result<(T, bool), Exit> {
    kept_in_place(frame, (stage, true), payload, keeps, run).await
}

/// Restores a stage or an item of one, or runs and records it. `whole`: it is the stage.
pub(crate) async fn kept_in_place<'a, 'p, T>(
    frame: Frame<'a>,
    (stage, whole): (StageId, bool),
    payload: Payload<T>,
    keeps: Retention,
    run: impl FnOnce(Frame<'a>) -> Part<'p, (T, bool)> + Send,
) -> Result<(T, bool), Exit>
where
    T: Send + 'p,
{
    let Some(journal) = frame.journal() else { return run(frame).await };
    let place = RecordedPlace { frame, journal, stage, whole, keeps, path: frame.path_of(stage) };
    let mut content = StageContent { payload, run: Some(run), value: Arc::default() };
    let ran = place.restore_or_run(&mut content).await?;
    match lock(&content.value).take() {
        Some(value) => Ok((value, ran)),
        None => unreachable!("a stage that has not failed has a value"),
    }
}

/// The content of a stage, with room for the value. The place of the record sees it without the type of the value.
struct StageContent<T, R> {
    payload: Payload<T>,
    run: Option<R>,
    value: Arc<Mutex<Option<T>>>,
}

impl<'a, 'p, T, R> RecordedContent<'a, 'p> for StageContent<T, R>
where
    T: Send + 'p,
    R: FnOnce(Frame<'a>) -> Part<'p, (T, bool)> + Send,
{
    fn begin(&mut self, frame: Frame<'a>) -> Part<'p, bool> {
        let Some(run) = self.run.take() else { unreachable!("a stage begins once") };
        let (run, value) = (run(frame), Arc::clone(&self.value));
        Box::pin(then(run, move |ended: Result<(T, bool), Exit>| {
            let (given, ran) = ended?;
            lock(&value).get_or_insert(given);
            Ok(ran)
        }))
    }

    fn recall(&mut self, record: &Record) -> Result<(), BoxError> {
        *lock(&self.value) = Some(self.payload.recall(record)?);
        Ok(())
    }

    fn encode(&self) -> Result<Vec<u8>, NotStorable> {
        match &*lock(&self.value) {
            Some(value) => self.payload.encode(value),
            None => unreachable!("a stage that has completed has a value"),
        }
    }
}

/// Waits, before an expression of the user's is evaluated, until all records are restored. `site`: the key of the
/// expression, empty for the stage's own.
pub async fn await_restored(frame: Frame<'_>, stage: StageId, site: &str) {
    if let Some(journal) = frame.journal() {
        begins_in(frame, journal, (stage, site), true, true).await;
    }
}

/// Waits until user code of a stage with an undo may begin. An interrupted stage runs again, whatever else is recorded.
pub async fn before_user_code(frame: Frame<'_>, stage: StageId, site: &str) {
    let Some(journal) = frame.journal() else { return };
    let is_held_back = frame.is_held_back(stage);
    begins_in(frame, journal, (stage, site), !is_held_back, is_held_back || frame.stands_still(stage)).await;
}

/// Lets user code of a place begin. `may_have_begun`: before an interruption, which counts then. `waits`: until all
/// records are restored.
async fn begins_in(
    frame: Frame<'_>,
    journal: &Arc<Journal>,
    (stage, site): (StageId, &str),
    may_have_begun: bool,
    waits: bool,
) {
    let place = || frame.begins_at(stage, site);
    if may_have_begun && journal.counts() {
        journal.reaches(&place());
    }
    if waits {
        journal.await_turn(UNRECORDED).await;
    }
    if journal.lacks_homes() {
        journal.park_if_left_around(&frame.path_of(stage), site.is_empty()).await;
    }
    journal.before_user_code(place).await;
}

pin_project_lite::pin_project! {
    /// A running expression of the user's.
    pub struct Working<F> {
        busy: Option<ResidencyGuard>,
        #[pin]
        run: F,
    }
}

/// Marks user code as running for as long as `run` lives.
pub fn busy<F: Future>(frame: Frame<'_>, run: F) -> Working<F> {
    Working { busy: frame.journal().map(Journal::busy), run }
}

impl<F: Future> Future for Working<F> {
    type Output = F::Output;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let polled = this.run.poll(context);
        if polled.is_ready() {
            *this.busy = None;
        }
        polled
    }
}

/// Returns the path of the failure of an expression that is a part of a stage.
fn failure_of_part(frame: Frame<'_>, stage: StageId, site: &str) -> String {
    within(&frame.path_of(stage), &format!("failed-{site}"))
}

/// Returns the recorded failure of an expression that is a part of a stage: the expression does not run again.
///
/// # Errors
/// The recorded failure.
pub async fn failed_before(frame: Frame<'_>, stage: StageId, site: &str) -> Result<(), Exit> {
    let Some(journal) = frame.journal() else { return Ok(()) };
    let path = failure_of_part(frame, stage, site);
    let Some(record) = journal.record(&path) else { return Ok(()) };
    let failure = match decode_record::<StoredFailure>(&record) {
        Ok(failure) => failure.restore(),
        Err(error) => return journal.undecodable(&path, error).await,
    };
    journal.hold_failure(record.order).await;
    journal.mark_restored();
    Err(failure.into())
}

/// Runs an expression that is a part of a stage, an arm's or a member's. Its failure is recorded before it has any
/// effect.
///
/// # Errors
/// The expression's.
pub async fn noting<T>(
    frame: Frame<'_>,
    stage: StageId,
    site: &str,
    run: impl Future<Output = Result<T, Exit>>,
) -> Result<T, Exit> {
    // A panic is a failure here already: a member that panics is out, and its race goes on.
    let ended = catch_panic(frame.core, run).await;
    if let (Some(journal), Err(Exit::Failed(failure))) = (frame.journal(), &ended) {
        note_failure(journal, failure_of_part(frame, stage, site), failure).await;
    }
    ended
}

/// As [`catch`](crate::stage::catch::catch). Once all attempts have failed, the failure is recorded.
///
/// # Errors
/// As there.
pub async fn absorbed_kept<T>(
    frame: Frame<'_>,
    (stage, site): (StageId, &str),
    in_flight: bool,
    run: impl Future<Output = Result<T, Exit>>,
) -> Absorbed<T> {
    // Boxed, so that futures do not grow with each level of nesting.
    let run = Box::pin(run);
    let run = async move {
        match in_flight {
            true => crate::stage::catch::catch_in_flight(frame, stage, run).await,
            false => crate::stage::catch::catch(frame, run).await,
        }
    };
    let Some(journal) = frame.journal() else { return run.await };
    let path = frame.path_within(stage, site);
    if let Some(record) = journal.record(&path) {
        let failure: Failure = match decode_record::<StoredFailure>(&record) {
            Ok(failure) => failure.restore(),
            Err(error) => return journal.undecodable(&path, error).await,
        };
        journal.mark_restored();
        return Err(Ok(failure));
    }
    let ended = run.await;
    if let Err(Ok(failure)) = &ended {
        // Nothing inside is needed any more.
        let forget = frame.path_of(stage);
        let put = [(path.into(), RecordKind::Failed, encode_record(&StoredFailure::of(failure)))];
        journal.enter(put, Some(&forget), Vec::new());
    }
    ended
}

/// Settles the records that an interrupted process has left of a stage that takes its value out of a cache.
pub fn found_in_cache(frame: Frame<'_>, stage: StageId) {
    if let Some(journal) = frame.journal() {
        journal.settles_within(&frame.path_of(stage), UNRECORDED);
    }
}

/// `on = attempt`: recorded before the first attempt.
pub async fn armed(frame: Frame<'_>, stage: StageId) {
    if let Some(journal) = frame.journal() {
        if frame.is_held_back(stage) {
            journal.await_turn(UNRECORDED).await;
        }
        let path = frame.path_within(stage, "armed");
        if journal.record(&path).is_none() {
            journal.put(path, RecordKind::Armed, Vec::new());
        }
        journal.settled().await;
    }
}

pub(crate) async fn kept_part<T>(
    frame: Frame<'_>,
    path: String,
    kind: RecordKind,
    keeps: bool,
    payload: Payload<T>,
    run: impl Future<Output = Result<T, Exit>>,
) -> Result<T, Exit> {
    let Some(journal) = frame.journal() else { return run.await };
    if let Some(record) = journal.record(&path) {
        return match payload.recall(&record) {
            Ok(value) => {
                if journal.is_restoring() && (keeps || journal.lacks_homes_around(&path)) {
                    // Stages completed inside are restored, for their undos, and so that their records have a home.
                    restore_nested(journal, (&path, record.order), InEnded::new(journal, run)).await;
                } else {
                    journal.await_turn(record.order).await;
                }
                journal.mark_restored();
                Ok(value)
            }
            Err(error) => journal.undecodable(&path, error).await,
        };
    }
    let value = run.await?;
    // Recorded ends come first.
    journal.await_turn(LAST).await;
    let written = WrittenValue::new(payload.encode(&value), kind, &|| format!("what '{path}' gave"));
    journal.put(path, written.kind, written.bytes);
    journal.park_if_refused(written.refused).await;
    Ok(value)
}
