//! What is known of one instance while it is in memory, and how more becomes known: one commit after the other.
//!
//! A durable run is the same machine as any other. It starts at its beginning each time, but what is on record is not run
//! again: a stage that has completed gives its recorded output at once. Until everything on record has been taken up, the
//! instance is *catching up*. Nothing new starts then, and recorded failures wait, so that whatever has to be undone is
//! known before anything is thrown away.

use super::{
    crashes::{Cuts, Interruptions, PROBATION, Suspects, place_name},
    fingerprint::{Print, PrintForm},
    homes::{Homes, names_inside, with_names},
    keys::Keys,
    outbox::{Delivery, Outbox},
    payload::{Kind, StoredUndone, Unkept, own, read_own},
};
use crate::{
    durable::rewind::is_beside,
    failure::{BoxError, Failure, Undone},
    future::clock::Clock,
};
use std::{
    collections::{BTreeMap, HashSet},
    future::{Future, poll_fn},
    ops::Bound,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
    task::{Context, Poll, Waker},
};
use tokio::{sync::oneshot, time::Instant};
use workflow_graph::Graph;
use workflow_store::{Change, InstanceKey, Record, Store, StoreError, StoreErrorKind, StoreFuture, Timestamp};

/// The order of what is not on record yet: it comes last.
pub(crate) const FRESH: u64 = u64::MAX;

/// After everything on record.
pub(crate) const LAST: u64 = FRESH - 2;

/// From here on failures are taken up, in their order: what ends a scope comes after all else that is on record in it. What
/// happened in there since is known then, also what was under way.
const FAILURES: u64 = 1 << 62;

/// That of timers, which fire only when everything on record is known, but not before what is ready then.
const DUE: u64 = FRESH - 1;

/// Why a run in memory was given up.
#[derive(Debug, Clone)]
pub(crate) enum Halt {
    /// It can't go on without a person.
    Parked(String),
}

/// One instance in memory.
pub(crate) struct Journal {
    store: Arc<dyn Store>,
    /// Its first entry is the change with which the instance was brought into memory.
    first: bool,
    id: Arc<str>,
    keys: OnceLock<Keys>,
    suspects: OnceLock<Suspects>,
    /// The instance has been interrupted: begins of user code are counted.
    counts: AtomicBool,
    /// User code has begun in this process.
    begun: AtomicBool,
    /// How many parts that are on record as ended are being polled, one inside another.
    in_ended: AtomicUsize,
    clock: Clock,
    content: Mutex<Content>,
    /// User code under way.
    busy: AtomicUsize,
    /// The run in memory ends here, and goes on from the store.
    suspended: AtomicBool,
}

struct Content {
    records: BTreeMap<Arc<str>, Record>,
    next_order: u64,
    /// The order of the first record of this process.
    first_order: u64,
    catching_up: bool,
    /// Counted up whenever something on record was taken up.
    recalled: u64,
    /// Who waits until everything before is taken up.
    held: BTreeMap<(u64, u64), Waker>,
    released: HashSet<u64>,
    next_holder: u64,
    /// When something that is waited for is due.
    timers: BTreeMap<(Timestamp, u64), ()>,
    next_timer: u64,
    /// Waits for signals.
    listening: usize,
    halt: Option<Halt>,
    /// Stages in the workflow's own body that are taken back: what is stored of them is not needed any more.
    given_up: HashSet<String>,
    interruptions: Interruptions,
    root: Option<Waker>,
    /// Records that nothing has asked for yet.
    homes: Homes,
    outbox: Outbox,
    wishes: Vec<Wish>,
    /// What polls the store is at work now.
    driven: bool,
    /// What the store has refused for good.
    refused: Option<StoreError>,
}

/// What a caller wants of the instance, on its way to the store.
struct Wish {
    number: u64,
    path: Arc<str>,
    /// Known once it is on the store.
    record: Record,
    told: Told,
}

type Told = oneshot::Sender<Result<(), StoreError>>;

impl Content {
    /// Enters changes; what gets the instance on forgives what crashed before.
    fn enter(&mut self, changes: Vec<Change>, progress: bool) -> u64 {
        let mut changes = changes;
        if progress {
            for (place, payload) in self.interruptions.forgiven() {
                changes.push(self.put(place, Kind::Interrupted, payload));
            }
        }
        let number = self.outbox.enter(changes);
        self.tell_driver();
        number
    }

    /// Enters what becomes of the instance as a whole.
    fn end(&mut self, changes: Vec<Change>) {
        self.outbox.end(changes);
    }

    /// Something was entered: what polls the store looks at it.
    fn tell_driver(&mut self) {
        if !self.driven
            && let Some(root) = &self.root
        {
            root.wake_by_ref();
        }
    }

    /// Puts those whose wishes are on the store into `told`.
    fn tell_wishes(&mut self, told: &mut Vec<(Told, Result<(), StoreError>)>) {
        let stored = self.outbox.stored_up_to();
        for Wish { path, record, told: caller, .. } in self.wishes.extract_if(.., |wish| wish.number <= stored) {
            self.records.insert(path, record);
            told.push((caller, Ok(())));
        }
    }

    /// Takes wishes back.
    fn withdraw(&mut self, numbers: &[u64], error: &StoreError, told: &mut Vec<(Told, Result<(), StoreError>)>) {
        for wish in self.wishes.extract_if(.., |wish| numbers.contains(&wish.number)) {
            told.push((wish.told, Err(error.clone())));
        }
    }

    /// Becomes known: what changes on the store.
    fn put(&mut self, path: Arc<str>, kind: Kind, payload: Vec<u8>) -> Change {
        let record = Record { order: self.next_order, kind: kind as u8, payload };
        self.next_order += 1;
        self.records.insert(Arc::clone(&path), record.clone());
        Change::Put { path, record }
    }

    /// The paths on record that lie within that one.
    fn within<'content>(&'content self, path: &str) -> impl Iterator<Item = &'content Arc<str>> {
        let from = (Bound::Excluded(path), Bound::Unbounded);
        // '/' comes before all that names and numbers consist of, so that this ends soon.
        let next = move |found: &Arc<str>| found.strip_prefix(path).and_then(|rest| rest.bytes().next());
        let found = self.records.range::<str, _>(from).map(|(path, _)| path);
        found
            .take_while(move |found| next(found).is_some_and(|next| next <= b'/'))
            .filter(move |found| next(found) == Some(b'/'))
    }

    fn count(&self, path: &str) -> u32 {
        self.records.get(path).and_then(|record| read_own(record).ok()).unwrap_or_default()
    }
}

impl Journal {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Clock,
        (key, id, graph): (InstanceKey, &str, &Graph<'_>),
        records: Vec<(String, Record)>,
        on_the_way: Option<(Vec<Change>, StoreFuture<()>)>,
    ) -> Self {
        let next_order = records.iter().map(|(_, record)| record.order + 1).max().unwrap_or_default();
        let mut records: BTreeMap<Arc<str>, Record> =
            records.into_iter().map(|(path, record)| (path.into(), record)).collect();
        let catching_up = !records.is_empty();
        let (first, on_the_way) = (on_the_way.is_some(), on_the_way);
        // Earlier versions counted for the whole instance.
        records.remove(STUCK);
        let counts = records.values().any(|record| record.kind == Kind::Interrupted as u8);
        let interruptions = Interruptions::of(&records);
        let homes = Homes::of(graph, &records);
        let content = Content {
            catching_up,
            records,
            next_order,
            first_order: next_order,
            recalled: 0,
            held: BTreeMap::new(),
            released: HashSet::new(),
            next_holder: 0,
            timers: BTreeMap::new(),
            next_timer: 0,
            listening: 0,
            halt: None,
            given_up: HashSet::new(),
            interruptions,
            root: None,
            homes,
            outbox: Outbox::new(key, on_the_way),
            wishes: Vec::new(),
            driven: false,
            refused: None,
        };
        Self {
            store,
            first,
            id: id.into(),
            keys: OnceLock::new(),
            suspects: OnceLock::new(),
            counts: AtomicBool::new(counts),
            begun: AtomicBool::new(false),
            in_ended: AtomicUsize::new(0),
            clock,
            content: Mutex::new(content),
            busy: AtomicUsize::new(0),
            suspended: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// How its keys are made.
    pub(crate) fn keys(&self) -> &Keys {
        self.keys.get_or_init(Keys::default)
    }

    /// Its engine has these permits.
    pub(crate) fn has_suspects(&self, suspects: &Suspects) {
        self.suspects.get_or_init(|| suspects.clone());
    }

    /// Its keys are made so.
    pub(crate) fn has_keys(&self, keys: Keys) {
        self.keys.get_or_init(|| keys);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().into()
    }

    /// Tells nobody of what is dropped from now on.
    pub(crate) fn suspend(&self) {
        self.suspended.store(true, Relaxed);
    }

    pub(crate) fn is_suspended(&self) -> bool {
        self.suspended.load(Relaxed)
    }

    // What is known.

    pub(crate) fn record(&self, path: &str) -> Option<Record> {
        let mut content = self.lock();
        content.homes.found(path);
        content.records.get(path).cloned()
    }

    /// Marks a stage as taken up, and its undo with it.
    pub(crate) fn takes_up_undo(&self, path: &str) {
        self.lock().homes.found_undo(path);
    }

    /// Marks what lies within that path and was recorded before `order` as needed no more, unless it would have to be undone.
    pub(crate) fn settles_within(&self, path: &str, order: u64) {
        self.lock().homes.settled(path, order);
    }

    /// Returns whether something on record has not been asked for.
    pub(crate) fn lacks_homes(&self) -> bool {
        !self.lock().homes.is_empty()
    }

    /// Returns whether something in the stage of that record has not been asked for.
    pub(crate) fn lacks_homes_around(&self, path: &str) -> bool {
        let stage = path.find(':').map_or(path, |own| path[..own].trim_end_matches('/'));
        self.lock().homes.any_within(stage).is_some()
    }

    /// Before a stage runs: parks where it is on record in another place.
    pub(crate) async fn stands_elsewhere(&self, path: &str) {
        let elsewhere = self.lock().homes.elsewhere(path);
        if let Some(elsewhere) = elsewhere {
            self.park::<()>(format!("'{path}' is on record as '{elsewhere}', where its workflow no longer has it"))
                .await;
        }
        let block = self.lock().homes.dropped_elsewhere(path).map(ToOwned::to_owned);
        if let Some(block) = block {
            self.park::<()>(format!("'{path}' was done as a part of '{block}', where its workflow no longer has it"))
                .await;
        }
    }

    /// Before a signal is waited for: parks where it was taken in another place.
    pub(crate) async fn was_taken_elsewhere(&self, path: &str) {
        let elsewhere = self.lock().homes.signal_elsewhere(path);
        let reason = match elsewhere {
            None => return,
            Some(Ok(elsewhere)) => {
                format!("'{path}' is on record as '{elsewhere}', where its workflow no longer has it")
            }
            Some(Err(block)) => format!("'{path}' was taken in '{block}', where its workflow no longer has it"),
        };
        self.park::<()>(reason).await;
    }

    /// Before a stage ends: parks where something on record inside was not asked for.
    pub(crate) async fn leaves_nothing(&self, path: &str) {
        let left = self.lock().homes.any_within(path);
        if let Some(left) = left {
            self.park_at::<()>(path, format!("'{left}' is on record, and '{path}' would end without it")).await;
        }
    }

    /// Before user code in a stage begins: parks where rounds or items are on record that it is no part of. `is_whole`: the code
    /// is all of the stage, so that nothing on record inside may be left.
    pub(crate) async fn begins_with_all(&self, path: &str, is_whole: bool) {
        let left = || {
            let homes = &self.lock().homes;
            let inside = || if is_whole { homes.any_within(path) } else { None };
            if homes.is_empty() { None } else { homes.repeats_around(path).or_else(inside) }
        };
        if left().is_none() {
            return;
        }
        // It may be asked for still.
        self.hold(LAST).await;
        if let Some(left) = left() {
            self.park_at::<()>(path, format!("'{left}' is on record, and '{path}' would begin without it")).await;
        }
    }

    /// Before the members of a race or quorum begin: parks where one is on record there that is no member any more.
    pub(crate) async fn knows_members(&self, stage: &str, sites: &[&'static str]) {
        let is_known = |site: &str| sites.contains(&site);
        let unknown = self.lock().homes.unknown_member(stage, is_known);
        if let Some(unknown) = unknown {
            self.park_at::<()>(
                &unknown,
                format!("'{unknown}' is on record, and '{stage}' has no such member any more"),
            )
            .await;
        }
    }

    /// Before something is decided in a stage: parks where something of that kind (`names`) is on record there under another
    /// name.
    pub(crate) async fn decides_anew(&self, stage: &str, path: &str, names: &[&str]) {
        let before = self.lock().homes.decision_of(stage, names);
        if before.is_none() {
            return;
        }
        // It may be asked for still.
        self.hold(LAST).await;
        let before = self.lock().homes.decision_of(stage, names);
        if let Some(before) = before {
            self.park_at::<()>(path, format!("'{before}' is on record, and '{path}' would be decided without it"))
                .await;
        }
    }

    /// Before what lies within that path is undone: parks where a stage in there can't be.
    pub(crate) async fn undoes_all(&self, path: &str) {
        let left = self.lock().homes.undo_within(path);
        if left.is_none() {
            return;
        }
        // It may be taken up still.
        self.hold(LAST).await;
        let left = self.lock().homes.undo_within(path);
        if let Some(left) = left {
            self.park::<()>(format!(
                "'{left}' was done and would have to be undone, but its workflow no longer comes to it"
            ))
            .await;
        }
    }

    pub(crate) fn has(&self, path: &str, kinds: &[Kind]) -> bool {
        self.lock().records.get(path).is_some_and(|record| kinds.iter().any(|&kind| record.kind == kind as u8))
    }

    /// Returns whether a stage, an item or a round around that path has completed.
    pub(crate) fn has_completed_around(&self, path: &str) -> bool {
        let content = self.lock();
        let is_end = |record: &Record| [Kind::Done, Kind::DoneIdle].iter().any(|&kind| record.kind == kind as u8);
        let has_next = |path: &str| {
            let (stage, round) = path.rsplit_once('/')?;
            let next = round.parse::<u64>().ok()? + 1;
            Some(content.records.contains_key(&*crate::durable::kept::within(&format!("{stage}/{next}"), "state")))
        };
        let mut around = path.rmatch_indices('/').map(|(at, _)| &path[..at]);
        around.any(|path| content.records.get(path).is_some_and(is_end) || has_next(path) == Some(true))
    }

    /// Something within that path is on record.
    pub(crate) fn has_within(&self, path: &str) -> bool {
        self.lock().within(path).next().is_some()
    }

    /// Returns the order of the last record within that path.
    pub(crate) fn last_within(&self, path: &str) -> u64 {
        let content = self.lock();
        let orders = content.within(path).filter_map(|path| content.records.get(path)).map(|record| record.order);
        orders.max().unwrap_or_default()
    }

    /// Returns whether that is on record since this process has the instance.
    pub(crate) fn is_new(&self, path: &str) -> bool {
        let content = self.lock();
        content.records.get(path).is_some_and(|record| record.order >= content.first_order)
    }

    pub(crate) fn order_of(&self, path: &str) -> u64 {
        self.lock().records.get(path).map_or(FRESH, |record| record.order)
    }

    /// Something on record was taken up.
    pub(crate) fn recalled(&self) {
        self.lock().recalled += 1;
    }

    /// Those stages are taken back.
    pub(crate) fn gives_up(&self, stages: HashSet<String>) {
        self.lock().given_up = stages;
    }

    /// Forgets records: what has to be changed on the store for that.
    pub(crate) fn forget_where(&self, goes: impl Fn(&str) -> bool) -> Vec<Change> {
        let mut content = self.lock();
        let gone: Vec<Arc<str>> = content.records.keys().filter(|path| goes(path)).cloned().collect();
        for path in &gone {
            content.records.remove(path);
        }
        gone.into_iter().map(|path| Change::Remove { path }).collect()
    }

    // What becomes known.

    /// Enters a record: it is known at once, and on its way to the store. User code that begins later waits for that.
    pub(crate) fn put(&self, path: impl Into<Arc<str>>, kind: Kind, payload: Vec<u8>) {
        self.enter(vec![(path.into(), kind, payload)], None, Vec::new());
    }

    /// Enters records that go to the store together, with other changes; what lies within the path `forget` is removed.
    pub(crate) fn enter(&self, put: Vec<(Arc<str>, Kind, Vec<u8>)>, forget: Option<&str>, mut more: Vec<Change>) {
        let mut content = self.lock();
        let mut changes = Vec::with_capacity(put.len() + more.len() + 1);
        let mut names_inside_it = None;
        if let Some(path) = forget {
            content.interruptions.forget(path);
            let gone: Vec<Arc<str>> = content.within(path).cloned().collect();
            let inside = names_inside(path);
            let before = content.records.get(&*inside).filter(|_| !gone.iter().any(|path| **path == *inside));
            let dropped = gone.iter().filter_map(|path| Some((&**path, content.records.get(path)?)));
            let names = with_names(path, before, dropped);
            for path in &gone {
                content.records.remove(path);
            }
            if !gone.is_empty() {
                changes.push(Change::RemoveWithin { prefix: format!("{path}/").into() });
            }
            names_inside_it = names.map(|names| content.put(inside.into(), Kind::Inside, names));
        }
        let mut progress = false;
        for (path, kind, payload) in put {
            progress |= matches!(kind, Kind::Done | Kind::DoneIdle | Kind::Undone);
            changes.push(content.put(path, kind, payload));
        }
        changes.extend(names_inside_it);
        changes.append(&mut more);
        if !changes.is_empty() {
            content.enter(changes, progress);
        }
    }

    /// Waits until that entry is on the store. Where the store refuses it for good, the run is halted, and this never returns.
    async fn stored(&self, number: u64) {
        poll_fn(|context| self.lock().outbox.poll_stored(number, context)).await;
    }

    /// Waits until all that was entered is on the store: user code may rely on it.
    pub(crate) async fn settled(&self) {
        let entered = self.lock().outbox.entered();
        self.stored(entered).await;
    }

    /// Waits until the change with which the instance was brought into memory is on the store.
    pub(crate) async fn brought(&self) {
        if self.first {
            let halts = |content: &Content| content.halt.is_some();
            self.drive(|content, context| match halts(content) {
                true => Poll::Ready(()),
                false => content.outbox.poll_stored(1, context),
            })
            .await;
        }
    }

    /// Polls the store until `done`, also where the run in memory is over and polls it no more.
    async fn drive<T>(&self, mut done: impl FnMut(&mut Content, &mut Context<'_>) -> Poll<T>) -> T {
        let given = poll_fn(|context| {
            self.poll_store(context);
            done(&mut self.lock(), context)
        })
        .await;
        // What is on its way now would wake this caller.
        let content = self.lock();
        if let Some(root) = &content.root {
            root.wake_by_ref();
        }
        given
    }

    /// Puts what a caller wants of the instance, and waits until it is on the store.
    ///
    /// # Errors
    /// The store does not take it now: the wish is withdrawn.
    pub(crate) async fn wish(&self, path: &str, kind: Kind, payload: Vec<u8>) -> Result<(), StoreError> {
        let mut told = {
            let mut content = self.lock();
            if let Some(error) = content.outbox.delayed_by() {
                return Err(error.clone());
            }
            let record = Record { order: content.next_order, kind: kind as u8, payload };
            content.next_order += 1;
            let path: Arc<str> = path.into();
            let number = content.outbox.wish(vec![Change::Put { path: Arc::clone(&path), record: record.clone() }]);
            let (sender, told) = oneshot::channel();
            content.wishes.push(Wish { number, path, record, told: sender });
            told
        };
        let ended = self.drive(|_, context| Pin::new(&mut told).poll(context)).await;
        ended.unwrap_or_else(|_| Err(StoreError::new(StoreErrorKind::Closed, "the instance has left memory")))
    }

    // The way to the store.

    /// Sends what was entered, and looks at what was sent.
    pub(crate) fn poll_store(&self, context: &mut Context<'_>) {
        let mut woken = Vec::new();
        let mut told = Vec::new();
        let mut content = self.lock();
        while let Some(delivery) = {
            let found = content.outbox.poll(&*self.store, context, &mut woken);
            content.tell_wishes(&mut told);
            found
        } {
            match delivery {
                Delivery::Delayed { error, pause, withdrawn } => {
                    let id = &self.id;
                    tracing::error!(target: "workflow", instance = %id, %error, "the store is tried again in {pause:?}");
                    content.withdraw(&withdrawn, &error, &mut told);
                }
                Delivery::Refused { number, path, error } => {
                    content.withdraw(&[number], &error, &mut told);
                    content.refused = Some(error.clone());
                    let what =
                        path.map_or_else(|| "what became of it".to_owned(), |path| format!("what '{path}' gave"));
                    content.halt.get_or_insert(Halt::Parked(format!("{what} can't be stored: {error}")));
                    woken.extend(content.root.take());
                }
            }
        }
        drop(content);
        woken.into_iter().for_each(Waker::wake);
        for (told, result) in told {
            let _ = told.send(result);
        }
    }

    /// Returns whether something is on its way to the store.
    pub(crate) fn is_writing(&self) -> bool {
        !self.lock().outbox.is_idle()
    }

    /// From now on the caller polls the store itself: what is entered need not wake it.
    pub(crate) fn drives(&self, drives: bool) {
        self.lock().driven = drives;
    }

    /// Puts what becomes of the instance as a whole, and waits until all is on the store. While the store fails it is tried
    /// again, until `given_up`.
    ///
    /// # Errors
    /// The store refuses it for good, or does not take it now, and it was given up.
    pub(crate) async fn settle(&self, changes: Vec<Change>, given_up: &AtomicBool) -> Result<(), StoreError> {
        {
            let mut content = self.lock();
            content.refused = None;
            if !changes.is_empty() {
                content.end(changes);
            }
        }
        poll_fn(|context| {
            self.poll_store(context);
            let mut content = self.lock();
            content.root = Some(context.waker().clone());
            if let Some(error) = content.refused.take() {
                return Poll::Ready(Err(error));
            }
            if content.outbox.is_idle() {
                return Poll::Ready(Ok(()));
            }
            match content.outbox.delayed_by() {
                Some(error) if given_up.load(SeqCst) => Poll::Ready(Err(error.clone())),
                _ => Poll::Pending,
            }
        })
        .await
    }

    /// Removes a signal that no wait can take.
    pub(crate) fn drop_signal(&self, number: i64) {
        self.enter(Vec::new(), None, vec![Change::ConsumeSignal { number }]);
    }

    /// What is evaluated again is what it was, by its fingerprint; where it is not, parks with that reason. `print`: none
    /// where it can't be told.
    pub(crate) fn is_same(
        &self,
        path: String,
        print: impl FnOnce(PrintForm) -> Option<Print>,
        reason: impl FnOnce(&str) -> String,
    ) {
        let Some(record) = self.record(&path) else {
            if let Some(print) = print(PrintForm::Canonical) {
                self.put(path, Kind::Fingerprint, own(&print));
            }
            return;
        };
        match read_own::<Print>(&record) {
            Ok(before) if print(before.form()).is_none_or(|now| now == before) => self.recalled(),
            _ => self.park_now_at(&path, reason(&path)),
        }
    }

    /// How often something was noted there.
    pub(crate) fn count(&self, path: &str) -> u32 {
        self.lock().count(path)
    }

    /// What could not be undone, or is in doubt, of what the run goes on without. `key` tells it from all others, so that it is
    /// told once.
    pub(crate) fn not_undone(&self, key: &str, undone: &Undone) {
        if let Some((path, kind, payload)) = self.doubt(key, undone) {
            self.put(path, kind, payload);
        }
    }

    /// Returns those of the undos that failed within that path which are not on record as that.
    pub(crate) fn not_told(&self, path: &str, mut failures: Vec<Failure>) -> Vec<Failure> {
        let mut told: Vec<String> = {
            let (content, path) = (self.lock(), format!("{NOT_UNDONE}{path}"));
            let records = content.within(&path).filter_map(|path| content.records.get(path));
            let told = records.filter_map(|record| read_own::<StoredUndone>(record).ok());
            told.flat_map(|told| told.restore().failures).map(|failure| format!("{failure:#}")).collect()
        };
        failures.retain(|failure| match told.iter().position(|told| *told == format!("{failure:#}")) {
            Some(place) => {
                told.swap_remove(place);
                false
            }
            None => true,
        });
        failures
    }

    /// Returns whether what went wrong with undoing the stage at that path is on record.
    pub(crate) fn is_in_doubt(&self, path: &str) -> bool {
        self.lock().records.contains_key(&*format!("{NOT_UNDONE}{path}"))
    }

    /// The record of that, if there is none yet.
    pub(crate) fn doubt(&self, key: &str, undone: &Undone) -> Option<(Arc<str>, Kind, Vec<u8>)> {
        let path: Arc<str> = format!("{NOT_UNDONE}{key}").into();
        self.record(&path).is_none().then(|| (path, Kind::NotUndone, own(&StoredUndone::of(undone))))
    }

    /// All of that, in order.
    pub(crate) fn all_not_undone(&self) -> Undone {
        let mut records: Vec<Record> = {
            let content = self.lock();
            let found = content.records.iter().filter(|(path, _)| path.starts_with(NOT_UNDONE));
            found.map(|(_, record)| record.clone()).collect()
        };
        records.sort_by_key(|record| record.order);
        let mut all = Undone::default();
        for record in records {
            match read_own::<StoredUndone>(&record) {
                Ok(stored) => {
                    let mut undone = stored.restore();
                    all.failures.append(&mut undone.failures);
                    all.in_doubt.append(&mut undone.in_doubt);
                }
                Err(error) => self.park_now(format!("what is stored of failed undos can't be read: {error}")),
            }
        }
        all
    }

    // What goes wrong.

    fn halt(&self, halt: Halt) {
        let root = {
            let mut content = self.lock();
            content.halt.get_or_insert(halt);
            content.root.take()
        };
        if let Some(root) = root {
            root.wake();
        }
    }

    /// It can't go on without a person: never returns.
    pub(crate) async fn park<T>(&self, reason: String) -> T {
        self.park_now(reason);
        std::future::pending().await
    }

    /// Parks with that reason, if there is one.
    pub(crate) async fn unless_refused(&self, reason: Option<String>) {
        if let Some(reason) = reason {
            self.park::<()>(reason).await;
        }
    }

    /// The same, where nothing can be awaited: the run goes on until it next awaits something.
    pub(crate) fn park_now(&self, reason: String) {
        self.halt(Halt::Parked(reason));
    }

    pub(crate) async fn undecodable<T>(&self, path: &str, error: BoxError) -> T {
        if self.is_given_up(path) {
            self.takes_up_undo(path);
            tracing::warn!(target: "workflow", instance = %self.id, path, %error, "what is taken back can't be read, nor undone");
            return std::future::pending().await;
        }
        // What could not be stored says so itself.
        let reason = match error.downcast_ref::<Unkept>() {
            Some(unkept) => unkept.to_string(),
            None => format!("what is stored of '{path}' can't be read: {error}"),
        };
        self.park(reason).await
    }

    /// The stage that the instance is parked at, where its reason names the place of one.
    pub(crate) fn parked_stage(&self, graph: &Graph<'static>) -> Option<&'static str> {
        let Some(Halt::Parked(reason)) = self.halted() else { return None };
        // Reasons quote the path of what can't be gone on with.
        let quoted = reason.split('\'').skip(1).step_by(2);
        let names = quoted.flat_map(|path| path.rsplit('/'));
        let mut stages = names.filter_map(|name| graph.stages.iter().find(|stage| stage.name == name));
        stages.next().map(|stage| stage.name)
    }

    /// What lies there is taken back: it need not be read, nor come out as it did.
    /// Returns whether other stages are being taken back, and that one is not.
    pub(crate) fn outlives_rewind(&self, path: &str) -> bool {
        let content = self.lock();
        let first = path.split('/').next().unwrap_or_default();
        !content.given_up.is_empty() && !content.given_up.contains(first)
    }

    /// A part that is on record as ended is polled until the guard is dropped.
    pub(crate) fn in_ended(&self) -> InEndedGuard<'_> {
        self.in_ended.fetch_add(1, Relaxed);
        InEndedGuard(self)
    }

    /// Returns whether what is polled now lies in a part that is on record as ended.
    pub(crate) fn is_in_ended(&self) -> bool {
        self.in_ended.load(Relaxed) > 0
    }

    fn is_given_up(&self, path: &str) -> bool {
        let content = self.lock();
        let first = path.split('/').next().unwrap_or_default();
        let beside = is_beside(path) && !path.starts_with(":signal-");
        !content.given_up.is_empty() && (beside || content.given_up.contains(first))
    }

    /// What is on record there can't be gone on with: parks, unless that is taken back.
    pub(crate) async fn park_at<T>(&self, path: &str, reason: String) -> T {
        if self.is_given_up(path) { std::future::pending().await } else { self.park(reason).await }
    }

    /// The same, where nothing can be awaited.
    pub(crate) fn park_now_at(&self, path: &str, reason: String) {
        if !self.is_given_up(path) {
            self.park_now(reason);
        }
    }

    pub(crate) fn halted(&self) -> Option<Halt> {
        self.lock().halt.clone()
    }

    // Catching up.

    pub(crate) fn is_catching_up(&self) -> bool {
        self.lock().catching_up
    }

    /// How much was taken up.
    pub(crate) fn progress(&self) -> u64 {
        self.lock().recalled
    }

    pub(crate) fn listen(&self, root: &Waker) {
        self.lock().root = Some(root.clone());
    }

    /// Nothing that is on record can be taken up any more: lets the first of those that wait go on; where none does, the
    /// instance has caught up.
    pub(crate) fn release(&self) {
        let wakers: Vec<Waker> = {
            let mut content = self.lock();
            match content.held.first_key_value().map(|(&key, _)| key) {
                // What is not on record goes on all at once, with everything known.
                None | Some((DUE.., _)) => {
                    content.catching_up = false;
                    std::mem::take(&mut content.held).into_values().collect()
                }
                Some(key) => {
                    content.released.insert(key.1);
                    content.held.remove(&key).into_iter().collect()
                }
            }
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Waits, while catching up, until everything that was recorded before `order` has been taken up.
    pub(crate) async fn hold(&self, order: u64) {
        let mut holding = {
            let mut content = self.lock();
            if !content.catching_up {
                return;
            }
            content.next_holder += 1;
            Holding { journal: self, key: (order, content.next_holder) }
        };
        let holding = &mut holding;
        poll_fn(move |context| {
            let mut content = holding.journal.lock();
            if !content.catching_up || content.released.remove(&holding.key.1) {
                return Poll::Ready(());
            }
            content.held.insert(holding.key, context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Waits, while catching up, before a failure on record goes on: until all else on record has been taken up.
    pub(crate) async fn hold_failure(&self, order: u64) {
        self.hold(FAILURES.saturating_add(order).min(LAST)).await;
    }

    // What it is waiting for.

    /// Waits until `at`; while it does, the instance need not be in memory.
    pub(crate) async fn wait_until(&self, at: Timestamp) {
        // What is due fires only when everything on record is known.
        self.hold(DUE).await;
        if at <= self.now() {
            return;
        }
        let _waiting = {
            let mut content = self.lock();
            content.next_timer += 1;
            let key = (at, content.next_timer);
            content.timers.insert(key, ());
            TimerWait { journal: self, key }
        };
        self.clock.until(at.into()).await;
    }

    /// The same by tokio's clock.
    pub(crate) async fn wait_until_instant(&self, at: Instant) {
        let left = at.saturating_duration_since(Instant::now());
        self.wait_until(self.now().after(left)).await;
    }

    /// Runs until `at`: not before everything on record is known.
    pub(crate) async fn by<T>(&self, at: Timestamp, run: impl Future<Output = T>) -> Option<T> {
        let (mut end, mut run) = (pin!(self.wait_until(at)), pin!(Some(run)));
        let ended = poll_fn(|context| {
            if let Some(Poll::Ready(given)) = run.as_mut().as_pin_mut().map(|run| run.poll(context)) {
                return Poll::Ready(Some(given));
            }
            end.as_mut().poll(context).map(|()| None)
        })
        .await;
        if ended.is_none() {
            crate::failure::panic::cut(|| run.set(None));
        }
        ended
    }

    pub(crate) fn instant(&self, at: Timestamp) -> Instant {
        self.clock.instant(at.into())
    }

    /// Marks a wait for a signal, for as long as what it gives lives.
    pub(crate) fn listening(self: &Arc<Self>) -> Listening {
        self.lock().listening += 1;
        Listening(Arc::clone(self))
    }

    /// User code is under way, or a time that only this process knows, for as long as what it gives lives.
    pub(crate) fn busy(self: &Arc<Self>) -> Busy {
        self.busy.fetch_add(1, Relaxed);
        Busy(Arc::clone(self))
    }

    /// Where the instance only waits: when the first timer is due.
    #[allow(clippy::option_option, reason = "whether it only waits, and until when")]
    pub(crate) fn only_waits(&self) -> Option<Option<Timestamp>> {
        let content = self.lock();
        let waits = !content.timers.is_empty() || content.listening > 0;
        if content.catching_up || !waits || self.busy.load(Relaxed) > 0 || !content.outbox.is_idle() {
            return None;
        }
        Some(content.timers.first_key_value().map(|(&(at, _), ())| at))
    }

    // Interruptions.

    /// The instance was interrupted: by the end of a process, or `in_peace`, as `RESTED` says too.
    pub(crate) fn was_interrupted(&self, in_peace: bool) {
        let mut content = self.lock();
        content.catching_up = true;
        let rested = content.records.remove(RESTED).is_some();
        content.interruptions.rested = rested;
        content.interruptions.interrupted = Some(in_peace || rested);
        self.counts.store(true, Relaxed);
    }

    /// Begins of user code are counted.
    pub(crate) fn counts(&self) -> bool {
        self.counts.load(Relaxed)
    }

    /// User code has begun in this process.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Relaxed)
    }

    /// User code of that place is ready to begin, if not held back. While the instance is catching up, so it was when the
    /// instance was interrupted. Returns how often it was cut.
    pub(crate) fn reaches(&self, place: &str) -> u32 {
        let mut content = self.lock();
        let times = Cuts::of(content.records.get(place)).times;
        if !content.catching_up || content.interruptions.interrupted.is_none() {
            return times;
        }
        content.interruptions.reached.insert(place.to_owned());
        times + 1
    }

    /// Returns whether that place had been reached: it waits for a moment that comes yet, and so had not begun.
    pub(crate) fn had_not_begun(&self, place: &str) -> bool {
        self.lock().interruptions.reached.remove(place)
    }

    /// The records of places that were under way when the instance was interrupted, and have not begun since: each was cut once
    /// more, and by no crash.
    pub(crate) fn cut_in_peace(&self) -> Vec<(Arc<str>, Kind, Vec<u8>)> {
        let mut content = self.lock();
        let places = std::mem::take(&mut content.interruptions.reached);
        let cut = |place: String| {
            let cuts = Cuts::of(content.records.get(&*place)).once_more(true);
            (place.into(), Kind::Interrupted, own(&cuts))
        };
        places.into_iter().map(cut).collect()
    }

    /// Returns how often that place was cut.
    pub(crate) fn cuts(&self, place: &str) -> u32 {
        Cuts::of(self.lock().records.get(place)).times
    }

    /// The record of a place whose attempts are counted on by another one: its crashes stay known.
    pub(crate) fn crashes(&self, place: &str) -> Option<(Arc<str>, Kind, Vec<u8>)> {
        let cuts = Cuts::of(Some(self.lock().records.get(place)?));
        Some((place.into(), Kind::Interrupted, own(&Cuts { times: 0, ..cuts })))
    }

    /// Before user code begins: all that it relies on is on the store, and, where that may not be its first time, that it begins.
    pub(crate) async fn begins(self: &Arc<Self>, place: impl FnOnce() -> String) {
        self.begun.store(true, Relaxed);
        if self.counts() {
            self.begins_again(place()).await;
        }
        self.settled().await;
    }

    async fn begins_again(self: &Arc<Self>, place: String) {
        let (is_again, before, cuts) = {
            let mut content = self.lock();
            if std::mem::take(&mut content.interruptions.rested) {
                content.enter(vec![Change::Remove { path: RESTED.into() }], false);
            }
            let before = Cuts::of(content.records.get(&*place));
            let in_peace = content.interruptions.interrupted == Some(true);
            (content.interruptions.reached.remove(&place), before, before.once_more(in_peace))
        };
        if !is_again {
            return;
        }
        if cuts.are_too_many() {
            self.put(place.as_str(), Kind::Interrupted, own(&Cuts { crashes: cuts.crashes, ..before }));
            let (times, place) = (cuts.crashes, place_name(&place));
            self.park::<()>(format!("crashed {times} times in a row in {place} without progress")).await;
        }
        let turn = match (cuts.permits(), self.suspects.get()) {
            (permits @ 1.., Some(suspects)) => {
                let _busy = self.busy();
                suspects.turn(permits).await
            }
            _ => None,
        };
        let is_suspect = turn.is_some();
        let beginning = Beginning::new(self, &place);
        {
            let mut content = self.lock();
            let path: Arc<str> = place.as_str().into();
            let change = content.put(Arc::clone(&path), Kind::Interrupted, own(&cuts));
            content.enter(vec![change], false);
            if cuts.crashes > 0 {
                content.interruptions.crashed.insert(path, cuts);
            }
            content.interruptions.turns.extend(turn);
        }
        if is_suspect {
            let journal = Arc::downgrade(self);
            tokio::spawn(async move {
                tokio::time::sleep(PROBATION).await;
                if let Some(journal) = journal.upgrade() {
                    journal.runs_on(&place);
                }
            });
        }
        self.settled().await;
        drop(beginning);
    }

    /// Waits until no user code within that path waits for its begin to be on the store. What polls this polls that user code
    /// first, and is polled again when its begin is there.
    pub(crate) async fn has_begun_within(&self, path: &str) {
        poll_fn(|_| {
            let content = self.lock();
            if content.interruptions.begins_within(path) { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }

    /// A suspect has not ended the process.
    fn runs_on(&self, place: &str) {
        let mut content = self.lock();
        content.interruptions.turns.clear();
        if let Some(cuts) = content.interruptions.crashed.remove(place)
            && !self.is_suspended()
        {
            let change = content.put(place.into(), Kind::Interrupted, own(&Cuts { crashes: 0, ..cuts }));
            content.enter(vec![change], false);
        }
    }
}

/// Where it stands how often an instance was interrupted without getting on.
pub(crate) const STUCK: &str = ":stuck";

/// Where it stands that the instance was stopped in peace.
pub(crate) const RESTED: &str = ":rested";

/// Where it stands what could not be undone of what the run went on without.
const NOT_UNDONE: &str = ":not-undone/";

struct Holding<'a> {
    journal: &'a Journal,
    key: (u64, u64),
}

impl Drop for Holding<'_> {
    fn drop(&mut self) {
        let mut content = self.journal.lock();
        content.held.remove(&self.key);
        content.released.remove(&self.key.1);
    }
}

struct TimerWait<'a> {
    journal: &'a Journal,
    key: (Timestamp, u64),
}

impl Drop for TimerWait<'_> {
    fn drop(&mut self) {
        self.journal.lock().timers.remove(&self.key);
    }
}

/// A wait for a signal.
pub(crate) struct Listening(Arc<Journal>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.lock().listening -= 1;
    }
}

/// User code of a place whose begin is on its way to the store.
struct Beginning<'a> {
    journal: &'a Journal,
    place: Arc<str>,
}

impl<'a> Beginning<'a> {
    fn new(journal: &'a Journal, place: &str) -> Self {
        let place: Arc<str> = place.into();
        journal.lock().interruptions.beginning.push(Arc::clone(&place));
        Self { journal, place }
    }
}

impl Drop for Beginning<'_> {
    fn drop(&mut self) {
        let mut content = self.journal.lock();
        let beginning = &mut content.interruptions.beginning;
        if let Some(at) = beginning.iter().position(|place| *place == self.place) {
            beginning.swap_remove(at);
        }
    }
}

/// The poll of a part that is on record as ended.
pub(crate) struct InEndedGuard<'a>(&'a Journal);

impl Drop for InEndedGuard<'_> {
    fn drop(&mut self) {
        self.0.in_ended.fetch_sub(1, Relaxed);
    }
}

/// Keeps the instance in memory.
pub(crate) struct Busy(Arc<Journal>);

impl Busy {
    /// Ends it. Where nothing else keeps the instance in memory, the driver looks at what it waits for now.
    pub(crate) fn ends(self) {
        let journal = Arc::clone(&self.0);
        drop(self);
        if journal.busy.load(Relaxed) == 0 {
            journal.lock().tell_driver();
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Relaxed);
    }
}
