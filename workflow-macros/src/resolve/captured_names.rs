//! The expressions inside a stage, and the names outside of the stage that they mention.

use crate::model::{CodeId, Model, NameId, NameKind, Rebind, StageId};
use std::{collections::HashSet, ops::Range};

/// Every expression that is a part of that stage, nested stages included.
pub(crate) fn codes_inside(model: &Model<'_>, stage: StageId) -> Range<CodeId> {
    model.stages[stage].codes.clone()
}

/// Returns the names outside of `stage` that it mentions, including `let`s and the names in them. Each stands once, and
/// a `let` after the names in it.
pub(crate) fn names_inside(model: &Model<'_>, stage: StageId) -> Vec<NameId> {
    names_of(model, stage, codes_inside(model, stage))
}

/// Returns the outer names of expressions that stand where the stage does, and of patterns that are matched again for
/// them.
pub(super) fn names_with(
    model: &Model<'_>,
    stage: StageId,
    codes: Range<CodeId>,
    replays: &[Rebind<'_>],
) -> Vec<NameId> {
    let mut found = names_of(model, stage, codes);
    let mut seen: HashSet<NameId> = found.iter().copied().collect();
    for replay in replays {
        add(model, &replay.names, stage, &mut found, &mut seen);
    }
    found
}

fn names_of(model: &Model<'_>, stage: StageId, codes: Range<CodeId>) -> Vec<NameId> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for code in codes {
        let scope = model.codes[code].scope;
        let uses = model.codes[code].uses.iter().copied();
        // What a `select` inside has waited for is bound there; what one around has waited for comes from outside.
        let around = model.stages[stage].scope;
        let outside = |name| !is_awaited(model, scope, name) || is_awaited(model, around, name);
        let uses: Vec<NameId> = uses.filter(|&name| outside(name)).collect();
        add(model, &uses, stage, &mut found, &mut seen);
    }
    found
}

fn add(model: &Model<'_>, uses: &[NameId], stage: StageId, found: &mut Vec<NameId>, seen: &mut HashSet<NameId>) {
    for &name in uses {
        let outside = model.within(model.stages[stage].scope, model.names[name].scope);
        if outside && seen.insert(name) {
            if let NameKind::Let(id) = model.names[name].kind {
                add(model, &model.codes[model.lets[id].value].uses, stage, found, seen);
            }
            found.push(name);
        }
    }
}

/// A `select` has waited for it: it is bound there.
fn is_awaited(model: &Model<'_>, scope: crate::model::ScopeId, name: NameId) -> bool {
    matches!(model.names[name].kind, NameKind::Stage(stage) if model.is_awaited(scope, stage))
}

/// Marks the names that a task of its own mentions as lent.
pub(super) fn mark_lent(model: &mut Model<'_>) {
    for stage in 0..model.stages.len() {
        if model.stages[stage].owns() {
            for name in names_lent(model, stage).into_iter().chain(names_of_undo(model, stage)) {
                model.names[name].lent = true;
            }
        }
    }
}

/// Returns the outer names that a stage's own task needs: those it mentions, and those in patterns that it matches
/// again.
pub(crate) fn names_lent(model: &Model<'_>, stage: StageId) -> Vec<NameId> {
    names_with(model, stage, codes_inside(model, stage), &model.stages[stage].replays)
}

/// Returns the outer names that the undo of a stage needs, the stage's own output left out.
pub(crate) fn names_of_undo(model: &Model<'_>, stage: StageId) -> Vec<NameId> {
    let Some(undo) = &model.stages[stage].policies.undo else { return Vec::new() };
    let mut found = names_with(model, stage, undo.action..undo.action + 1, &undo.replays);
    found.retain(|&name| name != model.stages[stage].name);
    found
}
