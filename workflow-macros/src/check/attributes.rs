//! Attributes where they mean nothing, or twice.

use super::{
    budget::{self, Limit},
    durations,
    places::{Place, Verdict, verdict},
};
use crate::diagnostics::messages;
use proc_macro2::Ident;
use std::collections::HashMap;
use workflow_syntax::{
    Attributes, Block, Else, If, Item, ParsedHeadKind, ParsedMembers, ParsedNode, ParsedNodeKind, ParsedSignal, Policy,
    PolicyKind, Workflow, diagnostics::Diagnostics,
};

pub(super) fn check(workflow: &Workflow, diagnostics: &Diagnostics) {
    let mut walk = AttributeWalk { diagnostics, limit: Limit::of_workflow(&workflow.attributes) };
    walk.attributes(&workflow.attributes, Place::Workflow);
    for input in &workflow.inputs {
        walk.attributes(&input.attributes, Place::Input);
    }
    for service in &workflow.services {
        walk.attributes(&service.attributes, Place::Service);
    }
    walk.block(&workflow.body);
}

struct AttributeWalk<'d> {
    diagnostics: &'d Diagnostics,
    /// The shortest limit of what is around: the workflow's deadline, or the timeout or deadline of a stage.
    limit: Option<Limit>,
}

impl AttributeWalk<'_> {
    fn attributes(&mut self, attributes: &Attributes, place: Place<'_>) {
        let mut first: HashMap<String, &Ident> = HashMap::new();
        let catches = attributes.policies.iter().any(|policy| matches!(policy.kind, PolicyKind::Catch));
        for policy in &attributes.policies {
            let Policy { name, kind, .. } = policy;
            let earlier = *first.entry(name.to_string()).or_insert(name);
            let repeatable = matches!(kind, PolicyKind::Retry(_) | PolicyKind::Acquire { .. });
            if let Some(message) = misplaced(policy, place) {
                self.diagnostics.error(name.span(), message);
            } else if !std::ptr::eq(earlier, name) && !repeatable {
                self.diagnostics.error(name.span(), messages::attribute_twice(&name.to_string(), earlier.span()));
            }
            match kind {
                // Only where failures are values can some of them be tolerated.
                PolicyKind::Tolerate(_) if !catches && misplaced(policy, place).is_none() => {
                    self.diagnostics.error(name.span(), messages::TOLERATE_ALONE);
                }
                PolicyKind::After(names) => self.named_twice(names),
                PolicyKind::Max { otherwise: Some(node), .. } | PolicyKind::Fallback(node) => self.unnamed(node),
                _ => {}
            }
        }
        self.spawn_and_blocking(attributes);
        durations::check(attributes, self.diagnostics);
        budget::check(attributes, self.limit, self.diagnostics);
    }

    fn named_twice(&self, names: &[Ident]) {
        let mut seen = std::collections::HashSet::new();
        for name in names {
            if !seen.insert(name.to_string()) {
                self.diagnostics.error(name.span(), messages::after_twice(&name.to_string()));
            }
        }
    }

    fn spawn_and_blocking(&self, attributes: &Attributes) {
        let find = |wanted: fn(&PolicyKind) -> bool| attributes.policies.iter().find(|policy| wanted(&policy.kind));
        let spawn = find(|kind| matches!(kind, PolicyKind::Spawn));
        let blocking = find(|kind| matches!(kind, PolicyKind::Blocking));
        if let (Some(spawn), Some(_)) = (spawn, blocking) {
            self.diagnostics.error(spawn.name.span(), messages::SPAWN_AND_BLOCKING);
        }
    }

    fn block(&mut self, block: &Block) {
        for item in &block.items {
            match item {
                Item::Stage(stage) => {
                    self.attributes(&stage.attributes, Place::Stage(&stage.node.kind));
                    self.inside(&stage.attributes, &stage.node);
                }
                Item::Let(binding) => self.attributes(&binding.attributes, Place::Let),
                Item::Signal(signal) => self.signal(signal),
            }
        }
        if let Some(tail) = &block.tail {
            self.unnamed(tail);
        }
    }

    fn signal(&mut self, signal: &ParsedSignal) {
        self.attributes(&signal.attributes, Place::Signal);
    }

    /// A node that is no stage's has attributes of its own.
    fn unnamed(&mut self, node: &ParsedNode) {
        self.attributes(&node.attributes, Place::Unnamed(&node.kind));
        self.inside(&node.attributes, node);
    }

    /// Looks at what is in a node, for which the limits of its attributes count too.
    fn inside(&mut self, attributes: &Attributes, node: &ParsedNode) {
        let around = self.limit;
        self.limit = Limit::shortest(around, attributes);
        self.node(node);
        self.limit = around;
    }

    fn node(&mut self, node: &ParsedNode) {
        match &node.kind {
            ParsedNodeKind::Expression(_)
            | ParsedNodeKind::Return(_)
            | ParsedNodeKind::Fail(_)
            | ParsedNodeKind::Sleep(_)
            | ParsedNodeKind::SleepUntil(_)
            | ParsedNodeKind::Error => {}
            ParsedNodeKind::Block(block) | ParsedNodeKind::Seq(block) => self.block(block),
            ParsedNodeKind::If(branch) => self.branch(branch),
            ParsedNodeKind::Match(matching) => {
                for arm in &matching.arms {
                    self.attributes(&arm.attributes, Place::Arm);
                    self.unnamed(&arm.node);
                }
            }
            ParsedNodeKind::Loop(looping) => {
                if let Some(state) = &looping.state {
                    self.unnamed(&state.initial);
                }
                self.block(&looping.body);
            }
            ParsedNodeKind::For(each) => self.block(&each.body),
            ParsedNodeKind::Race(members) | ParsedNodeKind::Quorum(_, members) => match members {
                ParsedMembers::Listed(nodes) => nodes.iter().for_each(|node| self.unnamed(node)),
                ParsedMembers::For(each) => self.block(&each.body),
            },
            ParsedNodeKind::Select(heads) => {
                for head in heads {
                    self.attributes(&head.attributes, Place::Arm);
                    if let ParsedHeadKind::Node { node, .. } = &head.kind {
                        self.unnamed(node);
                    }
                    self.unnamed(&head.node);
                }
            }
            ParsedNodeKind::Break(value) | ParsedNodeKind::Continue(value) => {
                if let Some(value) = value {
                    self.unnamed(value);
                }
            }
        }
    }

    fn branch(&mut self, branch: &If) {
        self.block(&branch.then);
        match &branch.otherwise {
            Some(Else::Block(block)) => self.block(block),
            Some(Else::If(next)) => self.branch(next),
            None => {}
        }
    }
}

fn misplaced(policy: &Policy, place: Place<'_>) -> Option<String> {
    let name = policy.name.to_string();
    match verdict(&policy.kind, place) {
        Verdict::Fits => None,
        Verdict::Misplaced(belongs) => Some(messages::misplaced(&name, place.called(), belongs)),
        Verdict::WrongNode(belongs) => Some(messages::wrong_node(&name, belongs)),
    }
}
