//! `#[cfg(..)]` inside a workflow.
//!
//! A macro can't know whether a condition holds, but rustc can be asked: the first unknown condition turns the whole
//! invocation into two, one under the condition and one under its opposite, of which rustc keeps one. What is left is
//! what would have been written without the attribute.

use super::{
    tree::{Arm, Attributes, Block, Else, For, Head, HeadKind, If, Item, Members, Node, NodeKind, PolicyKind},
    workflow::{Binding, Workflow, Workflows},
};
use proc_macro2::TokenStream;

/// A condition that rustc has been asked about.
pub(crate) struct CfgValue {
    pub(crate) condition: TokenStream,
    pub(crate) holds: bool,
}

/// Leaves out whatever stands under a condition that does not hold.
///
/// # Errors
/// The first condition that is not known.
pub(crate) fn apply(workflows: &mut Workflows, known: &[CfgValue]) -> Result<(), TokenStream> {
    let conditions =
        Conditions { known: known.iter().map(|known| (known.condition.to_string(), known.holds)).collect() };
    conditions.keep(&mut workflows.workflows, |workflow| &mut workflow.attributes)?;
    workflows.workflows.iter_mut().try_for_each(|workflow| conditions.workflow(workflow))
}

struct Conditions {
    known: Vec<(String, bool)>,
}

type Asked = Result<(), TokenStream>;

impl Conditions {
    fn holds(&self, attributes: &mut Attributes) -> Result<bool, TokenStream> {
        for attribute in &attributes.cfgs {
            let syn::Meta::List(list) = &attribute.meta else { continue };
            let text = list.tokens.to_string();
            match self.known.iter().find(|(condition, _)| *condition == text) {
                Some((_, true)) => {}
                Some((_, false)) => return Ok(false),
                None => return Err(list.tokens.clone()),
            }
        }
        attributes.cfgs.clear();
        Ok(true)
    }

    fn keep<T>(&self, all: &mut Vec<T>, attributes: impl Fn(&mut T) -> &mut Attributes) -> Asked {
        let mut asked = Ok(());
        all.retain_mut(|one| match self.holds(attributes(one)) {
            Ok(holds) => holds,
            Err(condition) => {
                if asked.is_ok() {
                    asked = Err(condition);
                }
                true
            }
        });
        asked
    }

    fn workflow(&self, workflow: &mut Workflow) -> Asked {
        self.keep(&mut workflow.inputs, |input: &mut Binding| &mut input.attributes)?;
        self.keep(&mut workflow.services, |service: &mut Binding| &mut service.attributes)?;
        self.block(&mut workflow.body)
    }

    fn block(&self, block: &mut Block) -> Asked {
        self.keep(&mut block.items, |item| match item {
            Item::Stage(stage) => &mut stage.attributes,
            Item::Let(binding) => &mut binding.attributes,
            Item::Signal(signal) => &mut signal.attributes,
        })?;
        for item in &mut block.items {
            if let Item::Stage(stage) = item {
                self.policies(&mut stage.attributes)?;
                self.node(&mut stage.node)?;
            }
        }
        block.tail.as_mut().map_or(Ok(()), |tail| self.node(tail))
    }

    fn policies(&self, attributes: &mut Attributes) -> Asked {
        attributes.policies.iter_mut().try_for_each(|policy| match &mut policy.kind {
            PolicyKind::Max { otherwise: Some(node), .. } | PolicyKind::Fallback(node) => self.node(node),
            _ => Ok(()),
        })
    }

    fn node(&self, node: &mut Node) -> Asked {
        self.policies(&mut node.attributes)?;
        match &mut node.kind {
            NodeKind::Block(block) | NodeKind::Seq(block) => self.block(block),
            NodeKind::If(branches) => self.branches(branches),
            NodeKind::Match(matching) => {
                self.keep(&mut matching.arms, |arm: &mut Arm| &mut arm.attributes)?;
                matching.arms.iter_mut().try_for_each(|arm| self.node(&mut arm.node))
            }
            NodeKind::Loop(looping) => {
                if let Some(state) = &mut looping.state {
                    self.node(&mut state.initial)?;
                }
                self.block(&mut looping.body)
            }
            NodeKind::For(each) => self.each(each),
            NodeKind::Race(members) | NodeKind::Quorum(_, members) => match members {
                Members::For(each) => self.each(each),
                Members::Listed(nodes) => nodes.iter_mut().try_for_each(|node| self.node(node)),
            },
            NodeKind::Select(heads) => {
                self.keep(heads, |head: &mut Head| &mut head.attributes)?;
                heads.iter_mut().try_for_each(|head| {
                    if let HeadKind::Node { node, .. } = &mut head.kind {
                        self.node(node)?;
                    }
                    self.node(&mut head.node)
                })
            }
            NodeKind::Break(Some(node)) | NodeKind::Continue(Some(node)) => self.node(node),
            NodeKind::Expression(_)
            | NodeKind::Sleep(_)
            | NodeKind::SleepUntil(_)
            | NodeKind::Return(_)
            | NodeKind::Fail(_)
            | NodeKind::Break(None)
            | NodeKind::Continue(None)
            | NodeKind::Error => Ok(()),
        }
    }

    fn each(&self, each: &mut For) -> Asked {
        self.block(&mut each.body)
    }

    fn branches(&self, branches: &mut If) -> Asked {
        self.block(&mut branches.then)?;
        match &mut branches.otherwise {
            Some(Else::Block(block)) => self.block(block),
            Some(Else::If(next)) => self.branches(next),
            None => Ok(()),
        }
    }
}
