//! Runs the workflow for many applications, a bounded number at a time.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::num::NonZeroUsize;

use anyhow::Context;
use tokio::task::JoinSet;
use workflow_runtime::Failure;

use crate::domain::{Account, Application};
use crate::input::Line;
use crate::progress::Progress;
use crate::report::Report;
use crate::workflow::CustomerOnboarding;

/// The output of a batch: logs, counts, and the file of accounts.
#[derive(Debug)]
pub struct Batch {
    report: Report,
    progress: Progress,
    accounts: Option<BufWriter<File>>,
}

/// One application that has been dealt with.
struct Finished {
    who: String,
    outcome: Result<Account, Failure>,
}

impl Batch {
    /// Of `total` lines. The accounts go to a file, if there is one.
    pub fn new(total: usize, accounts: Option<File>) -> Self {
        Self { report: Report::default(), progress: Progress::new(total), accounts: accounts.map(BufWriter::new) }
    }

    /// Onboards them all, `concurrency` at once. A line or an applicant that fails does not stop the others.
    ///
    /// # Errors
    ///
    /// When the accounts can't be written.
    pub async fn run(
        mut self,
        onboarding: &CustomerOnboarding,
        lines: Vec<Line<Application>>,
        concurrency: NonZeroUsize,
    ) -> anyhow::Result<Report> {
        let mut running = JoinSet::new();
        for Line { number, case } in lines {
            let application = match case {
                Ok(application) => application,
                Err(problem) => {
                    self.progress.say(&format!("line {number}: {problem}"));
                    self.progress.advance();
                    self.report.add_broken();
                    continue;
                }
            };
            if running.len() >= concurrency.get()
                && let Some(finished) = running.join_next().await
            {
                self.finish(&finished?)?;
            }
            let who = format!("line {number}, {}, {}", application.id, application.name.trim());
            let onboarded = onboarding.run(application);
            running.spawn(async move { Finished { who, outcome: onboarded.await } });
        }
        while let Some(finished) = running.join_next().await {
            self.finish(&finished?)?;
        }
        if let Some(accounts) = &mut self.accounts {
            accounts.flush().context("the accounts can't be written")?;
        }
        Ok(self.report)
    }

    fn finish(&mut self, finished: &Finished) -> anyhow::Result<()> {
        match (&finished.outcome, &mut self.accounts) {
            (Ok(account), Some(accounts)) => {
                let line = serde_json::to_string(account)?;
                writeln!(accounts, "{line}").context("the accounts can't be written")?;
            }
            (Ok(_), None) => {}
            (Err(failure), _) => self.progress.say(&format!("{}: {failure:#}", finished.who)),
        }
        self.report.add(&finished.outcome);
        self.progress.advance();
        Ok(())
    }
}
