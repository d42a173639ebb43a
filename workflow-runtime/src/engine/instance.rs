//! An instance in memory: its run, from where its records say to its end, or to where it only waits.

use super::{
    error::EngineError,
    inner::Shared,
    registration::{OnTheWay, Running},
    told,
};
use crate::{
    durable::{
        checkpoint::lost_undo,
        race::winners_renamed,
        rewind::rewound,
        workflow::{Delivered, Durable},
    },
    failure::{Failure, FailureKind, exit::Stop, panic::cut},
    future::cancel::CancelSignal,
    journal::{
        failure::StoredFailure,
        homes::missing,
        keys::{Former, Keys, renamed},
        log::{Halt, Journal},
        path::{KEYS, LANDED, RESTED, REWIND},
        record::{Kind, own},
    },
    observe::observers::Observers,
    output::visibility::View,
    run::{
        nested,
        root::root,
        state::{Core, TAIL},
    },
    undo::{recorded::Thrown, scope::compensated},
};
use std::{
    any::Any,
    collections::BTreeSet,
    future::{Future, poll_fn},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};
use tokio::sync::Notify;
use workflow_store::{Change, Instance, InstanceKey, InstanceStatus, Loaded, Record, StoredSignal, Timestamp};

/// Where it stands that somebody has asked to cancel the instance.
pub(crate) const CANCELLED: &str = ":cancelled";

/// An instance in memory, whatever its workflow.
pub(crate) trait AnyLive: Any + Send + Sync {
    /// As what it is.
    fn any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
    /// Leave the memory now.
    fn stop(&self);
    /// What is dropped from now on is nobody's business.
    fn suspend(&self);
}

pub(crate) struct Live<W: Durable> {
    pub(crate) journal: Arc<Journal>,
    pub(crate) state: Arc<W::State>,
    pub(crate) signals: W::Signals,
    pub(crate) cancel: Arc<CancelSignal>,
    /// How many signals were handed to it.
    delivered: AtomicU64,
    stopping: AtomicBool,
    /// It is stopped so that stages can be taken back, and goes on then.
    rewinding: AtomicBool,
    /// How long it waits in memory for a timer.
    linger: Duration,
    root: Mutex<Option<Waker>>,
    /// All that is on record has been taken up.
    caught_up: AtomicBool,
    catching_up: Notify,
}

impl<W: Durable> AnyLive for Live<W> {
    fn any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }

    fn stop(&self) {
        self.stopping.store(true, SeqCst);
        let root = self.root.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(root) = root {
            root.wake();
        }
    }

    fn suspend(&self) {
        self.journal.suspend();
    }
}

/// How often a run that has woken itself is polled again before others get their turn.
const PASSES: u32 = 16;

/// Where a run in memory ended.
enum Outcome<T> {
    Ended(Result<T, Failure>),
    Halted(Halt),
    /// It only waits; until then, if for a timer.
    Waits(Option<Timestamp>),
    Stopped,
    /// Stages were taken back.
    Rewound,
}

impl<W: Durable> Live<W> {
    pub(crate) fn make(
        shared: &Arc<Shared>,
        mut loaded: Loaded,
        interrupted: bool,
        on_the_way: Option<OnTheWay>,
        (services, observers): (W::Services, Observers),
    ) -> (Arc<dyn AnyLive>, Running) {
        let renamed = rename::<W>(&mut loaded);
        let signals = std::mem::take(&mut loaded.signals);
        let lost_undo = lost_undo(W::GRAPH, &loaded.records);
        let is_of_this_build =
            loaded.instance.status == InstanceStatus::Waiting && loaded.instance.outcome == own(&W::BUILD);
        let missing = if is_of_this_build { BTreeSet::new() } else { missing(W::GRAPH, &loaded.records) };
        let keys_record = loaded.records.iter().find(|(path, _)| path == KEYS).map(|(_, record)| record.clone());
        let Loaded { instance: Instance { key, id, input, interruptions, status, .. }, records, .. } = loaded;
        let fresh = records.is_empty() && !interrupted;
        // One that waits without a record was begun before.
        let begins = fresh && status == InstanceStatus::Running;
        let keys = match fresh {
            true => Ok(Keys::beginning(&id, former::<W>())),
            false => Keys::going_on(keys_record.as_ref(), former::<W>(), W::PLAIN),
        };
        let journal = Arc::new(Journal::new(
            Arc::clone(&shared.store),
            shared.clock.clone(),
            (key, &id, W::GRAPH),
            records,
            on_the_way,
        ));
        let keys = keys.map_err(|error| format!("what is stored of '{KEYS}' can't be read: {error}")).map(|keys| {
            let unknown = keys.unknown(keys_record.as_ref(), fresh && !W::PLAIN.is_empty());
            journal.has_keys(keys);
            unknown
        });
        let live = Arc::new(Self {
            journal,
            state: Arc::default(),
            signals: W::Signals::default(),
            cancel: Arc::default(),
            delivered: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            rewinding: AtomicBool::new(false),
            linger: shared.linger,
            root: Mutex::default(),
            caught_up: AtomicBool::new(false),
            catching_up: Notify::new(),
        });
        let resumed = if fresh { None } else { Some(interrupted) };
        // Before any that still comes.
        let delivered = signals.iter().try_for_each(|signal| live.deliver_again(signal));
        let delivered = lost_undo.map_or(delivered, |stage| {
            Err(format!("'{stage}' was done and would have to be undone, but its workflow no longer says how"))
        });
        let failed_by_store = shared.was_failed_by_store(key);
        live.journal.has_suspects(&shared.suspects);
        let processes = shared.interruptions.saturating_sub(interruptions);
        let left = Left { input, delivered, renamed, keys, begins, resumed, processes, missing, failed_by_store };
        let run = run(Arc::clone(shared), Arc::clone(&live), key, left, (services, observers));
        (live, Box::pin(run))
    }

    /// Hands it a stored signal. The caller holds its gate.
    pub(crate) fn deliver(&self, signal: &StoredSignal) -> Delivered {
        self.delivered.fetch_add(1, SeqCst);
        W::deliver_stored(&self.signals, &signal.name, &signal.payload, signal.number)
    }

    /// Hands it a signal that was there before.
    fn deliver_again(&self, signal: &StoredSignal) -> Result<(), String> {
        match self.deliver(signal) {
            Delivered::Waits | Delivered::Closed => Ok(()),
            Delivered::Unknown => {
                Err(format!("it was sent the signal '{}', which its workflow no longer has", signal.name))
            }
            Delivered::Unreadable(error) => {
                Err(format!("signal '{}' that was sent to it can't be read: {error}", signal.name))
            }
        }
    }

    /// Waits until its state shows all that is on record.
    pub(crate) async fn caught_up(&self) {
        loop {
            let caught_up = self.catching_up.notified();
            if self.caught_up.load(SeqCst) {
                return;
            }
            caught_up.await;
        }
    }

    /// Stops it, so that stages can be taken back.
    pub(crate) fn rewind(&self) {
        self.rewinding.store(true, SeqCst);
        self.stop();
    }

    /// Returns whether stages are to be taken back: the run in memory ends then, and another one goes on.
    pub(crate) fn is_being_rewound(&self) -> bool {
        self.rewinding.load(SeqCst) || self.journal.record(REWIND).is_some()
    }

    /// Where the instance only waits, and need not be in memory meanwhile: when the first timer is due.
    #[allow(clippy::option_option, reason = "whether it only waits, and until when")]
    fn waits_elsewhere(&self) -> Option<Option<Timestamp>> {
        self.journal.only_waits().filter(|until| self.leaves(*until))
    }

    /// Whether it is worth leaving the memory until then.
    fn leaves(&self, until: Option<Timestamp>) -> bool {
        match (until, self.linger) {
            (_, Duration::MAX) => false,
            (None, _) => true,
            (Some(until), linger) => until.since(self.journal.now()) > linger,
        }
    }

    fn tell_caught_up(&self) {
        if !self.caught_up.swap(true, SeqCst) {
            self.catching_up.notify_waiters();
        }
    }

    /// Polls until it ends, halts, only waits, or is stopped. What is on record is taken up without leaving.
    fn poll<T>(
        &self,
        core: &Core,
        whole: Pin<&mut (impl Future<Output = Result<T, Failure>> + ?Sized)>,
        woken: &mut Option<Arc<Woken>>,
        context: &mut Context<'_>,
    ) -> Poll<Outcome<T>> {
        self.journal.listen(context.waker());
        self.journal.drives(true);
        let polled = self.poll_driving(core, whole, woken, context);
        self.journal.drives(false);
        polled
    }

    fn poll_driving<T>(
        &self,
        core: &Core,
        mut whole: Pin<&mut (impl Future<Output = Result<T, Failure>> + ?Sized)>,
        woken: &mut Option<Arc<Woken>>,
        context: &mut Context<'_>,
    ) -> Poll<Outcome<T>> {
        *self.root.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
        let woken = Woken::of(woken, context.waker());
        let waker = Waker::from(Arc::clone(&woken));
        let mut passes = 0;
        loop {
            // What the store has taken wakes what waits for it.
            self.journal.poll_store(context);
            if let Some(halt) = self.journal.halted() {
                return Poll::Ready(Outcome::Halted(halt));
            }
            if self.stopping.load(SeqCst) {
                return Poll::Ready(Outcome::Stopped);
            }
            let before = self.journal.progress();
            woken.woken.store(false, SeqCst);
            if let Poll::Ready(ended) = whole.as_mut().poll(&mut Context::from_waker(&waker)) {
                // What it ended with may come of something that can't be read.
                return Poll::Ready(match self.journal.halted() {
                    Some(halt) => Outcome::Halted(halt),
                    None => Outcome::Ended(ended),
                });
            }
            self.journal.poll_store(context);
            if self.journal.is_catching_up() {
                if self.journal.is_writing() {
                    return Poll::Pending;
                }
                if !woken.woken.load(SeqCst) && self.journal.progress() == before {
                    self.journal.release();
                    if !self.journal.is_catching_up() {
                        core.tell_caught_up();
                    }
                }
                continue;
            }
            self.tell_caught_up();
            if woken.woken.load(SeqCst) || self.journal.halted().is_some() || self.stopping.load(SeqCst) {
                // It goes on at once: whatever woke it is not seen twice. What always wakes itself gives way now and then.
                passes += 1;
                if passes < PASSES {
                    continue;
                }
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            return self.waits_elsewhere().map_or(Poll::Pending, |until| Poll::Ready(Outcome::Waits(until)));
        }
    }
}

/// Tells whether a poll has woken itself.
struct Woken {
    inner: Waker,
    woken: AtomicBool,
}

impl Woken {
    /// For polls with that waker: that of the poll before, where it fits.
    fn of(before: &mut Option<Arc<Self>>, waker: &Waker) -> Arc<Self> {
        if let Some(woken) = before
            && woken.inner.will_wake(waker)
        {
            return Arc::clone(woken);
        }
        let woken = Arc::new(Self { inner: waker.clone(), woken: AtomicBool::new(false) });
        *before = Some(Arc::clone(&woken));
        woken
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, SeqCst);
        self.inner.wake_by_ref();
    }
}

/// What an earlier run in memory left.
struct Left {
    /// Its inputs, encoded.
    input: Vec<u8>,
    /// Whether the signals that nobody has taken are at hand.
    delivered: Result<(), String>,
    /// What is on record under other names.
    renamed: Vec<Change>,
    /// What has to be put on record of its keys.
    keys: Result<Option<Vec<u8>>, String>,
    /// No process has had it in memory before.
    begins: bool,
    /// Whether it was interrupted; none: nothing is on record of it.
    resumed: Option<bool>,
    /// How many processes have ended while it was running, since it was last written to.
    processes: u64,
    /// Stages that have completed, and signals that were taken, which the workflow no longer has.
    missing: BTreeSet<String>,
    /// It was the store that interrupted it.
    failed_by_store: bool,
}

async fn run<W: Durable>(
    shared: Arc<Shared>,
    live: Arc<Live<W>>,
    key: InstanceKey,
    left: Left,
    (services, observers): (W::Services, Observers),
) {
    let journal = &live.journal;
    let core = Core::new(W::GRAPH, W::COMPENSATES, observers, None);
    let core = core.seen_in(Arc::clone(&live.state) as _).on_store(Arc::clone(journal));
    core.tell_goes_on(shared.take_told(key), left.begins);
    if left.begins {
        told::started(&core);
    } else if left.processes > 0 {
        told::goes_on(&core);
    }
    if !left.missing.is_empty() {
        told::misses(&core, &left.missing);
    }
    let outcome = match prepare(&live, left) {
        Err(reason) => Outcome::Halted(Halt::Parked(reason)),
        Ok(input) => {
            let mut whole = Box::pin(async {
                let machine = W::machine(core.cx(), View::SHOWN, Some(&live.state), &services, &live.signals, input);
                let mut machine = Box::pin(root(&core, machine));
                if journal.record(REWIND).is_some() {
                    return match rewound(&core, journal, machine).await {
                        Ok(()) => Ok(None),
                        Err(error) => journal.park(format!("it can't be rewound: {error}")).await,
                    };
                }
                let thrown = Thrown::whole(journal);
                let ended = match thrown.before(machine.as_mut()).await {
                    Some(failure) => Err(failure),
                    None => {
                        poll_fn(|context| {
                            // Not before all that there is to undo is known.
                            if live.cancel.poll_cancelled(context) && !journal.is_catching_up() {
                                return Poll::Ready(Err(core.failure(TAIL, FailureKind::Cancelled, None)));
                            }
                            machine.as_mut().poll(context).map_err(Stop::into_failure)
                        })
                        .await
                    }
                };
                cut(|| drop(machine));
                let failure = match ended {
                    Ok(output) => {
                        nested::left_undone(&core).await;
                        return Ok(Some(output));
                    }
                    Err(failure) => failure,
                };
                if let Some(log) = core.log() {
                    thrown.note(&failure, log).await;
                }
                let failure = compensated(&core, failure, &thrown).await;
                Err(failure.with_undone_elsewhere(journal.all_not_undone()))
            });
            let mut woken = None;
            let outcome: Outcome<Option<W::Output>> = loop {
                // What it is told while it waits for the gate keeps it in memory.
                let told = || (live.delivered.load(SeqCst), live.cancel.is_cancelled());
                let before = told();
                let outcome = poll_fn(|context| live.poll(&core, whole.as_mut(), &mut woken, context)).await;
                let Outcome::Waits(_) = outcome else { break outcome };
                let _gate = shared.gate(key).await;
                // Meanwhile its tasks may have gone on.
                let is_still = |_: &_| told() == before && !live.stopping.load(SeqCst);
                let Some(until) = live.waits_elsewhere().filter(is_still) else { continue };
                journal.suspend();
                cut(|| drop(whole));
                shared.keep_told(key, core.take_told());
                leave_memory(&shared, &live, key, until).await;
                return;
            };
            if !matches!(outcome, Outcome::Ended(_)) {
                journal.suspend();
            }
            cut(|| drop(whole));
            outcome.of_run()
        }
    };
    let _gate = shared.gate(key).await;
    let outcome = match outcome {
        // It was asked for in the last moment: the records are there still.
        Outcome::Halted(Halt::Parked(_)) | Outcome::Ended(Ok(_)) if live.rewinding.load(SeqCst) => Outcome::Stopped,
        outcome => outcome,
    };
    let goes_on = matches!(outcome, Outcome::Rewound)
        || (matches!(outcome, Outcome::Stopped) && live.rewinding.load(SeqCst) && !shared.is_stopping());
    if goes_on && matches!(outcome, Outcome::Stopped) {
        // Awaited: once this is on disk, so is all that was written before, and it is read again now.
        live.journal.put(RESTED, Kind::Stuck, own(&0));
        let _ = live.journal.settle(Vec::new(), &live.stopping).await;
    } else {
        settle::<W>(&shared, (&live, &core), key, outcome).await;
    }
    if !core.has_ended() {
        // Nothing of it ends here: it goes on later.
        journal.suspend();
        shared.keep_told(key, core.take_told());
    }
    drop(core);
    live.tell_caught_up();
    shared.leave(key);
    if goes_on && let Err(error) = shared.activate(key).await {
        shared.could_not(key, live.journal.id(), &error);
    }
}

impl<T> Outcome<Option<T>> {
    /// A run that gave nothing has taken stages back.
    fn of_run(self) -> Outcome<T> {
        match self {
            Self::Ended(Ok(Some(output))) => Outcome::Ended(Ok(output)),
            Self::Ended(Ok(None)) | Self::Rewound => Outcome::Rewound,
            Self::Ended(Err(failure)) => Outcome::Ended(Err(failure)),
            Self::Halted(halt) => Outcome::Halted(halt),
            Self::Waits(until) => Outcome::Waits(until),
            Self::Stopped => Outcome::Stopped,
        }
    }
}

/// What has to be on disk before anything runs; gives the input, or why it can't run.
fn prepare<W: Durable>(
    live: &Live<W>,
    Left { input, delivered, renamed, keys, resumed, failed_by_store, .. }: Left,
) -> Result<W::Input, String> {
    let journal = &live.journal;
    if resumed == Some(true) {
        journal.was_interrupted(failed_by_store);
    }
    let keys = keys?.map(|keys| (KEYS.into(), Kind::Keys, keys));
    // Before any user code begins: its keys stay what they are now.
    journal.enter(keys.into_iter().collect(), None, renamed);
    let input = W::decode_input(&input).map_err(|error| format!("its input can't be read: {error}"))?;
    delivered?;
    if journal.record(CANCELLED).is_some() {
        live.cancel.cancel();
    }
    Ok(input)
}

/// It only waits: nothing of it stays in memory. The caller holds its gate.
async fn leave_memory<W: Durable>(shared: &Arc<Shared>, live: &Live<W>, key: InstanceKey, until: Option<Timestamp>) {
    // By that the next engine sees whether it is another build.
    let build = Some(own(&W::BUILD));
    let change = Change::Status { status: InstanceStatus::Waiting, wake_at: until, outcome: build };
    let committed = live.journal.settle(vec![change], &live.stopping).await;
    shared.leave(key);
    match committed {
        Ok(()) if until.is_some() => shared.timers.notify_one(),
        Ok(()) => {}
        Err(error) => {
            let id = live.journal.id();
            tracing::error!(target: "workflow", instance = %id, %error, "the instance is tried again in 5 s");
            shared.try_later(key, id.to_string());
        }
    }
}

/// What became of it goes on disk, then to those who wait. The caller holds its gate.
async fn settle<W: Durable>(
    shared: &Arc<Shared>,
    (live, core): (&Live<W>, &Core),
    key: InstanceKey,
    outcome: Outcome<W::Output>,
) {
    let id = live.journal.id();
    let (status, bytes) = match &outcome {
        Outcome::Ended(Ok(output)) => match W::output().encode(output) {
            Ok(bytes) => (InstanceStatus::Completed, bytes),
            Err(error) => (InstanceStatus::Parked, own(&format!("its output can't be stored: {error}"))),
        },
        Outcome::Ended(Err(failure)) => (InstanceStatus::Failed, own(&StoredFailure::of(failure))),
        Outcome::Halted(Halt::Parked(reason)) => (InstanceStatus::Parked, own(reason)),
        Outcome::Waits(_) => return,
        Outcome::Rewound | Outcome::Stopped => {
            if matches!(outcome, Outcome::Stopped) && live.journal.has_begun() {
                live.journal.put(RESTED, Kind::Stuck, own(&0));
            }
            if let Err(error) = live.journal.settle(Vec::new(), &live.stopping).await {
                tracing::error!(target: "workflow", instance = %id, %error, "what the instance did last is not on the store");
            }
            return;
        }
    };
    let outcome_bytes = Some(bytes.clone());
    let mut changes = vec![Change::Status { status, wake_at: None, outcome: outcome_bytes }];
    if status.has_ended() {
        changes.push(Change::Clear);
    }
    let (mut status, mut bytes) = (status, bytes);
    let mut settled = live.journal.settle(changes, &live.stopping).await;
    if let (Err(error), Some(Halt::Parked(reason))) = (&settled, live.journal.halted())
        && error.is_permanent()
        && status != InstanceStatus::Parked
    {
        (status, bytes) = (InstanceStatus::Parked, own(&reason));
        let parked = Change::Status { status, wake_at: None, outcome: Some(bytes.clone()) };
        settled = live.journal.settle(vec![parked], &live.stopping).await;
    }
    if let Err(error) = settled {
        tracing::error!(target: "workflow", instance = %id, %error, "what became of the instance is not on the store");
        return;
    }
    match &outcome {
        Outcome::Ended(ended) if status.has_ended() => {
            core.tell_settled(&ended.as_ref().map(|_| ()).map_err(Failure::clone));
            told::ended(core, ended.as_ref().err());
        }
        _ => {
            let (stage, reason) = (live.journal.parked_stage(core.graph()), super::parked_reason(&bytes));
            core.tell_parked(stage, &reason);
            told::parked(core, stage, &reason);
        }
    }
    shared.tell_end(key, || match (&outcome, status) {
        (Outcome::Ended(Err(failure)), InstanceStatus::Failed) => {
            Err(EngineError::Failed { id: id.to_string(), failure: failure.clone() })
        }
        (_, InstanceStatus::Completed) => Ok(bytes.clone()),
        _ => Err(EngineError::Parked { id: id.to_string(), reason: super::parked_reason(&bytes) }),
    });
}

/// What is on record under a former name goes on under the one that it has now: `#[was(old)]`. Gives what has to change on
/// the store.
fn rename<W: Durable>(loaded: &mut Loaded) -> Vec<Change> {
    // What stands beside the parts of a race may have had another name.
    let now_called = |stage: &str, site: &str| {
        let is_it = |before: &str| before.strip_suffix('*').map_or(before == site, |start| site.starts_with(start));
        let found = W::FORMER_SITES.iter().find(|(of, before, _)| *of == stage && is_it(before));
        found.map(|(.., now)| *now).filter(|now| *now != site)
    };
    let site = |path: &str, record: &Record| {
        let (within, site) = path.rsplit_once(':')?;
        let (landed, site) = site.strip_prefix(LANDED).map_or(("", site), |site| (LANDED, site));
        let stage =
            within.split('/').rfind(|part| !part.is_empty() && part.parse::<u64>().is_err()).unwrap_or_default();
        let winner = |member: &str| {
            let former = renamed(&format!(":member-{member}"), record, former::<W>());
            let member = former.map_or_else(|| format!("member-{member}"), |(now, _)| now[1..].to_owned());
            now_called(stage, &member).map_or(member, ToOwned::to_owned)["member-".len()..].to_owned()
        };
        let says = winners_renamed(record, winner);
        let now = now_called(stage, site);
        let is_another = now.is_some() || says != *record;
        is_another.then(|| (format!("{within}:{landed}{}", now.unwrap_or(site)), says))
    };
    let mut changes = Vec::new();
    if W::FORMER.is_empty() && W::FORMER_SITES.is_empty() {
        return changes;
    }
    for (path, record) in &mut loaded.records {
        let mut now = renamed(path, record, former::<W>());
        let (known, says) = now.as_ref().map_or((&*path, &*record), |(path, record)| (path, record));
        if let Some(renamed) = site(known, says) {
            now = Some(renamed);
        }
        if let Some((now, says)) = now {
            changes.push(Change::Remove { path: path.as_str().into() });
            changes.push(Change::Put { path: now.as_str().into(), record: says.clone() });
            (*path, *record) = (now, says);
        }
    }
    let renamed = |name: &str| W::FORMER.iter().find(|(old, _)| *old == name).map(|(_, new)| *new);
    for signal in &mut loaded.signals {
        if let Some(new) = renamed(&signal.name) {
            new.clone_into(&mut signal.name);
        }
    }
    changes
}

/// The former names of a workflow.
fn former<W: Durable>() -> Former {
    Former { names: W::FORMER, texts: W::FORMER_TEXTS }
}
