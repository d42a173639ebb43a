//! What arrives from outside while a workflow runs, and what a stage may wait for without depending on it.

use super::fallback::Fallback;
use crate::{
    failure::{
        Failure, FailureKind,
        exit::Stop,
        panic::{cut, cut_all},
    },
    future::map::then,
    output::{
        shared::{Held, Loan},
        visibility::IntoHeld,
    },
    policy::{Written, duration::later},
    run::{
        frame::Cx,
        nested::{self, After},
    },
};
use std::{
    collections::VecDeque,
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::{sync::OnceCell, time::Instant};

/// Why a signal was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignalError {
    /// Nothing can take it any more: the run has ended, or whatever waited for it.
    Closed,
    /// Its `#[accept]` does not hold; the wait goes on.
    Refused,
    /// Its `#[accept]` panicked; the wait goes on.
    Panicked,
}

impl fmt::Display for SignalError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Closed => "nothing can take the signal any more",
            Self::Refused => "the signal was refused: its condition does not hold",
            Self::Panicked => "the signal was not taken: its condition panicked",
        })
    }
}

impl std::error::Error for SignalError {}

/// A signal that has arrived.
struct Signal<T> {
    /// Its number in the store.
    number: i64,
    /// Its place among the signals of all names.
    arrival: u64,
    value: T,
}

/// Arrivals are counted by one clock for the whole process: only their order is ever looked at.
static ARRIVALS: AtomicU64 = AtomicU64::new(1);

/// The signals of one name, in order of arrival, until they are asked for.
pub struct SignalQueue<T> {
    shared: Mutex<Queue<T>>,
}

struct Queue<T> {
    arrived: VecDeque<Signal<T>>,
    waiting: Vec<Waker>,
    closed: bool,
    /// How many of those that may ask for one have ended.
    ended: u32,
}

impl<T> SignalQueue<T> {
    fn lock(&self) -> MutexGuard<'_, Queue<T>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From outside.
    ///
    /// # Errors
    /// Nothing can take it any more.
    pub fn deliver(&self, value: T) -> Result<(), SignalError> {
        self.deliver_stored(0, value)
    }

    /// The same for one that is stored.
    ///
    /// # Errors
    /// Nothing can take it any more.
    pub fn deliver_stored(&self, number: i64, value: T) -> Result<(), SignalError> {
        let mut queue = self.lock();
        if queue.closed {
            return Err(SignalError::Closed);
        }
        queue.arrived.push_back(Signal { number, arrival: ARRIVALS.fetch_add(1, Relaxed), value });
        let waiting = std::mem::take(&mut queue.waiting);
        drop(queue);
        waiting.into_iter().for_each(Waker::wake);
        Ok(())
    }

    /// Nothing will ask for one any more.
    pub fn close(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        let left = std::mem::take(&mut queue.arrived);
        drop(queue);
        drop(left);
    }

    /// One of so many stages that may ask for one has ended.
    pub fn one_of(&self, askers: u32) {
        let ended = {
            let mut queue = self.lock();
            queue.ended += 1;
            queue.ended
        };
        if ended == askers {
            self.close();
        }
    }

    /// When the next one arrived, among all.
    fn next_arrival(&self) -> Option<u64> {
        self.lock().arrived.front().map(|signal| signal.arrival)
    }

    /// The next one, with its number.
    pub(crate) async fn take(&self) -> (i64, T) {
        poll_fn(|context| {
            let mut queue = self.lock();
            if let Some(Signal { number, value, .. }) = queue.arrived.pop_front() {
                return Poll::Ready((number, value));
            }
            if !queue.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                queue.waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }
}

impl<T> Default for SignalQueue<T> {
    fn default() -> Self {
        Self { shared: Mutex::new(Queue { arrived: VecDeque::new(), waiting: Vec::new(), closed: false, ended: 0 }) }
    }
}

/// One wait for a signal: all that name it in one scope get the same value.
pub struct SignalWait<'a, T> {
    queue: &'a SignalQueue<T>,
    value: OnceCell<Held<T>>,
    limit: Option<Duration>,
    /// It did not arrive in time: what arrives from now on is not taken.
    is_late: AtomicBool,
    opening: Mutex<Opening>,
    /// No other scope takes from the queue later.
    last: bool,
    /// In a durable workflow: where what it takes is on record.
    #[cfg(feature = "durable")]
    kept: Option<super::recorded::KeptSignal<'a, T>>,
}

/// What has to end before the signal is waited for.
struct Opening {
    left: u32,
    /// Since when nothing is left.
    since: Instant,
    waiting: Vec<Waker>,
}

impl<'a, T> SignalWait<'a, T> {
    /// In a scope that begins now. It is waited for, and its limit counts, once `after` stages of the scope have ended.
    #[must_use]
    pub fn new(queue: &'a SignalQueue<T>, limit: Option<Duration>, last: bool, after: u32) -> Self {
        let opening = Mutex::new(Opening { left: after, since: Instant::now(), waiting: Vec::new() });
        Self {
            queue,
            value: OnceCell::new(),
            limit,
            is_late: AtomicBool::new(false),
            opening,
            last,
            #[cfg(feature = "durable")]
            kept: None,
        }
    }

    /// In a durable workflow: `cx` and `stage` are those of the scope.
    #[cfg(feature = "durable")]
    #[must_use]
    pub fn kept(
        self,
        cx: Cx<'a>,
        stage: u32,
        name: &'static str,
        payload: crate::journal::payload::Payload<T>,
        falls_back: bool,
    ) -> Self {
        Self { kept: super::recorded::KeptSignal::new(cx, stage, name, payload, falls_back), ..self }
    }

    /// One of those stages has ended.
    pub fn one_less(&self) {
        let mut opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        opening.left -= 1;
        opening.since = Instant::now();
        let waiting = if opening.left == 0 { std::mem::take(&mut opening.waiting) } else { Vec::new() };
        drop(opening);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Since when it is waited for.
    async fn opened(&self) -> Instant {
        poll_fn(|context| {
            let mut opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
            if opening.left == 0 {
                return Poll::Ready(opening.since);
            }
            if !opening.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                opening.waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }

    /// The value, once it has arrived.
    ///
    /// # Errors
    /// It did not arrive in time.
    pub async fn get(&self, cx: Cx<'_>, stage: u32, name: &'static str) -> Result<&Held<T>, Stop> {
        self.ask(cx, (stage, name), None, || async { Err(self.late(cx, stage, name)) }).await
    }

    /// The same, or what the fallback gives, which `begin` begins.
    ///
    /// # Errors
    /// The fallback's, for all that ask.
    pub async fn get_or<'f, F>(
        &self,
        cx: Cx<'f>,
        stage: u32,
        name: &'static str,
        fallback: &Fallback<'f, T>,
        begin: impl FnOnce() -> F,
    ) -> Result<&Held<T>, Stop>
    where
        F: Future<Output = Result<T, Stop>> + Send + 'f,
    {
        self.ask(cx, (stage, name), Some(fallback.failure()), || fallback.run(cx, begin)).await
    }

    /// Takes up what the fallback has done before, for its undos: those that asked for it may not ask again.
    #[cfg(feature = "durable")]
    pub async fn take_up<'f, F>(&self, cx: Cx<'f>, fallback: &Fallback<'f, T>, begin: impl FnOnce() -> F)
    where
        F: Future<Output = Result<T, Stop>> + Send + 'f,
        T: Send + 'f,
    {
        if let Some(order) = self.kept.as_ref().and_then(super::recorded::KeptSignal::last_of_fallback) {
            crate::durable::checkpoint::catch_up(cx, order, fallback.take_up(cx, begin)).await;
        }
    }

    /// `failure`: where it stands what the fallback failed with. Where there is no value, the stage that waits has failed,
    /// although it never was under way.
    async fn ask<F: Future<Output = Result<T, Stop>>>(
        &self,
        cx: Cx<'_>,
        (stage, name): (u32, &'static str),
        failure: Option<&OnceLock<Failure>>,
        late: impl FnOnce() -> F,
    ) -> Result<&Held<T>, Stop> {
        let value = self.value.get_or_try_init(|| async {
            if let Some(failure) = failure.and_then(OnceLock::get) {
                return Err(failure.clone().into());
            }
            let value = self.taken(cx, (stage, name), late).await;
            if let (Err(Stop::Failed(failed)), Some(failure)) = (&value, failure) {
                failure.get_or_init(|| failed.clone());
            }
            let value = value?;
            if self.last {
                self.queue.close();
            }
            Ok(Held::Kept(Loan::new(value)))
        });
        value.await.inspect_err(|stop| cx.failed_waiting(stage, stop))
    }

    /// What is taken of the queue, or what `late` gives.
    async fn taken<F: Future<Output = Result<T, Stop>>>(
        &self,
        cx: Cx<'_>,
        (stage, name): (u32, &'static str),
        late: impl FnOnce() -> F,
    ) -> Result<T, Stop> {
        let since = self.opened().await;
        #[cfg(feature = "durable")]
        if let Some(kept) = &self.kept {
            let limit = self.limit.map(|limit| later(since, limit));
            return kept.get(self.queue, limit, (cx, stage), || self.is_now_late(), late).await;
        }
        let taken = match self.limit {
            _ if self.is_late.load(Relaxed) => None,
            None => Some(self.queue.take().await),
            Some(limit) => tokio::time::timeout_at(later(since, limit), self.queue.take()).await.ok(),
        };
        match taken {
            Some((_, value)) => {
                cx.signalled(stage, name);
                Ok(value)
            }
            None => {
                self.is_now_late();
                late().await
            }
        }
    }

    /// Takes nothing from now on.
    fn is_now_late(&self) {
        self.is_late.store(true, Relaxed);
        if self.last {
            self.queue.close();
        }
    }

    /// The value, after somebody has waited for it.
    pub fn peek(&self) -> &T {
        match self.value.get() {
            Some(value) => value,
            None => unreachable!("a `let` is evaluated after the signals that it names have arrived"),
        }
    }

    fn late(&self, cx: Cx<'_>, stage: u32, name: &str) -> Stop {
        let limit = self.limit.unwrap_or_default();
        let why = format!("signal '{name}' did not arrive within {}", Written(limit));
        cx.core.failure(stage, FailureKind::Timeout, Some(why.into())).into()
    }
}

/// A signal that what owns all that it needs has been lent: it arrived before.
pub struct Arrived<'a, T> {
    value: &'a T,
}

impl<'a, T> Arrived<'a, T> {
    /// That value.
    #[must_use]
    pub const fn new(value: &'a T) -> Self {
        Self { value }
    }

    /// As [`SignalWait::peek`].
    #[must_use]
    pub const fn peek(&self) -> &'a T {
        self.value
    }
}

/// An output that others may wait for without depending on it.
pub struct Announced<T> {
    shared: Mutex<Announcement<T>>,
}

struct Announcement<T> {
    output: Option<Loan<T>>,
    waiting: Vec<Waker>,
}

impl<T> Announced<T> {
    /// Not there yet.
    #[must_use]
    pub fn new() -> Self {
        Self { shared: Mutex::new(Announcement { output: None, waiting: Vec::new() }) }
    }

    fn lock(&self) -> MutexGuard<'_, Announcement<T>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A loan of the output, once the stage has ended.
    pub async fn get(&self) -> Loan<T> {
        poll_fn(|context| {
            let mut shared = self.lock();
            if let Some(output) = &shared.output {
                return Poll::Ready(output.lend());
            }
            if !shared.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                shared.waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }

    /// The value is about to be handed over: nobody waits for it any more.
    pub fn forget(&self) {
        let output = self.lock().output.take();
        drop(output);
    }
}

impl<T> Default for Announced<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Runs a stage and tells those who wait for it.
///
/// # Errors
/// The stage's.
pub fn announcing<T, H: IntoHeld<T>, F: Future<Output = Result<H, Stop>>>(
    announced: &Announced<T>,
    run: F,
) -> impl Future<Output = Result<Held<T>, Stop>> + use<'_, T, H, F> {
    then(run, |ended: Result<H, Stop>| {
        let held = ended?.into_held().shared();
        let waiting = {
            let mut shared = announced.lock();
            shared.output = Some(held.lend());
            std::mem::take(&mut shared.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
        Ok(held)
    })
}

/// Runs a stage and then tells the signals that its end matters to: those inside of it, which nothing asks for any more, and
/// those that come `#[after]` it.
///
/// # Errors
/// The stage's.
pub fn telling<T, F: Future<Output = Result<T, Stop>>, G: FnOnce()>(
    run: F,
    tell: G,
) -> impl Future<Output = Result<T, Stop>> + use<T, F, G> {
    then(run, |ended| {
        tell();
        ended
    })
}

/// A head of a `select`.
pub struct Head<'a> {
    pub(crate) run: HeadRun<'a>,
    signal: Option<&'a dyn Arrives>,
}

pub(crate) type HeadRun<'a> = Pin<Box<dyn Future<Output = Result<(), Stop>> + Send + 'a>>;

/// A wait for a signal, as a head of a `select` sees it.
pub trait Arrives: Sync {
    /// When the signal that it would give now arrived, among all signals; none: there is none yet.
    #[doc(hidden)]
    fn arrival(&self) -> Option<u64>;
}

impl<T: Send + Sync> Arrives for SignalWait<'_, T> {
    fn arrival(&self) -> Option<u64> {
        // What the scope has taken before is there first.
        #[cfg(feature = "durable")]
        if self.kept.as_ref().is_some_and(super::recorded::KeptSignal::has_taken) {
            return Some(0);
        }
        match self.is_late.load(Relaxed) {
            _ if self.value.initialized() => Some(0),
            true => None,
            false => self.queue.next_arrival(),
        }
    }
}

impl<T: Sync> Arrives for Arrived<'_, T> {
    fn arrival(&self) -> Option<u64> {
        Some(0)
    }
}

/// Erases a head's type.
pub fn head<'a>(run: impl Future<Output = Result<(), Stop>> + Send + 'a) -> Head<'a> {
    Head { run: Box::pin(run), signal: None }
}

/// The same of a head that waits for a signal.
pub fn signal_head<'a>(run: impl Future<Output = Result<(), Stop>> + Send + 'a, signal: &'a dyn Arrives) -> Head<'a> {
    Head { run: Box::pin(run), signal: Some(signal) }
}

/// The place of the head whose signal has arrived first. A signal that arrives while the heads are looked at is seen, unless
/// it arrives after the one that is found.
fn first_arrived(heads: &[Option<Head<'_>>]) -> Option<usize> {
    let arrivals = || {
        let signals = heads.iter().enumerate().filter_map(|(place, head)| Some((head.as_ref()?.signal?, place)));
        signals.filter_map(|(signal, place)| Some((signal.arrival()?, place))).min()
    };
    let mut first = arrivals()?;
    while let Some(earlier) = arrivals().filter(|earlier| earlier.0 < first.0) {
        first = earlier;
    }
    Some(first.1)
}

/// Waits for the first head to end, and withdraws the others; gives its place. Heads whose condition does not hold are
/// `None`.
pub struct Select<'a> {
    cx: Cx<'a>,
    stage: u32,
    heads: Vec<Option<Head<'a>>>,
    after: After<'a, Result<usize, Stop>>,
}

/// A `select`.
#[must_use]
pub fn select<'a>(cx: Cx<'a>, stage: u32, heads: Vec<Option<Head<'a>>>) -> Select<'a> {
    Select { cx, stage, heads, after: After::new() }
}

impl Select<'_> {
    /// Until one has ended; all heads are there still.
    pub(crate) fn poll_decided(&mut self, context: &mut Context<'_>) -> Poll<Result<usize, Stop>> {
        if self.heads.iter().all(Option::is_none) {
            let why = "no condition of its heads holds".into();
            return Poll::Ready(Err(self.cx.core.failure(self.stage, FailureKind::Error, Some(why)).into()));
        }
        let arrived = first_arrived(&self.heads);
        for (place, head) in self.heads.iter_mut().enumerate() {
            let Some(head) = head else { continue };
            if head.signal.is_some() && arrived.is_some_and(|arrived| arrived != place) {
                // Its signal came later, or has not come.
                continue;
            }
            if let Poll::Ready(ended) = head.run.as_mut().poll(context) {
                return Poll::Ready(ended.map(|()| place));
            }
        }
        Poll::Pending
    }
}

impl Select<'_> {
    /// Drops all heads; whether a panic there is `heard`, or there is a failure already.
    pub(crate) fn withdraw(&mut self, heard: bool) {
        cut_all(self.heads.drain(..).map(|head| move || drop(head)), heard);
    }
}

impl Future for Select<'_> {
    type Output = Result<usize, Stop>;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (cx, mut after) = (self.cx, std::mem::take(&mut self.after));
        let polled = after.poll(cx, context, |context| {
            let decided = self.poll_decided(context);
            if let Poll::Ready(ended) = &decided {
                // Withdrawn before the chosen node runs.
                self.withdraw(ended.is_ok());
            }
            decided
        });
        self.after = after;
        polled
    }
}

/// What `#[until]` left of a stage.
pub enum Until<T> {
    /// It gave its value.
    Given(T),
    /// It was under way, and is cut.
    Cut,
    /// It had not begun.
    Skipped,
}

/// Runs a stage unless `end` comes first.
///
/// # Errors
/// The stage's.
pub async fn until<T>(
    cx: Cx<'_>,
    end: impl Future<Output = Result<(), Stop>>,
    run: impl Future<Output = Result<T, Stop>>,
) -> Result<Until<T>, Stop> {
    until_of(cx, end, run, false, || {}).await
}

/// The same for a stage that has `begun`, or not; `is_cut` is called in the poll in which it is cut.
pub(crate) async fn until_of<T>(
    cx: Cx<'_>,
    end: impl Future<Output = Result<(), Stop>>,
    run: impl Future<Output = Result<T, Stop>>,
    mut begun: bool,
    is_cut: impl FnOnce(),
) -> Result<Until<T>, Stop> {
    let (mut end, mut run) = (Box::pin(end), Box::pin(run));
    let ended = poll_fn(|context| {
        if let Poll::Ready(ended) = end.as_mut().poll(context) {
            return Poll::Ready(ended.map(|()| if begun { Until::Cut } else { Until::Skipped }));
        }
        begun = true;
        run.as_mut().poll(context).map_ok(Until::Given)
    })
    .await;
    if matches!(ended, Ok(Until::Cut)) {
        is_cut();
    }
    if ended.is_err() {
        cut(|| drop((end, run)));
    } else {
        drop((end, run));
    }
    nested::settled(cx).await;
    ended
}

/// The wait that never ends.
///
/// # Errors
/// Never.
pub async fn never() -> Result<(), Stop> {
    std::future::pending().await
}
