//! The graph as every picture shows it: a tree of groups and nodes, and the links between them.
//!
//! Whatever is inconsistent in the data ends here: the renderers see a proper tree and links with two proper ends.

use std::collections::{HashMap, HashSet};

use crate::{EdgeKind, Graph, Scope, Signal, Stage, StageKind};

/// Groups within groups, at most; what is nested deeper is drawn in the deepest.
const DEEPEST: usize = 24;

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
    /// A signal to what waits for it.
    Signal,
    /// What the picture adds: from the inputs, to the tail and the output.
    Flow,
}

impl<'g> Outline<'g> {
    pub(super) fn new(graph: &'g Graph<'g>) -> Self {
        let Grown { items, places, homes } = Planting::new(graph).grow();
        let mut outline = Outline { items, links: Vec::new() };
        outline.link_stages(graph, &places);
        outline.link_ends();
        outline.add_signals(graph, &places, &homes);
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
        for link in self.links.iter().filter(|link| link.kind != LinkKind::Signal) {
            if let Some((from, to)) = self.meeting(link.from, link.to) {
                left[from] = true;
                entered[to] = true;
            }
        }
        (entered, left)
    }

    fn link_stages(&mut self, graph: &Graph<'_>, places: &[usize]) {
        let mut known: HashMap<(usize, usize), usize> = HashMap::with_capacity(graph.edges.len());
        for edge in graph.edges {
            let place = |stage: u32| places.get(usize::try_from(stage).ok()?).copied();
            let (Some(from), Some(to)) = (place(edge.from), place(edge.to)) else { continue };
            if self.meeting(from, to).is_none() {
                continue;
            }
            let kind = match edge.kind {
                EdgeKind::Data => LinkKind::Data,
                EdgeKind::After => LinkKind::After,
                EdgeKind::Sequence => LinkKind::Sequence,
                EdgeKind::Lazy => LinkKind::Lazy,
            };
            let index = *known.entry((from, to)).or_insert(self.links.len());
            match self.links.get_mut(index) {
                Some(link) => link.kind = link.kind.min(kind),
                None => self.links.push(Link { from, to, kind }),
            }
        }
        self.drop_implied();
    }

    /// A link into a group says that the group waits, too: a second one to the group's border would only be noise.
    fn drop_implied(&mut self) {
        let mut implied = HashSet::new();
        for link in &self.links {
            if link.kind != LinkKind::Lazy
                && let Some((_, outermost)) = self.meeting(link.from, link.to)
            {
                let mut group = link.to;
                while group != outermost {
                    group = self.items[group].parent;
                    implied.insert((link.from, group));
                }
            }
        }
        self.links.retain(|link| !implied.contains(&(link.from, link.to)));
    }

    /// Adds where the workflow starts and ends, and leads each group's last stages to its tail.
    fn link_ends(&mut self) {
        let (entered, left) = self.linked();
        for group in 0..entered.len() {
            let (tails, stages): (Vec<usize>, Vec<usize>) =
                self.items[group].children.iter().partition(|&&child| self.items[child].tail);
            let last: Vec<usize> = stages.iter().copied().filter(|&stage| !left[stage]).collect();
            self.link_all(&last, &tails, group);
            if group == BODY {
                let first = if stages.is_empty() { &tails } else { &stages };
                let first: Vec<usize> = first.iter().copied().filter(|&item| !entered[item]).collect();
                let start = self.add(Content::Start, BODY, false);
                self.items[BODY].children.rotate_right(1);
                let end = self.add(Content::End, BODY, false);
                let last = if tails.is_empty() { last } else { tails };
                if first.is_empty() && last.is_empty() {
                    self.link_all(&[start], &[end], BODY);
                } else {
                    self.link_all(&[start], &first, BODY);
                    self.link_all(&last, &[end], BODY);
                }
            }
        }
    }

    /// Each signal in the block that declares it, or around what waits for it; and a link to each of those, but none to a
    /// group that holds another of them.
    fn add_signals(&mut self, graph: &'g Graph<'g>, places: &[usize], homes: &[Option<usize>]) {
        for signal in graph.signals {
            let place = |stage: &u32| places.get(usize::try_from(*stage).ok()?).copied();
            let waiting: HashSet<usize> = signal.waiting.iter().filter_map(place).collect();
            let home = usize::try_from(signal.scope).ok().and_then(|scope| *homes.get(scope)?);
            let mut home = home.unwrap_or(BODY);
            while home != BODY
                && (self.items[home].depth >= DEEPEST || waiting.iter().any(|&waiting| self.holds(waiting, home)))
            {
                home = self.items[home].parent;
            }
            let holds_none = |&outer: &usize| !waiting.iter().any(|&inner| inner != outer && self.holds(outer, inner));
            let mut innermost: Vec<usize> = waiting.iter().copied().filter(holds_none).collect();
            innermost.sort_unstable();
            let from = self.add(Content::Signal(signal), home, false);
            self.links.extend(innermost.into_iter().map(|to| Link { from, to, kind: LinkKind::Signal }));
        }
    }

    /// It is that group, or within it.
    fn holds(&self, group: usize, item: usize) -> bool {
        let mut item = item;
        while self.items[item].depth > self.items[group].depth {
            item = self.items[item].parent;
        }
        item == group
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
    items.push(Item { content, children: Vec::new(), parent, depth, tail });
    items[parent].children.push(index);
    index
}

/// The tree.
struct Grown<'g> {
    items: Vec<Item<'g>>,
    /// The item of each stage.
    places: Vec<usize>,
    /// The item that each scope's stages are drawn in, if it has any.
    homes: Vec<Option<usize>>,
}

/// Grows the tree from the body outwards, so that no inconsistency of the data can make it a knot.
struct Planting<'g> {
    graph: &'g Graph<'g>,
    /// The stages that live in each scope, and the scopes that stand in its tail.
    stages_in: Vec<Vec<usize>>,
    scopes_in: Vec<Vec<usize>>,
    /// The scopes that are a stage's node.
    scopes_of: Vec<Vec<usize>>,
    /// Whether a stage lives in the scope or in one nested in it.
    inhabited: Vec<bool>,
    items: Vec<Item<'g>>,
    /// The scopes whose contents each item is still to get.
    waiting: Vec<(usize, usize)>,
    /// Each stage's item.
    places: Vec<Option<usize>>,
    /// The item that each scope's stages are drawn in.
    homes: Vec<Option<usize>>,
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
        for stage in 0..stages {
            let mut scope = Some(home(stage));
            while let Some(index) = scope.filter(|&index| !inhabited[index]) {
                inhabited[index] = true;
                scope = outer[index];
            }
        }
        let body = Item { content: Content::Body, children: Vec::new(), parent: BODY, depth: 0, tail: false };
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
        Grown { items: self.items, places, homes: self.homes }
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
        let is_expression = stage.kind == StageKind::Expression;
        let single = match *scopes {
            [scope] if !is_expression => Some(scope),
            _ => None,
        };
        let label = single.map_or("", |scope| self.graph.scopes[scope].label);
        let item = self.draw(Content::Stage(stage, label), group, false);
        self.places[index] = Some(item);
        if let Some(scope) = single {
            self.waiting.push((scope, item));
            return item;
        }
        for scope in scopes {
            // What an expression owns is what its policies need, like a fallback's block.
            if !is_expression || self.inhabited[scope] {
                self.draw_scope(scope, item, false);
            }
        }
        item
    }

    fn draw_scope(&mut self, scope: usize, group: usize, tail: bool) {
        let item = self.draw(Content::Scope(&self.graph.scopes[scope]), group, tail);
        if self.inhabited[scope] {
            self.waiting.push((scope, item));
        }
    }

    fn draw(&mut self, content: Content<'g>, group: usize, tail: bool) -> usize {
        let group = if self.items[group].depth < DEEPEST { group } else { self.items[group].parent };
        add(&mut self.items, content, group, tail)
    }
}
