//! Code that both versions of the program share: their folder, and the effects outside of them.

pub mod builds;
mod deploy;
mod ledger;

pub use deploy::{Left, leave, told};
pub use ledger::Ledger;

use std::{
    error::Error,
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use workflow_runtime::{
    StageContext,
    engine::{Durable, Engine, EngineBuilder, EngineError, InstanceHandle},
    store::{InstanceStatus, SqliteStore},
};

/// An error in either version.
pub type Wrong = Box<dyn Error + Send + Sync>;

/// Where both lie: the first argument.
///
/// # Errors
/// There is none.
pub fn folder() -> Result<PathBuf, Wrong> {
    Ok(std::env::args_os().nth(1).ok_or("the first argument is a folder")?.into())
}

/// An engine to be, on the store there.
///
/// # Errors
/// The store's.
pub fn engine(folder: &Path) -> Result<EngineBuilder, Wrong> {
    Ok(Engine::builder().store(SqliteStore::open(folder.join("instances.db"))?))
}

/// A file with a line for each time that a stage has run.
#[derive(Debug, Clone)]
pub struct World {
    ran: Arc<File>,
}

impl World {
    /// In that folder.
    ///
    /// # Errors
    /// The system's.
    pub fn open(folder: &Path) -> io::Result<Self> {
        Ok(Self { ran: Arc::new(File::options().create(true).append(true).open(folder.join("ran"))?) })
    }

    /// A stage runs, and gives its value.
    ///
    /// # Errors
    /// The system's.
    pub fn runs<T>(&self, ctx: &StageContext, value: T) -> io::Result<T> {
        (&*self.ran).write_all(format!("{}\n", ctx.idempotency_key()).as_bytes())?;
        Ok(value)
    }
}

/// Starts an instance, and waits until it only waits.
///
/// # Errors
/// The engine's.
pub async fn started<W: Durable>(engine: &Engine, id: &str, input: W::Start) -> Result<InstanceHandle<W>, EngineError> {
    let run = engine.start::<W>(id, input).await?;
    while run.status().await? == InstanceStatus::Running {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(run)
}

/// Lets an instance that waits go on, and says how it ended.
///
/// # Errors
/// The engine's, other than that it is parked.
pub async fn ended<W: Durable<Output = String>>(engine: &Engine, id: &str, go: W::Signal) -> Result<(), EngineError> {
    let run = engine.find::<W>(id).await?;
    let result = match run.signal(go).await {
        Ok(()) => run.result().await,
        Err(error) => Err(error),
    };
    match result {
        Ok(output) => println!("{id}: {output}"),
        Err(error) => println!("{error}"),
    }
    Ok(())
}
