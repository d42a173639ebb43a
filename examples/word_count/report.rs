//! The request and the output.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::check::Comparison;
use crate::counts::{Counted, Counts, count_file};

/// The files that are counted, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// A folder, or a file.
    pub root: PathBuf,
    /// With hidden files and caches.
    pub all: bool,
    /// How many files are open at once.
    pub concurrency: usize,
    /// Whether to ask the real `wc` too.
    pub check: bool,
}

/// The report of a file.
#[derive(Debug, Clone)]
pub struct FileReport {
    /// Which file.
    pub path: PathBuf,
    /// Counts of the file, or the reason why they are unknown: one unreadable file is no reason to stop.
    pub counted: Result<Counted, String>,
}

impl FileReport {
    /// Counts a file.
    pub fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), counted: count_file(path).map_err(|error| error.to_string()) }
    }

    /// Returns the counts of the file, if they are known.
    pub fn counts(&self) -> Option<Counts> {
        self.counted.as_ref().ok().map(|counted| counted.counts)
    }
}

/// The workflow's output. `Display` gives it as `wc` does.
#[derive(Debug)]
pub struct WordCounts {
    /// File by file.
    pub files: Vec<FileReport>,
    /// Places in the tree that could not be read.
    pub unreadable: Vec<String>,
    /// The sum.
    pub total: Counts,
    /// Counts of the real `wc`, file by file, if it was asked.
    pub comparisons: Option<Vec<Comparison>>,
}

impl WordCounts {
    /// Everything that went wrong, a line each.
    pub fn problems(&self) -> Vec<String> {
        let unread = self.files.iter().filter_map(|file| {
            let reason = file.counted.as_ref().err()?;
            Some(format!("'{}' can't be read: {reason}", file.path.display()))
        });
        let differing = self.compared().filter_map(|(file, comparison)| match (comparison, file.counts()) {
            (Comparison::Differs(theirs), Some(ours)) => {
                Some(format!("'{}': counted {}, but wc says {}", file.path.display(), Row(ours), Row(*theirs)))
            }
            (Comparison::Unknown(reason), Some(_)) => {
                Some(format!("'{}' was not compared: {reason}", file.path.display()))
            }
            _ => None,
        });
        self.unreadable.iter().cloned().chain(unread).chain(differing).collect()
    }

    /// Returns the result of the comparison in a sentence. `None` if there was no comparison.
    pub fn verdict(&self) -> Option<String> {
        self.comparisons.as_ref()?;
        let compared = self.compared().filter(|(file, _)| file.counted.is_ok());
        let (mut same, mut all, mut binary) = (0, 0, 0);
        for (file, comparison) in compared {
            all += 1;
            same += usize::from(*comparison == Comparison::Same);
            binary += usize::from(file.counted.as_ref().is_ok_and(|counted| !counted.is_text));
        }
        let verdict = format!("wc agrees on {same} of {all} files");
        if binary > 0 {
            Some(format!("{verdict} (without the words of {binary} that hold no plain text)"))
        } else {
            Some(verdict)
        }
    }

    fn compared(&self) -> impl Iterator<Item = (&FileReport, &Comparison)> {
        self.files.iter().zip(self.comparisons.iter().flatten())
    }
}

impl fmt::Display for WordCounts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No number is longer than the sum of the bytes.
        let width = self.total.bytes.to_string().len();
        let mut row = |counts: Counts, name: &dyn fmt::Display| {
            let Counts { lines, words, bytes } = counts;
            writeln!(formatter, "{lines:width$} {words:width$} {bytes:width$} {name}")
        };
        for file in &self.files {
            if let Some(counts) = file.counts() {
                row(counts, &file.path.display())?;
            }
        }
        row(self.total, &"total")
    }
}

/// The three numbers in words.
struct Row(Counts);

impl fmt::Display for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { lines, words, bytes } = self.0;
        write!(formatter, "{lines} lines, {words} words, {bytes} bytes")
    }
}
