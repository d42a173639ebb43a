//! Which orders of events a random workflow allows.

use super::{Input, Item, Leaf, Node, Order, Ordered, Scope, Tail};
use std::collections::HashMap;

/// Everything inside a node: its leaves, and the names that stand in it.
#[derive(Default)]
pub(super) struct Inside {
    pub(super) leaves: Vec<u64>,
    pub(super) names: Vec<String>,
}

impl Inside {
    pub(super) fn inputs(&mut self, inputs: &[Input]) {
        self.names.extend(inputs.iter().map(|input| input.name().to_owned()));
    }
    fn leaf(&mut self, leaf: &Leaf) {
        self.leaves.push(leaf.id);
        self.inputs(&leaf.inputs);
    }
    pub(super) fn scope(&mut self, scope: &Scope) {
        for item in &scope.items {
            match item {
                Item::Let { inputs, .. } => self.inputs(inputs),
                Item::Stage(stage) => self.node(&stage.node),
            }
        }
        match &scope.tail {
            Tail::Name(name) => self.names.push(name.clone()),
            Tail::Mixed(_, inputs) => self.inputs(inputs),
            Tail::Node(node) => self.node(node),
        }
    }
    pub(super) fn node(&mut self, node: &Node) {
        match node {
            Node::Leaf(leaf) => self.leaf(leaf),
            Node::Block(scope) => self.scope(scope),
            Node::If { on, then, otherwise } => {
                self.names.push(on.name().to_owned());
                self.scope(then);
                self.scope(otherwise);
            }
            Node::Match { on, arms } => {
                self.names.push(on.name().to_owned());
                for arm in arms {
                    self.node(arm);
                }
            }
            Node::Loop { first: on, body, .. } => {
                self.names.push(on.name().to_owned());
                self.scope(body);
            }
            Node::For { body, .. } => self.scope(body),
            Node::When { on, node, .. } => {
                self.names.push(on.name().to_owned());
                self.node(node);
            }
            Node::Race(members) | Node::Quorum { members, .. } => {
                for leaf in members {
                    self.leaf(leaf);
                }
            }
            Node::Return(input) => self.names.push(input.name().to_owned()),
        }
    }
}

pub(super) fn order(scope: &Scope, depth: usize, scopes: &mut Vec<Order>) {
    let mut lets: HashMap<&str, Vec<String>> = HashMap::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut stages: Vec<Ordered> = Vec::new();
    for item in &scope.items {
        match item {
            Item::Let { name, inputs, .. } => {
                // Through the `let`s that it names.
                let named = inputs
                    .iter()
                    .flat_map(|input| lets.get(input.name()).cloned().unwrap_or_else(|| vec![input.name().to_owned()]));
                let named = named.collect();
                lets.insert(name, named);
            }
            Item::Stage(stage) => {
                let mut inside = Inside::default();
                inside.node(&stage.node);
                inside.names.extend(stage.after.iter().cloned());
                let named = inside
                    .names
                    .iter()
                    .flat_map(|name| lets.get(name.as_str()).cloned().unwrap_or_else(|| vec![name.clone()]));
                let mut on: Vec<usize> = named.filter_map(|name| places.get(name.as_str()).copied()).collect();
                if scope.in_order {
                    on.extend(0..stages.len());
                }
                if stage.lazy {
                    // An expression that names it requests it, whenever it comes to that.
                    lets.insert(&stage.name, Vec::new());
                } else {
                    places.insert(&stage.name, stages.len());
                }
                stages.push(Ordered { leaves: inside.leaves, on });
                order_in(&stage.node, depth, scopes);
            }
        }
    }
    // Its tail starts when all its stages have ended.
    if let Tail::Node(node) = &scope.tail {
        let mut inside = Inside::default();
        inside.node(node);
        let on = (0..stages.len()).collect();
        stages.push(Ordered { leaves: inside.leaves, on });
        order_in(node, depth, scopes);
    }
    scopes.push(Order { depth, stages });
}

fn order_in(node: &Node, depth: usize, scopes: &mut Vec<Order>) {
    match node {
        Node::Block(scope) => order(scope, depth, scopes),
        Node::If { then, otherwise, .. } => {
            order(then, depth, scopes);
            order(otherwise, depth, scopes);
        }
        Node::Match { arms, .. } => {
            for arm in arms {
                order_in(arm, depth, scopes);
            }
        }
        Node::Loop { body, .. } | Node::For { body, .. } => order(body, depth + 1, scopes),
        Node::When { node, .. } => order_in(node, depth, scopes),
        Node::Leaf(_) | Node::Race(_) | Node::Quorum { .. } | Node::Return(_) => {}
    }
}
