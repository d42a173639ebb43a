//! How far the run has come: a bar on a terminal, a plain line now and then elsewhere.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};

/// How many plain lines a whole run gives.
const PLAIN_LINES: usize = 10;

/// Shows progress on standard error, which leaves standard output to the result.
#[derive(Debug)]
pub struct Progress {
    /// `None` if standard error is no terminal.
    bar: Option<ProgressBar>,
    total: usize,
    done: usize,
}

impl Progress {
    /// For `total` applications.
    pub fn new(total: usize) -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(u64::try_from(total).unwrap_or(u64::MAX));
            let template = "{elapsed_precise} {wide_bar} {pos} of {len}";
            // The template is fixed, so a mistake in it would show at the first start; the default is good enough then.
            bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { bar, total, done: 0 }
    }

    /// One more has ended.
    pub fn advance(&mut self) {
        self.done += 1;
        if let Some(bar) = &self.bar {
            bar.inc(1);
            return;
        }
        let tenths = |done: usize| done * PLAIN_LINES / self.total.max(1);
        if tenths(self.done) > tenths(self.done - 1) {
            self.say(&format!("{} of {} applications done", self.done, self.total));
        }
    }

    /// Something worth a line of its own.
    pub fn say(&self, message: &str) {
        match &self.bar {
            Some(bar) => bar.println(message),
            // A closed standard error is no reason to stop the work.
            None => drop(writeln!(io::stderr(), "{message}")),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
