//! The tree of one workflow: its header and its block.

use super::tree::{Attributes, Block};
use proc_macro2::{Ident, Span};
use syn::{Generics, Type, Visibility};

/// The content of one `workflow! { .. }`: one workflow or several.
pub(crate) struct Workflows {
    pub(crate) workflows: Vec<Workflow>,
}

/// One workflow.
pub(crate) struct Workflow {
    pub(crate) attributes: Attributes,
    pub(crate) visibility: Visibility,
    /// The word `workflow`.
    #[allow(dead_code, reason = "a place to point at")]
    pub(crate) keyword: Span,
    pub(crate) name: Ident,
    /// Generics with their `where` clause.
    pub(crate) generics: Generics,
    pub(crate) inputs: Vec<Binding>,
    /// `()` where none is written.
    pub(crate) output: Type,
    pub(crate) services: Vec<Binding>,
    /// Whether the number of its inputs and services could be read, though perhaps not all of each.
    pub(crate) counted: bool,
    pub(crate) body: Block,
}

/// `name: Type`, an input or a service.
pub(crate) struct Binding {
    pub(crate) attributes: Attributes,
    pub(crate) name: Ident,
    pub(crate) ty: Type,
}
