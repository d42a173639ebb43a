//! Progress of runs, for a person at a terminal or a log.

use super::event::{Event, EventKind, Observer, title};
use crate::{failure::FailureKind, policy::duration::short, sync::lock};
use std::{
    collections::HashMap,
    fmt::{self, Write as _},
    io::{self, IsTerminal, Write},
    sync::Mutex,
};
use tokio::time::Instant;
use workflow_graph::Graph;

/// Columns of a terminal that does not set `COLUMNS`.
const COLUMNS: usize = 80;

/// Shows what runs do while they do it: a line an event that matters, or on a terminal one line that is drawn anew.
///
/// Errors of writing are ignored. Each event takes a lock, and writes while it holds it.
///
/// ```
/// use workflow_runtime::{observe::Progress, workflow};
///
/// workflow! {
///     workflow Double(number: u32) -> u32 {
///         stage doubled: u32 = number * 2;
///         doubled
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// Double::new().observed_by(Progress::stderr()).run(21).await.unwrap();
/// # }
/// ```
///
/// As lines, where it is no terminal:
///
/// ```text
/// Double: started
/// Double: doubled completed in 12 µs
/// Double: completed in 31 µs
/// ```
pub struct Progress {
    shown: Mutex<ProgressState>,
}

struct ProgressState {
    write: Box<dyn Write + Send>,
    /// The width of the one line; none: a line an event.
    columns: Option<usize>,
    /// Runs in the order in which they started.
    runs: Vec<ShownRun>,
}

/// A running run.
struct ShownRun {
    instance: String,
    graph: &'static Graph<'static>,
    started: Instant,
    /// Times at which its stages were enabled, by their rounds and items.
    stages: HashMap<(u32, Vec<(u32, u32)>), Instant>,
    /// Running stages in the order in which they were enabled.
    under_way: Vec<String>,
    ended: usize,
    failed_attempts: usize,
}

impl Progress {
    /// Writes a line an event to `write`.
    #[must_use]
    pub fn for_logs(write: impl Write + Send + 'static) -> Self {
        Self::new(write, None)
    }

    /// Draws one line anew with each event, on a terminal of `columns` columns behind `write`; and a last one for each
    /// run that ends.
    #[must_use]
    pub fn for_terminal(write: impl Write + Send + 'static, columns: usize) -> Self {
        Self::new(write, Some(columns))
    }

    /// Shows progress on the standard error: one line drawn anew if that is a terminal, else a line an event. The width
    /// is that of the variable `COLUMNS`, or 80.
    #[must_use]
    pub fn stderr() -> Self {
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(COLUMNS);
        let is_terminal = io::stderr().is_terminal();
        Self::new(io::stderr(), is_terminal.then_some(columns))
    }

    fn new(write: impl Write + Send + 'static, columns: Option<usize>) -> Self {
        Self { shown: Mutex::new(ProgressState { write: Box::new(write), columns, runs: Vec::new() }) }
    }
}

impl Observer for Progress {
    fn event(&self, event: &Event<'_>) {
        let mut shown = lock(&self.shown);
        let line = shown.take(event);
        // Where the output can't be written, the error can't be reported either.
        let _ = match shown.columns {
            None => shown.print(line),
            Some(columns) => shown.redraw(line, columns, event),
        };
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Progress").finish_non_exhaustive()
    }
}

impl ProgressState {
    fn print(&mut self, line: Option<String>) -> io::Result<()> {
        let Some(line) = line else { return Ok(()) };
        writeln!(self.write, "{line}")?;
        self.write.flush()
    }

    fn redraw(&mut self, line: Option<String>, columns: usize, event: &Event<'_>) -> io::Result<()> {
        // To the first column, and clear what stands there.
        write!(self.write, "\r\x1b[2K")?;
        let ended = event.stage.is_none() && matches!(event.kind, EventKind::Ended { .. } | EventKind::Cancelled);
        if let (true, Some(line)) = (ended, line) {
            writeln!(self.write, "{line}")?;
        }
        let run = self.runs.iter().find(|run| run.instance == event.instance).or(self.runs.last());
        if let Some(run) = run {
            let others = self.runs.len() - 1;
            let text = cut(&run.status(others), columns.saturating_sub(1));
            write!(self.write, "{text}")?;
        }
        self.write.flush()
    }

    /// Takes note; the line, if the event is worth one.
    fn take(&mut self, event: &Event<'_>) -> Option<String> {
        let workflow = event.workflow;
        let is_known = self.runs.iter().any(|run| run.instance == event.instance);
        if matches!(event.kind, EventKind::Started) || (matches!(event.kind, EventKind::Resumed) && !is_known) {
            self.runs.push(ShownRun {
                instance: event.instance.to_owned(),
                graph: event.graph,
                started: event.at,
                stages: HashMap::new(),
                under_way: Vec::new(),
                ended: 0,
                failed_attempts: 0,
            });
            return Some(format!("{workflow}: {}", event.kind));
        }
        let place = self.runs.iter().position(|run| run.instance == event.instance)?;
        let Some(index) = event.index else {
            let how = match event.kind {
                EventKind::Ended { outcome: Ok(()) } => "completed",
                EventKind::Ended { outcome: Err(failure) } if failure.kind() != FailureKind::Cancelled => "failed",
                EventKind::Ended { .. } | EventKind::Cancelled => "cancelled",
                EventKind::Parked { .. } | EventKind::Resumed => return Some(format!("{workflow}: {}", event.kind)),
                _ => return None,
            };
            let run = self.runs.remove(place);
            let mut line = format!("{workflow}: {how} in {}", short(event.at.duration_since(run.started)));
            if let EventKind::Ended { outcome: Err(failure) } = event.kind {
                let _ = write!(line, ": {failure:#}");
            }
            return Some(line);
        };
        let what = self.runs[place].take(index, event)?;
        Some(format!("{workflow}: {what}"))
    }
}

impl ShownRun {
    fn take(&mut self, index: u32, event: &Event<'_>) -> Option<String> {
        let title = title(event.stage.unwrap_or_default(), event.places);
        let text = match event.kind {
            EventKind::Enabled => {
                self.stages.insert((index, event.places.to_vec()), event.at);
                self.under_way.push(title);
                return None;
            }
            EventKind::AttemptStarted { attempt } if attempt > 1 => format!("{title} attempt {attempt}"),
            EventKind::AttemptFailed { attempt, failure, delay } => {
                self.failed_attempts += 1;
                let next = delay.map(|delay| format!(", next in {}", short(delay))).unwrap_or_default();
                format!("{title} attempt {attempt} failed{next}: {failure:#}")
            }
            EventKind::Decided { arm } => format!("{title} decided: {arm}"),
            EventKind::Signalled { signal } => format!("{title} got signal {signal}"),
            EventKind::UndoFailed { failure } => format!("{title} could not be undone: {failure:#}"),
            EventKind::Undoing | EventKind::Undone => format!("{title} {}", event.kind),
            EventKind::Completed | EventKind::Failed { .. } | EventKind::Cancelled | EventKind::Skipped => {
                let enabled = self.stages.remove(&(index, event.places.to_vec()))?;
                self.under_way.retain(|other| *other != title);
                self.ended += 1;
                let time = short(event.at.duration_since(enabled));
                match event.kind {
                    EventKind::Skipped => format!("{title} skipped"),
                    EventKind::Failed { .. } => format!("{title} failed after {time}"),
                    EventKind::Cancelled => format!("{title} cancelled after {time}"),
                    _ => format!("{title} completed in {time}"),
                }
            }
            _ => return None,
        };
        Some(text)
    }

    /// Returns the text of the one line.
    fn status(&self, others: usize) -> String {
        let mut status = format!("{}: {} done", self.graph.name, self.ended);
        if self.failed_attempts > 0 {
            let _ = write!(status, ", {} failed", self.failed_attempts);
        }
        if others > 0 {
            let _ = write!(status, ", {others} more running");
        }
        if !self.under_way.is_empty() {
            let _ = write!(status, " | {}", self.under_way.join(", "));
        }
        status
    }
}

/// Cuts the text to at most `most` characters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(most.saturating_sub(1)).collect();
    cut.push('…');
    cut
}
