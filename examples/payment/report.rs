//! All payments of a file: each with its path, and a table of how they ended.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroUsize;

use comfy_table::{CellAlignment, Table, presets};
use tokio::task::JoinHandle;

use crate::input::Line;
use crate::output;
use crate::path::{Path, follow};
use crate::script::Case;

/// Counts how the lines ended, by what became of them and at which step.
#[derive(Debug, Default)]
struct Ends(BTreeMap<(&'static str, &'static str), usize>);

/// Carries out all payments, `concurrency` at once, and prints them in the order of their lines.
///
/// # Errors
///
/// When the output can't be written, or a payment's path broke off.
pub async fn pay_all(lines: Vec<Line<Case>>, concurrency: NonZeroUsize, quiet: bool) -> anyhow::Result<()> {
    let mut ends = Ends::default();
    let mut running: VecDeque<JoinHandle<Path>> = VecDeque::new();
    for Line { number, case } in lines {
        if running.len() >= concurrency.get()
            && let Some(first) = running.pop_front()
        {
            ends.add(&first.await?, quiet)?;
        }
        running.push_back(tokio::spawn(async move {
            match case {
                Ok(case) => follow(number, case).await,
                Err(problem) => {
                    Path { text: format!("line {number}: {problem}\n"), end: "line could not be read", stage: "" }
                }
            }
        }));
    }
    for path in running {
        ends.add(&path.await?, quiet)?;
    }
    output::print(&format!("{}\n", ends.table()))
}

impl Ends {
    fn add(&mut self, path: &Path, quiet: bool) -> anyhow::Result<()> {
        *self.0.entry((path.end, path.stage)).or_default() += 1;
        if quiet { Ok(()) } else { output::print(&format!("{}\n", path.text)) }
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED).set_header(["Outcome", "Stage", "Payments"]);
        for ((end, stage), count) in &self.0 {
            table.add_row([(*end).to_owned(), (*stage).to_owned(), count.to_string()]);
        }
        table.add_row(["all lines".to_owned(), String::new(), self.0.values().sum::<usize>().to_string()]);
        if let Some(column) = table.column_mut(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }
}
