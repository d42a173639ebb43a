//! Links between items: the edges, the waits, and those that the picture adds.

use std::collections::{HashMap, HashSet};

use super::{BODY, Content, DEEPEST, Link, LinkKind, Outline};
use crate::{Awaited, EdgeKind, Graph, ScopeKind, Wait, WaitKind};

/// The items of a graph's stages, scopes and signals.
pub(super) struct Placed {
    pub(super) places: Vec<usize>,
    pub(super) scopes: Vec<Option<usize>>,
    pub(super) signals: Vec<usize>,
}

/// The knot before the tail, for each group whose tail waits for something by itself.
#[derive(Default)]
pub(super) struct Knots(HashMap<usize, usize>);

fn get<T: Copy>(items: &[T], index: u32) -> Option<T> {
    items.get(usize::try_from(index).ok()?).copied()
}

impl<'g> Outline<'g> {
    /// The edges. What waits is the outermost that `from` is outside of: nothing within it starts before.
    pub(super) fn link_stages(&mut self, graph: &Graph<'_>, places: &[usize]) {
        let mut known: HashMap<(usize, usize), usize> = HashMap::with_capacity(graph.edges.len());
        for edge in graph.edges {
            let place = |stage: u32| places.get(usize::try_from(stage).ok()?).copied();
            let (Some(from), Some(to)) = (place(edge.from), place(edge.to)) else { continue };
            let Some((_, outermost)) = self.meeting(from, to) else { continue };
            let (kind, to) = match edge.kind {
                EdgeKind::Data => (LinkKind::Data, outermost),
                EdgeKind::After => (LinkKind::After, outermost),
                EdgeKind::Sequence => (LinkKind::Sequence, outermost),
                EdgeKind::Lazy => (LinkKind::Lazy, to),
            };
            let index = *known.entry((from, to)).or_insert(self.links.len());
            match self.links.get_mut(index) {
                Some(link) => link.kind = link.kind.min(kind),
                None => self.links.push(Link { from, to, kind }),
            }
        }
    }

    /// A flag for each signal, in the block that declares it, and what it comes after. Gives their items.
    pub(super) fn add_signals(&mut self, graph: &'g Graph<'g>, homes: &[Option<usize>]) -> Vec<usize> {
        let signals = graph.signals.iter().map(|signal| {
            let home = usize::try_from(signal.scope).ok().and_then(|scope| *homes.get(scope)?);
            let mut home = home.unwrap_or(BODY);
            while self.items[home].depth >= DEEPEST {
                home = self.items[home].parent;
            }
            self.add(Content::Signal(signal), home, false)
        });
        signals.collect()
    }

    pub(super) fn link_waits(&mut self, graph: &Graph<'_>, placed: &Placed, knots: &mut Knots) {
        let mut links: Vec<Link> = Vec::new();
        for (signal, &to) in graph.signals.iter().zip(&placed.signals) {
            let after = signal.after.iter().filter_map(|&stage| get(&placed.places, stage));
            links.extend(after.map(|from| Link { from, to, kind: LinkKind::After }));
        }
        for wait in graph.waits {
            let from = match wait.on {
                Awaited::Stage(stage) => get(&placed.places, stage),
                Awaited::Signal(signal) => get(&placed.signals, signal),
                Awaited::Scope(scope) => get(&placed.scopes, scope).flatten(),
            };
            let kind = match wait.kind {
                _ if matches!(wait.on, Awaited::Scope(_)) => LinkKind::Flow,
                WaitKind::Lazy => LinkKind::Lazy,
                WaitKind::Until => LinkKind::Until,
                WaitKind::Guard if matches!(wait.on, Awaited::Stage(_)) => LinkKind::Lazy,
                WaitKind::Named | WaitKind::Guard | WaitKind::Head | WaitKind::Late => LinkKind::Wait,
            };
            if let (Some(from), Some(to)) = (from, self.end_of(graph, placed, wait, knots)) {
                links.push(Link { from, to, kind });
            }
        }
        let mut seen: HashSet<(usize, usize, LinkKind)> =
            self.links.iter().map(|link| (link.from, link.to, link.kind)).collect();
        links.retain(|link| self.meeting(link.from, link.to).is_some() && seen.insert((link.from, link.to, link.kind)));
        // Where a wait says which part of a stage asks, the stage's own border says less.
        let within: HashSet<(usize, usize)> = links
            .iter()
            .filter(|link| link.kind == LinkKind::Lazy)
            .flat_map(|link| {
                std::iter::successors(Some(link.to), |&item| (item != BODY).then_some(self.items[item].parent))
                    .skip(1)
                    .map(|group| (link.from, group))
            })
            .collect();
        self.links.extend(links);
        self.links.retain(|link| link.kind != LinkKind::Lazy || !within.contains(&(link.from, link.to)));
    }

    /// Returns where a wait's link ends: at a stage, at a part of it, or at the knot before its tail.
    fn end_of(&mut self, graph: &Graph<'_>, placed: &Placed, wait: &Wait, knots: &mut Knots) -> Option<usize> {
        let stage = wait.stage.and_then(|stage| Some((get(&placed.places, stage)?, stage)));
        if let Some((item, stage)) = stage
            && graph.stages[usize::try_from(stage).ok()?].scope == wait.scope
        {
            return Some(item);
        }
        // What is not drawn is a part of what stands around it.
        let item = get(&placed.scopes, wait.scope).flatten().or(stage.map(|(item, _)| item)).unwrap_or(BODY);
        let is_tail = matches!(wait.kind, WaitKind::Named | WaitKind::Lazy);
        if !is_tail || (item != BODY && !self.is_group(item)) {
            return Some(item).filter(|&item| item != BODY);
        }
        Some(match knots.0.get(&item) {
            Some(&knot) => knot,
            None => {
                let knot = self.add(Content::Junction, item, false);
                knots.0.insert(item, knot);
                knot
            }
        })
    }

    /// Adds where the workflow starts and ends, and leads each group's last stages to its tail.
    pub(super) fn link_ends(&mut self, knots: &Knots) {
        let (entered, left) = self.linked();
        for group in 0..entered.len() {
            let knot = knots.0.get(&group).copied();
            let is_stage = |&child: &usize| Some(child) != knot && !self.is_aside(child);
            let (tails, stages): (Vec<usize>, Vec<usize>) =
                self.items[group].children.iter().copied().filter(is_stage).partition(|&child| self.items[child].tail);
            let mut last: Vec<usize> = stages.iter().copied().filter(|&stage| !left[stage]).collect();
            if let Some(knot) = knot {
                self.link_all(&last, &[knot], group);
                last = vec![knot];
            }
            let first_tails: Vec<usize> = tails.iter().copied().filter(|&tail| !entered[tail]).collect();
            self.link_all(&last, &first_tails, group);
            if group == BODY {
                let first = if stages.is_empty() { &tails } else { &stages };
                let first: Vec<usize> = first.iter().copied().filter(|&item| !entered[item]).collect();
                let start = self.add(Content::Start, BODY, false);
                self.items[BODY].children.rotate_right(1);
                if let Some(knot) = knot.filter(|_| tails.is_empty()) {
                    // What the tail waits for is led to the end itself.
                    self.items[knot].content = Content::End;
                    self.link_all(&[start], &first, BODY);
                    if first.is_empty() {
                        self.link_all(&[start], &[knot], BODY);
                    }
                    continue;
                }
                let end = self.add(Content::End, BODY, false);
                let last_tails: Vec<usize> = tails.iter().copied().filter(|&tail| !left[tail]).collect();
                let last = if tails.is_empty() { last } else { last_tails };
                if first.is_empty() && last.is_empty() {
                    self.link_all(&[start], &[end], BODY);
                } else {
                    self.link_all(&[start], &first, BODY);
                    self.link_all(&last, &[end], BODY);
                }
            }
        }
    }

    /// Neither starts with its block nor has the tail wait for it: a signal, and what runs in place of a late one.
    fn is_aside(&self, item: usize) -> bool {
        match self.items[item].content {
            Content::Signal(_) => true,
            Content::Scope(scope) => scope.kind == ScopeKind::Fallback,
            _ => false,
        }
    }

    fn link_all(&mut self, from: &[usize], to: &[usize], group: usize) {
        if from.len() > 1 && to.len() > 1 {
            let junction = [self.add(Content::Junction, group, false)];
            self.link_all(from, &junction, group);
            self.link_all(&junction, to, group);
            return;
        }
        for &from in from {
            self.links.extend(to.iter().map(|&to| Link { from, to, kind: LinkKind::Flow }));
        }
    }
}
