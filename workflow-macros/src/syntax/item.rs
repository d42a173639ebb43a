//! The items of a block.

use super::{attribute::Attributes, node::Node};
use proc_macro2::{Ident, Span};
use syn::{Expr, Type};

/// `{ items.. tail }`
pub(crate) struct Block {
    pub(crate) items: Vec<Item>,
    /// None: the block's value is `()`.
    pub(crate) tail: Option<Box<Node>>,
    /// Its opening brace to its closing one.
    #[allow(dead_code, reason = "a place to point at")]
    pub(crate) span: Span,
    /// Its closing brace alone: where a missing tail is told.
    pub(crate) close: Span,
}

/// One item of a block, in the order written.
#[allow(clippy::large_enum_variant, reason = "a tree is read once and dropped: a box would save nothing")]
pub(crate) enum Item {
    Stage(Stage),
    Let(Let),
    Signal(Signal),
}

/// `stage name: T = NODE;`
pub(crate) struct Stage {
    pub(crate) attributes: Attributes,
    /// The word `stage`.
    pub(crate) keyword: Span,
    pub(crate) name: Ident,
    /// None: `()`.
    pub(crate) ty: Option<Type>,
    pub(crate) node: Node,
}

/// `let name: T = EXPR;`
pub(crate) struct Let {
    pub(crate) attributes: Attributes,
    #[allow(dead_code, reason = "a place to point at")]
    pub(crate) keyword: Span,
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) value: Expr,
}

/// `signal name: T;`
pub(crate) struct Signal {
    pub(crate) attributes: Attributes,
    #[allow(dead_code, reason = "a place to point at")]
    pub(crate) keyword: Span,
    pub(crate) name: Ident,
    pub(crate) ty: Type,
}
