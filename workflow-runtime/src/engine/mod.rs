//! Workflows that survive their process: an [`Engine`] runs `#[durable]` workflows on a [`Store`].
//!
//! ```
//! use workflow_runtime::{engine::Engine, store::MemoryStore, workflow};
//!
//! workflow! {
//!     /// Doubles a number, at its leisure.
//!     #[durable]
//!     pub workflow Doubling(number: u32) -> u32 {
//!         stage rest = sleep(3d);
//!         #[after(rest)]
//!         stage doubled: u32 = *number * 2;
//!         doubled
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let engine = Engine::builder().store(MemoryStore::new()).workflow(Doubling::new()).start().await?;
//! let run = engine.start::<Doubling>("the-first", 21).await?; // On disk now.
//! assert_eq!(run.result().await?, 42); // Three days later, in whatever process.
//! # Ok(()) }
//! ```

mod error;
pub(crate) mod handle;
pub(crate) mod inner;
mod input;
pub(crate) mod instance;
pub(crate) mod log;
pub(crate) mod registration;
pub(crate) mod run_instance;
mod waiting;
pub(crate) mod wake;

pub use crate::durable::workflow::Durable;
pub use error::{End, EngineError};
pub use handle::InstanceHandle;

use crate::future::clock::Clock;
use inner::{EngineInner, WorkflowFactory};
use registration::Registration;
use std::{
    collections::HashMap,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};
use workflow_store::{Instance, InstanceStatus, Loaded, NewInstance, Store, StoreErrorKind};

/// Runs durable workflows on a store. Cloning costs a reference count.
///
/// Dropping it stops nothing: [`shutdown`](Self::shutdown) does.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<EngineInner>,
}

/// The settings of an [`Engine`].
#[derive(Default)]
pub struct EngineBuilder {
    store: Option<Arc<dyn Store>>,
    workflows: HashMap<&'static str, Arc<dyn WorkflowFactory>>,
    clock: Option<Clock>,
    idle_timeout: Option<Duration>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Engine").field("workflows", &self.shared.workflows.keys()).finish_non_exhaustive()
    }
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("EngineBuilder").field("workflows", &self.workflows.keys()).finish_non_exhaustive()
    }
}

impl EngineBuilder {
    /// Sets the store of the instances. Without one, they live in memory.
    #[must_use]
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Adds a workflow whose instances the engine runs. A second one of the same name takes the place of the first.
    #[must_use]
    pub fn workflow<W: Durable>(mut self, workflow: W) -> Self {
        let registration: Arc<dyn WorkflowFactory> = Arc::new(Registration(workflow));
        if let Some(former) = W::FORMER_NAME {
            // One that has that name now keeps it.
            self.workflows.entry(former).or_insert_with(|| Arc::clone(&registration));
        }
        self.workflows.insert(W::GRAPH.name, registration);
        self
    }

    /// Sets the time at which the engine starts; from there on tokio's clock counts. Without this setting the system's
    /// clock counts. That clock may be set while the engine runs: timers follow it within a minute. (Under paused time,
    /// tokio's counts from the engine's start on.)
    #[must_use]
    pub fn starting_at(mut self, time: SystemTime) -> Self {
        self.clock = Some(Clock::starting_at(time));
        self
    }

    /// Sets a clock to use instead of the system's. The engine calls `now` whenever the time matters, and at least each
    /// minute while an instance waits for a timer. The clock may jump.
    #[must_use]
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Some(Clock::custom(Arc::new(now)));
        self
    }

    /// Sets how long an instance waits in memory for a timer: a second by default. If its timer is further away than
    /// `time`, it leaves the memory. An instance that waits for a signal leaves it at once. With [`Duration::MAX`] no
    /// instance ever does.
    #[must_use]
    pub fn idle_timeout(mut self, time: Duration) -> Self {
        self.idle_timeout = Some(time);
        self
    }

    /// Starts the engine on the current tokio runtime. It goes on with whatever an earlier process left, also with what
    /// was parked since that one did not have its workflow.
    ///
    /// One engine has a store at a time. It gives the store back when it is shut down or abandoned, and when its
    /// runtime ends.
    ///
    /// # Errors
    /// The store's; [`StoreErrorKind::Locked`] if another engine has the store.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    ///
    /// # Cancel safety
    /// Not cancel safe: no engine starts, and the store may count a session that ended without `close`. The builder is gone.
    pub async fn start(self) -> Result<Engine, EngineError> {
        let store = self.store.unwrap_or_else(|| Arc::new(workflow_store::MemoryStore::new()));
        // A store that can't be read says so now; a single instance, when its turn comes.
        match store.list(None, 1, &[]).await {
            Err(error) if error.instance().is_none() => return Err(error.into()),
            _ => {}
        }
        let session = store.begin().await?;
        let clock = self.clock.unwrap_or_else(Clock::system);
        let idle_timeout = self.idle_timeout.unwrap_or(Duration::from_secs(1));
        let shared = Arc::new(EngineInner::new((store, session), clock, idle_timeout, self.workflows));
        shared.spawn(Arc::clone(&shared).resume());
        shared.spawn(Arc::clone(&shared).timer_loop());
        shared.spawn(Arc::clone(&shared).unpark_known());
        shared.spawn(Arc::clone(&shared).take_up_changed());
        Ok(Engine { shared })
    }
}

impl Engine {
    /// Returns the builder of an engine.
    #[must_use]
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    fn knows<W: Durable>(&self) -> Result<(), EngineError> {
        match self.shared.workflows.contains_key(W::GRAPH.name) {
            true => Ok(()),
            false => Err(EngineError::UnknownWorkflow { id: String::new(), workflow: W::GRAPH.name.to_owned() }),
        }
    }

    /// Starts an instance; several inputs travel as a tuple. It is on disk when this returns. The same id with the same
    /// input is the same instance, whatever has become of it.
    ///
    /// # Errors [`EngineError::Conflict`] if the id belongs to an instance with another input, or of another workflow.
    /// [`EngineError::Codec`] if the input can't be stored, or the input of the instance with this id can't be read.
    /// [`EngineError::UnknownWorkflow`], and the store's errors.
    ///
    /// # Cancel safety
    /// Once the future has been polled, the engine starts the instance, also if the future is dropped. A repetition with the
    /// same id and input returns the same instance.
    pub async fn start<W: Durable>(
        &self,
        id: impl Into<String>,
        input: W::Start,
    ) -> Result<InstanceHandle<W>, EngineError> {
        self.start_with(id, W::inputs(input)).await
    }

    /// Starts an instance, from code that takes any workflow: the inputs come as a tuple.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    ///
    /// # Cancel safety
    /// As [`start`](Self::start).
    pub async fn start_with<W: Durable>(
        &self,
        id: impl Into<String>,
        input: W::Input,
    ) -> Result<InstanceHandle<W>, EngineError> {
        self.knows::<W>()?;
        if self.shared.is_stopping() {
            return Err(EngineError::ShutDown);
        }
        let id = id.into();
        let input = W::encode_input(&input).map_err(|error| EngineError::Codec {
            id: id.clone(),
            why: format!("its input can't be stored: {error}"),
        })?;
        let new = NewInstance {
            id,
            workflow: W::GRAPH.name.to_owned(),
            version: u32::try_from(W::GRAPH.version).unwrap_or(u32::MAX),
            input,
            created_at: self.shared.now(),
        };
        let engine = self.clone();
        self.shared.shielded(async move { engine.create(new).await }).await
    }

    async fn create<W: Durable>(&self, new: NewInstance) -> Result<InstanceHandle<W>, EngineError> {
        let id = new.id.clone();
        let key = match self.shared.store.create(new.clone()).await {
            Ok(key) => key,
            Err(error) if error.kind() == StoreErrorKind::AlreadyExists => return self.same::<W>(id, &new.input).await,
            Err(error) => return Err(error.into()),
        };
        let NewInstance { workflow, version, input, created_at, .. } = new;
        let instance = Instance {
            key,
            id: id.clone(),
            workflow,
            version,
            input,
            created_at,
            status: InstanceStatus::Running,
            outcome: Vec::new(),
            wake_at: None,
            interruptions: self.shared.interruptions,
        };
        let _gate = self.shared.gate(key).await;
        if self.shared.live(key).is_none() {
            match self.shared.load(Loaded { instance, records: Vec::new(), signals: Vec::new() }, false, None) {
                // The instance is on disk: another engine goes on with it.
                Ok(_) | Err(EngineError::ShutDown) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(InstanceHandle::new(Arc::clone(&self.shared), key, id))
    }

    async fn same<W: Durable>(&self, id: String, input: &[u8]) -> Result<InstanceHandle<W>, EngineError> {
        let run = self.find::<W>(id.clone()).await?;
        let stored = self.shared.store.find(&id).await?.ok_or_else(|| EngineError::NotFound { id: id.clone() })?;
        match input::is_same_input::<W>(&stored.input, input) {
            Ok(true) => {}
            Ok(false) => return Err(EngineError::Conflict { id, what: "input" }),
            Err(error) => {
                let why = format!("it already exists, and its stored input can't be read: {error}");
                return Err(EngineError::Codec { id, why });
            }
        }
        Ok(run)
    }

    /// Finds the instance with an id, whatever its status.
    ///
    /// # Errors
    /// [`EngineError::NotFound`]; [`EngineError::Conflict`] where it is of another workflow; the store's.
    ///
    /// # Cancel safety
    /// Cancel safe: it only reads.
    pub async fn find<W: Durable>(&self, id: impl Into<String>) -> Result<InstanceHandle<W>, EngineError> {
        self.knows::<W>()?;
        let id = id.into();
        match self.shared.store.find(&id).await? {
            None => Err(EngineError::NotFound { id }),
            Some(instance) if instance.workflow != W::GRAPH.name && Some(&*instance.workflow) != W::FORMER_NAME => {
                Err(EngineError::Conflict { id, what: "workflow" })
            }
            Some(instance) => Ok(InstanceHandle::new(Arc::clone(&self.shared), instance.key, id)),
        }
    }

    /// Returns the number of instances in memory. Instances that only wait are not there.
    #[must_use]
    pub fn resident_instances(&self) -> usize {
        self.shared.resident_instances()
    }

    /// Cuts everything where it is, as the end of the process would: for tests of what a crash leaves.
    ///
    /// # Cancel safety
    /// Not cancel safe: the engine may stop without giving the store back. A call on a clone of the engine completes it.
    pub async fn abandon(self) {
        self.shared.abandon().await;
    }

    /// Stops all instances where they are, and lets go of the store. Nothing is lost: another engine goes on with them.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Cancel safety
    /// Not cancel safe: once it has been polled, the engine takes no more work, but the store stays open. A call on a clone
    /// of the engine completes it.
    pub async fn shutdown(self) -> Result<(), EngineError> {
        self.shared.stop().await;
        let closed = self.shared.store.close().await;
        self.shared.end_session();
        Ok(closed?)
    }
}
