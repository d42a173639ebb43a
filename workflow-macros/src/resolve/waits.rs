//! The stages and signals that a `select` or an `#[until]` waits for without depending on them.

use crate::{
    diagnostics::{messages, waiting},
    model::{HeadKind, Model, NameKind, Node, NodeKind, ScopeId, StageId},
};
use proc_macro2::Ident;
use workflow_syntax::{diagnostics::Diagnostics, suggest::nearest};

/// One name that is waited for.
struct NameWait<'s> {
    name: &'s Ident,
    what: What,
    scope: ScopeId,
    /// The stage that it is a part of.
    around: Option<StageId>,
}

/// The kind of name that is expected.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Stage,
    Signal,
    /// `#[until]`
    Either,
}

pub(super) fn resolve(model: &mut Model<'_>, diagnostics: &Diagnostics) {
    for wait in waits(model) {
        if let Err(message) = resolve_one(model, &wait) {
            diagnostics.error(wait.name.span(), message);
        }
    }
}

fn waits<'s>(model: &Model<'s>) -> Vec<NameWait<'s>> {
    let mut waits: Vec<NameWait<'_>> = Vec::new();
    for (id, stage) in model.stages.iter().enumerate() {
        if let Some(name) = stage.policies.until {
            // With an undo it is waited for by what owns everything; a task is waited for from outside.
            let around = if stage.policies.undo.is_some() { Some(id) } else { model.scopes[stage.scope].around };
            waits.push(NameWait { name, what: What::Either, scope: stage.scope, around });
        }
        collect(&stage.node, stage.scope, Some(id), &mut waits);
    }
    for (id, scope) in model.scopes.iter().enumerate() {
        if let Some(tail) = &scope.tail {
            collect(tail, id, scope.around, &mut waits);
        }
    }
    waits
}

/// Each `select` and `#[until]` that waits for a signal: which, and the stage of the workflow's own block that it is a
/// part of; none: it is the workflow's tail.
pub(super) fn of_signals(model: &Model<'_>) -> Vec<(usize, Option<StageId>)> {
    let untils = model.stages.iter().enumerate().filter_map(|(id, stage)| {
        let name = stage.policies.until?;
        Some((model.signal_named(name)?, model.stage_of(0, stage.scope, Some(id))))
    });
    let heads = waits(model).into_iter().filter(|wait| wait.what == What::Signal);
    let heads =
        heads.filter_map(|wait| Some((model.signal_named(wait.name)?, model.stage_of(0, wait.scope, wait.around))));
    untils.chain(heads).collect()
}

fn resolve_one(model: &mut Model<'_>, wait: &NameWait<'_>) -> Result<(), String> {
    let text = wait.name.to_string();
    let Some(&name) = model.by_name.get(&text) else {
        return if model.has_gaps { Ok(()) } else { Err(unknown(model, &text, wait.what)) };
    };
    model.names[name].used = true;
    if !model.within(wait.scope, model.names[name].scope) {
        return Err(messages::after_outside(&text));
    }
    if let Some(owner) = owner(model, wait.around, model.names[name].scope) {
        let owner = model.stages[owner].syntax.name.to_string();
        return Err(messages::waits_from_a_task(&text, &owner));
    }
    match (model.names[name].kind, wait.what) {
        (NameKind::Stage(stage), What::Stage | What::Either) => {
            model.stages[stage].announced = true;
            model.names[name].lent = true;
            Ok(())
        }
        (NameKind::Signal(_), What::Signal | What::Either) => Ok(()),
        (NameKind::Stage(_), What::Signal) => Err(waiting::head_of_another_kind(&text, "stage")),
        (NameKind::Signal(_), What::Stage) => Err(waiting::head_of_another_kind(&text, "signal")),
        (_, What::Either) => Err(messages::waits_for_neither(&text)),
        _ => Err(waiting::head_is_none(&text)),
    }
}

fn unknown(model: &Model<'_>, text: &str, what: What) -> String {
    let stages = model.stages.iter().map(|stage| stage.syntax.name.to_string()).filter(|_| what != What::Signal);
    let signals = model.signals.iter().map(|signal| signal.syntax.name.to_string()).filter(|_| what != What::Stage);
    let known: Vec<String> = stages.chain(signals).collect();
    let near = nearest(text, known.iter().map(String::as_str));
    match what {
        What::Signal => waiting::unknown_signal(text, near),
        What::Stage => messages::unknown_stage(text, near),
        What::Either => waiting::unknown_wait(text, near),
    }
}

/// The stage that owns all that it needs, and so can't look at what lives in `scope`, outside of it.
fn owner(model: &Model<'_>, around: Option<StageId>, scope: ScopeId) -> Option<StageId> {
    let owns = |&stage: &StageId| model.stages[stage].owns() && model.within(model.stages[stage].scope, scope);
    model.enclosing(around).find(owns)
}

fn collect<'s>(node: &Node<'s>, scope: ScopeId, around: Option<StageId>, waits: &mut Vec<NameWait<'s>>) {
    match &node.kind {
        NodeKind::Select(heads) => {
            for head in heads {
                match head.kind {
                    HeadKind::Stage(name) => waits.push(NameWait { name, what: What::Stage, scope, around }),
                    HeadKind::Signal(name) => waits.push(NameWait { name, what: What::Signal, scope, around }),
                    HeadKind::Node { .. } | HeadKind::Sleep(_) => {}
                }
            }
        }
        NodeKind::Break(Some(node)) | NodeKind::Continue(Some(node)) => collect(node, scope, around, waits),
        NodeKind::Loop(looping) => {
            if let Some(initial) = &looping.initial {
                collect(initial, scope, around, waits);
            }
        }
        _ => {}
    }
}
