//! Child processes: this program again, with one of the tests that are otherwise ignored.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The variable that holds the path of the store in a child process.
const STORE: &str = "WORKFLOW_TEST_STORE";

/// Returns the command that runs only the ignored test `name` of `program`, on the store at `path`.
pub(crate) fn command(program: impl AsRef<OsStr>, name: &str, path: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1", "--quiet"]);
    command.env(STORE, path).stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// Returns the path of this program.
pub(crate) fn this() -> PathBuf {
    env::current_exe().expect("this program has a path")
}

/// Returns the path of the store, in a child process.
pub(crate) fn store() -> Option<PathBuf> {
    env::var_os(STORE).map(PathBuf::from)
}
