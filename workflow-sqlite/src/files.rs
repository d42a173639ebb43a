//! The files of a store: their names, their permissions, the lock, and whether they are still there.

use crate::error::system;
use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};
use workflow_store::{StoreError, StoreErrorKind};

/// Permissions of the files unless told otherwise: only their owner reads and writes them.
pub(crate) const OWNER_ONLY: u32 = 0o600;

/// The path by which the file is known everywhere.
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
            Err(StoreError::new(StoreErrorKind::Other, message).from_source(error))
        }
        Err(error) => Err(system(error, "open the store", path)),
    }
}

/// Returns the file that lies beside the store, with a name made of the store's.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes an empty file with exactly these permissions. SQLite gives those of the store to the files beside it.
pub(crate) fn make(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let file = options.mode(mode).open(path)?;
        // Whatever the process's mask takes away.
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        Ok(file)
    }
    #[cfg(not(unix))]
    {
        let _ = mode;
        options.open(path)
    }
}

/// Returns the permissions of a file, if there is one.
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
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The one opening of a store in this process.
///
/// A second one must not so much as look at the file: once a process closes any handle of a file, the system drops the
/// process's locks on it, also those of SQLite.
pub(crate) struct Opening {
    path: PathBuf,
}

impl Opening {
    /// Takes an [`absolute`] path for this opening.
    ///
    /// # Errors
    /// `Locked` if the store is open in this process.
    pub(crate) fn of(path: &Path) -> Result<Self, StoreError> {
        let path = path.to_owned();
        match all_open().insert(path.clone()) {
            true => Ok(Self { path }),
            false => Err(is_open(&path)),
        }
    }

    /// Takes the store for this process. Returns whether there has been a store here before.
    pub(crate) fn lock(self, mode: u32) -> Result<(Lock, bool), StoreError> {
        let beside = beside(&self.path, "-lock");
        let told = |error| system(error, "lock the store with", &beside);
        let open = || File::options().read(true).write(true).open(&beside);
        let file = match open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Whoever may write the store may lock it.
                match make(&beside, mode_of(&self.path).unwrap_or(mode)) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => open(),
                    made => made,
                }
            }
            opened => opened,
        };
        let file = file.map_err(told)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(is_open(&self.path)),
            Err(TryLockError::Error(error)) => return Err(told(error)),
        }
        let had_store = file.metadata().is_ok_and(|metadata| metadata.len() > 0);
        Ok((Lock { file, _opening: self }, had_store))
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        all_open().remove(&self.path);
    }
}

fn is_open(path: &Path) -> StoreError {
    let message = format!("the store '{}' is open already, in another process or in this one", path.display());
    StoreError::new(StoreErrorKind::Locked, message)
}

/// The lock of a store. The system releases it when the process ends, however it ends.
pub(crate) struct Lock {
    pub(crate) file: File,
    _opening: Opening,
}

/// The files of an open store as they were when it was opened.
pub(crate) struct Watched {
    path: PathBuf,
    files: Vec<(&'static str, PathBuf, Identity)>,
}

impl Watched {
    /// Remembers which files are there now.
    pub(crate) fn of(path: &Path) -> Self {
        let files = ["", "-wal", "-shm", "-lock"].into_iter().filter_map(|suffix| {
            let file = beside(path, suffix);
            let identity = identity(&file)?;
            Some((suffix, file, identity))
        });
        Self { path: path.to_owned(), files: files.collect() }
    }

    /// Returns the suffix of a file that was removed, moved or replaced.
    fn moved(&self) -> Option<&'static str> {
        let moved = self.files.iter().find(|(_, file, was)| identity(file).as_ref() != Some(was));
        moved.map(|&(suffix, ..)| suffix)
    }

    /// Returns whether the file with this suffix was removed, moved or replaced.
    pub(crate) fn has_moved(&self, suffix: &str) -> bool {
        self.files.iter().any(|(name, file, was)| *name == suffix && identity(file).as_ref() != Some(was))
    }

    /// Fails if a file was removed, moved or replaced: what is written to it is lost when the store is closed. Costs a system
    /// call for each file.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let Some(suffix) = self.moved() else { return Ok(()) };
        let which = match suffix {
            "" => "it".to_owned(),
            suffix => format!("its '{suffix}' file"),
        };
        let message = format!(
            "nothing more can be written to the store '{}': {which} was removed, moved or replaced while it was open",
            self.path.display()
        );
        Err(StoreError::new(StoreErrorKind::Gone, message))
    }
}

/// The file itself, whatever its name.
#[cfg(unix)]
type Identity = (u64, u64);
#[cfg(not(unix))]
type Identity = ();

fn identity(file: &Path) -> Option<Identity> {
    let metadata = fs::metadata(file).ok()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Some((metadata.dev(), metadata.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        Some(())
    }
}
