//! The graph as every picture shows it: a tree of groups and nodes, and the links between them.
//!
//! Whatever is inconsistent in the data ends here: the renderers see a proper tree and links with two proper ends.

mod bundle;
mod links;
mod tree;

use crate::{Graph, Scope, Signal, Stage};
use links::{Knots, Placed};
use tree::{Grown, Planting};

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
    /// Whether items nested deeper than pictures go are drawn in this one, side by side.
    pub(super) is_flat: bool,
    /// Part of its parent's tail, which takes effect once the parent's stages have ended.
    tail: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Content<'g> {
    Body,
    /// A stage, with the label of its scope if it has a single one: that is not drawn as a group of its own.
    Stage(&'g Stage<'g>, &'g str),
    Scope(&'g Scope<'g>),
    /// Comes from outside: nothing leads to it.
    Signal(&'g Signal<'g>),
    Start,
    End,
    /// A point where many lines lead to many.
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

/// The reason why one item leads to another; the first of two between the same items counts.
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
    /// A link that the picture adds: from the inputs, to the tail, or to the output.
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

    /// Returns for each item whether a link from a neighbour comes in, and whether one to a neighbour goes out.
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
