//! Nodes that lead from the same to the same share their lines.

use std::collections::{HashMap, HashSet};

use super::{BODY, Content, DEEPEST, Item, LinkKind, Outline};

/// Nodes that lead from the same to the same and stand side by side, at most.
const BESIDE: usize = 12;

/// Links of one item: whether the item is the target, the other end, and the kind.
type ItemLinks = Vec<(bool, usize, LinkKind)>;

impl<'g> Outline<'g> {
    /// Puts nodes of a group that lead from the same to the same into a group of their own, where there are many.
    pub(super) fn bundle(&mut self) {
        let mut ends: Vec<ItemLinks> = vec![Vec::new(); self.items.len()];
        for link in &self.links {
            ends[link.from].push((false, link.to, link.kind));
            ends[link.to].push((true, link.from, link.kind));
        }
        for ends in &mut ends {
            ends.sort_unstable();
        }
        let mut bundled = vec![None; self.items.len()];
        for group in 0..bundled.len() {
            if self.items[group].depth + 1 >= DEEPEST || self.items[group].children.len() <= BESIDE {
                continue;
            }
            let is_node = |&child: &usize| {
                let content = &self.items[child].content;
                matches!(content, Content::Stage(..) | Content::Signal(_)) && !self.is_group(child)
            };
            let mut alike: HashMap<&ItemLinks, Vec<usize>> = HashMap::new();
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
}
