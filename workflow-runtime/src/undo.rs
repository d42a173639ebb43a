//! Compensation: what has been done is undone, the last first.
//!
//! An undo owns all that it needs (loans of outputs), so that it outlives the scope that made them. A stage under way that
//! has an undo owns its future too: where its scope is thrown away, it is not cut but handed to the log, which lets it end.

use crate::{
    Failure, FailureKind,
    failure::Stop,
    held::{Held, Loan},
    observe::EventKind,
    run::{Core, Cx, Detached},
};
use std::{
    future::{Future, poll_fn},
    mem,
    ops::Deref,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

/// How long a stage with an undo and without a timeout may still run once its scope is thrown away.
const GRACE: Duration = Duration::from_secs(30);

type Owned<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What reverses one completed stage.
pub(crate) struct Undo {
    order: u64,
    stage: u32,
    /// Its rounds and items, where somebody listens.
    places: Vec<(u32, u32)>,
    run: Box<dyn FnOnce(Failure) -> Owned<Result<(), Stop>> + Send>,
}

struct InFlight {
    stage: u32,
    run: Owned<Result<Option<Undo>, Stop>>,
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
    /// The scope is gone: whatever still comes goes on to its parent.
    closed: bool,
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
        let left = {
            let mut content = lock(&self.log.content);
            content.closed = true;
            Content {
                entries: mem::take(&mut content.entries),
                in_flight: mem::take(&mut content.in_flight),
                closed: true,
            }
        };
        if let Some(parent) = &self.log.parent {
            parent.take(left);
        }
    }
}

/// What went wrong while undoing.
#[derive(Default)]
pub(crate) struct Undone {
    pub(crate) failures: Vec<Failure>,
    /// Stages of which nobody knows whether they took effect.
    pub(crate) in_doubt: Vec<&'static str>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Completions are counted by one clock for the whole process: only their order is ever looked at.
static ORDER: AtomicU64 = AtomicU64::new(0);

impl UndoLog {
    pub(crate) fn root() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn child(parent: &Arc<Self>) -> ScopeLog {
        ScopeLog { log: Arc::new(Self { content: Mutex::default(), parent: Some(Arc::clone(parent)) }) }
    }

    fn push(&self, entry: Undo) {
        self.take(Content { entries: vec![entry], ..Content::default() });
    }

    fn take(&self, mut more: Content) {
        let mut content = lock(&self.content);
        match &self.parent {
            Some(parent) if content.closed => {
                drop(content);
                parent.take(more);
            }
            _ => {
                content.entries.append(&mut more.entries);
                content.in_flight.append(&mut more.in_flight);
            }
        }
    }

    /// The scope has succeeded: what it did is now its surroundings' to undo.
    fn hand_to(&self, other: &Self) {
        let content = mem::take(&mut *lock(&self.content));
        other.take(content);
    }

    /// Nothing will be undone any more.
    pub(crate) fn forget(&self) {
        let content = mem::take(&mut *lock(&self.content));
        drop(content);
    }

    /// Lets what is under way end, then undoes everything, the last first.
    pub(crate) async fn unwind(&self, core: &Core, failure: Failure) -> Failure {
        let mut undone = Undone::default();
        self.finish_in_flight(core, &mut undone).await;
        let mut entries = mem::take(&mut lock(&self.content).entries);
        entries.sort_by_key(|entry| entry.order);
        while let Some(Undo { stage, places, run, .. }) = entries.pop() {
            core.tell_of(stage, &places, EventKind::Undoing);
            let mut undo = run(failure.clone());
            let ended = poll_fn(|context| {
                core.cx().at(stage);
                core.catch(|| undo.as_mut().poll(context))
            })
            .await;
            if let Err(Stop::Failed(failure)) = ended {
                core.tell_of(stage, &places, EventKind::UndoFailed { failure: &failure });
                undone.failures.push(failure);
            } else {
                core.tell_of(stage, &places, EventKind::Undone);
            }
        }
        failure.with_undone(undone)
    }

    async fn finish_in_flight(&self, core: &Core, undone: &mut Undone) {
        let mut running = mem::take(&mut lock(&self.content).in_flight);
        if running.is_empty() {
            return;
        }
        let all = poll_fn(|context| {
            running.retain_mut(|one| match core.catch(|| one.run.as_mut().poll(context)) {
                Poll::Pending => true,
                Poll::Ready(ended) => {
                    if let Ok(Some(undo)) = ended {
                        self.push(undo);
                    }
                    false
                }
            });
            if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        });
        // Those with a timeout of their own end by it.
        let ended = tokio::time::timeout(GRACE, all).await;
        if ended.is_err() {
            undone.in_doubt.extend(running.iter().filter_map(|one| core.stage_name(one.stage)));
        }
    }
}

/// A stage with an undo, under way.
pub struct Protected<T: Send + Sync + 'static> {
    stage: u32,
    log: Arc<UndoLog>,
    run: Option<Owned<Result<Done<T>, Stop>>>,
    started: bool,
}

/// What a protected stage gives: its output, shared with its undo.
type Done<T> = (Loan<T>, Option<Undo>);

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
    A: FnOnce(Option<Loan<T>>, Failure, Arc<Detached>) -> R + Send + 'static,
    R: Future<Output = Result<(), Stop>> + Send + 'static,
{
    let run = run(Arc::new(cx.detach()));
    // What lies in a log must not hold on to it.
    let detached = Arc::new(cx.detach_without_log());
    let places = cx.places_told();
    let run = async move {
        let (value, ran) = run.await?;
        let loan = Loan::new(value);
        let output = keeps.then(|| loan.clone());
        let undo = ran.then(|| Undo::new(stage, places, move |failure| Box::pin(arm(output, failure, detached))));
        Ok((loan, undo))
    };
    Protected { stage, log: cx.log(), run: Some(Box::pin(run)), started: false }
}

impl Detached {
    /// The output that an undo keeps.
    ///
    /// # Panics
    /// Where it keeps none: the macro sees to that.
    #[must_use]
    pub fn kept<T>(own: Option<&Loan<T>>) -> &T {
        match own {
            Some(loan) => loan,
            None => unreachable!("only an undo that names its output keeps it"),
        }
    }
}

/// `on = attempt`: armed before the first attempt.
pub fn arm_before<A, R>(cx: Cx<'_>, stage: u32, arm: A)
where
    A: FnOnce(Failure, Arc<Detached>) -> R + Send + 'static,
    R: Future<Output = Result<(), Stop>> + Send + 'static,
{
    let detached = Arc::new(cx.detach_without_log());
    cx.log().push(Undo::new(stage, cx.places_told(), move |failure| Box::pin(arm(failure, detached))));
}

impl Undo {
    fn new(
        stage: u32,
        places: Vec<(u32, u32)>,
        run: impl FnOnce(Failure) -> Owned<Result<(), Stop>> + Send + 'static,
    ) -> Self {
        Self { order: ORDER.fetch_add(1, Relaxed), stage, places, run: Box::new(run) }
    }
}

impl<T: Send + Sync + 'static> Future for Protected<T> {
    type Output = Result<Held<T>, Stop>;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.started = true;
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
        if self.started
            && let Some(run) = self.run.take()
        {
            // It has begun: it may finish, and is then undone.
            let run = Box::pin(async move { run.await.map(|(_, undo)| undo) });
            let in_flight = vec![InFlight { stage: self.stage, run }];
            self.log.take(Content { in_flight, ..Content::default() });
        }
    }
}

/// A scope that may be thrown away alone: on failure, all that it did is undone before the failure goes on.
///
/// # Errors
/// How the scope ended, with what went wrong while undoing.
pub async fn undoing<T>(cx: Cx<'_>, log: &ScopeLog, run: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    let mut run = Box::pin(run);
    let ended = poll_fn(|context| cx.core.catch(|| run.as_mut().poll(context))).await;
    drop(run);
    match ended {
        Ok(value) => {
            log.hand_to(&cx.log());
            Ok(value)
        }
        Err(Stop::Failed(failure)) => Err(log.unwind(cx.core, failure).await.into()),
        Err(stop) => Err(stop),
    }
}

/// Undoes what the losers of a race did.
///
/// # Errors
/// What could not be undone.
pub async fn undo_losers(cx: Cx<'_>, losers: &ScopeLog) -> Result<(), Stop> {
    let why = cx.core.failure(crate::run::TAIL, FailureKind::Cancelled, Some("another one won".into()));
    let undone = losers.unwind(cx.core, why).await;
    // A loser whose undo failed has left something behind: that can't be passed over.
    if undone.undo_failures().is_empty() && undone.in_doubt().is_empty() { Ok(()) } else { Err(undone.into()) }
}
