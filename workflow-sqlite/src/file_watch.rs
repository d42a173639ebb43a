//! A watch that finds out whether the files of an open store are still there.
//!
//! The writer asks after each transaction, before it acknowledges anything. Looking each file up by its name costs a
//! transaction of a few commits a tenth of its time. The folder tells of a file that is removed, moved or replaced: its
//! change time (`ctime`) moves on. The files are looked up where it has moved, and now and then.

use crate::files::beside;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};
use workflow_store::{StoreError, StoreErrorKind};

/// The time after which a change time is surely another one than that of a later change: systems keep it in ticks.
const TICK: Duration = Duration::from_millis(50);

/// The longest time between two looks at the files themselves. A folder further up may have moved.
const LONGEST: Duration = Duration::from_millis(500);

/// A watch over the files of an open store.
pub(crate) struct FileWatch {
    path: PathBuf,
    files: Vec<(&'static str, PathBuf, Identity)>,
    /// The folder, if what lies in it are the files themselves and not links.
    folder: Option<File>,
    last: Option<Look>,
}

/// A look at the files, which were all there.
struct Look {
    at: Instant,
    /// The change time of the folder before that look.
    changed: SystemTime,
}

impl FileWatch {
    /// Remembers which files are there now.
    pub(crate) fn new(path: &Path) -> Self {
        let files: Vec<_> = ["", "-wal", "-shm", "-lock"]
            .into_iter()
            .filter_map(|suffix| {
                let file = beside(path, suffix);
                let identity = identity(&file)?;
                Some((suffix, file, identity))
            })
            .collect();
        let has_link = files.iter().any(|(_, file, _)| fs::symlink_metadata(file).is_ok_and(|file| file.is_symlink()));
        let folder = path.parent().filter(|_| !has_link).and_then(|folder| File::open(folder).ok());
        Self { path: path.to_owned(), files, folder, last: None }
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

    /// Checks that no file was removed, moved or replaced. Costs a system call, or a few.
    ///
    /// # Errors
    /// `Gone` otherwise: later writes would be lost when the store is closed.
    pub(crate) fn check(&mut self) -> Result<(), StoreError> {
        let changed = self.folder.as_ref().and_then(change_time);
        let is_unchanged = |last: &Look| Some(last.changed) == changed && last.at.elapsed() < LONGEST;
        if self.last.as_ref().is_some_and(is_unchanged) {
            return Ok(());
        }
        let (now, at) = (SystemTime::now(), Instant::now());
        let Some(suffix) = self.moved() else {
            // A change in the tick of the last one would not be seen.
            let is_past = |changed: &SystemTime| now.duration_since(*changed).is_ok_and(|past| past > TICK);
            self.last = changed.filter(is_past).map(|changed| Look { at, changed });
            return Ok(());
        };
        let which = match suffix {
            "" => "the file".to_owned(),
            suffix => format!("the '{suffix}' file"),
        };
        let message = format!(
            "could not write to the store '{}': {which} was removed, moved or replaced while the store was open",
            self.path.display()
        );
        Err(StoreError::new(StoreErrorKind::Gone, message))
    }
}

/// The identity of a file, whatever its name.
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

/// Returns the time at which the content or the name of a folder last changed, where the system keeps it.
fn change_time(folder: &File) -> Option<SystemTime> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let metadata = folder.metadata().ok()?;
        let since = Duration::new(u64::try_from(metadata.ctime()).ok()?, u32::try_from(metadata.ctime_nsec()).ok()?);
        SystemTime::UNIX_EPOCH.checked_add(since)
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}
