//! How long each stage takes, from the workflow's own `tracing` spans: neither the workflow nor its services know.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Collects the time from a stage's start to its end. Clones share what they collect.
#[derive(Debug, Clone, Default)]
pub struct Timings {
    durations: Arc<Mutex<HashMap<String, Vec<Duration>>>>,
}

/// Timings of one stage.
#[derive(Debug)]
pub struct StageTime {
    /// As written in the workflow.
    pub name: &'static str,
    /// How often it ran.
    pub runs: usize,
    /// Half of the runs took less.
    pub median: Duration,
    /// The longest run.
    pub longest: Duration,
}

impl Timings {
    /// The times of these stages, in this order; without those that never ran.
    pub fn summary(&self, stages: impl IntoIterator<Item = &'static str>) -> Vec<StageTime> {
        let mut durations = self.durations.lock().unwrap_or_else(PoisonError::into_inner);
        let summarise = |name: &'static str| {
            let durations = durations.get_mut(name)?;
            durations.sort_unstable();
            let (median, longest) = (*durations.get(durations.len() / 2)?, *durations.last()?);
            Some(StageTime { name, runs: durations.len(), median, longest })
        };
        stages.into_iter().filter_map(summarise).collect()
    }
}

/// Data of a stage's open span.
struct Running {
    stage: String,
    since: Instant,
}

impl<S: tracing::Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Timings {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        if (metadata.target(), metadata.name()) != ("workflow", "stage") {
            return;
        }
        let mut name = StageName::default();
        attributes.record(&mut name);
        if let (Some(stage), Some(span)) = (name.0, context.span(id)) {
            span.extensions_mut().insert(Running { stage, since: Instant::now() });
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(running) = context.span(&id).and_then(|span| span.extensions_mut().remove::<Running>()) else {
            return;
        };
        let mut durations = self.durations.lock().unwrap_or_else(PoisonError::into_inner);
        durations.entry(running.stage).or_default().push(running.since.elapsed());
    }
}

/// The field `name` of a span.
#[derive(Default)]
struct StageName(Option<String>);

impl Visit for StageName {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "name" {
            self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
