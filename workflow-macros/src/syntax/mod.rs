//! What is written, with its spans: one type a construct, no meaning yet.
//!
//! Nothing here knows the compiler's `proc_macro`, so that all of it is tested as ordinary code.

mod attribute;
mod conditions;
mod item;
mod node;
mod parse;
#[cfg(test)]
mod tests;
mod workflow;

pub(crate) use attribute::{Attributes, Condition, Duration, Policy, PolicyKind, Retry, Tolerance, Undo, Wait};
pub(crate) use conditions::{Known, apply as apply_conditions};
pub(crate) use item::{Block, Item, Let, Signal, Stage};
pub(crate) use node::{Arm, Else, For, Head, HeadKind, If, Loop, LoopState, Match, Members, Node, NodeKind};
pub(crate) use parse::{parse, unread_type};
pub(crate) use workflow::{Binding, Workflow, Workflows};
