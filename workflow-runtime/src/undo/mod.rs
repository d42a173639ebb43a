//! Compensation: what has been done is undone, the last first.
//!
//! An undo owns all that it needs (loans of outputs), so that it outlives the scope that made them. A stage that has an
//! undo owns its future too: where its scope is thrown away in the midst of an attempt, it is not cut but handed to the
//! log, which lets that attempt end.

pub(crate) mod attempt;
pub(crate) mod compensable;
pub(crate) mod recorded;

use crate::run::undo_record::UndoRecord;
use crate::{
    failure::{Failure, FailureKind, Undone, exit::Stop, panic::cut},
    future::boxed::Owned,
    observe::event::EventKind,
    run::{
        nested,
        state::{Core, Cx},
        turn::turn,
    },
};
use attempt::Grace;
use recorded::Thrown;
use std::{
    future::{Future, poll_fn},
    mem,
    ops::Deref,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    task::Poll,
};

/// What reverses one completed stage.
pub(crate) struct Undo {
    order: u64,
    /// Armed before the stage completed: its place once it has.
    completed: Option<Arc<OnceLock<u64>>>,
    stage: u32,
    /// Its rounds and items, where somebody listens.
    places: Vec<(u32, u32)>,
    /// Where it stands whether it has run.
    record: UndoRecord,
    run: Reversal,
}

impl Undo {
    fn new(
        (stage, places, record): (u32, Vec<(u32, u32)>, UndoRecord),
        run: impl FnOnce(Failure) -> Owned<Result<(), Stop>> + Send + 'static,
    ) -> Self {
        Self { order: record.order(), completed: None, stage, places, record, run: Box::new(run) }
    }

    /// Its place among the completions; that of its arming, where it never completed.
    fn order(&self) -> u64 {
        match &self.completed {
            None => self.order,
            Some(completed) => completed.get().copied().unwrap_or_else(|| self.record.armed(self.order)),
        }
    }
}

type Reversal = Box<dyn FnOnce(Failure) -> Owned<Result<(), Stop>> + Send>;

struct InFlight {
    stage: u32,
    /// Where it stands how its undo went, where it has one.
    record: Option<UndoRecord>,
    grace: Grace,
    run: Owned<Result<Option<Undo>, Stop>>,
}

impl InFlight {
    /// Nobody knows whether it took effect.
    fn doubt(&self, core: &Core, in_doubt: &mut Vec<&'static str>) {
        if let Some(name) = core.stage_name(self.stage) {
            if let Some(record) = &self.record {
                record.in_doubt(name);
            }
            in_doubt.push(name);
        }
    }
}

/// What would have to be undone, were this scope thrown away now.
#[derive(Default)]
pub struct UndoLog {
    content: Mutex<Content>,
    /// Who takes over what is left when the scope is dropped.
    parent: Option<Arc<UndoLog>>,
}

#[derive(Default)]
struct Content {
    entries: Vec<Undo>,
    in_flight: Vec<InFlight>,
    /// Undos that have begun, where what ran them was thrown away itself: they go on first.
    begun: Vec<Begun>,
    /// What went wrong before that.
    undone: Undone,
    /// The scope is gone: whatever still comes goes on to its parent.
    closed: bool,
}

/// An undo under way.
struct Begun {
    stage: u32,
    places: Vec<(u32, u32)>,
    run: Owned<Result<(), Stop>>,
}

impl Content {
    fn append(&mut self, mut more: Self) {
        self.entries.append(&mut more.entries);
        self.in_flight.append(&mut more.in_flight);
        self.begun.append(&mut more.begun);
        self.undone.append(more.undone);
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.in_flight.is_empty() && self.begun.is_empty() && self.undone.is_nothing()
    }
}

/// The log of a scope that may be thrown away alone, for as long as the scope lives. What is under way in a log holds on
/// to that log, so it is this guard, and not the count of references, that says when the scope is gone.
pub struct ScopeLog {
    log: Arc<UndoLog>,
}

impl Deref for ScopeLog {
    type Target = Arc<UndoLog>;
    fn deref(&self) -> &Arc<UndoLog> {
        &self.log
    }
}

impl Drop for ScopeLog {
    fn drop(&mut self) {
        let left = mem::replace(&mut *lock(&self.log.content), Content { closed: true, ..Content::default() });
        if let Some(parent) = &self.log.parent {
            parent.take(left);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl UndoLog {
    pub(crate) fn root() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn child(parent: &Arc<Self>) -> ScopeLog {
        ScopeLog { log: Arc::new(Self { content: Mutex::default(), parent: Some(Arc::clone(parent)) }) }
    }

    /// That of the run.
    fn root_of(&self) -> &Self {
        let mut log = self;
        while let Some(parent) = &log.parent {
            log = parent;
        }
        log
    }

    fn push(&self, entry: Undo) {
        self.take(Content { entries: vec![entry], ..Content::default() });
    }

    fn take(&self, more: Content) {
        if more.is_empty() {
            return;
        }
        let mut content = lock(&self.content);
        if !content.closed {
            content.append(more);
            return;
        }
        drop(content);
        // Where the run itself is gone, nothing can be undone any more.
        if let Some(parent) = &self.parent {
            parent.take(more);
        }
    }

    /// A task that was cancelled is there until its next await: nothing is undone before it has ended, and what was under way
    /// on it may finish.
    pub(crate) fn await_end(&self, stage: u32, ended: impl Future<Output = ()> + Send + 'static) {
        let run = Box::pin(async move {
            ended.await;
            Ok(None)
        });
        let in_flight = vec![InFlight { stage, record: None, grace: Grace::OwnTimeout, run }];
        self.take(Content { in_flight, ..Content::default() });
    }

    /// The scope has succeeded: what it did is now its surroundings' to undo.
    fn hand_to(&self, other: &Self) {
        let content = mem::take(&mut *lock(&self.content));
        other.take(content);
    }

    /// There is something to undo, or under way.
    pub(crate) fn holds_something(&self) -> bool {
        !lock(&self.content).is_empty()
    }

    /// Nothing will be undone any more.
    pub(crate) fn forget(&self) {
        let content = mem::take(&mut *lock(&self.content));
        drop(content);
    }

    /// The same, of what still comes too: the run is gone.
    pub(crate) fn close(&self) {
        let content = mem::replace(&mut *lock(&self.content), Content { closed: true, ..Content::default() });
        drop(content);
    }

    /// Lets what is under way end, then undoes everything, the last first. Where this is dropped before its end, what is left
    /// goes back into the log, for whoever throws the scope away to go on with.
    pub(crate) async fn unwind(&self, core: &Core, failure: Failure, thrown: &Thrown) -> Failure {
        self.unwind_only(core, failure, thrown, |_| true).await
    }

    /// The same for some stages only.
    pub(crate) async fn unwind_only(
        &self,
        core: &Core,
        failure: Failure,
        thrown: &Thrown,
        is_taken: impl Fn(u32) -> bool + Sync,
    ) -> Failure {
        // What was run inside of the stages that are cut ends first.
        let failure = failure.with_undone(Box::pin(nested::undone(core)).await);
        let mut unwinding = Unwinding { log: self, left: Content::default() };
        unwinding.finish_in_flight(core, &is_taken).await;
        let failure = failure.with_undone(Box::pin(nested::undone(core)).await);
        thrown.landed();
        let left = &mut unwinding.left;
        left.entries.retain(|undo| is_taken(undo.stage));
        left.entries.sort_by_key(Undo::order);
        let earlier = left.undone.failures.len();
        loop {
            if left.begun.is_empty() {
                let Some(Undo { stage, places, record, run, .. }) = left.entries.pop() else { break };
                if let Some(before) = record.before() {
                    core.tell_undone_before(stage, &places, &before);
                    left.undone.failures.extend(before.err());
                    continue;
                }
                core.tell_of(stage, &places, EventKind::Undoing);
                left.begun.push(Begun { stage, places, run: record.recording(run(failure.clone())) });
            }
            let ended = poll_fn(|context| {
                let Some(undo) = left.begun.last_mut() else { return Poll::Ready(Ok(())) };
                core.cx().at(undo.stage);
                core.catch(|| undo.run.as_mut().poll(context))
            })
            .await;
            let Some(Begun { stage, places, .. }) = left.begun.pop() else { break };
            if let Err(Stop::Failed(failure)) = ended {
                core.tell_of(stage, &places, EventKind::UndoFailed { failure: &failure });
                left.undone.failures.push(failure);
            } else {
                core.tell_of(stage, &places, EventKind::Undone);
            }
            turn(core, 1).await;
        }
        let Undone { mut failures, in_doubt } = mem::take(&mut left.undone);
        let later = failures.split_off(earlier.min(failures.len()));
        failure.with_undone(Undone { failures: later, in_doubt }).with_undone_before(failures)
    }
}

/// A scope that is being undone.
struct Unwinding<'a> {
    log: &'a UndoLog,
    left: Content,
}

impl Unwinding<'_> {
    async fn finish_in_flight(&mut self, core: &Core, is_taken: &(dyn Fn(u32) -> bool + Sync)) {
        let Self { log, left } = self;
        // What ends may have left something under way itself.
        loop {
            left.append(mem::take(&mut *lock(&log.content)));
            // What is not taken back goes on by itself; what that leaves under way is looked at next.
            let others: Vec<InFlight> = left.in_flight.extract_if(.., |one| !is_taken(one.stage)).collect();
            if !others.is_empty() {
                cut(|| drop(others));
                continue;
            }
            let Content { entries, in_flight, undone, .. } = left;
            if in_flight.is_empty() {
                return;
            }
            // Those with a timeout of their own end by it.
            let limit = in_flight.iter().filter_map(|one| one.grace.limit()).max();
            let mut end = limit.map(|limit| Box::pin(tokio::time::sleep(limit)));
            let _ticking = limit.and_then(|_| core.ticking());
            let in_doubt = &mut undone.in_doubt;
            poll_fn(|context| {
                in_flight.retain_mut(|one| match core.catch(|| one.run.as_mut().poll(context)) {
                    Poll::Pending => true,
                    Poll::Ready(ended) => {
                        match ended {
                            Ok(undo) => entries.extend(undo),
                            Err(Stop::Failed(failure)) if failure.is_late() => one.doubt(core, in_doubt),
                            Err(_) => {}
                        }
                        false
                    }
                });
                if end.as_mut().is_some_and(|end| end.as_mut().poll(context).is_ready()) {
                    end = None;
                    for one in in_flight.extract_if(.., |one| one.grace.limit().is_some()) {
                        one.doubt(core, in_doubt);
                        cut(|| drop(one));
                    }
                }
                if in_flight.is_empty() { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
    }
}

impl Drop for Unwinding<'_> {
    fn drop(&mut self) {
        self.log.take(mem::take(&mut self.left));
    }
}

/// A scope that may be thrown away alone: on failure, all that it did is undone before the failure goes on.
///
/// # Errors
/// How the scope ended, with what went wrong while undoing.
pub async fn undoing<T>(
    cx: Cx<'_>,
    place: (u32, &str),
    log: &ScopeLog,
    run: impl Future<Output = Result<T, Stop>>,
) -> Result<T, Stop> {
    let mut run = Box::pin(run);
    let thrown = Thrown::of(cx, place);
    let ended = match thrown.before(run.as_mut()).await {
        Some(failure) => Err(failure.into()),
        None => poll_fn(|context| cx.core.catch(|| run.as_mut().poll(context))).await,
    };
    if ended.is_ok() {
        drop(run);
    } else {
        cut(|| drop(run));
    }
    match ended {
        Ok(value) => {
            log.hand_to(&cx.log());
            Ok(value)
        }
        Err(Stop::Failed(failure)) => {
            thrown.note(&failure, log).await;
            Err(log.unwind(cx.core, failure, &thrown).await.into())
        }
        Err(stop) => Err(stop),
    }
}

/// Undoes what the losers of a stage's race did. The race has been won all the same: what could not be undone is told when the
/// run fails, beside that failure. `decision`: the name of its record.
pub async fn undo_losers(cx: Cx<'_>, stage: u32, decision: &str, losers: &ScopeLog) {
    let why = cx.core().failure(stage, FailureKind::Cancelled, Some("another one won".into()));
    let thrown = Thrown::losers(cx, stage, decision);
    if let Some(undone) = losers.unwind(cx.core(), why, &thrown).await.undone() {
        told_later(cx, stage, "losers", undone);
    }
}

/// A failure that is passed over because its stage is tried again: what could not be undone of that attempt is told when the
/// run fails.
pub(crate) fn tried_again(cx: Cx<'_>, (stage, attempt): (u32, u32), failure: &Failure) {
    // (It may be another workflow's, passed on by one that has no undo itself.)
    if let (Some(undone), Some(_)) = (failure.clone().undone(), cx.core.log()) {
        told_later(cx, stage, &format!("attempt {attempt}"), undone);
    }
}

/// A failure that a `#[fallback]` follows: the same.
pub fn falls_back(cx: Cx<'_>, stage: u32, failure: &Failure) {
    let undone = failure.all_undone();
    if !undone.is_nothing() {
        told_later(cx, stage, "fallback", Arc::new(undone));
    }
}

/// Told when the run fails. `key` tells it from all others of the run in that place.
#[cfg_attr(not(feature = "durable"), allow(unused_variables, reason = "a run on a store tells it apart"))]
fn told_later(cx: Cx<'_>, stage: u32, key: &str, undone: Arc<Undone>) {
    #[cfg(feature = "durable")]
    if let Some(journal) = cx.journal() {
        // (What is in doubt is on record since it is.)
        let failures = journal.not_told(&cx.path_of(stage), undone.failures.clone());
        if failures.is_empty() {
            return;
        }
        let undone = Undone { failures, in_doubt: Vec::new() };
        return journal.not_undone(&format!("{}/:{key}", cx.path_of(stage)), &undone);
    }
    let undone = Arc::unwrap_or_clone(undone);
    cx.log().root_of().take(Content { undone, ..Content::default() });
}
