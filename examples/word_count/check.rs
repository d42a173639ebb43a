//! Compares what was counted with what the system's own `wc` says.

use std::fs::File;
use std::process::Stdio;

use tokio::process::Command;

use crate::counts::Counts;
use crate::report::FileReport;

/// The result of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// `wc` says the same.
    Same,
    /// `wc` says something else.
    Differs(Counts),
    /// `wc` was not asked, or could not answer: why.
    Unknown(String),
}

/// Asks `wc` about a file.
pub async fn compare(file: &FileReport) -> Comparison {
    let Ok(counted) = &file.counted else {
        return Comparison::Unknown("the file can't be read".to_owned());
    };
    match ask(file).await {
        Err(reason) => Comparison::Unknown(reason),
        Ok(mut counts) => {
            if !counted.is_text {
                counts.words = counted.counts.words;
            }
            if counts == counted.counts { Comparison::Same } else { Comparison::Differs(counts) }
        }
    }
}

async fn ask(file: &FileReport) -> Result<Counts, String> {
    // As standard input a file has no name that `wc` could take for an option, or that its answer would have to quote.
    let input = File::open(&file.path).map_err(|error| error.to_string())?;
    let output = Command::new("wc")
        .args(["-l", "-w", "-c"])
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::from(input))
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| format!("'wc' can't be run: {error}"))?;
    let answer = String::from_utf8_lossy(&output.stdout);
    let mut numbers = answer.split_whitespace().map_while(|number| number.parse().ok());
    match (numbers.next(), numbers.next(), numbers.next()) {
        (Some(lines), Some(words), Some(bytes)) if output.status.success() => Ok(Counts { lines, words, bytes }),
        _ => Err(format!("'wc' gave no counts: {}", String::from_utf8_lossy(&output.stderr).trim())),
    }
}
