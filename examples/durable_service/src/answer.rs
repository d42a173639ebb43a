//! The answers to requests: a line of JSON, with a status that says whether the client or the service is at fault.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use workflow_runtime::SignalError;
use workflow_runtime::engine::EngineError;
use workflow_runtime::store::StoreErrorKind;

/// A good one.
pub enum Answer {
    /// The request is on disk, and the instance goes on from here.
    Accepted(Value),
    /// How something stands.
    Shown(Value),
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Self::Accepted(value) => line(StatusCode::ACCEPTED, &value),
            Self::Shown(value) => line(StatusCode::OK, &value),
        }
    }
}

/// A bad one.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// No such page.
    #[error(
        "there is nothing here: try /payment/ID, /payment/ID/signals/answer, /onboarding/ID, /onboarding/ID/signals/paper"
    )]
    NoPage,
    /// No such workflow.
    #[error("there is no workflow '{name}': known are {}", .known.join(", "))]
    UnknownWorkflow {
        /// Name in the request.
        name: String,
        /// Names of the workflows.
        known: Vec<&'static str>,
    },
    /// No such signal.
    #[error("'{workflow}' takes no signal '{name}', but {}", .known.join(", "))]
    UnknownSignal {
        /// Which workflow.
        workflow: &'static str,
        /// Name in the request.
        name: String,
        /// Names of its signals.
        known: &'static [&'static str],
    },
    /// The body of the request has another form than the input.
    #[error("the body can't be taken: {0}")]
    BadBody(String),
    /// The body did not come, or not as a whole.
    #[error("the body can't be read: {1}")]
    Unread(StatusCode, String),
    /// The request took too long.
    #[error("the request took longer than {0:?}")]
    TooSlow(std::time::Duration),
    /// The engine says no.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoPage | Self::UnknownWorkflow { .. } | Self::UnknownSignal { .. } => StatusCode::NOT_FOUND,
            Self::BadBody(_) => StatusCode::BAD_REQUEST,
            Self::Unread(status, _) => *status,
            Self::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::Engine(error) => match error {
                EngineError::NotFound { .. } | EngineError::UnknownWorkflow { .. } => StatusCode::NOT_FOUND,
                EngineError::Signal { error: SignalError::Closed, .. }
                | EngineError::Conflict { .. }
                | EngineError::Ended { .. }
                | EngineError::Undoing { .. }
                | EngineError::Parked { .. } => StatusCode::CONFLICT,
                EngineError::Signal { .. } => StatusCode::UNPROCESSABLE_ENTITY,
                EngineError::Store(error) if error.kind() == StoreErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                // The same request may do later.
                EngineError::Store(_) | EngineError::ShutDown => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            },
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        line(self.status(), &json!({ "error": self.to_string() }))
    }
}

/// A line of its own, so that answers in a terminal do not run together.
fn line(status: StatusCode, value: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], format!("{value}\n")).into_response()
}
