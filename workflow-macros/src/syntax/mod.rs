//! What is written, with its spans: one type a construct, no meaning yet.
//!
//! Nothing here knows the compiler's `proc_macro`, so that all of it is tested as ordinary code.

mod attribute;
mod conditions;
mod item;
mod node;
pub(crate) mod parse;
mod workflow;

pub(crate) use attribute::{Attributes, Condition, Duration, Policy, PolicyKind, Retry, Tolerance, Wait};
pub(crate) use conditions::{Known, apply as apply_conditions};
pub(crate) use item::{Block, Item, Let, Signal, Stage};
pub(crate) use node::{Arm, Else, For, Head, HeadKind, If, Loop, Match, Members, Node, NodeKind};
pub(crate) use parse::{fragment::unread_type, parse};
pub(crate) use workflow::{Binding, Workflow};

#[cfg(test)]
mod tests;
