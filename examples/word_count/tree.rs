//! Which files are in a tree.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

/// The files below a folder.
#[derive(Debug, Default)]
pub struct Tree {
    /// In the order of their names, folder by folder.
    pub files: Vec<PathBuf>,
    /// Places that could not be read, each with the reason.
    pub unreadable: Vec<String>,
}

/// Lists the regular files of a tree, or the one file that `root` is. Links are not followed.
///
/// Without `all`, hidden entries are left out, and so are folders that are marked as caches (`CACHEDIR.TAG`), as
/// cargo's `target` is.
///
/// # Errors
///
/// When there is no such file or folder.
pub fn list_files(root: &Path, all: bool) -> Result<Tree, NoTree> {
    let mut tree = Tree::default();
    let wanted = |entry: &DirEntry| all || entry.depth() == 0 || !(is_hidden(entry.file_name()) || is_cache(entry));
    for entry in WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(wanted) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => tree.files.push(entry.into_path()),
            Ok(_) => {}
            Err(error) if error.depth() == 0 => return Err(NoTree(describe(&error))),
            Err(error) => tree.unreadable.push(describe(&error)),
        }
    }
    Ok(tree)
}

/// The tree can't be entered at all.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoTree(String);

/// Where and why, in a sentence.
fn describe(error: &walkdir::Error) -> String {
    match (error.path(), error.io_error()) {
        (Some(path), Some(reason)) => format!("'{}' can't be read: {reason}", path.display()),
        _ => error.to_string(),
    }
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

fn is_cache(entry: &DirEntry) -> bool {
    entry.file_type().is_dir() && entry.path().join("CACHEDIR.TAG").is_file()
}
