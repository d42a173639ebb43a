//! Services may break.

use std::io::{self, Write};
use std::panic;

/// A panic in a service is part of the case, which says so: one line is enough.
pub fn keep_short() {
    panic::set_hook(Box::new(|info| {
        let message = info.payload_as_str().unwrap_or("a panic without a message");
        drop(writeln!(io::stderr(), "a service panicked: {message}"));
    }));
}
