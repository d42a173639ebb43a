//! The results of a program: its output, and its exit status.

use std::io::{self, Write};
use std::process::{ExitCode, Termination};

use anyhow::Context;

/// Writes a text to standard output. A reader that has had enough, as in `| head`, is no error.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("the result can't be written"),
    }
}

/// Says on standard error what stopped the program, if something did.
pub fn exit(ended: anyhow::Result<impl Termination>) -> ExitCode {
    match ended {
        Ok(status) => status.report(),
        Err(error) => {
            complain(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Writes a line to standard error.
pub fn complain(message: &str) {
    // Nowhere is left to complain to if this fails.
    drop(writeln!(io::stderr(), "{message}"));
}
