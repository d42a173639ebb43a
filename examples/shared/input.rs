//! Reads cases of any kind: one JSON object a line. A broken line is a value, not the end.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str;

use anyhow::Context;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// Where the lines come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The standard input, which the caller pipes in.
    StandardInput,
    /// A file.
    File(PathBuf),
}

impl Source {
    /// `-` is standard input, as everywhere; without an argument it is the file that comes with the example.
    pub fn from_argument(argument: Option<PathBuf>, shipped: &str) -> Self {
        match argument {
            None => Self::File(Path::new(env!("CARGO_MANIFEST_DIR")).join(shipped)),
            Some(path) if path == Path::new("-") => Self::StandardInput,
            Some(path) => Self::File(path),
        }
    }

    /// Everything there is, so that the progress bar knows how much that is.
    pub fn read(&self) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::StandardInput => {
                let mut bytes = Vec::new();
                io::stdin().lock().read_to_end(&mut bytes).context("standard input can't be read")?;
                Ok(bytes)
            }
            Self::File(path) => fs::read(path).with_context(|| format!("'{}' can't be read", path.display())),
        }
    }
}

/// One line of the input.
#[derive(Debug)]
pub struct Line<T> {
    /// Counted from 1, as editors do.
    pub number: usize,
    /// Case on the line.
    pub case: Result<T, BadLine>,
}

/// Why a line is no case.
#[derive(Debug, thiserror::Error)]
pub enum BadLine {
    /// Nothing stands there.
    #[error("the line is empty")]
    Empty,
    /// Another encoding, most likely.
    #[error("not UTF-8 at column {column}")]
    NotUtf8 {
        /// The first byte that isn't, counted from 1.
        column: usize,
    },
    /// Cut off, or never JSON.
    #[error("not JSON: {message}, at column {column}")]
    NotJson {
        /// The parser's words.
        message: String,
        /// Counted from 1.
        column: usize,
    },
    /// JSON, but something else.
    #[error("not {expected}: {place}{message}")]
    NotACase {
        /// `an application`.
        expected: &'static str,
        /// `documents[1].issued: `; empty for the object itself.
        place: String,
        /// The parser's words.
        message: String,
    },
}

/// The lines of the input, each with its case or what is wrong with it; `expected` is what it should be, as `an
/// application`.
pub fn lines<T: DeserializeOwned>(bytes: &[u8], expected: &'static str) -> Vec<Line<T>> {
    // Some editors begin a file with a mark of its encoding, which is no part of the first line.
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    if bytes.is_empty() {
        return Vec::new();
    }
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    (1..)
        .zip(bytes.split(|byte| *byte == b'\n'))
        .map(|(number, line)| Line { number, case: parse(line, expected) })
        .collect()
}

fn parse<T: DeserializeOwned>(line: &[u8], expected: &'static str) -> Result<T, BadLine> {
    let text = str::from_utf8(line).map_err(|error| BadLine::NotUtf8 { column: error.valid_up_to() + 1 })?.trim();
    if text.is_empty() {
        return Err(BadLine::Empty);
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let case = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let place = error.path().to_string();
        describe(error.inner(), &place, expected)
    })?;
    deserializer.end().map_err(|error| describe(&error, ".", expected))?;
    Ok(case)
}

fn describe(error: &serde_json::Error, place: &str, expected: &'static str) -> BadLine {
    // Each line is parsed on its own, so that "line 1" would only mislead.
    let message = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let message = message.strip_suffix(&position).unwrap_or(&message).to_owned();
    match error.classify() {
        Category::Data => {
            let place = if place == "." { String::new() } else { format!("{place}: ") };
            BadLine::NotACase { expected, place, message }
        }
        Category::Io | Category::Syntax | Category::Eof => BadLine::NotJson { message, column: error.column() },
    }
}
