//! Runs one schedule.

use crate::{
    generator::{Version, renamed},
    ledger::Ledger,
    schedule::{Event, Schedule},
    store::SimulatedStore,
    subject::{Asked, Handle, Subject},
    value::Value,
    world::World,
};
use std::{
    mem,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use workflow_runtime::{
    FailureKind, Pool,
    engine::{Engine, EngineError},
    store::MemoryStore,
};

/// The finding for a request without an answer.
const UNANSWERED: &str = "a request is never answered";

/// How an instance ended.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// With its output.
    Completed(Value),
    /// With a failure.
    Failed {
        /// Its kind.
        kind: FailureKind,
        /// Its text.
        text: String,
        /// Stages in doubt.
        in_doubt: Vec<String>,
    },
    /// The instance is parked.
    Parked(String),
    /// The instance has not ended in time.
    Hangs,
    /// The engine said something else.
    Odd(String),
}

/// The results of a run, for the oracle.
#[derive(Debug)]
pub struct Report {
    /// How it ended.
    pub outcome: Outcome,
    /// Effects outside of the engine.
    pub ledger: Ledger,
    /// The moment of the end.
    pub ended: u64,
    /// How many wishes to take a stage back may have been heard.
    pub rewinds: u32,
    /// A wish to cancel may have been heard.
    pub cancelled: bool,
    /// The second build has run.
    pub upgraded: bool,
    /// How many signals of each were acknowledged.
    pub acknowledged: Vec<u64>,
    /// How often the clock went another way.
    pub jumps: u32,
    /// How many writes of the store failed.
    pub store_errors: u32,
}

struct Driver<'a> {
    schedule: &'a Schedule,
    subjects: [&'static dyn Subject; 2],
    version: Version,
    world: World,
    pool: Pool,
    memory: MemoryStore,
    engines: u64,
    report: Report,
    /// A signal that may be on disk, and has to be sent again before another one.
    unsure: Option<u32>,
}

/// One process.
struct Process {
    engine: Engine,
    store: SimulatedStore,
    run: Box<dyn Handle>,
}

/// How a request ended.
enum Asking {
    Answered(Result<(), EngineError>),
    Crashed,
    /// Nothing comes back.
    Hangs,
}

/// Runs a schedule on a workflow of the batch.
///
/// # Panics
/// Where tokio has no runtime to give.
#[must_use]
pub fn drive(schedule: &Schedule, signals: usize, lines: bool) -> Report {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let world = World::new(schedule.seed, schedule.failing, lines);
        let report = Report {
            outcome: Outcome::Hangs,
            ledger: Ledger::default(),
            ended: 0,
            rewinds: 0,
            cancelled: false,
            upgraded: false,
            acknowledged: vec![0; signals],
            jumps: 0,
            store_errors: 0,
        };
        let driver = Driver {
            schedule,
            subjects: crate::SUBJECTS[schedule.workflow],
            version: Version::One,
            world,
            pool: Pool::new(2),
            memory: MemoryStore::new(),
            engines: 0,
            report,
            unsure: None,
        };
        driver.run().await
    })
}

impl Driver<'_> {
    async fn start(&mut self) -> Result<Process, String> {
        for _ in 0..200 {
            self.engines += 1;
            let seed = self.schedule.seed.wrapping_mul(31).wrapping_add(self.engines);
            let store = SimulatedStore::new(self.memory.clone(), self.schedule.disk, seed, self.world.error_counter());
            let clock: SystemTime = UNIX_EPOCH + Duration::from_millis(self.world.now());
            let idle_timeout = self.schedule.idle_timeout.map_or(Duration::MAX, Duration::from_millis);
            let builder = Engine::builder().store(store.clone()).starting_at(clock).idle_timeout(idle_timeout);
            let subject = self.subjects[self.version as usize];
            let engine = subject.register(builder, &self.world, &self.pool).start().await;
            let engine = match engine {
                Ok(engine) => engine,
                Err(error) => return Err(format!("an engine does not start: {error}")),
            };
            let started = loop {
                tokio::select! {
                    biased;
                    () = store.crashed() => break None,
                    started = subject.start(&engine, "i") => match started {
                        Ok(run) => break Some(run),
                        Err(EngineError::Store(_)) => sleep(Duration::from_millis(5)).await,
                        Err(error) => return Err(format!("an instance does not start: {error}")),
                    },
                }
            };
            match started {
                Some(run) => return Ok(Process { engine, store, run }),
                None => self.crash(engine, &store).await,
            }
        }
        Err("no engine starts".to_owned())
    }

    async fn crash(&mut self, engine: Engine, store: &SimulatedStore) {
        self.world.set_crashing(true);
        store.cut();
        engine.abandon().await;
        self.world.set_crashing(false);
    }

    async fn ask(store: &SimulatedStore, request: Asked<'_, Result<(), EngineError>>) -> Asking {
        tokio::select! {
            biased;
            () = store.crashed() => Asking::Crashed,
            answer = timeout(Duration::from_secs(100), request) => match answer {
                Ok(answer) => Asking::Answered(answer),
                Err(_) => Asking::Hangs,
            }
        }
    }

    /// Sends a signal; gives whether the process crashed.
    async fn signal(&mut self, process: &Process, at: u32) -> Result<bool, String> {
        for _ in 0..20 {
            let value = self.report.acknowledged[at as usize] + 1;
            let request = process.run.signal(at, format!("{at}/{value}"), value);
            match Self::ask(&process.store, request).await {
                Asking::Crashed => {
                    self.unsure = Some(at);
                    return Ok(true);
                }
                Asking::Hangs => return Err(UNANSWERED.to_owned()),
                Asking::Answered(Ok(())) => {
                    self.unsure = None;
                    self.report.acknowledged[at as usize] = value;
                    let now = self.world.now();
                    self.world.ledger().line(now, || format!("signal {at} acknowledged: {value}"));
                    return Ok(false);
                }
                Asking::Answered(Err(EngineError::Store(_))) => sleep(Duration::from_millis(5)).await,
                Asking::Answered(Err(_)) => {
                    self.unsure = None;
                    return Ok(false);
                }
            }
        }
        Ok(false)
    }

    /// Does what is due; gives the process that is there afterwards.
    async fn happen(&mut self, process: Process, event: &Event) -> Result<Process, String> {
        let now = self.world.now();
        self.world.ledger().line(now, || format!("event {event:?}"));
        let crashed = match event {
            Event::Signal(at) => {
                let again = self.unsure.take();
                match again {
                    Some(at) if self.signal(&process, at).await? => true,
                    _ => self.signal(&process, *at).await?,
                }
            }
            Event::Cancel => {
                self.report.cancelled = true;
                match Self::ask(&process.store, process.run.cancel()).await {
                    Asking::Crashed => true,
                    Asking::Answered(_) => false,
                    Asking::Hangs => return Err(UNANSWERED.to_owned()),
                }
            }
            Event::Rewind(stage) => {
                self.world.ledger().rewound = true;
                match process.run.rewind(&renamed(stage, self.version)) {
                    Some(request) => match Self::ask(&process.store, request).await {
                        Asking::Hangs => return Err(UNANSWERED.to_owned()),
                        Asking::Answered(Err(EngineError::Ended { .. } | EngineError::Undoing { .. })) => false,
                        Asking::Answered(_) => {
                            self.report.rewinds += 1;
                            false
                        }
                        Asking::Crashed => {
                            self.report.rewinds += 1;
                            true
                        }
                    },
                    None => false,
                }
            }
            Event::Crash | Event::Upgrade => true,
            Event::CrashAtWrite(writes, is_applied) => {
                process.store.crash_after(*writes, *is_applied);
                false
            }
            Event::Restart => {
                let Process { engine, store, .. } = process;
                // What a shutdown cuts, it cuts as a crash does.
                self.world.set_crashing(true);
                let stopped = tokio::select! {
                    () = store.crashed() => None,
                    stopped = timeout(Duration::from_secs(100), engine.clone().shutdown()) => Some(stopped),
                };
                self.world.set_crashing(false);
                match stopped {
                    None => self.crash(engine, &store).await,
                    Some(Ok(Ok(()))) => {}
                    Some(other) => return Err(format!("an engine does not shut down: {other:?}")),
                }
                return self.start().await;
            }
            Event::Jump(_) => {
                self.report.jumps += 1;
                true
            }
        };
        if !crashed {
            return Ok(process);
        }
        let Process { engine, store, run } = process;
        drop(run);
        self.crash(engine, &store).await;
        match event {
            Event::Jump(millis) => self.world.jump(*millis),
            Event::Upgrade => {
                self.version = Version::Two;
                self.report.upgraded = true;
            }
            _ => {}
        }
        self.start().await
    }

    async fn run(mut self) -> Report {
        let outcome = self.until_it_ends().await.unwrap_or_else(Outcome::Odd);
        self.report.outcome = outcome;
        self.report.store_errors = self.world.store_errors();
        self.report.ledger = mem::take(&mut *self.world.ledger());
        self.report
    }

    async fn until_it_ends(&mut self) -> Result<Outcome, String> {
        let began = Instant::now();
        let mut events = self.schedule.events.clone();
        // Whatever still waits for a signal gets some.
        let signals = u64::try_from(self.report.acknowledged.len()).unwrap_or_default();
        for round in 0..if signals > 0 { 12 } else { 0 } {
            for at in 0..signals {
                let signal = u32::try_from(at).unwrap_or_default();
                events.push((12_000 + round * 3_000 + at * 7, Event::Signal(signal)));
            }
        }
        let mut events = events.into_iter().peekable();
        let mut process = self.start().await?;
        let limit = began + Duration::from_mins(10);
        loop {
            let next = events.peek().map_or(limit, |(at, _)| began + Duration::from_millis(*at));
            let happened = tokio::select! {
                biased;
                () = process.store.crashed() => None,
                result = process.run.result() => Some(Some(result)),
                () = sleep_until(next) => Some(None),
            };
            match happened {
                None => {
                    let Process { engine, store, run } = process;
                    drop(run);
                    self.crash(engine, &store).await;
                    process = self.start().await?;
                }
                Some(Some(Err(EngineError::Store(_)))) => sleep(Duration::from_millis(20)).await,
                Some(Some(result)) => {
                    self.report.ended = self.world.ledger().moment;
                    // Nothing must happen from now on.
                    sleep(Duration::from_secs(40)).await;
                    process.engine.abandon().await;
                    return Ok(outcome(result));
                }
                Some(None) => match events.next() {
                    None => {
                        process.engine.abandon().await;
                        return Ok(Outcome::Hangs);
                    }
                    Some((_, event)) => process = self.happen(process, &event).await?,
                },
            }
        }
    }
}

fn outcome(result: Result<Value, EngineError>) -> Outcome {
    match result {
        Ok(value) => Outcome::Completed(value),
        Err(EngineError::Failed { failure, .. }) => Outcome::Failed {
            kind: failure.kind(),
            text: format!("{failure:#}"),
            in_doubt: failure.in_doubt().iter().map(|name| (*name).to_owned()).collect(),
        },
        Err(EngineError::Parked { reason, .. }) => Outcome::Parked(reason),
        Err(other) => Outcome::Odd(other.to_string()),
    }
}
