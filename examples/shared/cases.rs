//! All cases of a file: each with its path, and a table of how they ended.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use comfy_table::{CellAlignment, Table, presets};
use serde::de::DeserializeOwned;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::input::{self, Line, Source};
use crate::output;

/// The options of a program that follows cases.
#[derive(Debug, Args)]
pub struct Options {
    /// The cases, one JSON object a line; `-` reads standard input [default: the file that comes with the example]
    path: Option<PathBuf>,
    #[command(flatten)]
    clock: Clock,
    /// How many cases are in work at once
    #[arg(long, default_value = "64")]
    concurrency: NonZeroUsize,
    /// Print the table of outcomes only, without each case's path
    #[arg(long)]
    quiet: bool,
}

/// The path of a case.
#[derive(Debug)]
pub struct Path {
    /// Events of the case, as text.
    pub text: String,
    /// How it ended, in a few words.
    pub end: &'static str,
    /// Place at which the case ended. Empty if `end` says all.
    pub place: &'static str,
}

/// Counts how the lines ended, and where.
#[derive(Debug, Default)]
struct Ends(BTreeMap<(&'static str, &'static str), usize>);

impl Options {
    /// Follows all cases, some at once, and prints their paths in the order of their lines.
    ///
    /// # Errors
    ///
    /// When the cases can't be read, the output can't be written, or a path broke off.
    pub fn follow_all<C, F>(
        &self,
        shipped: &str,
        header: [&str; 3],
        follow: impl Fn(usize, C) -> F,
    ) -> anyhow::Result<()>
    where
        C: DeserializeOwned,
        F: Future<Output = Path> + Send + 'static,
    {
        let lines = input::lines(&Source::from_argument(self.path.clone(), shipped).read()?, "a case");
        let ends = self.clock.run(self.follow_lines(lines, follow))??;
        output::print(&format!("{}\n", ends.table(header)))
    }

    async fn follow_lines<C, F>(&self, lines: Vec<Line<C>>, follow: impl Fn(usize, C) -> F) -> anyhow::Result<Ends>
    where
        F: Future<Output = Path> + Send + 'static,
    {
        let mut ends = Ends::default();
        let mut running: VecDeque<JoinHandle<Path>> = VecDeque::new();
        for Line { number, case } in lines {
            if running.len() >= self.concurrency.get()
                && let Some(first) = running.pop_front()
            {
                ends.add(&first.await?, self.quiet)?;
            }
            running.push_back(match case {
                Ok(case) => tokio::spawn(follow(number, case)),
                Err(problem) => {
                    let text = format!("line {number}: {problem}\n");
                    tokio::spawn(async move { Path { text, end: "line could not be read", place: "" } })
                }
            });
        }
        for path in running {
            ends.add(&path.await?, self.quiet)?;
        }
        Ok(ends)
    }
}

impl Ends {
    fn add(&mut self, path: &Path, quiet: bool) -> anyhow::Result<()> {
        *self.0.entry((path.end, path.place)).or_default() += 1;
        if quiet { Ok(()) } else { output::print(&format!("{}\n", path.text)) }
    }

    fn table(&self, header: [&str; 3]) -> Table {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED).set_header(header);
        for ((end, place), count) in &self.0 {
            table.add_row([(*end).to_owned(), (*place).to_owned(), count.to_string()]);
        }
        table.add_row(["all lines".to_owned(), String::new(), self.0.values().sum::<usize>().to_string()]);
        if let Some(column) = table.column_mut(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }
}
