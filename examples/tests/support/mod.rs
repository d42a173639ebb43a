//! Runs an example as a user would.

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// The result of an example's run.
#[derive(Debug)]
pub struct Finished {
    /// Its exit status.
    pub code: Option<i32>,
    /// Its standard output.
    pub output: String,
    /// Its standard error.
    pub errors: String,
}

/// Runs an example with these arguments and this standard input.
pub fn run(example: &str, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>, input: &[u8]) -> Finished {
    let mut child = Command::new(path_of(example))
        .args(arguments)
        // Each project of a test builds in its own folder, whatever the caller builds in.
        .env_remove("CARGO_TARGET_DIR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the example starts");
    // Dropped at once, so that the example sees the end of its input. One that does not read it may be gone already.
    let _ = child.stdin.take().expect("standard input is a pipe").write_all(input);
    let Output { status, stdout, stderr } = child.wait_with_output().expect("the example ends");
    Finished {
        code: status.code(),
        output: String::from_utf8(stdout).expect("the output is UTF-8"),
        errors: String::from_utf8(stderr).expect("the errors are UTF-8"),
    }
}

/// Cargo builds examples together with the tests, but tells tests only the paths of binaries.
fn path_of(example: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running program has a path");
    let profile = test.parent().and_then(|deps| deps.parent()).expect("tests lie in <profile>/deps");
    let path = profile.join("examples").join(example).with_extension(std::env::consts::EXE_EXTENSION);
    assert!(path.is_file(), "{} is not built: run `cargo build --examples` first", path.display());
    path
}
