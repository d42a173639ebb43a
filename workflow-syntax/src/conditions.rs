//! `#[cfg(..)]` inside a workflow.
//!
//! A macro can't know whether a condition holds, but rustc can be asked. The first unknown condition turns the whole
//! invocation into two, one under the condition and one under its opposite. rustc keeps one of them. What is left is
//! what would have been written without the attribute.

use super::{
    tree::{
        Attributes, Block, Else, If, Item, ParsedArm, ParsedFor, ParsedHead, ParsedHeadKind, ParsedMembers, ParsedNode,
        ParsedNodeKind, PolicyKind,
    },
    workflow::{Binding, Workflow, Workflows},
};
use proc_macro2::TokenStream;

/// A condition that rustc has been asked about.
pub struct CfgValue {
    pub condition: TokenStream,
    pub holds: bool,
}

/// Leaves out whatever stands under a condition that does not hold.
///
/// # Errors
/// The first condition that is not known.
pub fn apply(workflows: &mut Workflows, known: &[CfgValue]) -> Result<(), TokenStream> {
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

    fn node(&self, node: &mut ParsedNode) -> Asked {
        self.policies(&mut node.attributes)?;
        match &mut node.kind {
            ParsedNodeKind::Block(block) | ParsedNodeKind::Seq(block) => self.block(block),
            ParsedNodeKind::If(branches) => self.branches(branches),
            ParsedNodeKind::Match(matching) => {
                self.keep(&mut matching.arms, |arm: &mut ParsedArm| &mut arm.attributes)?;
                matching.arms.iter_mut().try_for_each(|arm| self.node(&mut arm.node))
            }
            ParsedNodeKind::Loop(looping) => {
                if let Some(state) = &mut looping.state {
                    self.node(&mut state.initial)?;
                }
                self.block(&mut looping.body)
            }
            ParsedNodeKind::For(each) => self.each(each),
            ParsedNodeKind::Race(members) | ParsedNodeKind::Quorum(_, members) => match members {
                ParsedMembers::For(each) => self.each(each),
                ParsedMembers::Listed(nodes) => nodes.iter_mut().try_for_each(|node| self.node(node)),
            },
            ParsedNodeKind::Select(heads) => {
                self.keep(heads, |head: &mut ParsedHead| &mut head.attributes)?;
                heads.iter_mut().try_for_each(|head| {
                    if let ParsedHeadKind::Node { node, .. } = &mut head.kind {
                        self.node(node)?;
                    }
                    self.node(&mut head.node)
                })
            }
            ParsedNodeKind::Break(Some(node)) | ParsedNodeKind::Continue(Some(node)) => self.node(node),
            ParsedNodeKind::Expression(_)
            | ParsedNodeKind::Sleep(_)
            | ParsedNodeKind::SleepUntil(_)
            | ParsedNodeKind::Return(_)
            | ParsedNodeKind::Fail(_)
            | ParsedNodeKind::Break(None)
            | ParsedNodeKind::Continue(None)
            | ParsedNodeKind::Error => Ok(()),
        }
    }

    fn each(&self, each: &mut ParsedFor) -> Asked {
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
