//! Which request does what.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::HeaderMap;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use workflow_runtime::engine::Engine;

use crate::answer::{Answer, Problem};
use crate::onboarding::Onboarding;
use crate::payment::Payment;
use crate::served::{Offered, On, Served};

/// The largest body of a request, in bytes.
const LARGEST_BODY: usize = 64 * 1024;

/// How long a request may take, from its head to its answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The workflows, by where they stand in an address.
#[derive(Clone)]
struct Workflows(Arc<BTreeMap<&'static str, Box<dyn Served>>>);

impl Workflows {
    fn get(&self, name: &str) -> Result<&dyn Served, Problem> {
        let known = || self.0.keys().copied().collect();
        let found = self.0.get(name).map(AsRef::as_ref);
        found.ok_or_else(|| Problem::UnknownWorkflow { name: name.to_owned(), known: known() })
    }
}

/// All that the service answers.
pub fn router(engine: &Engine) -> Router {
    let workflows: [(&str, Box<dyn Served>); 2] = [
        (Payment::PATH, Box::new(On::<Payment>::new(engine))),
        (Onboarding::PATH, Box::new(On::<Onboarding>::new(engine))),
    ];
    Router::new()
        .route("/{workflow}/{id}", get(show).post(start).delete(cancel))
        .route("/{workflow}/{id}/signals/{name}", post(signal))
        .fallback(async || Problem::NoPage)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn(in_time))
        .with_state(Workflows(Arc::new(workflows.into())))
}

/// Gives up on what takes too long, such as a body that comes byte by byte. What was asked of the engine is done all
/// the same.
async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::TooSlow(PATIENCE).into_response(),
    }
}

/// The body of a request, or what is wrong with it.
fn whole(body: Result<Bytes, BytesRejection>) -> Result<Bytes, Problem> {
    body.map_err(|refused| Problem::Unread(refused.status(), refused.body_text()))
}

async fn start(
    State(workflows): State<Workflows>,
    Path((workflow, id)): Path<(String, String)>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Answer, Problem> {
    workflows.get(&workflow)?.start(id, &whole(body)?).await
}

async fn show(
    State(workflows): State<Workflows>,
    Path((workflow, id)): Path<(String, String)>,
) -> Result<Answer, Problem> {
    workflows.get(&workflow)?.show(id).await
}

async fn cancel(
    State(workflows): State<Workflows>,
    Path((workflow, id)): Path<(String, String)>,
) -> Result<Answer, Problem> {
    workflows.get(&workflow)?.cancel(id).await
}

/// With a header `Idempotency-Key` it is taken once, however often it is sent.
async fn signal(
    State(workflows): State<Workflows>,
    Path((workflow, id, name)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Answer, Problem> {
    let key = headers.get("idempotency-key").map(|key| String::from_utf8_lossy(key.as_bytes()).into_owned());
    workflows.get(&workflow)?.signal(id, &name, key, &whole(body)?).await
}
