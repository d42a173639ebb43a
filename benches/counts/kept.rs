//! The counts that are kept, a file for each version of the compiler: another one makes other code.

use std::{
    collections::HashMap,
    fmt::Write as _,
    fs,
    io::{self, ErrorKind},
    path::PathBuf,
};

/// Version of the compiler that compiled this program.
pub(crate) const COMPILER: &str = env!("WORKFLOW_BENCHES_COMPILER");

fn file() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "counts", &format!("{}.txt", COMPILER.replace(' ', "-"))].iter().collect()
}

/// By name; none for this compiler, perhaps.
pub(crate) fn read() -> io::Result<Option<HashMap<String, f64>>> {
    let text = match fs::read_to_string(file()) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let line = |line: &str| {
        let (count, what) = line.split_once(' ')?;
        Some((what.to_owned(), count.parse().ok()?))
    };
    Ok(Some(text.lines().filter_map(line).collect()))
}

/// From now on.
pub(crate) fn write(counts: &[(&str, f64)]) -> io::Result<()> {
    let mut text = String::new();
    for (what, count) in counts {
        // Writing to a string can't fail.
        let _ = writeln!(text, "{count:.1} {what}");
    }
    fs::write(file(), text)
}
