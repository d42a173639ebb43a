//! Measures a process that goes on after another one was killed: it opens the store, lists the unfinished instances,
//! and loads all of them.

use crate::PAYLOAD;
use rusqlite::Connection;
use std::{error::Error, fs, path::Path, time::Instant};
use tokio::runtime;
use workflow_runtime::store::{
    Batch, Change, InstanceKey, InstanceStatus, NewInstance, Record, SqliteStore, Store, Timestamp,
};

/// Unfinished instances.
const INSTANCES: u64 = 100_000;
/// Records of each.
const RECORDS: u64 = 3;
/// Loads that run at once.
const LOADS: usize = 64;

pub(crate) fn measure(path: &Path) -> Result<(), Box<dyn Error>> {
    let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build()?;
    runtime.block_on(async {
        fill(&SqliteStore::open(path)?).await?;

        println!("\n{INSTANCES} unfinished instances of {RECORDS} records, {} MB:", fs::metadata(path)?.len() >> 20);
        let started = Instant::now();
        let store = SqliteStore::open(path)?;
        println!("{:>8.3} s to open, which checks what leads to them", started.elapsed().as_secs_f64());

        let started = Instant::now();
        let mut keys: Vec<InstanceKey> = Vec::new();
        loop {
            let page =
                store.list(keys.last().copied(), 1000, &[InstanceStatus::Running, InstanceStatus::Waiting]).await?;
            if page.is_empty() {
                break;
            }
            keys.extend(page.iter().map(|instance| instance.key));
        }
        println!("{:>8.3} s to list them", started.elapsed().as_secs_f64());

        let started = Instant::now();
        let mut records = 0;
        for keys in keys.chunks(LOADS) {
            let loads: Vec<_> = keys.iter().map(|&key| store.load(key)).collect();
            for load in loads {
                records += load.await?.records.len();
            }
        }
        println!("{:>8.3} s to load their {records} records", started.elapsed().as_secs_f64());
        store.close().await?;

        let started = Instant::now();
        let (rows, bytes) = rows(path)?;
        println!(
            "{:>8.3} s for SQLite alone to read their {rows} rows ({} MB)",
            started.elapsed().as_secs_f64(),
            bytes >> 20
        );
        Ok(())
    })
}

async fn fill(store: &SqliteStore) -> Result<(), Box<dyn Error>> {
    let payload = || vec![b'x'; PAYLOAD];
    let numbers: Vec<u64> = (0..INSTANCES).collect();
    for chunk in numbers.chunks(4096) {
        let made: Vec<_> = chunk
            .iter()
            .map(|number| {
                let (id, workflow) = (format!("order-{number}"), "Payment".to_owned());
                let created_at = Timestamp::from_millis(*number);
                store.create(NewInstance { id, workflow, version: 1, input: payload(), created_at })
            })
            .collect();
        let mut committed = Vec::new();
        for key in made {
            let records = (0..RECORDS).map(|order| {
                let record = Record { order, kind: 1, payload: payload() };
                Change::Put { path: format!("stage-{order}").into(), record }
            });
            committed.push(store.commit(Batch { instance: key.await?, changes: records.collect() }));
        }
        for committed in committed {
            committed.await?;
        }
    }
    store.close().await?;
    Ok(())
}

/// All rows, in the order in which they lie: how many, and their payloads' bytes.
fn rows(path: &Path) -> rusqlite::Result<(u64, usize)> {
    let connection = Connection::open(path)?;
    let (mut count, mut bytes) = (0, 0);
    for (table, payload) in [("instances", "id"), ("inputs", "input"), ("records", "payload")] {
        let mut statement = connection.prepare(&format!("SELECT *, {payload} FROM {table}"))?;
        let last = statement.column_count() - 1;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            count += 1;
            bytes += row.get_ref(last)?.as_bytes_or_null()?.map_or(0, <[u8]>::len);
        }
    }
    Ok((count, bytes))
}
