//! The launch of a run: how it goes from its start to its end.

#[cfg(feature = "durable")]
use crate::run::place::placed_run;
use crate::{
    failure::{Failure, FailureKind, exit::Exit},
    future::cancel::CancelSignal,
    handle::Handle,
    observe::{event::Observer, observers::Observers},
    output::visibility::{self, Visibility},
    run::{nested, root::root, state::RunState},
    stage_id::StageId,
    undo::{
        rollback_record::RolledBack,
        scope::{run_out, unwind_and_report},
    },
    workflow::Workflow,
};
use std::{
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

/// Starts of any workflow, for code that is generic over it. Every [`Workflow`] has them.
pub trait WorkflowExt: Workflow {
    /// Attaches an observer, from code that takes any workflow. It receives every event of the runs of this value.
    #[must_use]
    fn observed_by(self, observer: impl Observer) -> Self {
        let observers = self.parts().1.clone().and(observer);
        self.with_observers(observers)
    }

    /// `run`, for code that takes any workflow: its inputs come as a tuple.
    ///
    /// # Errors
    /// The first stage that failed, and why.
    ///
    /// # Cancel safety
    /// Not cancel safe: dropping the future drops all running stages, and undoes nothing. A run that is cancelled with its
    /// undos needs a [`Handle`].
    fn run_with(
        &self,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output, Failure>> + Send + 'static + use<Self> {
        let (services, observers) = self.parts();
        run::<Self>(services.clone(), observers.clone(), input)
    }

    /// `start`, for code that takes any workflow: its inputs come as a tuple.
    ///
    /// ```
    /// use workflow_runtime::{Failure, Workflow, WorkflowExt, workflow};
    ///
    /// workflow! {
    ///     workflow Double(number: u32) -> u32 { number * 2 }
    /// }
    ///
    /// async fn all<W: Workflow>(workflow: &W, inputs: Vec<W::Input>) -> Result<Vec<W::Output>, Failure> {
    ///     let mut outputs = Vec::new();
    ///     for run in inputs.into_iter().map(|input| workflow.start_with(input)).collect::<Vec<_>>() {
    ///         outputs.push(run.await?);
    ///     }
    ///     Ok(outputs)
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// assert_eq!(all(&Double::new(), vec![(1,), (2,)]).await.unwrap(), [2, 4]);
    /// # }
    /// ```
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[track_caller]
    fn start_with(&self, input: Self::Input) -> Handle<Self> {
        let (services, observers) = self.parts();
        start::<Self>(services.clone(), observers.clone(), input)
    }
}

impl<W: Workflow> WorkflowExt for W {}

/// `run`
///
/// # Errors
/// The first stage that failed, and why.
#[inline]
pub async fn run<W: Workflow>(
    services: W::Services,
    observers: Observers,
    input: W::Input,
) -> Result<W::Output, Failure> {
    if W::COMPENSATES || RunState::is_special(&observers) {
        return Box::pin(special::<W>(services, observers, input)).await;
    }
    let core = RunState::unobserved(W::GRAPH);
    let signals = W::Signals::default();
    let ended = {
        // The machine is not moved again.
        let machine = pin!(W::machine(core.frame(), visibility::UNOBSERVED, None, &services, &signals, input));
        UnspannedRun { core: &core, machine }.await
    };
    let ended = ended.map_err(Exit::into_failure);
    if core.has_rare_state() {
        return Box::pin(settled(&core, ended, &RolledBack::in_memory())).await;
    }
    ended
}

/// Runs a workflow that is observed, or that has undos.
async fn special<W: Workflow>(
    services: W::Services,
    observers: Observers,
    input: W::Input,
) -> Result<W::Output, Failure> {
    if RunState::is_observed_by(&observers) {
        let core = RunState::new(W::GRAPH, W::COMPENSATES, observers, RunState::name_of_begun(W::GRAPH));
        let (core, signals) = (Arc::new(core), W::Signals::default());
        return Box::pin(Launch::<W> { core, services, signals, state: None, cancel: None }.run(input)).await;
    }
    let core = RunState::unobserved_with_undos(W::GRAPH, W::COMPENSATES);
    let signals = W::Signals::default();
    let machine = W::machine(core.frame(), visibility::UNOBSERVED, None, &services, &signals, input);
    let machine = pin!(Some(root(&core, machine)));
    let ended = conclude(&core, machine, None, &RolledBack::in_memory()).await;
    core.emit_ended(&ended);
    ended
}

/// `start`
#[track_caller]
pub fn start<W: Workflow>(services: W::Services, observers: Observers, input: W::Input) -> Handle<W> {
    let state = Arc::<W::State>::default();
    let cancel = Arc::<CancelSignal>::default();
    let signals = W::Signals::default();
    let core = RunState::new(W::GRAPH, W::COMPENSATES, observers, RunState::name_of_begun(W::GRAPH))
        .tracked_in(Arc::clone(&state) as _);
    let launch = Launch::<W> {
        core: Arc::new(core),
        services,
        signals: signals.clone(),
        state: Some(Arc::clone(&state)),
        cancel: Some(Arc::clone(&cancel)),
    };
    Handle::new(state, signals, cancel, tokio::spawn(Box::pin(launch.run(input))))
}

/// A run that is observed, or has a handle.
struct Launch<W: Workflow> {
    core: Arc<RunState>,
    services: W::Services,
    signals: W::Signals,
    /// The state that a handle shows.
    state: Option<Arc<W::State>>,
    /// The signal by which a handle cancels the run.
    cancel: Option<Arc<CancelSignal>>,
}

impl<W: Workflow> Launch<W> {
    async fn run(self, input: W::Input) -> Result<W::Output, Failure> {
        let Self { core, services, signals, state, cancel } = self;
        core.emit_started();
        let machine = W::machine(core.frame(), Visibility::OBSERVED, state.as_ref(), &services, &signals, input);
        let machine = pin!(Some(placed_run(&core, root(&core, machine))));
        let ended = conclude(&core, machine, cancel.as_deref(), &RolledBack::in_memory()).await;
        core.emit_ended(&ended);
        ended
    }
}

/// Polls the machine of a run, in memory or on a store, until it ends or is cancelled. The remaining undos run then.
///
/// # Errors
/// The first stage that failed, and why.
pub(crate) async fn conclude<T, F: Future<Output = Result<T, Exit>>>(
    core: &RunState,
    machine: Pin<&mut Option<F>>,
    cancel: Option<&CancelSignal>,
    thrown: &RolledBack,
) -> Result<T, Failure> {
    let ended = run_out(machine, thrown, |machine, context| {
        // Not before all undos are known.
        if cancel.is_some_and(|cancel| cancel.poll_cancelled(context)) && !core.is_restoring() {
            return Poll::Ready(Err(core.failure(StageId::BODY, FailureKind::Cancelled, None)));
        }
        machine.poll(context).map_err(Exit::into_failure)
    })
    .await;
    settled(core, ended, thrown).await
}

/// Finishes a run: the remaining undos run before its end is reported.
async fn settled<T>(core: &RunState, ended: Result<T, Failure>, thrown: &RolledBack) -> Result<T, Failure> {
    match ended {
        Ok(output) => {
            nested::left_undone(core).await;
            if let Some(log) = core.log().filter(|_| !core.is_durable()) {
                // The output is final, so the drop of the run is no cancellation.
                log.close();
            }
            Ok(output)
        }
        Err(failure) => {
            if let Some(log) = core.log() {
                thrown.append(&failure, log).await;
            }
            Err(unwind_and_report(core, failure, thrown).await)
        }
    }
}

#[cfg(not(feature = "durable"))]
const fn placed_run<F>(_: &Arc<RunState>, machine: F) -> F {
    machine
}

pin_project_lite::pin_project! {
    /// A run that has no span and no undos.
    struct UnspannedRun<'a, F> {
        core: &'a RunState,
        #[pin]
        machine: F,
    }
}

impl<T, F: Future<Output = Result<T, Exit>>> Future for UnspannedRun<'_, F> {
    type Output = Result<T, Exit>;
    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Moved: what is looked up through another reference is so once a stage.
        let (core, machine) = (*this.core, this.machine);
        nested::polled(core, move || core.catch(move || machine.poll(context)))
    }
}
