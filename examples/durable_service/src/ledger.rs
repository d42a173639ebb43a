//! Effects outside of the process: a file with one line for each effect.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// Stands for the other systems of a bank. As those should, it takes an idempotency key with each effect, and two calls
/// with one key have one effect. A stage that a crash interrupts runs again with its key.
#[derive(Debug)]
pub struct Ledger {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    file: File,
    keys: HashSet<String>,
}

/// One line of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    key: String,
    attempt: u32,
    what: String,
}

impl Ledger {
    /// Goes on with the file at `path`, or makes it.
    ///
    /// # Errors
    ///
    /// When it can't be read or written, or holds something else.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let mut options = File::options();
        options.create(true).append(true);
        // As the store, it is its owner's.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path);
        let mut file = file.with_context(|| format!("'{}' can't be written", path.display()))?;
        let text = fs::read_to_string(path).with_context(|| format!("'{}' can't be read", path.display()))?;
        if !text.is_empty() && !text.ends_with('\n') {
            writeln!(file)?; // A line that was cut is none: its effect is asked for again.
        }
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Entry>(line).ok());
        let keys = lines.map(|entry| entry.key).collect();
        Ok(Self { inner: Mutex::new(Inner { file, keys }) })
    }

    /// Has something done, once for each key.
    ///
    /// # Errors
    ///
    /// When it can't be written down.
    pub fn post(&self, key: String, attempt: u32, what: String) -> std::io::Result<()> {
        // The file is whole after any panic, so a poisoned lock is no reason to give up.
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.keys.contains(&key) {
            return Ok(());
        }
        let mut line = serde_json::to_vec(&Entry { key: key.clone(), attempt, what })?;
        line.push(b'\n');
        inner.file.write_all(&line)?; // One write: another line can't come in between.
        inner.keys.insert(key);
        Ok(())
    }
}
