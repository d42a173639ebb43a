//! The tree of groups and nodes.

use super::{BODY, Content, DEEPEST, Item, add};
use crate::{Graph, ScopeKind, StageKind};

/// The tree.
pub(super) struct Grown<'g> {
    pub(super) items: Vec<Item<'g>>,
    /// The item of each stage.
    pub(super) places: Vec<usize>,
    /// The item that each scope's stages and signals are drawn in, if it has any.
    pub(super) homes: Vec<Option<usize>>,
    /// The item of each scope, that of its stage where the two are drawn as one.
    pub(super) scopes: Vec<Option<usize>>,
}

/// Grows the tree from the body outwards, so that no inconsistency of the data can make it a knot.
pub(super) struct Planting<'g> {
    graph: &'g Graph<'g>,
    /// The stages that live in each scope, and the scopes that stand in its tail.
    stages_in: Vec<Vec<usize>>,
    scopes_in: Vec<Vec<usize>>,
    /// The scopes that are a stage's node.
    scopes_of: Vec<Vec<usize>>,
    /// Whether a stage or signal lives in the scope or in one nested in it.
    inhabited: Vec<bool>,
    items: Vec<Item<'g>>,
    /// The scopes whose contents each item is still to get.
    waiting: Vec<(usize, usize)>,
    /// Each stage's item.
    places: Vec<Option<usize>>,
    /// The item that each scope's stages are drawn in.
    homes: Vec<Option<usize>>,
    scopes: Vec<Option<usize>>,
    drawn: Vec<bool>,
}

impl<'g> Planting<'g> {
    pub(super) fn new(graph: &'g Graph<'g>) -> Self {
        let scopes = graph.scopes.len().max(1);
        let stages = graph.stages.len();
        let scope_index = |scope: u32| usize::try_from(scope).ok().filter(|&scope| scope < scopes);
        let stage_index = |stage: u32| usize::try_from(stage).ok().filter(|&stage| stage < stages);
        let home = |stage: usize| scope_index(graph.stages[stage].scope).unwrap_or(0);

        let mut stages_in = vec![Vec::new(); scopes];
        for stage in 0..stages {
            stages_in[home(stage)].push(stage);
        }
        let mut scopes_in = vec![Vec::new(); scopes];
        let mut scopes_of = vec![Vec::new(); stages];
        let mut outer = vec![None; scopes];
        for (index, scope) in graph.scopes.iter().enumerate().skip(1) {
            let parent = scope.parent.and_then(scope_index);
            match scope.stage.and_then(stage_index) {
                Some(stage) if parent.is_none_or(|parent| parent == home(stage)) => scopes_of[stage].push(index),
                _ => {
                    let parent = parent.unwrap_or(0);
                    scopes_in[parent].push(index);
                    outer[index] = Some(parent);
                }
            }
        }
        let mut inhabited = vec![false; scopes];
        let signals = graph.signals.iter().filter_map(|signal| scope_index(signal.scope));
        for home in (0..stages).map(home).chain(signals) {
            let mut scope = Some(home);
            while let Some(index) = scope.filter(|&index| !inhabited[index]) {
                inhabited[index] = true;
                scope = outer[index];
            }
        }
        let body =
            Item { content: Content::Body, children: Vec::new(), parent: BODY, depth: 0, is_flat: false, tail: false };
        Planting {
            graph,
            stages_in,
            scopes_in,
            scopes_of,
            inhabited,
            items: vec![body],
            waiting: vec![(0, BODY)],
            places: vec![None; stages],
            homes: vec![None; scopes],
            scopes: vec![None; scopes],
            drawn: vec![false; scopes],
        }
    }

    pub(super) fn grow(mut self) -> Grown<'g> {
        self.draw_waiting();
        let places = (0..self.places.len())
            .map(|stage| {
                // A stage in a scope that hangs on nothing is drawn in the body.
                self.places[stage].unwrap_or_else(|| {
                    let place = self.draw_stage(stage, BODY);
                    self.draw_waiting();
                    place
                })
            })
            .collect();
        Grown { items: self.items, places, homes: self.homes, scopes: self.scopes }
    }

    fn draw_waiting(&mut self) {
        let mut next = 0;
        while let Some(&(scope, item)) = self.waiting.get(next) {
            next += 1;
            if std::mem::replace(&mut self.drawn[scope], true) {
                continue;
            }
            self.homes[scope] = self.inhabited[scope].then_some(item);
            for stage in std::mem::take(&mut self.stages_in[scope]) {
                if self.places[stage].is_none() {
                    self.draw_stage(stage, item);
                }
            }
            for scope in std::mem::take(&mut self.scopes_in[scope]) {
                self.draw_scope(scope, item, true);
            }
        }
        self.waiting.clear();
    }

    fn draw_stage(&mut self, index: usize, group: usize) -> usize {
        let stage = &self.graph.stages[index];
        let scopes = std::mem::take(&mut self.scopes_of[index]);
        // What its policies need, a fallback's block, is drawn only where stages stand in it.
        let is_shown = |&scope: &usize| self.graph.scopes[scope].kind != ScopeKind::Fallback || self.inhabited[scope];
        let is_expression = stage.kind == StageKind::Expression;
        let scopes: Vec<usize> = scopes.into_iter().filter(is_shown).collect();
        let single = match *scopes {
            [scope] if !is_expression => Some(scope),
            _ => None,
        };
        let label = single.map_or("", |scope| self.graph.scopes[scope].label);
        let item = self.draw(Content::Stage(stage, label), group, false);
        self.places[index] = Some(item);
        if let Some(scope) = single {
            self.scopes[scope] = Some(item);
            self.waiting.push((scope, item));
            return item;
        }
        for scope in scopes {
            if !is_expression || self.inhabited[scope] {
                self.draw_scope(scope, item, false);
            }
        }
        item
    }

    fn draw_scope(&mut self, scope: usize, group: usize, tail: bool) {
        let kind = self.graph.scopes[scope].kind;
        if kind == ScopeKind::Fallback && !self.inhabited[scope] {
            return;
        }
        let item = self.draw(Content::Scope(&self.graph.scopes[scope]), group, tail && kind != ScopeKind::Fallback);
        self.scopes[scope] = Some(item);
        if self.inhabited[scope] {
            self.waiting.push((scope, item));
        }
    }

    fn draw(&mut self, content: Content<'g>, group: usize, tail: bool) -> usize {
        let group = if self.items[group].depth < DEEPEST {
            group
        } else {
            let around = self.items[group].parent;
            self.items[around].is_flat = true;
            around
        };
        add(&mut self.items, content, group, tail)
    }
}
