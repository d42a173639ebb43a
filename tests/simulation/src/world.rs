//! The outside world, which user code changes.

use crate::{
    generator::numbers::scatter,
    ledger::{Call, Effect, End, Ledger, may_be_lost},
    value::{Keys as _, Value},
};
use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};
use tokio::time::Instant;
use workflow_runtime::StageContext;

/// The wall clock at the beginning, in milliseconds.
pub const BEGINNING: u64 = 1_000_000_000;

/// The payload of user code's planned panics.
const PANIC: &str = "a planned panic";

/// Has the process print nothing of planned panics.
pub fn quiet_planned_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload().downcast_ref::<&str>() != Some(&PANIC) {
            before(panic);
        }
    }));
}

/// The outside world of one run.
#[derive(Clone)]
pub struct World {
    shared: Arc<Shared>,
}

struct Shared {
    seed: u64,
    /// How many of a hundred calls fail.
    failing: u64,
    ledger: Mutex<Ledger>,
    crashing: AtomicBool,
    began: Instant,
    jumped: AtomicI64,
    store_errors: Arc<AtomicU32>,
}

/// An error that the seed planned.
#[derive(Debug)]
pub struct Planned(u32);

impl fmt::Display for Planned {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "planned failure of leaf {}", self.0)
    }
}

impl std::error::Error for Planned {}

/// A running call, which tells the ledger when it is dropped.
struct UnderWay {
    world: World,
    effect: u32,
    undo: bool,
    call: usize,
    over: bool,
}

impl UnderWay {
    fn end(&mut self, end: End) {
        self.over = true;
        let now = self.world.now();
        let mut ledger = self.world.ledger();
        let moment = ledger.tick();
        let effect = &mut ledger.effects[self.effect as usize];
        let calls = if self.undo { &mut effect.undos } else { &mut effect.calls };
        calls[self.call].ended = Some((moment, now, end));
        let (key, leaf, what) = (effect.key.clone(), effect.leaf, if self.undo { "undo " } else { "" });
        ledger.line(now, || format!("{what}{key} (leaf {leaf}) {end:?}"));
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if !self.over {
            let crashing = self.world.shared.crashing.load(Relaxed);
            self.end(if crashing { End::Crashed } else { End::Cut });
        }
    }
}

impl World {
    /// Makes a world in which `failing` of a hundred leaves fail.
    #[must_use]
    pub fn new(seed: u64, failing: u64, lines: bool) -> Self {
        let ledger = Ledger { lines: lines.then(Vec::new), ..Ledger::default() };
        let shared = Shared {
            seed,
            failing,
            ledger: Mutex::new(ledger),
            crashing: AtomicBool::new(false),
            began: Instant::now(),
            jumped: AtomicI64::new(0),
            store_errors: Arc::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Returns the ledger.
    ///
    /// Panics of user code do not make it worse.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.shared.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the counter of the store's failed writes.
    #[must_use]
    pub fn error_counter(&self) -> Arc<AtomicU32> {
        Arc::clone(&self.shared.store_errors)
    }

    /// Returns how many writes of the store have failed.
    #[must_use]
    pub fn store_errors(&self) -> u32 {
        self.shared.store_errors.load(Relaxed)
    }

    /// Returns the wall clock, in milliseconds.
    #[must_use]
    pub fn now(&self) -> u64 {
        let elapsed = i64::try_from(self.shared.began.elapsed().as_millis()).unwrap_or(i64::MAX);
        BEGINNING.saturating_add_signed(elapsed + self.shared.jumped.load(Relaxed))
    }

    /// Returns the time by the wall clock, `millis` milliseconds later.
    #[must_use]
    pub fn in_millis(&self, millis: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(self.now() + millis)
    }

    /// Sets the wall clock forward or back.
    pub fn jump(&self, millis: i64) {
        self.shared.jumped.fetch_add(millis, Relaxed);
    }

    /// Says whether calls that are dropped now are dropped by a crash.
    pub fn set_crashing(&self, crashing: bool) {
        self.shared.crashing.store(crashing, Relaxed);
        // Both ends of it are noted: tasks may go on for a moment while they are cut.
        let now = self.now();
        let mut ledger = self.ledger();
        let moment = ledger.tick();
        ledger.crashes.push((moment, now));
        ledger.line(now, || if crashing { "crash".to_owned() } else { "crashed".to_owned() });
    }

    fn draw(&self, what: u64, of: u64) -> u64 {
        scatter(scatter(self.shared.seed, what), of)
    }

    /// Returns a condition: from 1,000 on it rarely holds.
    #[must_use]
    pub fn choice(&self, number: u32) -> bool {
        let bound = if number >= 1_000 { 9 } else { 2 };
        self.draw(1, u64::from(number)).is_multiple_of(bound)
    }

    /// Returns a number below 3.
    #[must_use]
    pub fn number(&self, number: u32) -> u32 {
        u32::try_from(self.draw(2, u64::from(number)) % 3).unwrap_or_default()
    }

    /// Returns the items of a fan-out.
    #[must_use]
    pub fn items(&self, number: u32) -> Vec<u64> {
        (0..2 + self.draw(3, u64::from(number)) % 3).collect()
    }

    /// Says whether a loop goes on after this round.
    #[must_use]
    pub fn again(&self, number: u32, state: &Value) -> bool {
        state.n < self.draw(4, u64::from(number)) % 4
    }

    fn begin(&self, ctx: &StageContext, leaf: u32, place: u64, reads: &[u32], took: Option<u64>) -> UnderWay {
        let (key, attempt, now) = (ctx.idempotency_key(), ctx.attempt(), self.now());
        let mut ledger = self.ledger();
        let begun = ledger.tick();
        let number = match ledger.by_key.get(&key) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(ledger.effects.len()).unwrap_or(u32::MAX);
                let (calls, undos) = (Vec::new(), Vec::new());
                ledger.effects.push(Effect { key: key.clone(), leaf, place, took, calls, undos, read: false });
                ledger.by_key.insert(key.clone(), number);
                number
            }
        };
        for read in reads {
            ledger.effects[*read as usize].read = true;
        }
        ledger.line(now, || format!("{key} (leaf {leaf}, attempt {attempt}) begins, of {reads:?}, took {took:?}"));
        let mut faults = Vec::new();
        let strict = self.store_errors() == 0;
        // The engine notes no begin, so that after an interruption the number may be higher than it has to be.
        let interrupted = !strict || !ledger.crashes.is_empty() || ledger.rewound;
        let is_child = ctx.workflow() == "Child";
        let Ledger { effects, crashes, .. } = &mut *ledger;
        let effect = &mut effects[number as usize];
        if (effect.leaf, effect.place) != (leaf, place) {
            faults.push(format!("two places share the key {key}: leaves {} and {leaf}", effect.leaf));
        } else if let Some(last) = effect.calls.last() {
            match last.ended {
                None => faults.push(format!("{key} begins while it is under way")),
                // As often as the stage that runs it.
                Some(_) if is_child && !effect.read => {}
                Some((moment, at, End::Done)) => {
                    let lost = may_be_lost(crashes, moment, at);
                    if effect.read {
                        faults.push(format!("{key} runs again though something has come of it"));
                    } else if !lost && strict {
                        faults.push(format!("{key} runs again though it had completed"));
                    }
                }
                _ => {}
            }
            if !is_child && (attempt <= last.attempt || (attempt != last.attempt + 1 && !interrupted)) {
                faults.push(format!("{key} has attempt {attempt} after attempt {}", last.attempt));
            }
        } else if attempt != 1 && !interrupted {
            faults.push(format!("{key} begins with attempt {attempt}"));
        }
        // A crash may have hidden from the engine that it is undone.
        let undone = effect.undos.iter().filter_map(|call| call.ended.filter(|ended| ended.2 == End::Done));
        let is_known = |&(moment, at, _): &(u64, u64, End)| !may_be_lost(crashes, moment, at);
        if !is_child && undone.filter(is_known).count() > 0 {
            faults.push(format!("{key} begins though it is undone"));
        }
        if effect.took != took {
            faults.push(format!("{key} took the signal {:?}, then {took:?}", effect.took));
        }
        effect.calls.push(Call { attempt, begun, begun_at: now, ended: None });
        let call = effect.calls.len() - 1;
        ledger.faults.extend(faults);
        drop(ledger);
        UnderWay { world: self.clone(), effect: number, undo: false, call, over: false }
    }

    /// Says how long a leaf's calls take, and how often they fail.
    fn planned(&self, leaf: u32, place: u64) -> (u64, usize) {
        let drawn = self.draw(5, u64::from(leaf) * 1_000 + place % 1_000);
        let takes = [0, 0, 1, 2, 3, 5, 8, 20][(drawn % 8) as usize];
        let fails =
            if (drawn >> 8) % 100 < self.shared.failing { [1, 1, 2, 99][((drawn >> 16) % 4) as usize] } else { 0 };
        (takes, fails)
    }

    /// Changes the world: what stages do.
    pub fn act(
        &self,
        ctx: &StageContext,
        leaf: u32,
        place: u64,
        of: Value,
    ) -> impl Future<Output = Result<Value, Planned>> + Send + use<> {
        let under_way = self.begin(ctx, leaf, place, &of.keys, None);
        self.clone().go_on(under_way, leaf, place, of)
    }

    /// Changes the world with a signal's value.
    pub fn take(
        &self,
        ctx: &StageContext,
        leaf: u32,
        place: u64,
        signal: &u64,
    ) -> impl Future<Output = Result<Value, Planned>> + Send + use<> {
        let under_way = self.begin(ctx, leaf, place, &[], Some(*signal));
        self.clone().go_on(under_way, leaf, place, Value::new())
    }

    async fn go_on(self, mut under_way: UnderWay, leaf: u32, place: u64, of: Value) -> Result<Value, Planned> {
        let (takes, fails) = self.planned(leaf, place);
        if takes > 0 {
            tokio::time::sleep(Duration::from_millis(takes)).await;
        }
        let failed = {
            let ledger = self.ledger();
            let calls = &ledger.effects[under_way.effect as usize].calls;
            calls.iter().filter(|call| call.ended.is_some_and(|ended| ended.2 == End::Failed)).count()
        };
        if failed < fails {
            under_way.end(End::Failed);
            if self.draw(8, u64::from(leaf)).is_multiple_of(6) {
                std::panic::panic_any(PANIC);
            }
            return Err(Planned(leaf));
        }
        under_way.end(End::Done);
        let mut value = of;
        Value { keys: vec![under_way.effect], n: 0 }.keys(&mut value.keys);
        value.n = 0;
        Ok(value.and(&()))
    }

    /// Reverses what a stage did.
    ///
    /// # Errors
    /// The one that is planned.
    pub fn undo(&self, ctx: &StageContext) -> impl Future<Output = Result<(), Planned>> + Send + use<> {
        let key = ctx.undone_key().unwrap_or_default();
        let now = self.now();
        let mut ledger = self.ledger();
        let begun = ledger.tick();
        ledger.line(now, || format!("undo {key} begins"));
        let mut faults = Vec::new();
        let mut fails = None;
        let strict = self.store_errors() == 0;
        let under_way = match ledger.by_key.get(&key).copied() {
            None => {
                faults.push(format!("{key} is undone, and was never begun"));
                None
            }
            Some(number) => {
                let Ledger { effects, crashes, .. } = &mut *ledger;
                let effect = &mut effects[number as usize];
                if let Some((moment, at, End::Done)) = effect.undos.last().and_then(|call| call.ended) {
                    let lost = may_be_lost(crashes, moment, at);
                    if !lost && strict && ctx.workflow() != "Child" {
                        faults.push(format!("{key} is undone twice"));
                    }
                }
                fails = self.undo_fails(effect.leaf, effect.place).then_some(effect.leaf);
                effect.undos.push(Call { attempt: ctx.attempt(), begun, begun_at: now, ended: None });
                Some((number, effect.undos.len() - 1))
            }
        };
        ledger.faults.extend(faults);
        drop(ledger);
        let takes = self.draw(6, begun) % 4;
        let world = self.clone();
        let under_way = under_way.map(|(effect, call)| UnderWay { world, effect, undo: true, call, over: false });
        async move {
            if takes > 0 {
                tokio::time::sleep(Duration::from_millis(takes)).await;
            }
            if let Some(mut under_way) = under_way {
                under_way.end(if fails.is_some() { End::Failed } else { End::Done });
            }
            fails.map_or(Ok(()), |leaf| Err(Planned(leaf)))
        }
    }

    /// Says whether what that leaf does can't be undone.
    fn undo_fails(&self, leaf: u32, place: u64) -> bool {
        self.draw(9, u64::from(leaf) * 1_000 + place % 1_000) % 400 < self.shared.failing
    }
}
