//! The graph as every picture shows it: a tree of groups and nodes, and the links between them.
//!
//! Whatever is inconsistent in the data ends here: the renderers see a proper tree and links with two proper ends.

use std::collections::{HashMap, HashSet};

use crate::{Awaited, EdgeKind, Graph, Scope, ScopeKind, Signal, Stage, StageKind, Wait, WaitKind};

/// Groups within groups, at most; what is nested deeper is drawn in the deepest.
const DEEPEST: usize = 24;

/// Nodes that lead from the same to the same and stand side by side, at most.
const BESIDE: usize = 12;

/// What an item is linked with: whether from there, and why.
type Ends = Vec<(bool, usize, LinkKind)>;

/// The whole workflow's item.
pub(super) const BODY: usize = 0;

/// A tree of items, parents before their children, and the links between them.
pub(super) struct Outline<'g> {
    pub(super) items: Vec<Item<'g>>,
    pub(super) links: Vec<Link>,
}

/// A group where it has children, a node where it has none.
pub(super) struct Item<'g> {
    pub(super) content: Content<'g>,
    pub(super) children: Vec<usize>,
    pub(super) parent: usize,
    depth: usize,
    /// What is nested in it deeper than pictures go is drawn in it, too.
    pub(super) is_flat: bool,
    /// Part of its parent's tail, which takes effect once the parent's stages have ended.
    tail: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Content<'g> {
    Body,
    /// With the label of its scope, where it has a single one: that is not drawn as a group of its own.
    Stage(&'g Stage<'g>, &'g str),
    Scope(&'g Scope<'g>),
    /// Comes from outside: nothing leads to it.
    Signal(&'g Signal<'g>),
    Start,
    End,
    /// Where many lead to many.
    Junction,
    /// Nodes that lead from the same to the same: they share their lines, and stand in rows.
    Bundle,
}

#[derive(Clone, Copy)]
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) kind: LinkKind,
}

/// Why one leads to the other; the first of two between the same items counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum LinkKind {
    Data,
    Sequence,
    After,
    Lazy,
    /// To what waits for it in the midst of a stage.
    Wait,
    /// To the stage that it cuts.
    Until,
    /// What the picture adds: from the inputs, to the tail and the output.
    Flow,
}

impl LinkKind {
    /// Whether the other end comes after this one in any case.
    fn is_order(self) -> bool {
        !matches!(self, LinkKind::Wait | LinkKind::Until)
    }
}

impl<'g> Outline<'g> {
    pub(super) fn new(graph: &'g Graph<'g>) -> Self {
        let Grown { items, places, homes, scopes } = Planting::new(graph).grow();
        let mut outline = Outline { items, links: Vec::new() };
        let mut knots = Knots::default();
        outline.link_stages(graph, &places);
        let signals = outline.add_signals(graph, &homes);
        outline.link_waits(graph, &Placed { places, scopes, signals }, &mut knots);
        outline.link_ends(&knots);
        outline.bundle();
        outline
    }

    pub(super) fn is_group(&self, item: usize) -> bool {
        !self.items[item].children.is_empty()
    }

    /// The two children of the innermost group around both ends through which a link between them leads; none where
    /// one end holds the other.
    pub(super) fn meeting(&self, from: usize, to: usize) -> Option<(usize, usize)> {
        let (mut from, mut to) = (from, to);
        while self.items[from].depth > self.items[to].depth {
            from = self.items[from].parent;
        }
        while self.items[to].depth > self.items[from].depth {
            to = self.items[to].parent;
        }
        if from == to {
            return None;
        }
        while self.items[from].parent != self.items[to].parent {
            (from, to) = (self.items[from].parent, self.items[to].parent);
        }
        Some((from, to))
    }

    /// For each item whether a link from a neighbour comes in, and whether one to a neighbour goes out.
    pub(super) fn linked(&self) -> (Vec<bool>, Vec<bool>) {
        let mut entered = vec![false; self.items.len()];
        let mut left = vec![false; self.items.len()];
        let is_order =
            |link: &&Link| link.kind.is_order() && !matches!(self.items[link.to].content, Content::Signal(_));
        for link in self.links.iter().filter(is_order) {
            if let Some((from, to)) = self.meeting(link.from, link.to) {
                left[from] = true;
                entered[to] = true;
            }
        }
        (entered, left)
    }

    /// The edges. What waits is the outermost that `from` is outside of: nothing within it starts before.
    fn link_stages(&mut self, graph: &Graph<'_>, places: &[usize]) {
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
    fn add_signals(&mut self, graph: &'g Graph<'g>, homes: &[Option<usize>]) -> Vec<usize> {
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

    fn link_waits(&mut self, graph: &Graph<'_>, placed: &Placed, knots: &mut Knots) {
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

    /// Where a wait's link ends: at a stage, at a part of it, or at the knot before its tail.
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
    fn link_ends(&mut self, knots: &Knots) {
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

    /// Puts nodes of a group that lead from the same to the same into a group of their own, where there are many.
    fn bundle(&mut self) {
        let mut ends: Vec<Ends> = vec![Vec::new(); self.items.len()];
        for link in &self.links {
            ends[link.from].push((false, link.to, link.kind));
            ends[link.to].push((true, link.from, link.kind));
        }
        ends.iter_mut().for_each(|ends| ends.sort_unstable());
        let mut bundled = vec![None; self.items.len()];
        for group in 0..bundled.len() {
            if self.items[group].depth + 1 >= DEEPEST || self.items[group].children.len() <= BESIDE {
                continue;
            }
            let is_node = |&child: &usize| {
                let content = &self.items[child].content;
                matches!(content, Content::Stage(..) | Content::Signal(_)) && !self.is_group(child)
            };
            let mut alike: HashMap<&Ends, Vec<usize>> = HashMap::new();
            for child in self.items[group].children.iter().copied().filter(is_node) {
                alike.entry(&ends[child]).or_default().push(child);
            }
            let mut bundles: Vec<Vec<usize>> = alike
                .into_iter()
                .filter(|(ends, nodes)| !ends.is_empty() && nodes.len() > BESIDE)
                .map(|(_, nodes)| nodes)
                .collect();
            bundles.sort_unstable();
            for nodes in bundles {
                let bundle = self.add(Content::Bundle, group, false);
                for &node in &nodes {
                    (bundled[node], self.items[node].parent, self.items[node].depth) =
                        (Some(bundle), bundle, self.items[bundle].depth + 1);
                }
                let mut children = std::mem::take(&mut self.items[group].children);
                children.retain(|&child| self.items[child].parent == group);
                self.items[group].children = children;
                self.items[bundle].children = nodes;
            }
        }
        if self.items.len() == bundled.len() {
            return;
        }
        let end = |item: usize| bundled.get(item).copied().flatten().unwrap_or(item);
        let mut seen = HashSet::new();
        self.links.retain_mut(|link| {
            (link.from, link.to) = (end(link.from), end(link.to));
            seen.insert((link.from, link.to, link.kind))
        });
        self.renumber();
    }

    /// Parents before their children.
    fn renumber(&mut self) {
        let mut order = Vec::with_capacity(self.items.len());
        let mut open = vec![BODY];
        while let Some(item) = open.pop() {
            order.push(item);
            open.extend(self.items[item].children.iter().rev());
        }
        let mut number = vec![0; self.items.len()];
        for (place, &item) in order.iter().enumerate() {
            number[item] = place;
        }
        let mut items: Vec<Option<Item<'g>>> = std::mem::take(&mut self.items).into_iter().map(Some).collect();
        self.items = order.into_iter().filter_map(|item| items[item].take()).collect();
        for item in &mut self.items {
            item.parent = number[item.parent];
            item.children.iter_mut().for_each(|child| *child = number[*child]);
        }
        for link in &mut self.links {
            (link.from, link.to) = (number[link.from], number[link.to]);
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

    fn add(&mut self, content: Content<'g>, parent: usize, tail: bool) -> usize {
        add(&mut self.items, content, parent, tail)
    }
}

fn add<'g>(items: &mut Vec<Item<'g>>, content: Content<'g>, parent: usize, tail: bool) -> usize {
    let index = items.len();
    let depth = items[parent].depth + 1;
    items.push(Item { content, children: Vec::new(), parent, depth, is_flat: false, tail });
    items[parent].children.push(index);
    index
}

/// The items of a graph's stages, scopes and signals.
struct Placed {
    places: Vec<usize>,
    scopes: Vec<Option<usize>>,
    signals: Vec<usize>,
}

/// For each group whose tail waits for something by itself: the knot before the tail.
#[derive(Default)]
struct Knots(HashMap<usize, usize>);

fn get<T: Copy>(items: &[T], index: u32) -> Option<T> {
    items.get(usize::try_from(index).ok()?).copied()
}

/// The tree.
struct Grown<'g> {
    items: Vec<Item<'g>>,
    /// The item of each stage.
    places: Vec<usize>,
    /// The item that each scope's stages and signals are drawn in, if it has any.
    homes: Vec<Option<usize>>,
    /// The item of each scope, that of its stage where the two are drawn as one.
    scopes: Vec<Option<usize>>,
}

/// Grows the tree from the body outwards, so that no inconsistency of the data can make it a knot.
struct Planting<'g> {
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
    fn new(graph: &'g Graph<'g>) -> Self {
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

    fn grow(mut self) -> Grown<'g> {
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
