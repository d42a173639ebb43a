//! Paths of dependencies from one stage to another, over stages between them.

use crate::model::{Local, Model, Need, ScopeId, StageId};
use std::collections::{HashMap, VecDeque};

/// The needs that lead from `waiting` to `on`, both of that scope; the shortest such way, first the need of `waiting`.
pub(super) fn path(model: &Model<'_>, scope: ScopeId, waiting: Local, on: Local) -> Option<Vec<(Local, Need)>> {
    let scope = &model.scopes[scope];
    let mut reached: HashMap<Local, (Local, Need)> = HashMap::new();
    let mut queue = VecDeque::from([waiting]);
    while let Some(local) = queue.pop_front() {
        let needs = match local {
            Local::Stage(stage) => &scope.needs[stage],
            Local::Let(binding) => &scope.let_needs[binding],
        };
        for need in needs {
            if reached.contains_key(&need.on) {
                continue;
            }
            reached.insert(need.on, (local, *need));
            if need.on == on {
                let mut path = Vec::new();
                let mut next = on;
                while let Some(&(from, need)) = reached.get(&next) {
                    path.push((from, need));
                    next = from;
                    if next == waiting {
                        break;
                    }
                }
                path.reverse();
                return Some(path);
            }
            queue.push_back(need.on);
        }
    }
    None
}

/// Returns the stage, and the stages of its block that it waits for, directly or over each other, as far as `follows` says.
pub(super) fn awaited(model: &Model<'_>, stage: StageId, follows: impl Fn(StageId) -> bool) -> Vec<StageId> {
    let scope = &model.scopes[model.stages[stage].scope];
    let mut seen = vec![false; scope.stages.len()];
    let mut left = vec![model.stages[stage].local];
    let mut found = Vec::new();
    while let Some(local) = left.pop() {
        if std::mem::replace(&mut seen[local], true) {
            continue;
        }
        found.push(scope.stages[local]);
        left.extend(scope.needs[local].iter().filter_map(|need| match need.on {
            Local::Stage(on) if follows(scope.stages[on]) => Some(on),
            _ => None,
        }));
    }
    found
}
