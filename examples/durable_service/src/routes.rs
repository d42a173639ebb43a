//! Which request does what.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::{get, post};
use workflow_runtime::engine::Engine;

use crate::answer::{Answer, Problem};
use crate::onboarding::Onboarding;
use crate::payment::Payment;
use crate::served::{Offered, On, Served};

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
        .with_state(Workflows(Arc::new(workflows.into())))
}

async fn start(
    State(workflows): State<Workflows>,
    Path((workflow, id)): Path<(String, String)>,
    body: Bytes,
) -> Result<Answer, Problem> {
    workflows.get(&workflow)?.start(id, &body).await
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
    body: Bytes,
) -> Result<Answer, Problem> {
    let key = headers.get("idempotency-key").map(|key| String::from_utf8_lossy(key.as_bytes()).into_owned());
    workflows.get(&workflow)?.signal(id, &name, key, &body).await
}
