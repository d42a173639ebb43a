//! The journal of one instance in memory: its records, and the commits that extend them, one after the other.
//!
//! A durable run is the same machine as any other. It starts at its beginning each time, but recorded stages do not run
//! again: a stage that has completed gives its recorded output at once. Until every record is restored, the instance is
//! *restoring*. No new stage starts then, and recorded failures wait, so that everything to be undone is known before a
//! scope is rolled back.

use super::{
    crashes::{CrashCounter, Suspects},
    fingerprint::{Fingerprint, PrintForm},
    homes::{Homes, names_inside, with_names},
    keys::Keys,
    outbox::Outbox,
    path::CRASH_COUNT,
    record::{RecordKind, decode_record, encode_record},
};
use crate::{future::clock::Clock, sync::lock};
use std::{
    collections::{BTreeMap, HashSet},
    ops::Bound,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    task::Waker,
};
use tokio::sync::oneshot;
use workflow_graph::Graph;
use workflow_store::{Change, InstanceKey, Record, Store, StoreError, StoreFuture, Timestamp};

/// The order of stages without a record: they come last.
pub(crate) const UNRECORDED: u64 = u64::MAX;

/// The order after every record.
pub(crate) const LAST: u64 = UNRECORDED - 2;

/// The first order of failures. From here on failures are restored, in their order: a failure that ends a scope comes
/// after all other records in it. Later events of the scope are known then, also its running stages.
pub(crate) const FAILURES: u64 = 1 << 62;

/// Order of timers. They fire after everything recorded is restored, and not before the stages that are ready then.
pub(crate) const DUE: u64 = UNRECORDED - 1;

/// The reason for which the instance can't go on without an operator.
#[derive(Debug, Clone)]
pub(crate) struct ParkReason(pub(crate) String);

/// One instance in memory.
pub(crate) struct Journal {
    pub(crate) store: Arc<dyn Store>,
    /// Whether the first entry is the change with which the instance was brought into memory.
    pub(crate) first: bool,
    /// Whether there was no record when the instance was brought into memory.
    is_fresh: bool,
    pub(crate) id: Arc<str>,
    keys: OnceLock<Keys>,
    pub(crate) suspects: OnceLock<Suspects>,
    /// The instance has been interrupted: begins of user code are counted.
    pub(crate) counts: AtomicBool,
    /// User code has begun in this process.
    pub(crate) begun: AtomicBool,
    /// Number of parts recorded as ended that are being polled, one inside another.
    pub(crate) in_ended: AtomicUsize,
    pub(crate) clock: Clock,
    content: Mutex<JournalState>,
    /// Number of running pieces of user code.
    pub(crate) busy: AtomicUsize,
    /// The run in memory ends here, and goes on from the store.
    suspended: AtomicBool,
}

pub(crate) struct JournalState {
    pub(crate) records: BTreeMap<Arc<str>, Record>,
    pub(crate) next_order: u64,
    /// The order of the first record of this process.
    first_order: u64,
    pub(crate) restoring: bool,
    /// Number of restored records.
    pub(crate) recalled: u64,
    /// Waiters that wait until all earlier records are restored.
    pub(crate) held: BTreeMap<(u64, u64), Waker>,
    pub(crate) released: HashSet<u64>,
    pub(crate) next_holder: u64,
    /// Moments at which the pending timers are due.
    pub(crate) timers: BTreeMap<(Timestamp, u64), ()>,
    pub(crate) next_timer: u64,
    /// Waits for signals.
    pub(crate) listening: usize,
    pub(crate) halt: Option<ParkReason>,
    /// Stages in the workflow's own body that are taken back: what is stored of them is not needed any more.
    pub(crate) given_up: HashSet<String>,
    pub(crate) interruptions: CrashCounter,
    pub(crate) root: Option<Waker>,
    /// Records that no hook has requested yet.
    pub(crate) homes: Homes,
    pub(crate) outbox: Outbox,
    pub(crate) wishes: Vec<Wish>,
    /// Whether the driver, which polls the store, is being polled.
    pub(crate) driven: bool,
    /// Error with which the store has refused an entry for good.
    pub(crate) refused: Option<StoreError>,
}

/// A caller's change of the instance, on its way to the store.
pub(crate) struct Wish {
    pub(crate) number: u64,
    pub(crate) path: Arc<str>,
    /// Known once it is on the store.
    pub(crate) record: Record,
    pub(crate) reply: CommitReply,
}

type CommitReply = oneshot::Sender<Result<(), StoreError>>;

impl JournalState {
    /// Enters changes; what gets the instance on forgives what crashed before.
    pub(crate) fn enter(&mut self, changes: Vec<Change>, progress: bool) -> u64 {
        let mut changes = changes;
        if progress {
            for (place, cuts) in self.interruptions.forgiven() {
                changes.push(self.put(place, RecordKind::Interrupted, encode_record(&cuts)));
            }
        }
        let number = self.outbox.enter(changes);
        self.wake_driver();
        number
    }

    /// Enters what becomes of the instance as a whole.
    pub(crate) fn end(&mut self, changes: Vec<Change>) {
        self.outbox.end(changes);
    }

    /// Wakes the driver after an entry, if it is not being polled.
    pub(crate) fn wake_driver(&mut self) {
        if !self.driven
            && let Some(root) = &self.root
        {
            root.wake_by_ref();
        }
    }

    /// Adds the callers whose wishes are on the store to `replies`.
    pub(crate) fn reply_to_wishes(&mut self, replies: &mut Vec<(CommitReply, Result<(), StoreError>)>) {
        let stored = self.outbox.stored_up_to();
        for Wish { path, record, reply: caller, .. } in self.wishes.extract_if(.., |wish| wish.number <= stored) {
            self.records.insert(path, record);
            replies.push((caller, Ok(())));
        }
    }

    /// Takes wishes back.
    pub(crate) fn withdraw(
        &mut self,
        numbers: &[u64],
        error: &StoreError,
        replies: &mut Vec<(CommitReply, Result<(), StoreError>)>,
    ) {
        for wish in self.wishes.extract_if(.., |wish| numbers.contains(&wish.number)) {
            replies.push((wish.reply, Err(error.clone())));
        }
    }

    /// Becomes known: what changes on the store.
    pub(crate) fn put(&mut self, path: Arc<str>, kind: RecordKind, payload: Vec<u8>) -> Change {
        let record = Record { order: self.next_order, kind: kind as u8, payload };
        self.next_order += 1;
        self.records.insert(Arc::clone(&path), record.clone());
        Change::Put { path, record }
    }

    /// Forgets what lies within that path. Returns the record of the names of what was done in there, where there is
    /// one now.
    fn forget(&mut self, path: &str, changes: &mut Vec<Change>) -> Option<Change> {
        self.interruptions.forget(path);
        let gone: Vec<Arc<str>> = self.within(path).cloned().collect();
        if gone.is_empty() {
            return None;
        }
        let inside = names_inside(path);
        let before = self.records.get(&*inside).filter(|_| !gone.iter().any(|path| **path == *inside));
        let dropped = gone.iter().filter_map(|path| Some((&**path, self.records.get(path)?)));
        let names = with_names(path, before, dropped);
        for path in &gone {
            self.records.remove(path);
        }
        changes.push(Change::RemoveWithin { prefix: format!("{path}/").into() });
        names.map(|names| self.put(inside.into(), RecordKind::Inside, names))
    }

    /// Returns the recorded paths that lie within a path.
    pub(crate) fn within<'content>(&'content self, path: &str) -> impl Iterator<Item = &'content Arc<str>> {
        let from = (Bound::Excluded(path), Bound::Unbounded);
        // '/' comes before all that names and numbers consist of, so that this ends soon.
        let next = move |found: &Arc<str>| found.strip_prefix(path).and_then(|rest| rest.bytes().next());
        let found = self.records.range::<str, _>(from).map(|(path, _)| path);
        found
            .take_while(move |found| next(found).is_some_and(|next| next <= b'/'))
            .filter(move |found| next(found) == Some(b'/'))
    }

    fn count(&self, path: &str) -> u32 {
        self.records.get(path).and_then(|record| decode_record(record).ok()).unwrap_or_default()
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
        let restoring = !records.is_empty();
        let (first, on_the_way) = (on_the_way.is_some(), on_the_way);
        // Earlier versions counted for the whole instance.
        records.remove(CRASH_COUNT);
        let counts = records.values().any(|record| record.kind == RecordKind::Interrupted as u8);
        let interruptions = CrashCounter::of(&records);
        let homes = Homes::of(graph, &records);
        let content = JournalState {
            restoring,
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
            is_fresh: !restoring,
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

    pub(crate) fn lock(&self) -> MutexGuard<'_, JournalState> {
        lock(&self.content)
    }

    pub(crate) fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// Returns how the instance's keys are made.
    pub(crate) fn keys(&self) -> &Keys {
        self.keys.get_or_init(Keys::default)
    }

    /// Sets the permits for suspects of the instance's engine.
    pub(crate) fn set_suspects(&self, suspects: &Suspects) {
        self.suspects.get_or_init(|| suspects.clone());
    }

    /// Sets how the instance's keys are made.
    pub(crate) fn set_keys(&self, keys: Keys) {
        self.keys.get_or_init(|| keys);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().into()
    }

    /// Suppresses reports of futures that are dropped from now on.
    pub(crate) fn suspend(&self) {
        self.suspended.store(true, Relaxed);
    }

    pub(crate) fn is_suspended(&self) -> bool {
        self.suspended.load(Relaxed)
    }

    /// Returns whether there was no record when the instance was brought into memory.
    pub(crate) fn is_fresh(&self) -> bool {
        self.is_fresh
    }

    // What is known.

    pub(crate) fn record(&self, path: &str) -> Option<Record> {
        let mut content = self.lock();
        content.homes.found(path);
        content.records.get(path).cloned()
    }

    pub(crate) fn has(&self, path: &str, kinds: &[RecordKind]) -> bool {
        self.lock().records.get(path).is_some_and(|record| kinds.iter().any(|&kind| record.kind == kind as u8))
    }

    /// Returns whether a stage, an item or a round around that path has completed.
    pub(crate) fn has_completed_around(&self, path: &str) -> bool {
        let content = self.lock();
        let is_end =
            |record: &Record| [RecordKind::Done, RecordKind::DoneIdle].iter().any(|&kind| record.kind == kind as u8);
        let has_next = |path: &str| {
            let (stage, round) = path.rsplit_once('/')?;
            let next = round.parse::<u64>().ok()? + 1;
            Some(content.records.contains_key(&*super::path::within(&format!("{stage}/{next}"), "state")))
        };
        let mut around = path.rmatch_indices('/').map(|(at, _)| &path[..at]);
        around.any(|path| content.records.get(path).is_some_and(is_end) || has_next(path) == Some(true))
    }

    /// Whether a record lies within a path.
    pub(crate) fn has_within(&self, path: &str) -> bool {
        self.lock().within(path).next().is_some()
    }

    /// Returns the order of the last record within that path.
    pub(crate) fn last_within(&self, path: &str) -> u64 {
        let content = self.lock();
        let orders = content.within(path).filter_map(|path| content.records.get(path)).map(|record| record.order);
        orders.max().unwrap_or_default()
    }

    /// Returns whether the record was made since this process has the instance.
    pub(crate) fn is_new(&self, path: &str) -> bool {
        let content = self.lock();
        content.records.get(path).is_some_and(|record| record.order >= content.first_order)
    }

    pub(crate) fn order_of(&self, path: &str) -> u64 {
        self.lock().records.get(path).map_or(UNRECORDED, |record| record.order)
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
    pub(crate) fn put(&self, path: impl Into<Arc<str>>, kind: RecordKind, payload: Vec<u8>) {
        self.enter([(path.into(), kind, payload)], None, Vec::new());
    }

    /// Enters records that go to the store together, with other changes; what lies within the path `forget` is removed.
    pub(crate) fn enter(
        &self,
        put: impl IntoIterator<Item = (Arc<str>, RecordKind, Vec<u8>)>,
        forget: Option<&str>,
        mut more: Vec<Change>,
    ) {
        let put = put.into_iter();
        let mut content = self.lock();
        let mut changes = Vec::with_capacity(put.size_hint().1.unwrap_or_default() + more.len());
        let names_inside_it = forget.and_then(|path| content.forget(path, &mut changes));
        let mut progress = false;
        for (path, kind, payload) in put {
            progress |= matches!(kind, RecordKind::Done | RecordKind::DoneIdle | RecordKind::Undone);
            changes.push(content.put(path, kind, payload));
        }
        changes.extend(names_inside_it);
        changes.append(&mut more);
        if !changes.is_empty() {
            content.enter(changes, progress);
        }
    }

    /// Removes a signal that no wait can take.
    pub(crate) fn drop_signal(&self, number: i64) {
        self.enter(Vec::new(), None, vec![Change::ConsumeSignal { number }]);
    }

    /// Compares a value that was evaluated again with its recorded fingerprint, and parks for `reason` if they differ.
    /// `print` returns `None` for a value without a fingerprint.
    pub(crate) fn is_same(
        &self,
        path: String,
        print: impl FnOnce(PrintForm) -> Option<Fingerprint>,
        reason: impl FnOnce(&str) -> String,
    ) {
        let Some(record) = self.record(&path) else {
            if let Some(print) = print(PrintForm::Canonical) {
                self.put(path, RecordKind::Fingerprint, encode_record(&print));
            }
            return;
        };
        match decode_record::<Fingerprint>(&record) {
            Ok(before) if print(before.form()).is_none_or(|now| now == before) => self.mark_restored(),
            _ => self.park_now_at(&path, reason(&path)),
        }
    }

    /// Returns the number in a record that counts. Without a record it is zero.
    pub(crate) fn count(&self, path: &str) -> u32 {
        self.lock().count(path)
    }
}
