//! Measures the crates that link SQLite through sqlx. Prints a line for each figure, which `benches/durable/peers`
//! reads.
#![forbid(unsafe_code)]

mod duroxide;
mod ends;
#[path = "../../src/harness.rs"]
mod harness;
mod journio;
#[path = "../../src/once.rs"]
mod once;
mod sayiir;

use harness::{Failed, Rate};
use once::once;
use sqlx::SqlitePool;
use std::env;
use tokio::runtime::Builder;

fn main() -> Result<(), Failed> {
    let mut arguments = env::args().skip(1);
    let in_flight = arguments.next().ok_or("how many instances in flight?")?.parse()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let path = || folder.path().to_owned();
    let sync = runtime.block_on(duroxide::sync(path(), false))?;
    line("duroxide 0.1.32", &sync, once(|folder| Box::pin(duroxide::as_it_is(folder, in_flight)))?);
    let sync = runtime.block_on(duroxide::sync(path(), true))?;
    line("duroxide 0.1.32, in full", &sync, once(|folder| Box::pin(duroxide::in_full(folder, in_flight)))?);
    let sync = runtime.block_on(journio::sync(path()))?;
    line("journio 0.1.0", &sync, once(|folder| Box::pin(journio::rate(folder, in_flight)))?);
    if let Some(url) = arguments.next() {
        line("sayiir 1.0.0", "Postgres", once(|_| Box::pin(sayiir::rate(&url, in_flight)))?);
    }
    Ok(())
}

fn line(name: &str, sync: &str, rate: Rate) {
    println!("{name}\t{sync}\t{}\t{}", rate.instances, rate.stages);
}

/// Returns the settings that a connection of the pool reports.
pub(crate) async fn settings(pool: &SqlitePool) -> Result<String, Failed> {
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(pool).await?;
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(pool).await?;
    let synchronous = match synchronous {
        0 => "OFF",
        1 => "NORMAL",
        2 => "FULL",
        _ => "EXTRA",
    };
    Ok(format!("SQLite, {}, synchronous = {synchronous}", journal.to_uppercase()))
}

/// For every connection that the pool may have.
pub(crate) async fn synchronous_full(pool: &SqlitePool) -> Result<(), Failed> {
    let mut connections = Vec::new();
    for _ in 0..pool.options().get_max_connections() {
        let mut connection = pool.acquire().await?;
        sqlx::query("PRAGMA synchronous = FULL").execute(&mut *connection).await?;
        connections.push(connection);
    }
    Ok(())
}
