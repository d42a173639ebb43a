//! How a store is opened.

use crate::files;

/// How a [`SqliteStore`](crate::SqliteStore) is opened.
///
/// ```
/// use workflow_sqlite::SqliteOptions;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("payments.db");
/// let store = SqliteOptions::new().max_bytes(1 << 30).readers(4).open(&path)?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    pub(crate) readers: usize,
    pub(crate) max_bytes: Option<u64>,
    /// Permissions of the files that are made.
    pub(crate) mode: u32,
    pub(crate) accept_lost_log: bool,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { readers: 2, max_bytes: None, mode: files::OWNER_ONLY, accept_lost_log: false }
    }
}

impl SqliteOptions {
    /// As [`SqliteStore::open`](crate::SqliteStore::open) does it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The file may grow to so many bytes, rounded down to whole pages of 4,096. What would make it larger fails with
    /// [`StoreErrorKind::Full`](workflow_store::StoreErrorKind::Full), or with
    /// [`StoreErrorKind::TooLarge`](workflow_store::StoreErrorKind::TooLarge) if it does not fit into an empty file of that size either. No limit unless told. The log beside it, `PATH-wal`, comes on top.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// So many may read at once, each on a thread and a connection of its own; at least one. Two unless told.
    #[must_use]
    pub fn readers(mut self, readers: usize) -> Self {
        self.readers = readers.max(1);
        self
    }

    /// The permissions of the files that are made: `0o600` unless told, so that only their owner reads and writes them. Files that
    /// are there keep theirs, and `PATH-wal` and `PATH-shm` have those of `PATH`.
    #[cfg(unix)]
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode & 0o777;
        self
    }

    /// Whether a store is opened whose log, `PATH-wal`, is gone. What was committed after the last checkpoint is lost then, also
    /// what was acknowledged. A log beside it that is not the store's is moved to `PATH-wal-lost`. Without this, such a store is
    /// refused with [`StoreErrorKind::LogLost`](workflow_store::StoreErrorKind::LogLost).
    #[must_use]
    pub fn accept_lost_log(mut self, accept: bool) -> Self {
        self.accept_lost_log = accept;
        self
    }
}
