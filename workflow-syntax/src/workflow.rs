//! The tree of one workflow: its header and its block.

use super::tree::{Attributes, Block};
use proc_macro2::{Ident, Span};
use syn::{Generics, Type, Visibility};

/// The content of one `workflow! { .. }`: one workflow or several.
pub struct Workflows {
    pub workflows: Vec<Workflow>,
    /// Whether nothing that was meant as a workflow is missing among them.
    pub whole: bool,
}

/// One workflow.
pub struct Workflow {
    pub attributes: Attributes,
    pub visibility: Visibility,
    /// The word `workflow`.
    #[allow(dead_code, reason = "a place to point at")]
    pub keyword: Span,
    pub name: Ident,
    /// Generics with their `where` clause.
    pub generics: Generics,
    pub inputs: Vec<Binding>,
    /// `()` where none is written.
    pub output: Type,
    pub services: Vec<Binding>,
    /// Whether the number of its inputs and services could be read, though perhaps not all of each.
    pub counted: bool,
    pub body: Block,
}

/// `name: Type`, an input or a service.
pub struct Binding {
    pub attributes: Attributes,
    pub name: Ident,
    pub ty: Type,
}
