//! Requests that the service takes for any workflow.

use std::future::Future;
use std::pin::Pin;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use workflow_runtime::StageState;
use workflow_runtime::engine::{Durable, Engine, EngineError, InstanceHandle};
use workflow_runtime::store::InstanceStatus;

use crate::answer::{Answer, Problem};

/// A workflow that the service offers.
pub trait Offered: Durable {
    /// Name of the workflow in an address.
    const PATH: &'static str;
    /// The signals that it takes.
    const SIGNALS: &'static [&'static str];

    /// A signal out of the body of a request.
    ///
    /// # Errors
    ///
    /// When there is none of that name, or the body is no such signal.
    fn read_signal(name: &str, body: &[u8]) -> Result<Self::Signal, UnknownSignal>;

    /// Returns the state of its stages for a response.
    fn show(state: &Self::State) -> Value;
}

/// Why something is no signal.
pub enum UnknownSignal {
    /// There is none of that name.
    Name,
    /// The content of the signal can't be read.
    Body(Problem),
}

/// A value out of the body of a request.
///
/// # Errors
///
/// When it is none; the error says where.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, UnknownSignal> {
    parse(body).map_err(UnknownSignal::Body)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut text = serde_json::Deserializer::from_slice(body);
    let value =
        serde_path_to_error::deserialize(&mut text).map_err(|error| match error.path().to_string().as_str() {
            "." | "?" => Problem::BadBody(error.into_inner().to_string()),
            path => Problem::BadBody(format!("{path}: {}", error.inner())),
        })?;
    text.end().map_err(|error| Problem::BadBody(error.to_string()))?;
    Ok(value)
}

/// Returns one stage for a response: its status, and its output once there is one.
pub fn stage<T: Serialize + 'static>(state: &StageState<T>) -> Value {
    let mut told = json!({ "status": state.status().to_string() });
    if state.round() > 0 {
        told["round"] = state.round().into();
    }
    if let Some(output) = state.get().and_then(|output| serde_json::to_value(&*output).ok())
        && !output.is_null()
    {
        told["output"] = output;
    }
    told
}

/// The future of a response.
pub type Answering = Pin<Box<dyn Future<Output = Result<Answer, Problem>> + Send>>;

/// An [`Offered`] workflow, whatever its types.
pub trait Served: Send + Sync {
    /// Starts an instance.
    fn start(&self, id: String, body: &[u8]) -> Answering;
    /// Tells how one stands.
    fn show(&self, id: String) -> Answering;
    /// Sends one a signal, once where there is a key.
    fn signal(&self, id: String, name: &str, key: Option<String>, body: &[u8]) -> Answering;
    /// Cancels one: what it did is undone.
    fn cancel(&self, id: String) -> Answering;
}

/// The workflow `W` on an engine.
pub struct On<W> {
    engine: Engine,
    workflow: std::marker::PhantomData<fn() -> W>,
}

impl<W: Offered> On<W> {
    /// Serves a workflow on an engine.
    pub fn new(engine: &Engine) -> Self {
        Self { engine: engine.clone(), workflow: std::marker::PhantomData }
    }
}

impl<W: Offered> Served for On<W>
where
    W::Start: DeserializeOwned,
    W::Output: Serialize,
{
    fn start(&self, id: String, body: &[u8]) -> Answering {
        let (engine, input) = (self.engine.clone(), parse::<W::Start>(body));
        Box::pin(async move {
            let run = engine.start::<W>(id, input?).await?; // On disk now.
            Ok(Answer::Accepted(json!({ "workflow": W::PATH, "id": run.id() })))
        })
    }

    fn show(&self, id: String) -> Answering {
        let engine = self.engine.clone();
        Box::pin(async move { Ok(Answer::Shown(shown(&engine.find::<W>(id).await?).await?)) })
    }

    fn signal(&self, id: String, name: &str, key: Option<String>, body: &[u8]) -> Answering {
        let engine = self.engine.clone();
        let signal = W::read_signal(name, body).map_err(|error| match error {
            UnknownSignal::Name => {
                Problem::UnknownSignal { workflow: W::PATH, name: name.to_owned(), known: W::SIGNALS }
            }
            UnknownSignal::Body(problem) => problem,
        });
        Box::pin(async move {
            let (run, signal) = (engine.find::<W>(id).await?, signal?);
            match key {
                Some(key) => run.signal_once(key, signal).await?,
                None => run.signal(signal).await?,
            }
            Ok(Answer::Accepted(json!({ "workflow": W::PATH, "id": run.id(), "signal": "on disk" })))
        })
    }

    fn cancel(&self, id: String) -> Answering {
        let engine = self.engine.clone();
        Box::pin(async move {
            let run = engine.find::<W>(id).await?;
            run.cancel().await?;
            Ok(Answer::Accepted(json!({ "workflow": W::PATH, "id": run.id(), "cancel": "on disk" })))
        })
    }
}

/// How an instance stands.
async fn shown<W: Offered>(run: &InstanceHandle<W>) -> Result<Value, EngineError>
where
    W::Output: Serialize,
{
    loop {
        let status = run.status().await?;
        let told = |name: &str, value: Value| json!({ "workflow": W::PATH, "id": run.id(), "status": status.name(), name: value });
        return Ok(match status {
            InstanceStatus::Completed | InstanceStatus::Failed | InstanceStatus::Parked => match run.result().await {
                Ok(output) => told("output", json!(output)),
                Err(EngineError::Failed { failure, .. }) => told("failure", format!("{failure:#}").into()),
                Err(EngineError::Parked { reason, .. }) => told("reason", reason.into()),
                Err(error) => return Err(error),
            },
            _ => match run.state().await {
                Ok(state) => told("stages", W::show(&state)),
                // The instance has ended since its status was read.
                Err(EngineError::Ended { .. } | EngineError::Parked { .. }) => continue,
                Err(error) => return Err(error),
            },
        });
    }
}
