//! Files of the workspace, for the tests that read them.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Returns the files with one of these extensions at or below a path, in order. Leaves out what is built and what other
/// tools keep: `target`, and names that begin with a dot.
///
/// # Panics
/// If a folder can't be read.
#[must_use]
pub fn files(path: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    if !path.is_dir() {
        let is_wanted = path.extension().is_some_and(|own| extensions.iter().any(|wanted| own == *wanted));
        return is_wanted.then(|| path.to_owned()).into_iter().collect();
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("can be read").path()).collect();
    paths.sort();
    let is_kept = |path: &Path| {
        let name = path.file_name().expect("has a name").to_string_lossy();
        name != "target" && !name.starts_with('.')
    };
    paths.iter().filter(|path| is_kept(path)).flat_map(|path| files(path, extensions)).collect()
}
