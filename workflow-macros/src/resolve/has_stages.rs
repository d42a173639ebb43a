//! Whether a stage contains others.

use workflow_syntax::{Block, Else, If, Item, ParsedHeadKind, ParsedMembers, ParsedNode, ParsedNodeKind};

/// Whether some stage stands in that node.
pub(super) fn has_stages(node: &ParsedNode) -> bool {
    match &node.kind {
        ParsedNodeKind::Expression(_)
        | ParsedNodeKind::Return(_)
        | ParsedNodeKind::Fail(_)
        | ParsedNodeKind::Sleep(_)
        | ParsedNodeKind::SleepUntil(_)
        | ParsedNodeKind::Error => false,
        ParsedNodeKind::Block(block) | ParsedNodeKind::Seq(block) => in_block(block),
        ParsedNodeKind::If(branch) => in_branch(branch),
        ParsedNodeKind::Match(matching) => matching.arms.iter().any(|arm| has_stages(&arm.node)),
        ParsedNodeKind::Loop(looping) => {
            looping.state.as_ref().is_some_and(|state| has_stages(&state.initial)) || in_block(&looping.body)
        }
        ParsedNodeKind::For(each) => in_block(&each.body),
        ParsedNodeKind::Race(members) | ParsedNodeKind::Quorum(_, members) => match members {
            ParsedMembers::Listed(nodes) => nodes.iter().any(has_stages),
            ParsedMembers::For(each) => in_block(&each.body),
        },
        ParsedNodeKind::Select(heads) => heads.iter().any(|head| {
            let waits = matches!(&head.kind, ParsedHeadKind::Node { node, .. } if has_stages(node));
            waits || has_stages(&head.node)
        }),
        ParsedNodeKind::Break(value) | ParsedNodeKind::Continue(value) => value.as_deref().is_some_and(has_stages),
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
