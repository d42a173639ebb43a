//! The observation of one run: its observers, and what they know so far.

use crate::stage_id::StageId;
use crate::{
    observe::{event::Observer, observers::Observers},
    sync::lock,
};
use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{Arc, Mutex, MutexGuard},
};

/// One run of a stage, as its run knows it: the stage, and its rounds and items.
pub(crate) type StagePosition = (StageId, Vec<(u32, u32)>);

/// A run with observers, or with spans for its stages.
pub(crate) struct EventSink {
    pub(crate) shared: Arc<SinkShared>,
    /// Stages and attempts that the current panic has unwound, the innermost first. The failure is known only where the
    /// panic is caught.
    pub(crate) unwound: Mutex<Vec<UnwoundStage>>,
}

impl EventSink {
    /// Returns the observation for a task of its own.
    pub(crate) fn detach(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), unwound: Mutex::default() }
    }

    /// Whether observers know that the stage is running.
    #[cfg(feature = "durable")]
    pub(crate) fn knows(&self, stage: StageId, places: &[(u32, u32)]) -> bool {
        self.state().running.contains_key(&(stage, places.to_vec()))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, ObservedState> {
        lock(&self.shared.state)
    }

    /// Ends the stage's attempt, and returns its number.
    pub(crate) fn end_attempt(&self, place: &StagePosition) -> u32 {
        self.state().running.get_mut(place).map(|stage| mem::take(&mut stage.attempt)).unwrap_or_default()
    }
}

/// A stage, or one of its attempts, that a panic went through.
pub(crate) struct UnwoundStage {
    pub(crate) place: StagePosition,
    /// The running attempt; 0: there was none.
    pub(crate) attempt: u32,
    /// The panic ended the stage, too.
    pub(crate) ended: bool,
}

/// State that a run shares with its tasks.
pub(crate) struct SinkShared {
    pub(crate) observers: Arc<Vec<Arc<dyn Observer>>>,
    pub(crate) state: Mutex<ObservedState>,
}

/// The knowledge of a run's observers. An engine keeps it while a durable instance is out of memory, so that no event
/// is reported twice.
#[derive(Default)]
pub(crate) struct ObservedState {
    /// The stages that have not come to an end.
    pub(crate) running: HashMap<StagePosition, ActiveStage>,
    /// The stages whose undo has not come to an end.
    pub(crate) undoing: HashSet<StagePosition>,
    /// Number of stages that have been enabled.
    pub(crate) enabled: u64,
    #[cfg(feature = "durable")]
    pub(crate) is_parked: bool,
}

/// A stage that is enabled and has not come to an end.
#[derive(Clone, Copy)]
pub(crate) struct ActiveStage {
    /// The running attempt; 0: none is.
    pub(crate) attempt: u32,
    /// Place among the stages that were enabled.
    #[cfg_attr(not(feature = "durable"), allow(dead_code, reason = "asked of runs on a store"))]
    pub(crate) order: u64,
    /// Whether observers know of it. They do not yet while an instance restores its records.
    pub(crate) is_reported: bool,
    /// Outcome of a stage that was skipped or cancelled, whose future gives a value all the same.
    pub(crate) skipped: Option<&'static str>,
}

impl Observers {
    /// Returns the observation of one run, if it has observers or `traced` stages.
    pub(crate) fn observation(self, traced: bool) -> Option<EventSink> {
        let observers = self.0.or_else(|| traced.then(Arc::default))?;
        let shared = Arc::new(SinkShared { observers, state: Mutex::default() });
        Some(EventSink { shared, unwound: Mutex::default() })
    }
}
