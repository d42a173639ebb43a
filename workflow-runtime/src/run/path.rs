//! The path of a stage's record, and what the journal says of the stage.

use super::frame::Frame;
use crate::journal::{
    log::Journal,
    path::{INTERRUPTED, REWOUND, within},
    record::RecordKind,
};
use crate::stage_id::StageId;
use std::sync::Arc;
use workflow_graph::Graph;

impl<'a> Frame<'a> {
    #[inline]
    pub(crate) fn journal(self) -> Option<&'a Arc<Journal>> {
        self.core.journal()
    }

    /// Returns the path of a stage's record: the names of the stages around it, with their rounds, items and attempts,
    /// and its own.
    pub(crate) fn path_of(self, stage: StageId) -> String {
        let (graph, places) = (self.core.graph(), self.places());
        // Most stages stand in the workflow's own body.
        if let Some(name) = self.core.stage_name(stage)
            && places.is_empty()
            && graph.scopes[graph.stages[stage.index()].scope as usize].parent.is_none()
        {
            return name.to_owned();
        }
        let mut chain = Vec::new();
        let mut next = Some(stage).filter(|&stage| self.core.stage_name(stage).is_some());
        while let Some(stage) = next {
            chain.push(stage);
            let mut scope = Some(graph.stages[stage.index()].scope);
            next = None;
            while let Some(at) = scope {
                let around = &graph.scopes[at as usize];
                next = around.stage.map(StageId);
                scope = if next.is_some() { None } else { around.parent };
            }
        }
        let (mut path, mut places) = (String::new(), places.into_iter().peekable());
        // Rounds and items of the workflow's own tail lie around all stages in there.
        while let Some((_, index)) = places.next_if(|&(around, _)| StageId(around) == StageId::BODY) {
            path.push('/');
            path += &index.to_string();
        }
        for stage in chain.into_iter().rev() {
            if !path.is_empty() {
                path.push('/');
            }
            path += self.core.stage_name(stage).unwrap_or_default();
            while let Some((_, index)) = places.next_if(|&(around, _)| StageId(around) == stage) {
                path.push('/');
                path += &index.to_string();
            }
        }
        // Rounds and items inside the stage.
        for (_, index) in places {
            path.push('/');
            path += &index.to_string();
        }
        path
    }

    /// Returns the path of a record about a stage that is dropped with the records inside it.
    pub(crate) fn path_within(self, stage: StageId, what: &str) -> String {
        let path = self.path_of(stage);
        if self.core.reverses() { within(&path, &format!("undo-{what}")) } else { within(&path, what) }
    }

    /// Returns the path of the counter of an expression's interruptions.
    pub(crate) fn begins_at(self, stage: StageId, site: &str) -> String {
        let path = self.path_of(stage);
        if site.is_empty() { within(&path, INTERRUPTED) } else { within(&path, &format!("{INTERRUPTED}-{site}")) }
    }

    /// Returns the number of this attempt of an expression. (The number of a stage's own attempt counts its
    /// interruptions already.)
    pub(crate) fn attempt_at(self, stage: StageId, site: &str) -> u32 {
        match self.journal().filter(|journal| journal.counts() && !self.undoes()) {
            Some(journal) => {
                let site = if site.is_empty() { "tail" } else { site };
                self.attempt + journal.cuts(&self.begins_at(stage, site))
            }
            None => self.attempt,
        }
    }

    /// Returns whether a stage with an undo waits, while the instance restores its records, since it can't have begun.
    /// Such a stage follows a stage that has ended since, or lies in a stage that had ended, where all that was begun
    /// has been settled.
    pub(crate) fn is_held_back(self, stage: StageId) -> bool {
        let Some(journal) = self.journal().filter(|journal| journal.is_restoring()) else { return false };
        journal.is_in_ended() || follows_new(self, journal, stage, &self.path_of(stage))
    }

    /// Returns whether such a stage is not to go on yet: it was undone, or other stages are being taken back.
    pub(crate) fn stands_still(self, stage: StageId) -> bool {
        let Some(journal) = self.journal().filter(|journal| journal.is_restoring()) else { return false };
        let path = self.path_of(stage);
        journal.outlives_rewind(&path) || journal.has(&within(&path, "undone"), &[RecordKind::Undone])
    }

    pub(crate) fn attempt(self) -> u32 {
        self.attempt
    }

    pub(crate) fn undoes(self) -> bool {
        self.core.reverses()
    }

    /// Whether the stage's end is recorded and reported: observers get no second report.
    pub(crate) fn is_known(self, stage: StageId) -> bool {
        self.journal().is_some_and(|journal| {
            journal.has(&self.path_of(stage), &[RecordKind::Done, RecordKind::DoneIdle, RecordKind::Failed])
        }) && !self.core.observation().is_some_and(|observation| observation.knows(stage, &self.places()))
    }
}

/// Returns whether a stage that this one waits for, or one around it, has ended since this process has the instance.
fn follows_new(frame: Frame<'_>, journal: &Journal, stage: StageId, path: &str) -> bool {
    let graph = frame.core.graph();
    let mut next = Some(stage);
    while let Some(at) = next
        && let Some(known) = graph.stages.get(at.index())
    {
        // Where the stages of its scope lie, in the same round.
        let mut start = 0;
        let around = path.split('/').find_map(|part| {
            let before = start;
            start += part.len() + 1;
            (part == known.name).then_some(&path[..before])
        });
        if let Some(around) = around {
            let before =
                graph.edges.iter().filter(|edge| edge.to == at.0).map(|edge| &graph.stages[edge.from as usize]);
            let mut beside = before.filter(|before| before.scope == known.scope);
            if beside.any(|before| journal.is_new(&format!("{around}{}", before.name))) {
                return true;
            }
        }
        let mut scope = Some(known.scope);
        next = None;
        while let (Some(at), None) = (scope, next) {
            let around = &graph.scopes[at as usize];
            (next, scope) = (around.stage.map(StageId), around.parent);
        }
    }
    false
}

/// Returns the stage in the workflow's own body that a stage is, or is a part of.
pub(crate) fn outermost(graph: &Graph<'_>, stage: StageId) -> StageId {
    let mut stage = stage;
    loop {
        let mut scope = Some(graph.stages[stage.index()].scope);
        let mut around = None;
        while let (Some(at), None) = (scope, around) {
            let nested = &graph.scopes[at as usize];
            (around, scope) = (nested.stage, nested.parent);
        }
        match around {
            Some(next) => stage = StageId(next),
            None => return stage,
        }
    }
}

/// Returns how often the stage, or the one around it, was rewound.
pub(crate) fn times_rewound(journal: &Journal, graph: &'static Graph<'static>, stage: StageId) -> u32 {
    let is_stage = stage.index() < graph.stages.len();
    let name = if is_stage { graph.stages[outermost(graph, stage).index()].name } else { "" };
    journal.count(&format!("{REWOUND}{name}"))
}
