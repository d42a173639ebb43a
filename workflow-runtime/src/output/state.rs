//! The state of a running workflow, as its handle shows it.

use super::shared::{OutputRef, OwnedOrShared};
use crate::stage_id::StageId;
use crate::{expression::hint::StageValue, sync::lock};
use std::{
    any::Any,
    fmt,
    marker::PhantomData,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, OnceLock},
};

/// The status of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum StageStatus {
    /// The stage has not started.
    #[default]
    Waiting,
    /// The stage is running.
    Running,
    /// The stage gave its output.
    Completed,
    /// The stage's condition did not hold, or no stage requested it.
    Skipped,
    /// The stage failed.
    Failed,
    /// The stage was running when its scope ended early.
    Cancelled,
}

impl fmt::Display for StageStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        })
    }
}

/// One stage of a running workflow: its status, and its output once it has one.
///
/// In a `loop`, it is that of the current round. Reading never holds the workflow up, except that a value which is
/// handed over (a tail that is the stage's name) waits for its [`OutputRef`]s.
pub struct StageState<T> {
    cell: Cell,
    output: PhantomData<fn() -> T>,
}

/// The cell of a stage's state, whatever its type. Created when it is first read or changed.
#[derive(Clone)]
pub struct Cell {
    shared: OnceLock<Arc<Mutex<CellState>>>,
}

impl Cell {
    fn shared(&self) -> &Arc<Mutex<CellState>> {
        self.shared.get_or_init(Arc::default)
    }

    fn lock(&self) -> MutexGuard<'_, CellState> {
        lock(self.shared())
    }

    /// Returns another handle to the cell.
    pub(crate) fn share(&self) -> Self {
        self.shared();
        self.clone()
    }

    pub(crate) fn begin(&self) {
        let next = CellState { status: StageStatus::Running, rounds: 0, output: None };
        let before = std::mem::replace(&mut *self.lock(), next);
        // The user's value is dropped outside the lock.
        drop(before);
    }

    pub(crate) fn fail(&self) {
        self.lock().status = StageStatus::Failed;
    }

    /// Records a failure of a wait that precedes the stage.
    pub(crate) fn fail_waiting(&self) {
        let mut shared = self.lock();
        if shared.status == StageStatus::Waiting {
            shared.status = StageStatus::Failed;
        }
    }

    pub(crate) fn cancel(&self) {
        self.lock().status = StageStatus::Cancelled;
    }

    /// Shows the output, which is of the stage's type.
    pub(crate) fn complete<T: Send + Sync + 'static>(self, value: T) -> OwnedOrShared<T> {
        StageState { cell: self, output: PhantomData }.complete(value)
    }
}

#[derive(Default)]
struct CellState {
    status: StageStatus,
    rounds: u32,
    /// An `OutputRef<T>`, type-erased: an output that can't be shared is one error, at its type, and not one more for
    /// everything that holds its state. [`TypedCell`] is the proof that the output can be shared.
    output: Option<Box<dyn Any + Send + Sync>>,
}

impl<T> StageState<T> {
    #[doc(hidden)]
    #[allow(clippy::declare_interior_mutable_const, reason = "each use is a new one")]
    pub const WAITING: Self = Self { cell: Cell { shared: OnceLock::new() }, output: PhantomData };

    #[doc(hidden)]
    pub const fn cell(&self) -> &Cell {
        &self.cell
    }

    /// Returns the status of the stage.
    #[must_use]
    pub fn status(&self) -> StageStatus {
        self.lock().status
    }

    /// Returns the round of a `loop`, counted from 1; 0 before the first and for a stage that is no loop.
    #[must_use]
    pub fn round(&self) -> u32 {
        self.lock().rounds
    }

    #[doc(hidden)]
    #[must_use]
    pub fn share(&self) -> Self {
        self.clone()
    }

    #[doc(hidden)]
    pub fn begin(&self) {
        self.cell.begin();
    }

    #[doc(hidden)]
    pub fn begin_round(&self, round: u64) {
        self.lock().rounds = u32::try_from(round).unwrap_or(u32::MAX);
    }

    #[doc(hidden)]
    pub fn skip(&self) {
        self.lock().status = StageStatus::Skipped;
    }

    #[doc(hidden)]
    pub fn cut(&self) {
        self.cell.cancel();
    }

    /// The value is about to be handed over.
    #[doc(hidden)]
    pub fn forget(&self) {
        let output = self.lock().output.take();
        drop(output);
    }

    fn lock(&self) -> MutexGuard<'_, CellState> {
        self.cell.lock()
    }
}

impl<T: 'static> StageState<T> {
    /// Returns the output of the stage, once it has completed and until the value is moved.
    ///
    /// ```
    /// use workflow_runtime::{StageStatus, workflow};
    ///
    /// workflow! {
    ///     workflow Double(number: u32) -> u32 {
    ///         stage doubled: u32 = *number * 2;
    ///         stage never: u32 = std::future::pending::<u32>();
    ///         *doubled + *never
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let run = Double::new().start(21);
    /// tokio::task::yield_now().await;
    /// assert_eq!(run.state().doubled.get().as_deref(), Some(&42));
    /// assert_eq!(run.state().never.status(), StageStatus::Running);
    /// # }
    /// ```
    #[must_use]
    pub fn get(&self) -> Option<OutputRef<T>> {
        self.lock().output.as_ref().and_then(|output| output.downcast_ref::<OutputRef<T>>()).cloned()
    }
}

impl<T: Send + Sync + 'static> StageState<T> {
    pub(crate) fn complete(&self, value: T) -> OwnedOrShared<T> {
        let loan = OutputRef::new(value);
        self.show(loan.clone());
        OwnedOrShared::Shared(loan)
    }

    pub(crate) fn show(&self, loan: OutputRef<T>) {
        let mut shared = self.lock();
        // One that was skipped or cut gives `None`.
        if !matches!(shared.status, StageStatus::Skipped | StageStatus::Cancelled) {
            shared.status = StageStatus::Completed;
        }
        let before = shared.output.replace(Box::new(loan));
        drop(shared);
        drop(before);
    }
}

/// The state of a stage whose output may be shared: the proof is [`StageValue`], required once a stage, at its type.
pub struct TypedCell<T> {
    state: StageState<T>,
    keep: fn(&StageState<T>, T) -> OwnedOrShared<T>,
    show: fn(&StageState<T>, OutputRef<T>),
}

/// Returns the cell with its type, which proves that `T` is the stage's output and may be shared.
#[inline]
#[must_use]
pub fn typed_cell<S, T: StageValue<S>>(state: Option<StageState<T>>) -> Option<TypedCell<T>> {
    state.map(|state| TypedCell { state, keep: StageState::complete, show: StageState::show })
}

impl<T> TypedCell<T> {
    pub(crate) fn complete(&self, value: T) -> OwnedOrShared<T> {
        (self.keep)(&self.state, value)
    }

    pub(crate) fn show(&self, loan: OutputRef<T>) {
        (self.show)(&self.state, loan);
    }
}

impl AsRef<Self> for Cell {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl<T> AsRef<Cell> for TypedCell<T> {
    fn as_ref(&self) -> &Cell {
        &self.state.cell
    }
}

impl<T> Deref for TypedCell<T> {
    type Target = StageState<T>;
    fn deref(&self) -> &StageState<T> {
        &self.state
    }
}

impl<T> Clone for TypedCell<T> {
    fn clone(&self) -> Self {
        Self { state: self.state.clone(), keep: self.keep, show: self.show }
    }
}

impl<T> Clone for StageState<T> {
    fn clone(&self) -> Self {
        Self { cell: self.cell.share(), output: PhantomData }
    }
}

impl<T> Default for StageState<T> {
    fn default() -> Self {
        Self::WAITING
    }
}

impl<T> fmt::Debug for StageState<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.status(), formatter)
    }
}

/// The states of all stages of one workflow, by number.
pub trait States {
    /// Returns the entry of a stage.
    fn seen(&self, stage: StageId) -> StateEntry<'_>;
}

/// An entry of a workflow's state.
pub enum StateEntry<'a> {
    /// State of the stage itself.
    Stage(&'a Cell),
    /// States of the items of the `for` that contains the stage.
    Items(&'a dyn fmt::Debug),
    /// No state: there is no such stage.
    Nothing,
}

impl fmt::Debug for StateEntry<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage(cell) => fmt::Debug::fmt(&cell.lock().status, formatter),
            Self::Items(items) => fmt::Debug::fmt(items, formatter),
            Self::Nothing => Ok(()),
        }
    }
}

/// Formats a state as a struct with a field for each stage.
///
/// # Errors
/// The formatter's.
pub fn debug_states(
    formatter: &mut fmt::Formatter<'_>,
    name: &str,
    stages: &[&str],
    states: &dyn States,
) -> fmt::Result {
    let mut shown = formatter.debug_struct(name);
    for (number, stage) in (0..).zip(stages) {
        shown.field(stage, &states.seen(StageId(number)));
    }
    shown.finish()
}

/// A stage in the body of a `for`: an entry for each item that has been started, in the items' order.
pub struct ItemStates<C> {
    entries: OnceLock<Arc<Mutex<Vec<C>>>>,
}

impl<C> ItemStates<C> {
    #[doc(hidden)]
    #[allow(clippy::declare_interior_mutable_const, reason = "each use is a new one")]
    pub const WAITING: Self = Self { entries: OnceLock::new() };

    fn entries(&self) -> &Arc<Mutex<Vec<C>>> {
        self.entries.get_or_init(Arc::default)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<C>> {
        lock(self.entries())
    }
}

impl<C: Clone + Default> ItemStates<C> {
    /// Returns the number of items that have been started.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Returns whether no item has been started.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the state of an item. `None` if the item has not been started.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<C> {
        self.lock().get(index).cloned()
    }

    /// Returns all present entries. Cost: a reference count an entry.
    #[must_use]
    pub fn to_vec(&self) -> Vec<C> {
        self.lock().clone()
    }

    #[doc(hidden)]
    #[must_use]
    pub fn at(&self, index: usize) -> C {
        let mut entries = self.lock();
        if entries.len() <= index {
            entries.resize_with(index + 1, C::default);
        }
        entries[index].clone()
    }
}

impl<C> Clone for ItemStates<C> {
    fn clone(&self) -> Self {
        Self { entries: OnceLock::from(Arc::clone(self.entries())) }
    }
}

impl<C> Default for ItemStates<C> {
    fn default() -> Self {
        Self::WAITING
    }
}

impl<C: fmt::Debug> fmt::Debug for ItemStates<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(&*self.lock()).finish()
    }
}
