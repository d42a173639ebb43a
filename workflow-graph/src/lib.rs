//! The static graph of a `workflow!`, and its pictures.
#![forbid(unsafe_code)]

mod graph;
mod picture;

pub use graph::{Edge, EdgeKind, Graph, Policy, Scope, ScopeKind, Stage, StageKind, Value};
