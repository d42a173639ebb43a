//! Writes the result.

use std::io::{self, Write};

use anyhow::Context;

/// Writes a text to standard output. A reader that has had enough, as in `| head`, is no error.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("the result can't be written"),
    }
}
