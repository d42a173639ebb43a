//! Rewind: which stages are taken back, how they are undone, and which of their records are dropped.

use crate::{
    failure::{BoxError, FailureKind, exit::Exit, panic::drop_quietly},
    journal::{
        log::{Journal, LAST},
        path::{RETAINED, REWIND, REWOUND, is_instance_record},
        record::{RecordKind, decode_record, encode_record},
        restore::catch_up_thrown,
    },
    run::{path::outermost, state::RunState},
    stage_id::StageId,
    undo::rollback_record::RolledBack,
};
use std::{collections::BTreeSet, future::Future, pin::Pin, sync::Arc};
use workflow_graph::{Awaited, Graph, WaitKind};
use workflow_store::{Change, InstanceStatus, Record, Timestamp};

/// Returns the names of the stages that are rewound together. These are the stages of the workflow's own body which the
/// named stages are or are a part of, and all there that depend on them.
fn rewound_together(graph: &'static Graph<'static>, names: &[String]) -> Result<BTreeSet<&'static str>, BoxError> {
    let mut taken = BTreeSet::new();
    for name in names {
        match stages(graph).find(|stage| graph.stages[stage.index()].name == *name) {
            Some(stage) => taken.insert(outermost(graph, stage)),
            None => return Err(format!("'{name}', which is to be taken back, is no stage of its workflow").into()),
        };
    }
    // Edges of the whole graph, until nothing more is reached: at most as often as there are stages one after the
    // other.
    loop {
        let before = taken.len();
        for edge in graph.edges {
            if taken.contains(&outermost(graph, StageId(edge.from))) {
                taken.insert(outermost(graph, StageId(edge.to)));
            }
        }
        // A `select` that has a stage as a head sees its output without an edge.
        for wait in graph.waits {
            if let (Awaited::Stage(on), WaitKind::Head, Some(stage)) = (wait.on, wait.kind, wait.stage)
                && taken.contains(&outermost(graph, StageId(on)))
            {
                taken.insert(outermost(graph, StageId(stage)));
            }
        }
        if taken.len() == before {
            break;
        }
    }
    // What stands in the workflow's tail comes of all the others.
    let tail = stages(graph).filter(|&stage| is_in_tail(graph, stage));
    Ok(taken.into_iter().chain(tail.collect::<Vec<_>>()).map(|stage| graph.stages[stage.index()].name).collect())
}

fn stages(graph: &Graph<'_>) -> impl Iterator<Item = StageId> {
    (0..).map(StageId).take(graph.stages.len())
}

fn is_in_tail(graph: &Graph<'_>, stage: StageId) -> bool {
    graph.scopes[graph.stages[outermost(graph, stage).index()].scope as usize].parent.is_some()
}

/// Returns the payload of the record of requested rewinds, with one more stage.
pub(crate) fn asked_for(before: Option<&Record>, name: String) -> Vec<u8> {
    let mut names: Vec<String> = before.and_then(|record| decode_record(record).ok()).unwrap_or_default();
    names.push(name);
    encode_record(&names)
}

/// Rewinds the requested stages, if there are any: their effects are undone, the last first, and their records are
/// dropped. `machine` restores the undos.
///
/// # Errors
/// A stage can't be rewound.
pub(crate) async fn rewind_run<T, F: Future<Output = Result<T, Exit>>>(
    core: &RunState,
    journal: &Arc<Journal>,
    mut machine: Pin<&mut Option<F>>,
) -> Result<(), BoxError> {
    let Some(record) = journal.record(REWIND) else { return Ok(()) };
    let taken = rewound_together(core.graph(), &decode_record::<Vec<String>>(&record)?)?;
    // What is stored of them need not be readable: it is not needed any more.
    journal.gives_up(taken.iter().map(|&name| name.to_owned()).collect());
    let this_time = format!(":rewind-{}", record.order);
    if let Some(machine) = machine.as_mut().as_pin_mut() {
        catch_up_thrown(journal, LAST, &this_time, machine).await;
    }
    // Stages that are not rewound go on, and stages that are rewound are reported below.
    journal.suspend();
    drop_quietly(|| machine.set(None));
    for &name in &taken {
        journal.park_if_undo_is_gone(name).await;
    }
    let graph = core.graph();
    let is_taken = |stage: StageId| taken.contains(graph.stages[outermost(graph, stage).index()].name);
    core.emit_rewound(is_taken);
    if let Some(log) = core.log() {
        let why = core.failure(StageId::BODY, FailureKind::Cancelled, Some("it is taken back".into()));
        let why = log.unwind_only(core, why, &RolledBack::taken_back(journal, this_time), is_taken).await;
        if let Some(undone) = why.undone() {
            journal.not_undone(&format!("rewind {}", record.order), &undone);
        }
        log.forget();
    }
    journal.forget_rewound(&taken, record.order);
    Ok(())
}

impl Journal {
    /// Removes the records of these stages, and of all that comes after all stages.
    fn forget_rewound(&self, taken: &BTreeSet<&'static str>, order: u64) {
        let goes = |path: &str| {
            let first = path.split('/').next().unwrap_or_default();
            let stays = |stays: &&str| path == *stays || (stays.ends_with(['-', '/']) && path.starts_with(stays));
            taken.contains(first) || (is_instance_record(path) && !RETAINED.iter().any(stays))
        };
        // (Unless a further rewind was requested meanwhile.)
        let is_all = self.order_of(REWIND) == order;
        let mut changes = self.forget_where(|path| goes(path) || (is_all && path == REWIND));
        // Also what a task that is cut has written in its last moment.
        for name in taken {
            changes.push(Change::Remove { path: (*name).into() });
            changes.push(Change::RemoveWithin { prefix: format!("{name}/").into() });
        }
        // Woken at once: by this process or, should this one end now, by the next.
        let wake_at = Some(Timestamp::from_millis(0));
        changes.push(Change::Status { status: InstanceStatus::Waiting, wake_at, outcome: None });
        // The workflow's own tail has no name.
        let counted = taken.iter().chain([&""]).map(|name| {
            let path = format!("{REWOUND}{name}");
            let times = self.count(&path) + 1;
            (path.into(), RecordKind::Rewound, encode_record(&times))
        });
        let counted: Vec<_> = counted.collect();
        // Stages that were running and stay were interrupted for the rewind.
        let cut = self.cut_in_peace().into_iter().filter(|(place, ..)| !goes(place));
        self.enter(cut.chain(counted), None, changes);
    }
}
