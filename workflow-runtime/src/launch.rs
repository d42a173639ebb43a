//! The launch of a run: how it goes from its start to its end.

#[cfg(feature = "durable")]
use crate::run::place::placed_run;
use crate::{
    failure::{Failure, FailureKind, exit::Exit, panic::drop_quietly},
    future::cancel::CancelSignal,
    handle::Handle,
    observe::{event::Observer, observers::Observers},
    output::visibility::{self, Visibility},
    run::{nested, root::root, state::RunState},
    undo::{rollback_record::RolledBack, scope::unwind_and_report},
    workflow::Workflow,
};
use std::{
    future::{Future, poll_fn},
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
    if core.has_rare_state() {
        return Box::pin(settled(&core, ended)).await;
    }
    ended.map_err(Exit::into_failure)
}

/// Runs a workflow that is observed, or that has undos.
async fn special<W: Workflow>(
    services: W::Services,
    observers: Observers,
    input: W::Input,
) -> Result<W::Output, Failure> {
    if RunState::is_observed_by(&observers) {
        return Box::pin(run_observed::<W>(services, observers, input)).await;
    }
    let core = RunState::unheeded_with(W::GRAPH, W::COMPENSATES);
    let signals = W::Signals::default();
    let ended = {
        let machine = W::machine(core.frame(), visibility::UNOBSERVED, None, &services, &signals, input);
        root(&core, machine).await
    };
    settled(&core, ended).await
}

/// Finishes a run: the remaining undos run before its end is reported.
async fn settled<T>(core: &RunState, ended: Result<T, Exit>) -> Result<T, Failure> {
    let ended = match ended {
        Ok(output) => {
            nested::left_undone(core).await;
            if let Some(log) = core.log() {
                // The output is final, so the drop of the run is no cancellation.
                log.close();
            }
            Ok(output)
        }
        Err(stop) => Err(unwind_and_report(core, stop.into_failure(), &RolledBack::in_memory()).await),
    };
    core.tell_ended(&ended);
    ended
}

/// Runs an observed workflow.
async fn run_observed<W: Workflow>(
    services: W::Services,
    observers: Observers,
    input: W::Input,
) -> Result<W::Output, Failure> {
    let core = Arc::new(RunState::new(W::GRAPH, W::COMPENSATES, observers, RunState::name_of_begun(W::GRAPH)));
    core.tell_started();
    let signals = W::Signals::default();
    let machine = root(&core, W::machine(core.frame(), Visibility::OBSERVED, None, &services, &signals, input));
    let ended = placed_run(&core, machine).await;
    settled(&core, ended).await
}

/// `start`
#[track_caller]
pub fn start<W: Workflow>(services: W::Services, observers: Observers, input: W::Input) -> Handle<W> {
    let state = Arc::<W::State>::default();
    let cancel = Arc::<CancelSignal>::default();
    let signals = W::Signals::default();
    let (shown, delivered, cancelled) = (Arc::clone(&state), signals.clone(), Arc::clone(&cancel));
    let core = RunState::new(W::GRAPH, W::COMPENSATES, observers, RunState::name_of_begun(W::GRAPH))
        .seen_in(Arc::clone(&state) as _);
    let watched = run_spawned::<W>(Arc::new(core), services, input, shown, delivered, cancelled);
    Handle::new(state, signals, cancel, tokio::spawn(watched))
}

async fn run_spawned<W: Workflow>(
    core: Arc<RunState>,
    services: W::Services,
    input: W::Input,
    state: Arc<W::State>,
    signals: W::Signals,
    cancel: Arc<CancelSignal>,
) -> Result<W::Output, Failure> {
    core.tell_started();
    let machine = root(&core, W::machine(core.frame(), Visibility::OBSERVED, Some(&state), &services, &signals, input));
    let mut machine = Box::pin(placed_run(&core, machine));
    let ended = poll_fn(|context: &mut Context<'_>| {
        if cancel.poll_cancelled(context) {
            let failure = core.failure(crate::run::state::TAIL, FailureKind::Cancelled, None);
            return Poll::Ready(Err(failure));
        }
        machine.as_mut().poll(context).map_err(Exit::into_failure)
    })
    .await;
    // Running stages are dropped, or handed to the log.
    if ended.is_ok() {
        drop(machine);
    } else {
        drop_quietly(|| drop(machine));
    }
    settled(&core, ended.map_err(Exit::from)).await
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
