//! Effects outside of the process: lines in a file that is only ever appended to.

use anyhow::bail;
use std::{
    fmt,
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
    /// The stage's name.
    pub stage: String,
    /// The key of the stage that was undone, if it was an undo.
    pub undone: Option<String>,
}

impl fmt::Display for Effect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.undone {
            Some(undone) => write!(formatter, "undoes {undone}, attempt {}", self.attempt),
            None => write!(formatter, "{}, attempt {}", self.key, self.attempt),
        }
    }
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

    /// Does the work of a stage or an undo: takes up to 20 ms, and somewhere in between has its effect.
    ///
    /// # Errors
    /// The system's.
    pub async fn happen(&self, ctx: &StageContext) -> io::Result<()> {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(0..10))).await;
        self.at_once(ctx)?;
        tokio::time::sleep(Duration::from_millis(fastrand::u64(0..10))).await;
        Ok(())
    }

    /// Has an effect in no time.
    ///
    /// # Errors
    /// The system's.
    pub fn at_once(&self, ctx: &StageContext) -> io::Result<()> {
        let undone = ctx.undone_key().unwrap_or_else(|| "-".to_owned());
        self.append(&format!("{} {} {} {undone}", ctx.idempotency_key(), ctx.attempt(), ctx.stage()))
    }

    /// All there is, in order.
    ///
    /// # Errors
    /// When it can't be read, or something else stands there.
    pub fn read(path: &Path) -> anyhow::Result<Vec<Effect>> {
        let text = fs::read_to_string(path)?;
        let effect = |line: &str| {
            let words: Vec<&str> = line.split(' ').collect();
            let [key, attempt, stage, undone] = words.as_slice() else { bail!("'{line}' is no effect") };
            Ok(Effect {
                key: (*key).to_owned(),
                attempt: attempt.parse()?,
                stage: (*stage).to_owned(),
                undone: Some((*undone).to_owned()).filter(|undone| undone != "-"),
            })
        };
        text.lines().map(effect).collect()
    }
}
