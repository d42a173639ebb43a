//! The syntax of a workflow with its spans: one type a construct, no meaning yet.
//!
//! Nothing here knows the compiler's `proc_macro`, so that all of it is tested as ordinary code.

mod conditions;
pub(crate) mod parse;
pub(crate) mod tree;
mod workflow;

pub(crate) use conditions::{CfgValue, apply as apply_conditions};
pub(crate) use parse::{
    fragment::{is_unread, unread_type},
    parse,
};
pub(crate) use tree::{
    Attributes, Block, Condition, Duration, Else, If, Item, Match, ParsedArm, ParsedFor, ParsedHead, ParsedHeadKind,
    ParsedLet, ParsedLoop, ParsedMembers, ParsedNode, ParsedNodeKind, ParsedRetry, ParsedSignal, ParsedStage,
    ParsedTolerance, ParsedWait, Policy, PolicyKind,
};
pub(crate) use workflow::{Binding, Workflow};

#[cfg(test)]
mod tests;
