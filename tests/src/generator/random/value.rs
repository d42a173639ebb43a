//! Plain evaluation of random workflows. `Err`: the whole workflow has returned.

use super::{Input, Item, Leaf, Node, Scope, Tail, mix};
use std::collections::HashMap;

fn values(inputs: &[Input], known: &HashMap<String, u64>) -> Vec<u64> {
    inputs.iter().map(|input| known[input.name()]).collect()
}

pub(super) fn run_scope(scope: &Scope, known: &mut HashMap<String, u64>) -> Result<u64, u64> {
    for item in &scope.items {
        let (name, value) = match item {
            Item::Let { name, salt, inputs } => (name, mix(*salt, &values(inputs, known))),
            Item::Stage(stage) => (&stage.name, run_node(&stage.node, known)?),
        };
        known.insert(name.clone(), value);
    }
    match &scope.tail {
        Tail::Name(name) => Ok(known[name]),
        Tail::Mixed(salt, inputs) => Ok(mix(*salt, &values(inputs, known))),
        Tail::Node(node) => run_node(node, known),
    }
}

fn run_node(node: &Node, known: &mut HashMap<String, u64>) -> Result<u64, u64> {
    let leaf = |leaf: &Leaf, known: &HashMap<String, u64>| mix(leaf.salt, &values(&leaf.inputs, known));
    Ok(match node {
        Node::Leaf(one) => leaf(one, known),
        Node::Block(scope) => run_scope(scope, known)?,
        Node::If { on, then, otherwise } => {
            run_scope(if known[on.name()].is_multiple_of(2) { then } else { otherwise }, known)?
        }
        Node::Match { on, arms } => {
            let arm = usize::try_from(known[on.name()] % 3).unwrap_or(2);
            run_node(&arms[arm], known)?
        }
        Node::Loop { state, rounds, first, body } => {
            let mut value = known[first.name()];
            for _ in 0..*rounds {
                known.insert(state.clone(), value);
                value = run_scope(body, known)?;
            }
            value
        }
        Node::For { item, items, body, .. } => {
            let mut list = Vec::new();
            for &value in items {
                known.insert(item.clone(), value);
                list.push(run_scope(body, known)?);
            }
            mix(0, &list)
        }
        Node::When { on, node, .. } => {
            if known[on.name()] % 4 < 2 {
                run_node(node, known)?
            } else {
                9
            }
        }
        Node::Race(members) => leaf(&members[0], known),
        Node::Quorum { needed, members, .. } => mix(1, &vec![leaf(&members[0], known); *needed]),
        Node::Return(input) => return Err(known[input.name()]),
    })
}
