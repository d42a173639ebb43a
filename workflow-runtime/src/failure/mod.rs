//! Ends of a run without its output: the public error here, the private exit, caught panics.

pub(crate) mod exit;
pub(crate) mod panic;

use std::{error::Error, fmt, sync::Arc};

/// Any error of a user's own.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// The failure of a workflow, which ended without its output.
///
/// The failure names the stage, the number of attempts and the reason: its [`source`](Error::source) is the user's own
/// error.
/// `{}` prints one line without the source, as Rust's errors do. `{:#}` prints the whole chain on one line, then the
/// undos that failed and the stages in doubt. `{:?}`, which is what `fn main() -> Result<(), Failure>` prints, gives
/// each of those a line of its own.
///
/// Cloning it costs a reference count.
///
/// ```
/// use workflow_runtime::{Failure, FailureKind, workflow};
///
/// workflow! {
///     workflow Division(dividend: u32, divisor: u32) -> u32 {
///         stage quotient: u32 = dividend.checked_div(*divisor).ok_or("divided by zero");
///         quotient
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let failure: Failure = Division::new().run(1, 0).await.unwrap_err();
/// assert_eq!(failure.stage(), Some("quotient"));
/// assert_eq!(failure.kind(), FailureKind::Error);
/// assert_eq!(format!("{failure:#}"), "stage 'quotient' of workflow 'Division' failed: divided by zero");
/// # }
/// ```
#[derive(Clone)]
pub struct Failure {
    // One pointer: whatever may fail hands it on.
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    workflow: &'static str,
    stage: Option<&'static str>,
    kind: FailureKind,
    source: Option<Arc<dyn Error + Send + Sync>>,
    attempts: u32,
    undone: Option<Arc<UndoReport>>,
    /// Another process has found that no further attempt may follow.
    is_final: bool,
}

/// The kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "durable", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum FailureKind {
    /// The stage's expression gave an error.
    Error,
    /// The stage said `fail`.
    Failed,
    /// The stage panicked.
    Panic,
    /// A `loop` did not end within its `#[max]` of rounds.
    #[cfg_attr(feature = "durable", serde(rename = "Rounds"))]
    RoundLimit,
    /// No racer succeeded, or too few members of a `quorum`.
    #[cfg_attr(feature = "durable", serde(rename = "NoWinner"))]
    QuorumFailed,
    /// An attempt took longer than its `#[timeout]`.
    Timeout,
    /// All attempts together took longer than the `#[deadline]`.
    Deadline,
    /// More items of a `for` have failed than its `#[tolerate]` allows.
    #[cfg_attr(feature = "durable", serde(rename = "TooManyFailed"))]
    ToleranceExceeded,
    /// The stage's `#[breaker]` is open: it was not tried.
    BreakerOpen,
    /// The run was cancelled.
    Cancelled,
}

impl Failure {
    pub(crate) fn new(
        workflow: &'static str,
        stage: Option<&'static str>,
        kind: FailureKind,
        source: Option<BoxError>,
    ) -> Self {
        let source = source.map(Arc::from);
        Self { inner: Arc::new(Inner { workflow, stage, kind, source, attempts: 1, undone: None, is_final: false }) }
    }

    /// Returns the workflow's name, as written.
    #[must_use]
    pub fn workflow(&self) -> &'static str {
        self.inner.workflow
    }

    /// Returns the name of the stage that failed, as written: the innermost one around the code that failed. `None` if
    /// that was the workflow's own tail, or if the whole run was cancelled.
    #[must_use]
    pub fn stage(&self) -> Option<&'static str> {
        self.inner.stage
    }

    /// Returns the number of attempts of the stage.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.inner.attempts
    }

    /// Returns the kind of the failure.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        self.inner.kind
    }

    /// Sets the number of attempts, if the failure is that stage's own.
    pub(crate) fn after(mut self, attempts: u32, stage: Option<&'static str>) -> Self {
        if self.stage() == stage {
            Arc::make_mut(&mut self.inner).attempts = attempts;
        }
        self
    }

    /// Adds the report of undoing to those that the failure has already.
    pub(crate) fn with_undone(mut self, mut undone: UndoReport) -> Self {
        if undone.failures.is_empty() && undone.in_doubt.is_empty() {
            return self;
        }
        let inner = Arc::make_mut(&mut self.inner);
        if let Some(before) = &inner.undone {
            undone.failures.splice(0..0, before.failures.iter().cloned());
            undone.in_doubt.splice(0..0, before.in_doubt.iter().copied());
        }
        inner.undone = Some(Arc::new(undone));
        self
    }

    /// Adds undos that failed before those that the failure reports.
    pub(crate) fn with_undone_before(mut self, failures: Vec<Self>) -> Self {
        if failures.is_empty() {
            return self;
        }
        let inner = Arc::make_mut(&mut self.inner);
        let mut undone = inner.undone.take().map(Arc::unwrap_or_clone).unwrap_or_default();
        undone.failures.splice(0..0, failures);
        inner.undone = Some(Arc::new(undone));
        self
    }

    /// Adds a report of undoing that precedes the failure's own.
    pub(crate) fn with_undone_earlier(self, UndoReport { failures, in_doubt }: UndoReport) -> Self {
        self.with_undone(UndoReport { failures: Vec::new(), in_doubt }).with_undone_before(failures)
    }

    /// Adds failed undos and doubts that are recorded elsewhere, if the failure does not report them itself.
    #[cfg(feature = "durable")]
    pub(crate) fn with_undone_elsewhere(self, elsewhere: UndoReport) -> Self {
        let told =
            |failure: &Self| self.undo_failures().iter().any(|told| format!("{told:#}") == format!("{failure:#}"));
        let failures = elsewhere.failures.into_iter().filter(|failure| !told(failure)).collect();
        let mut in_doubt = elsewhere.in_doubt;
        for told in self.in_doubt() {
            if let Some(place) = in_doubt.iter().position(|name| name == told) {
                in_doubt.remove(place);
            }
        }
        self.with_undone(UndoReport { failures: Vec::new(), in_doubt }).with_undone_before(failures)
    }

    /// Returns the report of undoing, if it has an entry.
    pub(crate) fn undone(&self) -> Option<Arc<UndoReport>> {
        self.inner.undone.clone()
    }

    /// Returns the undos that failed, in the order in which they ran: those of the failure itself, and earlier ones, of
    /// members that lost a race or of withdrawn heads. None of them hides the failure itself.
    #[must_use]
    pub fn undo_failures(&self) -> &[Failure] {
        self.inner.undone.as_ref().map_or(&[], |undone| &undone.failures)
    }

    /// Stages with an undo that were running and did not end in time: their effects may or may not have happened.
    #[must_use]
    pub fn in_doubt(&self) -> &[&'static str] {
        self.inner.undone.as_ref().map_or(&[], |undone| &undone.in_doubt)
    }

    /// Returns whether a timeout or deadline ended the stage, so that its effect may or may not have happened.
    pub(crate) fn is_late(&self) -> bool {
        matches!(self.kind(), FailureKind::Timeout | FailureKind::Deadline)
    }

    /// Marks it as final.
    #[cfg(feature = "durable")]
    pub(crate) fn finally(mut self) -> Self {
        Arc::make_mut(&mut self.inner).is_final = true;
        self
    }

    /// Returns whether another attempt may follow. A panic and a `fail` are final, and so is a `race` or `quorum` that
    /// they have decided. The same holds for those of another workflow, which a stage passes on as its own error or as
    /// a part of it.
    pub(crate) fn may_be_retried(&self) -> bool {
        match self.kind() {
            FailureKind::Panic | FailureKind::Failed | FailureKind::Cancelled => false,
            _ => !self.inner.is_final && self.source().is_none_or(may_be_retried),
        }
    }

    /// Returns the first error of type `E` in the chain of sources, the failures of racers included.
    ///
    /// ```
    /// # use workflow_runtime::{Failure, workflow};
    /// # workflow! { workflow Parse(text: String) -> u32 { stage number: u32 = text.parse::<u32>(); number } }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let failure = Parse::new().run("x".to_owned()).await.unwrap_err();
    /// assert!(failure.downcast_ref::<std::num::ParseIntError>().is_some());
    /// # }
    /// ```
    #[must_use]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        let mut next = self.source();
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            next = error.source();
        }
        None
    }
}

/// Whether what fails with that error may be tried again: the first in its chain that says so decides.
pub(crate) fn may_be_retried(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(failure) = error.downcast_ref::<Failure>() {
            return failure.may_be_retried();
        }
        if let Some(too_few) = error.downcast_ref::<QuorumError>() {
            return too_few.may_be_reached();
        }
        next = error.source();
    }
    true
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { workflow, stage, kind, attempts, .. } = &*self.inner;
        match stage {
            Some(stage) => write!(formatter, "stage '{stage}' of workflow '{workflow}' ")?,
            None => write!(formatter, "workflow '{workflow}' ")?,
        }
        formatter.write_str(match kind {
            FailureKind::Error | FailureKind::Failed => "failed",
            FailureKind::Panic => "panicked",
            FailureKind::RoundLimit => "exceeded its limit of rounds",
            FailureKind::QuorumFailed => "did not reach its quorum",
            FailureKind::ToleranceExceeded => "exceeded its tolerance of failed items",
            FailureKind::BreakerOpen => "was not tried: its breaker is open",
            FailureKind::Timeout => "timed out",
            FailureKind::Deadline => "passed its deadline",
            FailureKind::Cancelled => "was cancelled",
        })?;
        if *attempts > 1 {
            write!(formatter, " after {attempts} attempts")?;
        }
        if formatter.alternate() {
            self.write_sources(formatter)?;
            for left in self.left_undone() {
                write!(formatter, "; {left}")?;
            }
        }
        Ok(())
    }
}

impl Failure {
    fn write_sources(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut next = self.source();
        while let Some(error) = next {
            write!(formatter, ": {error}")?;
            next = error.source();
        }
        Ok(())
    }

    /// Returns the effects that could not be undone: those of this failure, then those of the failures that caused it.
    pub(crate) fn all_undone(&self) -> UndoReport {
        let mut all = self.undone().map(Arc::unwrap_or_clone).unwrap_or_default();
        for inner in self.inner_failures() {
            let more = inner.all_undone();
            let told = |failure: &Self| all.failures.iter().any(|told| format!("{told:#}") == format!("{failure:#}"));
            let failures: Vec<Self> = more.failures.into_iter().filter(|failure| !told(failure)).collect();
            let in_doubt: Vec<_> = more.in_doubt.into_iter().filter(|name| !all.in_doubt.contains(name)).collect();
            all.failures.extend(failures);
            all.in_doubt.extend(in_doubt);
        }
        all
    }

    /// Returns the failures that caused this one: the next in its chain, or all those of a `race` or a `quorum`.
    fn inner_failures(&self) -> Vec<&Self> {
        let mut next = self.source();
        while let Some(error) = next {
            if let Some(members) = error.downcast_ref::<QuorumError>() {
                return members.failures().iter().collect();
            }
            if let Some(inner) = error.downcast_ref::<Self>() {
                return vec![inner];
            }
            next = error.source();
        }
        Vec::new()
    }

    /// Returns a line for each undo that failed, and one for the stages in doubt.
    pub(crate) fn left_undone(&self) -> Vec<String> {
        let UndoReport { failures, in_doubt } = self.all_undone();
        let mut lines: Vec<String> = failures.iter().map(|undo| format!("not undone: {undo:#}")).collect();
        if !in_doubt.is_empty() {
            lines.push(format!("in doubt: {}", in_doubt.join(", ")));
        }
        lines
    }
}

/// The text that `fn main() -> Result<(), Failure>` prints: the whole chain, then a line for each undo that failed and
/// one for the stages in doubt.
impl fmt::Debug for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")?;
        self.write_sources(formatter)?;
        for left in self.left_undone() {
            write!(formatter, "\n    {left}")?;
        }
        Ok(())
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.inner.source.as_deref().map(|source| source as _)
    }
}

/// The failure of a `race` or a `quorum`. Its source is the last member's failure.
#[derive(Debug)]
pub struct QuorumError {
    pub(crate) needed: usize,
    pub(crate) members: usize,
    pub(crate) failures: Vec<Failure>,
}

impl QuorumError {
    /// Returns the failures of the members that failed, in the order in which they failed.
    #[must_use]
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// Returns whether another attempt might succeed: enough members have not failed for good.
    pub(crate) fn may_be_reached(&self) -> bool {
        let given_up = self.failures.iter().filter(|failure| !failure.may_be_retried()).count();
        self.members - given_up >= self.needed
    }
}

impl fmt::Display for QuorumError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { needed, members, failures } = self;
        write!(formatter, "needed {needed} of {members}, {} failed", failures.len())
    }
}

impl Error for QuorumError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.failures.last().map(|failure| failure as _)
    }
}

/// The report of undoing: the undos that failed, and the stages in doubt.
#[derive(Clone, Default)]
pub(crate) struct UndoReport {
    pub(crate) failures: Vec<Failure>,
    /// Stages whose effects may or may not have happened.
    pub(crate) in_doubt: Vec<&'static str>,
}

impl UndoReport {
    pub(crate) fn is_nothing(&self) -> bool {
        self.failures.is_empty() && self.in_doubt.is_empty()
    }

    pub(crate) fn append(&mut self, mut more: Self) {
        self.failures.append(&mut more.failures);
        self.in_doubt.append(&mut more.in_doubt);
    }

    /// Creates the report of one stage in doubt: its effect may or may not have happened.
    #[cfg(feature = "durable")]
    pub(crate) fn in_doubt(stage: &'static str) -> Self {
        Self { failures: Vec::new(), in_doubt: vec![stage] }
    }
}
