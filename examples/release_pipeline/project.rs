//! The project that is to be released, as cargo sees it.

use std::path::{Path, PathBuf};

use cargo_metadata::{CargoOpt, MetadataCommand};

use crate::cargo::Cargo;

/// A cargo project.
#[derive(Debug, Clone)]
pub struct Project {
    /// Where its `Cargo.toml` is.
    pub directory: PathBuf,
    /// Where the steps build: each in a folder of its own, since cargo lets only one at a time into a folder.
    pub target: PathBuf,
    /// Packages that the release consists of: `name-version`.
    pub packages: Vec<String>,
}

/// Why a path is no project.
#[derive(Debug, thiserror::Error)]
pub enum NoProject {
    /// There is nothing of that name.
    #[error("'{0}' is not a folder, nor a Cargo.toml")]
    NotAFolder(PathBuf),
    /// A folder, but not of a cargo project.
    #[error("'{0}' is not a cargo project: there is no Cargo.toml in it")]
    NoManifest(PathBuf),
    /// Cargo does not understand it.
    #[error("'{directory}' is not a project that cargo understands: {reason}")]
    Refused {
        /// Where.
        directory: PathBuf,
        /// Cargo's words.
        reason: String,
    },
}

impl Project {
    /// Looks at the project in a folder.
    ///
    /// # Errors
    ///
    /// When there is none, or cargo can't read it.
    pub fn open(path: &Path, cargo: &Cargo) -> Result<Self, NoProject> {
        let named_manifest = path.is_file() && path.ends_with("Cargo.toml");
        let directory = if named_manifest { path.parent().unwrap_or(path) } else { path };
        // An empty parent is what `Cargo.toml` alone has.
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        let Ok(directory) = directory.canonicalize().and_then(|found| found.read_dir().map(|_| found)) else {
            return Err(NoProject::NotAFolder(path.to_owned()));
        };
        if !directory.join("Cargo.toml").is_file() {
            return Err(NoProject::NoManifest(path.to_owned()));
        }
        let metadata = MetadataCommand::new()
            .cargo_path(cargo.program())
            .current_dir(&directory)
            .no_deps()
            .features(CargoOpt::AllFeatures)
            .exec()
            .map_err(|error| NoProject::Refused { directory: path.to_owned(), reason: one_line(&error) })?;
        let target = metadata.target_directory.join("release-pipeline").into_std_path_buf();
        // In the folder of a member it is that member which is released; at the root of a workspace, its default
        // members.
        let manifest = directory.join("Cargo.toml");
        let default_members = metadata.workspace_default_packages();
        let here = metadata.packages.iter().find(|package| package.manifest_path.as_std_path() == manifest);
        let packages = here.map_or(default_members, |package| vec![package]);
        let packages = packages.iter().map(|package| format!("{}-{}", package.name, package.version)).collect();
        Ok(Self { directory, target, packages })
    }
}

/// Returns cargo's message, without its line breaks.
fn one_line(error: &cargo_metadata::Error) -> String {
    let text = match error {
        cargo_metadata::Error::CargoMetadata { stderr } => stderr.clone(),
        other => other.to_string(),
    };
    let text = text.trim().strip_prefix("error: ").unwrap_or(text.trim());
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
