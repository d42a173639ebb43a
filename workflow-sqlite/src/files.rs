//! The files of a store: their names and permissions, and the lock.

use crate::{error::system_error, sync::lock};
use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard},
};
use workflow_store::{StoreError, StoreErrorKind};

/// The default permissions of the files: only their owner reads and writes them.
pub(crate) const OWNER_ONLY: u32 = 0o600;

/// Returns the absolute path of a store, without links. The file need not be there; its folder has
/// to be.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, StoreError> {
    if let Ok(path) = fs::canonicalize(path) {
        return Ok(path);
    }
    let Some(name) = path.file_name() else {
        let message = format!("'{}' names no file for a store", path.display());
        return Err(StoreError::new(StoreErrorKind::Other, message));
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match fs::canonicalize(folder) {
        Ok(folder) => Ok(folder.join(name)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let message = format!("could not open the store '{}': its folder does not exist", path.display());
            Err(StoreError::new(StoreErrorKind::Other, message).with_source(error))
        }
        Err(error) => Err(system_error(error, "open the store", path)),
    }
}

/// Returns the path of a file beside the store: the path of the store with a suffix.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Creates an empty file with exactly these permissions. SQLite gives the files beside the store
/// the permissions of the store.
pub(crate) fn create(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let file = options.mode(mode).open(path)?;
        // The mask of the process may have removed some permissions.
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        Ok(file)
    }
    #[cfg(not(unix))]
    {
        let _ = mode;
        options.open(path)
    }
}

/// Returns the permissions of a file, if the file exists.
fn mode_of(path: &Path) -> Option<u32> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).ok().map(|metadata| metadata.permissions().mode() & 0o777)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// The paths of all stores that this process has open.
static OPEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn all_open() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    lock(&OPEN)
}

/// The claim of a store within this process, which one opening of the store holds.
///
/// A second opening must not even read the file. When a process closes any handle of a file, the
/// system drops all locks of the process on that file, also those of SQLite.
pub(crate) struct PathClaim {
    path: PathBuf,
}

impl PathClaim {
    /// Claims an [`absolute`] path.
    ///
    /// # Errors
    /// `Locked` if the store is open in this process.
    pub(crate) fn new(path: &Path) -> Result<Self, StoreError> {
        let path = path.to_owned();
        match all_open().insert(path.clone()) {
            true => Ok(Self { path }),
            false => Err(is_open(&path)),
        }
    }

    /// Locks the store for this process. Also returns whether a store was here before.
    ///
    /// # Errors
    /// `Locked` if another process has the store. Otherwise the reason why the file `PATH-lock`
    /// could not be locked.
    pub(crate) fn lock(self, mode: u32) -> Result<(FileLock, bool), StoreError> {
        let beside = beside(&self.path, "-lock");
        let into_error = |error| system_error(error, "lock the store with", &beside);
        let open = || File::options().read(true).write(true).open(&beside);
        let file = match open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // A process that may write the store may lock it too.
                match create(&beside, mode_of(&self.path).unwrap_or(mode)) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => open(),
                    created => created,
                }
            }
            opened => opened,
        };
        let file = file.map_err(into_error)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(is_open(&self.path)),
            Err(TryLockError::Error(error)) => return Err(into_error(error)),
        }
        let had_store = file.metadata().is_ok_and(|metadata| metadata.len() > 0);
        Ok((FileLock { file, _claim: self }, had_store))
    }
}

impl Drop for PathClaim {
    fn drop(&mut self) {
        all_open().remove(&self.path);
    }
}

fn is_open(path: &Path) -> StoreError {
    let message = format!("the store '{}' is already open, in another process or in this one", path.display());
    StoreError::new(StoreErrorKind::Locked, message)
}

/// The lock of a store, held on the file `PATH-lock`. The system releases it when the process ends,
/// however it ends.
pub(crate) struct FileLock {
    pub(crate) file: File,
    _claim: PathClaim,
}
