//! A [worker](work) runs many instances on one `SQLite` file. A [driver](drive) kills its process at random moments,
//! again and again, and then [looks](check) at what is left: the outputs, and what took effect outside of the process.

mod check;
mod drive;
mod effects;
mod mixture;
mod work;

pub use check::check;
pub use drive::{Plan, Report, drive};
pub use effects::{Effect, Effects};
pub use mixture::{Lost, Mixed, MixedSignal, MixedStage, MixedState};
pub use work::{Ended, Load, LoadSignal, LoadStage, LoadState, work};

use std::path::{Path, PathBuf};

/// Where a worker works.
#[derive(Debug, Clone)]
pub struct Place {
    folder: PathBuf,
}

impl Place {
    /// In that folder.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.folder.join("load.db")
    }

    /// Returns the path of the effects, one line each.
    #[must_use]
    pub fn effects(&self) -> PathBuf {
        self.folder.join("effects")
    }

    /// Which signals were acknowledged, one line each.
    #[must_use]
    pub fn acknowledged(&self) -> PathBuf {
        self.folder.join("acknowledged")
    }
}
