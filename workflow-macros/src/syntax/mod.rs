//! The syntax of a workflow with its spans: one type a construct, no meaning yet.
//!
//! Nothing here knows the compiler's `proc_macro`, so that all of it is tested as ordinary code.

mod conditions;
pub(crate) mod parse;
pub(crate) mod tree;
mod workflow;

pub(crate) use conditions::{CfgValue, apply as apply_conditions};
pub(crate) use parse::{fragment::unread_type, parse};
pub(crate) use tree::{
    Arm, Attributes, Block, Condition, Duration, Else, For, Head, HeadKind, If, Item, Let, Loop, Match, Members, Node,
    NodeKind, Policy, PolicyKind, Retry, Signal, Stage, Tolerance, Wait,
};
pub(crate) use workflow::{Binding, Workflow};

#[cfg(test)]
mod tests;
