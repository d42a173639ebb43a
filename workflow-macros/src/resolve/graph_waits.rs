//! Waits inside stages and in tails, which no edge shows, for the workflow's graph.

use crate::model::{CodeId, HeadKind, Model, NameId, NameKind, Node, NodeKind, ScopeId, StageId};
use proc_macro2::Ident;
use std::collections::HashSet;
use workflow_graph::{Awaited, WaitKind};

/// One of them, as the graph has it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct GraphWait {
    pub(crate) on: Awaited,
    pub(crate) kind: WaitKind,
    /// The innermost stage that waits.
    pub(crate) stage: Option<StageId>,
    pub(crate) scope: ScopeId,
}

/// Every wait, each once: what stages are cut by, then heads and fallbacks, then what expressions name.
pub(crate) fn told_waits(model: &Model<'_>) -> Vec<GraphWait> {
    let mut waits = Vec::new();
    for (id, stage) in model.stages.iter().enumerate() {
        if let Some(on) = stage.policies.until.and_then(|name| awaited(model, name)) {
            waits.push(GraphWait { on, kind: WaitKind::Until, stage: Some(id), scope: stage.scope });
        }
    }
    let mut guards = HashSet::new();
    for (id, stage) in model.stages.iter().enumerate() {
        heads(model, &stage.node, Some(id), &mut waits, &mut guards);
    }
    for scope in &model.scopes {
        if let Some(tail) = &scope.tail {
            heads(model, tail, scope.around, &mut waits, &mut guards);
        }
    }
    for (id, signal) in model.signals.iter().enumerate() {
        if let Some(scope) = signal.fallback {
            let stage = model.scopes[scope].around;
            waits.push(GraphWait { on: Awaited::Signal(number(id)), kind: WaitKind::Late, stage, scope });
        }
    }
    // A stage that something cuts may name it all the same.
    let heads = waits.iter().filter(|wait| wait.kind != WaitKind::Until);
    let heads: HashSet<(Awaited, ScopeId)> = heads.map(|wait| (wait.on, wait.scope)).collect();
    for (id, code) in model.codes.iter().enumerate() {
        // A `let` asks where it is used, and what reverses a stage waits for nothing.
        if code.undoes.is_none() && code.of_let.is_none() {
            let is_guard = guards.contains(&id);
            named(model, id, |on, home, kind| {
                if has_come(model, code.scope, on, &heads) {
                    return;
                }
                waits.push(match owner(model, code.around, home) {
                    // What owns all that it needs has it before it begins.
                    Some(stage) => GraphWait { on, kind, stage: Some(stage), scope: model.stages[stage].scope },
                    None => {
                        let kind = if is_guard { WaitKind::Guard } else { kind };
                        GraphWait { on, kind, stage: code.around, scope: code.scope }
                    }
                });
            });
        }
    }
    let mut seen = HashSet::new();
    waits.retain(|wait| seen.insert(*wait));
    waits
}

/// The heads of the `select`s in a node that stand in no scope of their own, and the guards of its arms.
fn heads(
    model: &Model<'_>,
    node: &Node<'_>,
    stage: Option<StageId>,
    waits: &mut Vec<GraphWait>,
    guards: &mut HashSet<CodeId>,
) {
    match &node.kind {
        NodeKind::Select(all) => {
            for head in all {
                let on = match &head.kind {
                    HeadKind::Node { scope, .. } => Some(Awaited::Scope(number(*scope))),
                    HeadKind::Signal(name) | HeadKind::Stage(name) => awaited(model, name),
                    HeadKind::Sleep(_) => None,
                };
                waits.extend(on.map(|on| GraphWait { on, kind: WaitKind::Head, stage, scope: head.scope }));
            }
        }
        NodeKind::Match { arms, .. } => guards.extend(arms.iter().filter_map(|arm| arm.guard)),
        NodeKind::Break(Some(node)) | NodeKind::Continue(Some(node)) => heads(model, node, stage, waits, guards),
        NodeKind::Loop(looping) => {
            if let Some(initial) = &looping.initial {
                heads(model, initial, stage, waits, guards);
            }
        }
        _ => {}
    }
}

/// Whether a head around the code, or the lateness of a signal, has decided with it: there is nothing to wait for any
/// more.
fn has_come(model: &Model<'_>, scope: ScopeId, on: Awaited, heads: &HashSet<(Awaited, ScopeId)>) -> bool {
    let around = std::iter::successors(Some(scope), |&scope| model.scopes[scope].parent);
    around.into_iter().any(|scope| heads.contains(&(on, scope)))
}

/// The outermost stage around some code that owns all that it needs, and that the scope `home` lies outside of.
fn owner(model: &Model<'_>, around: Option<StageId>, home: ScopeId) -> Option<StageId> {
    let inside = model.enclosing(around).take_while(|&stage| model.within(model.stages[stage].scope, home));
    inside.filter(|&stage| model.stages[stage].owns()).last()
}

/// The signals and `#[lazy]` stages that an expression names, `let`s seen through; each with the scope that it lives
/// in.
fn named(model: &Model<'_>, code: CodeId, mut tell: impl FnMut(Awaited, ScopeId, WaitKind)) {
    let scope = model.codes[code].scope;
    let mut names: Vec<NameId> = model.codes[code].uses.iter().rev().copied().collect();
    let mut seen = HashSet::new();
    while let Some(name) = names.pop() {
        match model.names[name].kind {
            NameKind::Signal(signal) => {
                tell(Awaited::Signal(number(signal)), model.signals[signal].scope, WaitKind::Named);
            }
            NameKind::Stage(stage) if model.stages[stage].lazy && !model.is_awaited(scope, stage) => {
                tell(Awaited::Stage(number(stage)), model.stages[stage].scope, WaitKind::Lazy);
            }
            NameKind::Let(binding) if seen.insert(binding) => {
                names.extend(model.codes[model.lets[binding].value].uses.iter().rev());
            }
            _ => {}
        }
    }
}

/// The stage or signal of that name.
fn awaited(model: &Model<'_>, name: &Ident) -> Option<Awaited> {
    let stage = model.stage_named(name).map(|stage| Awaited::Stage(number(stage)));
    stage.or_else(|| model.signal_named(name).map(|signal| Awaited::Signal(number(signal))))
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
