//! Counts lines, words and bytes, as `wc` does.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::iter::Sum;
use std::ops::Add;
use std::path::Path;

/// The counts that `wc` prints of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many line feeds.
    pub lines: u64,
    /// How many runs of characters that are no white space.
    pub words: u64,
    /// How many bytes.
    pub bytes: u64,
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { lines: self.lines + other.lines, words: self.words + other.words, bytes: self.bytes + other.bytes }
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

/// The counts of a file, with a sign whether they can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// How much.
    pub counts: Counts,
    /// Whether it is UTF-8 without control characters other than white space: what is a word in other files depends on
    /// the version of `wc` and on the locale.
    pub is_text: bool,
}

/// Counts a file of any size.
///
/// # Errors
///
/// When it can't be read.
pub fn count_file(path: &Path) -> io::Result<Counted> {
    count(BufReader::with_capacity(64 * 1024, File::open(path)?))
}

/// Counts what the reader gives, a line at a time: no character and no word goes on over a line feed.
fn count(mut reader: impl BufRead) -> io::Result<Counted> {
    let mut counted = Counted { counts: Counts::default(), is_text: true };
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Ok(counted);
        }
        let text = String::from_utf8_lossy(&line);
        counted.counts.bytes += line.len() as u64;
        counted.counts.lines += u64::from(line.ends_with(b"\n"));
        counted.counts.words += text.split(is_space).filter(|word| !word.is_empty()).count() as u64;
        let is_binary = |character: char| character == char::REPLACEMENT_CHARACTER || is_control(character);
        counted.is_text &= !text.contains(is_binary);
    }
}

/// Whether a character separates words for GNU's `wc`: white space, no-break spaces and the word joiner included, but
/// not U+0085, which Rust counts among it.
fn is_space(character: char) -> bool {
    character == '\u{2060}' || (character != '\u{85}' && character.is_whitespace())
}

fn is_control(character: char) -> bool {
    character.is_control() && !is_space(character)
}
