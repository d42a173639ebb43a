//! The static graph of a `workflow!`, and its pictures.
//!
//! The macro emits each workflow's [`Graph`] as a `static`. [`to_mermaid`](Graph::to_mermaid),
//! [`to_dot`](Graph::to_dot) and [`to_svg`](Graph::to_svg) draw it; [`to_rustdoc`](Graph::to_rustdoc) is what the macro
//! puts into the workflow's own documentation. There are no dependencies: the macro itself uses this crate.
#![forbid(unsafe_code)]

mod graph;
mod picture;

pub use graph::{
    Awaited, Edge, EdgeKind, Graph, Policy, Scope, ScopeKind, Signal, Stage, StageKind, Value, Wait, WaitKind,
};

#[doc(hidden)]
pub use picture::xml;
