//! Options of a store.

use crate::files;

/// Options with which a [`SqliteStore`](crate::SqliteStore) is opened.
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
    /// The permissions of the files that are created.
    pub(crate) mode: u32,
    pub(crate) accept_lost_log: bool,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { readers: 2, max_bytes: None, mode: files::OWNER_ONLY, accept_lost_log: false }
    }
}

impl SqliteOptions {
    /// Returns the options of [`SqliteStore::open`](crate::SqliteStore::open).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Limits the size of the file, rounded down to whole pages of 4,096 bytes. By default there is
    /// no limit.
    ///
    /// A write beyond the limit fails with
    /// [`StoreErrorKind::Full`](workflow_store::StoreErrorKind::Full). If it would not even fit
    /// into an empty file of that size, it fails with
    /// [`StoreErrorKind::TooLarge`](workflow_store::StoreErrorKind::TooLarge). The log beside the
    /// file, `PATH-wal`, does not count.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// Sets the number of readers, each with a thread and a connection of its own. The default is
    /// 2, the least is 1.
    #[must_use]
    pub fn readers(mut self, readers: usize) -> Self {
        self.readers = readers.max(1);
        self
    }

    /// Sets the permissions of the files that are created. The default is `0o600`: only their owner
    /// reads and writes them.
    ///
    /// Existing files keep their permissions. `PATH-wal` and `PATH-shm` have those of `PATH`.
    #[cfg(unix)]
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode & 0o777;
        self
    }

    /// Sets whether to open a store whose log, `PATH-wal`, is missing or belongs to another store.
    /// The default is `false`: such a store is refused with
    /// [`StoreErrorKind::LogLost`](workflow_store::StoreErrorKind::LogLost).
    ///
    /// The store then lacks all commits after the last checkpoint, although their callers were told
    /// of their success. A log of another store is moved to `PATH-wal-lost`.
    #[must_use]
    pub fn accept_lost_log(mut self, accept: bool) -> Self {
        self.accept_lost_log = accept;
        self
    }
}
