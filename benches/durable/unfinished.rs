//! Many instances that have not ended: the time until all are running after a kill, and their memory while they only
//! wait.

use crate::{PAYLOAD, worked};
use rusqlite::Connection;
use std::{
    error::Error,
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{runtime, task::JoinSet};
use workflow_runtime::{
    engine::{Engine, EngineError},
    store::{Batch, Change, InstanceStatus, NewInstance, Record, SqliteStore, Store, StoreError, Timestamp},
    workflow,
};

/// Number of instances that are running at this moment.
#[derive(Debug, Default)]
pub(crate) struct Busy(AtomicU64);

impl Busy {
    async fn work(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
        std::future::pending::<()>().await;
    }
}

workflow! {
    /// Three stages are recorded, and the fourth is running.
    #[durable]
    pub(crate) workflow Working(input: String) -> String with busy: Arc<Busy> {
        stage first: String = input.clone();
        stage second: String = first.clone();
        stage third: String = second.clone();
        #[after(third)]
        stage _fourth = busy.work();
        third.clone()
    }

    /// Waits for a signal, or a year.
    #[durable]
    pub(crate) workflow Waiting(input: String) -> String {
        signal go: String;
        stage kept: String = input.clone();
        stage given: String = select {
            signal go => format!("{kept} {go}"),
            sleep(365d) => kept.clone(),
        };
        given
    }
}

fn runtime() -> std::io::Result<runtime::Runtime> {
    runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build()
}

fn text() -> String {
    "x".repeat(PAYLOAD)
}

/// Measures the time from opening the store until the last instance is running.
pub(crate) fn resume(path: &Path, count: u64) -> Result<(), Box<dyn Error>> {
    runtime()?.block_on(fill(path, count))?;
    let (started, before) = (Instant::now(), worked()?);
    let rows = rows(path)?;
    let (alone, worked_alone) = (started.elapsed().as_secs_f64(), worked()? - before);
    println!("{count} unfinished instances of 3 stages, {} MB", fs::metadata(path)?.len() >> 20);
    println!("{alone:>8.3} s for SQLite alone to read their {rows} rows; {worked_alone:.2} s of the cores");
    runtime()?.block_on(async {
        let busy = Arc::new(Busy::default());
        let (started, before, weighed) = (Instant::now(), worked()?, resident()?);
        let store = SqliteStore::open(path)?;
        println!("{:>8.3} s to open the store", started.elapsed().as_secs_f64());
        let engine = Engine::builder().store(store).workflow(Working::new(Arc::clone(&busy))).start().await?;
        while busy.0.load(Ordering::Relaxed) < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let seconds = started.elapsed().as_secs_f64();
        let (worked, weighs) = (worked()? - before, resident()?.saturating_sub(weighed));
        println!("{seconds:>8.3} s until the last one is under way: {:.1} times that", seconds / alone);
        println!("{worked:>8.2} s of the cores; {weighs} MB more resident");
        engine.abandon().await;
        Ok(())
    })
}

async fn fill(path: &Path, count: u64) -> Result<(), StoreError> {
    let store = SqliteStore::open(path)?;
    let payload = format!("\"{}\"", text()).into_bytes();
    // The inputs of a workflow, of which this one has one.
    let input = format!("[\"{}\"]", text()).into_bytes();
    let numbers: Vec<u64> = (0..count).collect();
    for chunk in numbers.chunks(4096) {
        let make = |number: &u64| {
            let (id, workflow) = (format!("order-{number}"), "Working".to_owned());
            let created_at = Timestamp::from_millis(*number);
            store.create(NewInstance { id, workflow, version: 0, input: input.clone(), created_at })
        };
        let made: Vec<_> = chunk.iter().map(make).collect();
        let mut committed = Vec::new();
        for key in made {
            let put = |(order, stage): (u64, &str)| Change::Put {
                path: stage.into(),
                record: Record { order, kind: 1, payload: payload.clone() },
            };
            let changes = (0..).zip(["first", "second", "third"]).map(put).collect();
            committed.push(store.commit(Batch { instance: key.await?, changes }));
        }
        for committed in committed {
            committed.await?;
        }
    }
    store.close().await
}

fn rows(path: &Path) -> rusqlite::Result<u64> {
    let connection = Connection::open(path)?;
    let mut count = 0;
    for table in ["instances", "inputs", "records"] {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}"))?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {
            count += 1;
        }
    }
    Ok(count)
}

/// Measures the memory of a process in which instances wait: after their start, and after a restart of the process.
pub(crate) fn waiting(path: &Path, count: u64) -> Result<(), Box<dyn Error>> {
    let before = resident()?;
    runtime()?.block_on(async {
        let engine = waiting_engine(path).await?;
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for part in 0..256 {
            let engine = engine.clone();
            tasks.spawn(async move {
                for number in (part..count).step_by(256) {
                    engine.start::<Waiting>(format!("order-{number}"), text()).await?;
                }
                Ok::<_, EngineError>(())
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        while engine.resident_instances() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        println!("{count} instances wait, {:.1} s after the first was started", started.elapsed().as_secs_f64());
        println!("{:>6} MB resident then, {before} MB before; what was freed is not all given back", resident()?);
        engine.shutdown().await?;
        Ok::<_, Box<dyn Error>>(())
    })?;
    // Another process, as after a restart.
    println!("{:>6} MB in the file", fs::metadata(path)?.len() >> 20);
    let status = std::process::Command::new(std::env::current_exe()?)
        .args(["--waiting-again", &path.display().to_string()])
        .status()?;
    match status.success() {
        true => Ok(()),
        false => Err("the second process failed".into()),
    }
}

/// The second process of [`waiting`].
pub(crate) fn waiting_again(path: &Path) -> Result<(), Box<dyn Error>> {
    runtime()?.block_on(async {
        let engine = waiting_engine(path).await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        println!("{:>6} MB resident in a process that goes on with them", resident()?);
        let run = engine.find::<Waiting>("order-0").await?;
        let started = Instant::now();
        run.signal(WaitingSignal::Go("now".to_owned())).await?;
        run.result().await?;
        println!("{:>6.1} ms from a signal for one of them to its end", started.elapsed().as_secs_f64() * 1_000.0);
        assert_eq!(run.status().await?, InstanceStatus::Completed);
        engine.shutdown().await?;
        Ok(())
    })
}

async fn waiting_engine(path: &Path) -> Result<Engine, EngineError> {
    let engine = Engine::builder().store(SqliteStore::open(path)?).workflow(Waiting::new());
    engine.idle_timeout(Duration::ZERO).start().await
}

/// Megabytes of this process in memory.
fn resident() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<u64>()? >> 10)
}
