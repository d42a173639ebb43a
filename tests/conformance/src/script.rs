//! The actions of a case's stages, and their effects: the world outside of the workflow.

use crate::{Effect, effect::Trail};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{
    collections::{HashMap, HashSet},
    error::Error,
    fmt,
    future::pending,
    panic::resume_unwind,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};
use workflow_runtime::{Pool, StageContext};

/// The action of one call of a stage: see [`takes`], [`waits`], [`panics`].
#[derive(Debug, Clone)]
pub struct Act {
    milliseconds: u64,
    end: End,
}

#[derive(Debug, Clone)]
enum End {
    Succeeds,
    Gives(Value),
    Fails(&'static str),
    Panics(&'static str),
    Never,
}

/// Returns a call that takes this number of milliseconds, and succeeds.
#[must_use]
pub fn takes(milliseconds: u64) -> Act {
    Act { milliseconds, end: End::Succeeds }
}

/// A call that never ends.
#[must_use]
pub fn waits() -> Act {
    Act { milliseconds: 0, end: End::Never }
}

/// A call that panics at once.
#[must_use]
pub fn panics(message: &'static str) -> Act {
    Act { milliseconds: 0, end: End::Panics(message) }
}

impl Act {
    /// Ends the call with an error.
    #[must_use]
    pub fn fails(self, message: &'static str) -> Self {
        Self { end: End::Fails(message), ..self }
    }

    /// Ends the call with a panic.
    #[must_use]
    pub fn panics(self, message: &'static str) -> Self {
        Self { end: End::Panics(message), ..self }
    }

    /// Sets the value that [`Script::ask`] returns.
    ///
    /// # Panics
    /// Where JSON has no form for the value.
    #[must_use]
    pub fn gives(self, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).expect("values of scripts have a form in JSON");
        Self { end: End::Gives(value), ..self }
    }
}

impl From<Act> for Vec<Act> {
    fn from(act: Act) -> Self {
        vec![act]
    }
}

/// The error of a stage that the script lets fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal(pub String);

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Error for Refusal {}

/// The actions of one case's stages, by their places, and their effects so far. A script lies outside of the process
/// that runs the workflow. Clones share one script.
///
/// A **place** is a stage's name with the numbers of the rounds and items around it, from the outside in: `slept[2]`.
/// The plan of an undo has the place `undo slept[2]`. Without a plan for a place, the one for the stage's bare
/// name holds; without that, a call takes no time and succeeds.
#[derive(Clone, Default)]
pub struct Script(Arc<Inner>);

struct Inner {
    content: Mutex<Content>,
    changed: Notify,
    began: Instant,
}

impl Default for Inner {
    fn default() -> Self {
        Self { content: Mutex::default(), changed: Notify::new(), began: Instant::now() }
    }
}

#[derive(Default)]
struct Content {
    plans: HashMap<String, Vec<Act>>,
    /// How many calls of each place are over.
    over: HashMap<String, usize>,
    pools: Vec<(&'static str, Pool)>,
    /// Places of running calls, in order of their beginning.
    live: Vec<String>,
    effects: Vec<Trail>,
    /// Calls with an effect that were cut: where, and at which step.
    cut: Vec<(String, usize)>,
    steps: usize,
    /// Whether calls dropped from now on are dropped by a crash.
    crashing: bool,
    /// Places whose last call has ended, without the run having told what came of it.
    unsettled: HashSet<String>,
    /// Since when what a crash has cut goes on outside.
    carried: HashMap<String, Instant>,
}

impl fmt::Debug for Script {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Script").finish_non_exhaustive()
    }
}

/// Settings of a script, for the author of a case.
impl Script {
    /// All stages take no time and succeed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Plans the calls at a place, or of a stage wherever it is, one after the other. The last of them holds for all
    /// further calls.
    #[must_use]
    pub fn plan(self, place: &str, acts: impl Into<Vec<Act>>) -> Self {
        self.lock().plans.insert(place.to_owned(), acts.into());
        self
    }

    /// A pool, all of whose permits must be back when the run has ended.
    #[must_use]
    pub fn pool(&self, name: &'static str, permits: usize) -> Pool {
        let pool = Pool::new(permits);
        self.lock().pools.push((name, pool.clone()));
        pool
    }
}

/// For the stages of a case.
impl Script {
    /// Takes as long as planned, and gives `value`.
    ///
    /// # Errors
    /// As planned.
    pub async fn step<T>(&self, ctx: &StageContext, value: T) -> Result<T, Refusal> {
        self.act(place_of(ctx), Kind::Step).await?;
        Ok(value)
    }

    /// Takes as long as planned, and gives the planned value.
    ///
    /// # Errors
    /// As planned.
    ///
    /// # Panics
    /// Where no value is planned, or another type.
    pub async fn ask<T: DeserializeOwned>(&self, ctx: &StageContext) -> Result<T, Refusal> {
        let place = place_of(ctx);
        let value = self.act(place.clone(), Kind::Step).await?;
        Ok(serde_json::from_value(value)
            .unwrap_or_else(|why| panic!("the plan for {place} gives no such value: {why}")))
    }

    /// As [`step`](Self::step), for a function that is not `async`.
    ///
    /// # Errors
    /// As planned.
    ///
    /// # Panics
    /// As planned; and where it would have to wait.
    pub fn call<T>(&self, ctx: &StageContext, value: T) -> Result<T, Refusal> {
        let (call, act) = Call::begin(self, place_of(ctx), Kind::Step);
        assert!(act.milliseconds == 0, "a plain function can't wait");
        call.end(act.end)?;
        Ok(value)
    }

    /// As [`step`](Self::step), and leaves something behind that has to be undone: `#[undo(script.undo(name))]`.
    ///
    /// # Errors
    /// As planned; it then leaves nothing behind.
    pub async fn effect(&self, ctx: &StageContext) -> Result<Effect, Refusal> {
        let place = place_of(ctx);
        self.act(place.clone(), Kind::Effect).await?;
        Ok(Effect::new(place, self))
    }

    /// Undoes an effect.
    ///
    /// # Errors
    /// As planned.
    pub async fn undo(&self, effect: &Effect) -> Result<(), Refusal> {
        self.undo_place(effect.place()).await
    }

    /// Undoes what was done at a place, if anything was: for `on = attempt`.
    ///
    /// # Errors
    /// As planned.
    pub async fn undo_place(&self, place: &str) -> Result<(), Refusal> {
        self.act(format!("undo {place}"), Kind::Undo).await?;
        Ok(())
    }

    async fn act(&self, place: String, kind: Kind) -> Result<Value, Refusal> {
        let (call, act) = Call::begin(self, place, kind);
        let end = call.since + Duration::from_millis(act.milliseconds);
        if end > Instant::now() {
            sleep_until(end).await;
        }
        if matches!(act.end, End::Never) {
            pending::<()>().await;
        }
        call.end(act.end)
    }
}

/// For checks and hosts.
impl Script {
    /// How many steps have been taken: events told, calls begun and ended.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.lock().steps
    }

    /// One more.
    pub fn count_step(&self) {
        self.step_of(&mut self.lock());
    }

    /// Waits until this number of steps has been taken.
    pub async fn reached(&self, steps: usize) {
        loop {
            let changed = self.0.changed.notified();
            if self.steps() >= steps {
                return;
            }
            changed.await;
        }
    }

    /// From here on, and until [`resume`](Self::resume), what is cut is cut by a crash: its place does the same again.
    ///
    /// A request to the outside goes on there meanwhile: repeated, it ends when it would have ended. A request that has
    /// ended, but whose end has not been told, ends in the same way at once.
    pub fn crash(&self) {
        let mut content = self.lock();
        let content = &mut *content;
        content.crashing = true;
        for place in content.unsettled.drain() {
            if let Some(over) = content.over.get_mut(&place) {
                *over = over.saturating_sub(1);
            }
            content.carried.insert(place, self.0.began);
        }
    }

    /// The run has told what came of the last call at that place.
    pub(crate) fn settled(&self, place: &str) {
        self.lock().unsettled.remove(place);
    }

    /// See [`crash`](Self::crash).
    pub fn resume(&self) {
        self.lock().crashing = false;
    }

    /// Returns the places of the running calls.
    #[must_use]
    pub fn live(&self) -> Vec<String> {
        self.lock().live.clone()
    }

    /// Returns the effects in order, each with its fate.
    #[must_use]
    pub fn effects(&self) -> Vec<Trail> {
        self.lock().effects.clone()
    }

    /// Where calls with an effect were cut, and at which step.
    #[must_use]
    pub fn cut(&self) -> Vec<(String, usize)> {
        self.lock().cut.clone()
    }

    /// The pools that miss permits, and how many.
    #[must_use]
    pub fn missing_permits(&self) -> Vec<(&'static str, usize)> {
        let content = self.lock();
        let missing = content.pools.iter().map(|(name, pool)| (*name, pool.size() - pool.available()));
        missing.filter(|(_, missing)| *missing > 0).collect()
    }

    /// How many hold on to this script: stages, outputs, undos, workflows.
    #[must_use]
    pub fn holders(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.0.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn step_of(&self, content: &mut Content) -> usize {
        content.steps += 1;
        self.0.changed.notify_waiters();
        content.steps
    }
}

/// A stage's name with the numbers of rounds and items, from the outside in.
fn place_of(ctx: &StageContext) -> String {
    let key = ctx.idempotency_key();
    let path = key.strip_prefix(ctx.instance()).and_then(|path| path.strip_prefix('/')).unwrap_or(&key);
    let (around, _) = path.rsplit_once('/').unwrap_or_default();
    let numbers = around.split('/').filter_map(|part| part.find('[').map(|at| &part[at..]));
    [ctx.stage()].into_iter().chain(numbers).collect()
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Step,
    Effect,
    Undo,
}

/// A running call.
struct Call {
    script: Script,
    place: String,
    kind: Kind,
    over: bool,
    since: Instant,
}

impl Call {
    fn begin(script: &Script, place: String, kind: Kind) -> (Self, Act) {
        let mut content = script.lock();
        let step = script.step_of(&mut content);
        let bare = place.split('[').next().unwrap_or_default();
        let planned = content.plans.get(&place).or_else(|| content.plans.get(bare));
        let over = content.over.get(&place).copied().unwrap_or_default();
        let act = planned.and_then(|acts| acts.get(over).or(acts.last())).cloned().unwrap_or(takes(0));
        content.live.push(place.clone());
        if kind == Kind::Undo {
            let done = place.trim_start_matches("undo ");
            if let Some(trail) = content.effects.iter_mut().rfind(|trail| trail.place == done) {
                trail.begun.push(step);
            }
        }
        let since = content.carried.remove(&place).unwrap_or_else(Instant::now);
        drop(content);
        (Self { script: script.clone(), place, kind, over: false, since }, act)
    }

    fn end(mut self, end: End) -> Result<Value, Refusal> {
        let (ended, effective) = match end {
            End::Succeeds | End::Never => (Ok(Value::Null), true),
            End::Gives(value) => (Ok(value), true),
            End::Fails(message) => (Err(Refusal(message.to_owned())), false),
            End::Panics(message) => {
                self.leave(false);
                // Without the panic hook: it is no news.
                resume_unwind(Box::new(message))
            }
        };
        self.leave(effective);
        ended
    }

    fn leave(&mut self, effective: bool) {
        self.over = true;
        let mut content = self.script.lock();
        let content = &mut *content;
        let step = self.script.step_of(content);
        self.remove(content);
        *content.over.entry(self.place.clone()).or_default() += 1;
        content.unsettled.insert(self.place.clone());
        match self.kind {
            Kind::Effect if effective => {
                let standing = |trail: &Trail| trail.place == self.place && trail.undone == 0;
                // The same key again is the same effect.
                if !content.effects.iter().any(standing) {
                    let place = self.place.clone();
                    content.effects.push(Trail { place, done: step, begun: Vec::new(), undone: 0 });
                }
            }
            Kind::Undo if effective => {
                let done = self.place.trim_start_matches("undo ");
                if let Some(trail) = content.effects.iter_mut().rfind(|trail| trail.place == done) {
                    trail.undone += 1;
                }
            }
            _ => {}
        }
    }

    fn remove(&self, content: &mut Content) {
        if let Some(at) = content.live.iter().position(|place| *place == self.place) {
            content.live.remove(at);
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let mut content = self.script.lock();
        let content = &mut *content;
        let step = self.script.step_of(content);
        self.remove(content);
        if content.crashing {
            content.carried.insert(self.place.clone(), self.since);
            return;
        }
        *content.over.entry(self.place.clone()).or_default() += 1;
        if self.kind == Kind::Effect {
            content.cut.push((self.place.clone(), step));
        }
    }
}
