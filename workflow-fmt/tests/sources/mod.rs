//! Common to the tests: rustfmt as the project sets it, and the project's files.

use std::{
    fs,
    path::{Path, PathBuf},
};
use workflow_fmt::Rustfmt;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub(crate) fn rustfmt() -> Rustfmt {
    Rustfmt::of_folder(&root(), "2024").expect("rustfmt is installed")
}

/// Returns the files below a folder that have an extension, in order.
#[allow(dead_code, reason = "not every test reads files")]
pub(crate) fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("can be read").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            files.extend(self::files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files.sort();
    files
}
