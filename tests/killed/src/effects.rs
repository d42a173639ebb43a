//! What takes effect outside of the process: lines in a file that is only ever appended to.

use anyhow::Context;
use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
    time::Duration,
};
use workflow_runtime::StageContext;

/// The file. A line is one write, so that it is there as a whole or not at all, and it outlives a killed process.
#[derive(Debug)]
pub struct Effects {
    file: File,
}

/// One line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The stage's idempotency key.
    pub key: String,
    /// Its attempt.
    pub attempt: u32,
}

impl Effects {
    /// Goes on with the file at `path`, or makes it.
    ///
    /// # Errors
    /// The system's.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::options().create(true).append(true).open(path)? })
    }

    /// Writes one line.
    ///
    /// # Errors
    /// The system's.
    pub fn append(&self, line: &str) -> io::Result<()> {
        (&self.file).write_all(format!("{line}\n").as_bytes())
    }

    /// What a stage does: it takes up to 20 ms, and somewhere in between it has its effect.
    ///
    /// # Errors
    /// The system's.
    pub async fn happen(&self, ctx: &StageContext) -> io::Result<()> {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(0..10))).await;
        self.append(&format!("{} {}", ctx.idempotency_key(), ctx.attempt()))?;
        tokio::time::sleep(Duration::from_millis(fastrand::u64(0..10))).await;
        Ok(())
    }

    /// All there is, in order.
    ///
    /// # Errors
    /// When it can't be read, or something else stands there.
    pub fn read(path: &Path) -> anyhow::Result<Vec<Effect>> {
        let text = fs::read_to_string(path)?;
        let effect = |line: &str| {
            let (key, attempt) = line.rsplit_once(' ').with_context(|| format!("'{line}' is no effect"))?;
            Ok(Effect { key: key.to_owned(), attempt: attempt.parse()? })
        };
        text.lines().map(effect).collect()
    }
}
