//! The syntax of a workflow with its spans: one type a construct, no meaning yet.
//!
//! Nothing here knows the compiler's `proc_macro`, so that all of it is tested as ordinary code, and tools outside of
//! the compiler read workflows with it. The interface follows the macro and changes with any version.
#![forbid(unsafe_code)]
#![allow(
    missing_docs,
    reason = "a node of the tree shows the source that it is read from, which names each of its parts"
)]

mod conditions;
pub mod diagnostics;
mod parse;
pub mod suggest;
pub mod text;
mod tree;
mod workflow;

pub use conditions::{CfgValue, apply as apply_conditions};
pub use parse::{
    fragment::{is_unread, is_unread_word, unread_type},
    parse,
};
pub use tree::{
    Attributes, Block, Condition, Duration, Else, If, Item, LoopState, Match, ParsedArm, ParsedFor, ParsedHead,
    ParsedHeadKind, ParsedLet, ParsedLoop, ParsedMembers, ParsedNode, ParsedNodeKind, ParsedRetry, ParsedSignal,
    ParsedStage, ParsedTolerance, ParsedUndo, ParsedWait, Policy, PolicyKind,
};
pub use workflow::{Binding, Workflow, Workflows};

#[cfg(test)]
mod tests;
