//! The outcomes of the applications, as tables.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use workflow_runtime::{Failure, FailureKind};

use crate::domain::Account;
use crate::refusal::Refusal;
use crate::timings::StageTime;

/// Counts outcomes as they come.
#[derive(Debug, Default)]
pub struct Report {
    lines: usize,
    opened: usize,
    corrected: usize,
    broken: usize,
    /// By stage and reason.
    failed: BTreeMap<(String, String), usize>,
}

impl Report {
    /// A line that is no application.
    pub fn add_broken(&mut self) {
        self.lines += 1;
        self.broken += 1;
    }

    /// Counts the outcome of a workflow.
    pub fn add(&mut self, outcome: &Result<Account, Failure>) {
        self.lines += 1;
        match outcome {
            Ok(account) => {
                self.opened += 1;
                self.corrected += usize::from(!account.corrections.is_empty());
            }
            Err(failure) => {
                let stage = failure.stage().unwrap_or("-").to_owned();
                *self.failed.entry((stage, reason(failure))).or_default() += 1;
            }
        }
    }

    /// The table of outcomes.
    pub fn outcomes(&self) -> Table {
        let mut table = new_table(["Outcome", "Stage", "Applications"]);
        let mut row = |outcome: &str, stage: &str, count: usize| {
            table.add_row([outcome.to_owned(), stage.to_owned(), count.to_string()]);
        };
        row("account opened at once", "", self.opened - self.corrected);
        row("account opened after corrections", "", self.corrected);
        for ((stage, reason), count) in &self.failed {
            row(reason, stage, *count);
        }
        row("line could not be read", "", self.broken);
        row("all lines", "", self.lines);
        align_right(&mut table, 2..3);
        table
    }
}

/// A few words, the same for all failures of a kind.
fn reason(failure: &Failure) -> String {
    if let Some(refusal) = failure.downcast_ref::<Refusal>() {
        return refusal.label().to_owned();
    }
    match failure.kind() {
        FailureKind::RoundLimit => "still not valid after corrections".to_owned(),
        FailureKind::Panic => "panicked".to_owned(),
        FailureKind::Cancelled => "cancelled".to_owned(),
        _ => "failed".to_owned(),
    }
}

/// The table of how long stages took.
pub fn times(stages: &[StageTime]) -> Table {
    let mut table = new_table(["Stage", "Runs", "Median", "Longest"]);
    for stage in stages {
        let (median, longest) = (Milliseconds(stage.median).to_string(), Milliseconds(stage.longest).to_string());
        table.add_row([stage.name.to_owned(), stage.runs.to_string(), median, longest]);
    }
    align_right(&mut table, 1..4);
    table
}

fn new_table<const COLUMNS: usize>(header: [&str; COLUMNS]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(header);
    table
}

fn align_right(table: &mut Table, columns: std::ops::Range<usize>) {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// `12.3 ms`.
struct Milliseconds(Duration);

impl fmt::Display for Milliseconds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.1} ms", self.0.as_secs_f64() * 1e3)
    }
}
