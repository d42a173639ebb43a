//! Processes of their own: this program once more, with one of the tests that are ignored elsewhere.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Where the process finds its store; not there in a run that is none of these.
const STORE: &str = "WORKFLOW_TEST_STORE";

/// This program, to run only the ignored test `name`, on the store at `path`.
pub(crate) fn command(program: impl AsRef<OsStr>, name: &str, path: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1", "--quiet"]);
    command.env(STORE, path).stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// This program.
pub(crate) fn this() -> PathBuf {
    env::current_exe().expect("this program has a path")
}

/// The store's path, in such a process.
pub(crate) fn store() -> Option<PathBuf> {
    env::var_os(STORE).map(PathBuf::from)
}
