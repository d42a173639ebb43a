//! Whether a stage contains others.

use crate::syntax::{Block, Else, HeadKind, If, Item, Members, Node, NodeKind};

/// Whether some stage stands in that node.
pub(super) fn has_stages(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Expression(_)
        | NodeKind::Return(_)
        | NodeKind::Fail(_)
        | NodeKind::Sleep(_)
        | NodeKind::SleepUntil(_)
        | NodeKind::Error => false,
        NodeKind::Block(block) | NodeKind::Seq(block) => in_block(block),
        NodeKind::If(branch) => in_branch(branch),
        NodeKind::Match(matching) => matching.arms.iter().any(|arm| has_stages(&arm.node)),
        NodeKind::Loop(looping) => {
            looping.state.as_ref().is_some_and(|state| has_stages(&state.initial)) || in_block(&looping.body)
        }
        NodeKind::For(each) => in_block(&each.body),
        NodeKind::Race(members) | NodeKind::Quorum(_, members) => match members {
            Members::Listed(nodes) => nodes.iter().any(has_stages),
            Members::For(each) => in_block(&each.body),
        },
        NodeKind::Select(heads) => heads.iter().any(|head| {
            let waits = matches!(&head.kind, HeadKind::Node { node, .. } if has_stages(node));
            waits || has_stages(&head.node)
        }),
        NodeKind::Break(value) | NodeKind::Continue(value) => value.as_deref().is_some_and(has_stages),
    }
}

fn in_block(block: &Block) -> bool {
    block.items.iter().any(|item| matches!(item, Item::Stage(_))) || block.tail.as_deref().is_some_and(has_stages)
}

fn in_branch(branch: &If) -> bool {
    in_block(&branch.then)
        || match &branch.otherwise {
            Some(Else::Block(block)) => in_block(block),
            Some(Else::If(next)) => in_branch(next),
            None => false,
        }
}
