//! Builds the idempotency key of an expression, under which its effects are known outside.

#[cfg(feature = "durable")]
use super::path::times_rewound;
use super::state::RunState;
#[cfg(feature = "durable")]
use crate::journal::log::Journal;
use crate::stage_id::StageId;
#[cfg(feature = "durable")]
use std::borrow::Cow;
#[cfg(feature = "durable")]
use workflow_graph::Graph;

impl RunState {
    /// Returns the key of a stage, and what is added to that for one of its expressions, or in its undo.
    #[cfg(feature = "durable")]
    pub(crate) fn key_of(&self, places: &[(u32, u32)], (stage, site): (StageId, &str)) -> (String, String) {
        let journal = self.journal().map(|journal| &**journal);
        key_of(self.graph(), journal, self.instance(), places, (stage, site, self.reverses()))
    }

    /// Returns the key of a stage, and what is added to that for one of its expressions, or in its undo.
    #[cfg(not(feature = "durable"))]
    pub(crate) fn key_of(&self, places: &[(u32, u32)], (stage, site): (StageId, &str)) -> (String, String) {
        let name = |stage| self.stage_name(stage).unwrap_or_default();
        let mut key = format!("{}/", self.instance());
        for (around, index) in places {
            key.extend([name(StageId(*around)), "[", &index.to_string(), "]/"]);
        }
        key += name(stage);
        let mut place = if self.reverses() { "/undo".to_owned() } else { String::new() };
        if !site.is_empty() {
            place.extend(["/:", site]);
        }
        (key, place)
    }
}

/// Returns the key from the parts of a run.
#[cfg(feature = "durable")]
pub(crate) fn key_of(
    graph: &'static Graph<'static>,
    journal: Option<&Journal>,
    instance: &str,
    places: &[(u32, u32)],
    (stage, site, reverses): (StageId, &str, bool),
) -> (String, String) {
    let own = |stage: StageId| graph.stages.get(stage.index()).map_or("", |stage| stage.name);
    let name = |stage| journal.map_or(own(stage), |journal| journal.keys().stage(own(stage)));
    let mut key = journal.map_or_else(|| instance.to_owned(), |journal| journal.keys().instance(journal.id()));
    key.push('/');
    for (around, index) in places {
        key.extend([name(StageId(*around)), "[", &index.to_string(), "]/"]);
    }
    key += name(stage);
    let mut place = if reverses { "/undo".to_owned() } else { String::new() };
    let site = journal.map_or(Cow::Borrowed(site), |journal| {
        let outer = places.first().map_or(stage, |(around, _)| StageId(*around));
        let times = times_rewound(journal, graph, outer);
        if times > 0 {
            key.extend(["~", &times.to_string()]);
        }
        if reverses { site.into() } else { journal.keys().site(own(stage), site) }
    });
    if !site.is_empty() {
        place.extend(["/:", &*site]);
    }
    (key, place)
}
