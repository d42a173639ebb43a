//! SQLite by itself: one thread, one transaction for as many rows as there are committers, with the indexes that any
//! store of instances needs.

use crate::{PAYLOAD, STAGES, TIME};
use rusqlite::{Connection, params};
use std::{path::Path, time::Instant};

/// Rows a second.
pub(crate) fn measure(path: &Path, committers: i64) -> rusqlite::Result<f64> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         CREATE TABLE instances (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, status INTEGER NOT NULL, wake_at INTEGER);
         CREATE INDEX by_status ON instances (status) WHERE status <> 3;
         CREATE INDEX due ON instances (wake_at) WHERE wake_at IS NOT NULL;
         CREATE TABLE records (instance INTEGER, path TEXT, payload BLOB, PRIMARY KEY (instance, path)) WITHOUT ROWID;",
    )?;
    let mut begin = connection.prepare("BEGIN IMMEDIATE")?;
    let mut commit = connection.prepare("COMMIT")?;
    let mut make = connection.prepare("INSERT INTO instances (key, id, status) VALUES (?1, ?2, 0)")?;
    let mut put = connection.prepare("INSERT OR REPLACE INTO records (instance, path, payload) VALUES (?1, ?2, ?3)")?;

    let payload = vec![b'x'; PAYLOAD];
    let started = Instant::now();
    let (mut rows, mut first) = (0, 0);
    while started.elapsed() < TIME {
        for stage in 0..=STAGES {
            begin.execute([])?;
            for instance in first..first + committers {
                match stage {
                    0 => make.execute(params![
                        instance,
                        format!("order-{}-{}", instance % committers, instance / committers)
                    ])?,
                    stage => put.execute(params![instance, format!("stage-{stage}"), payload])?,
                };
            }
            commit.execute([])?;
            rows += committers;
        }
        first += committers;
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of seconds' work")]
    Ok(rows as f64 / started.elapsed().as_secs_f64())
}
