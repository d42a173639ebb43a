//! The parser: it never fails, reports each mistake once, and gives what could be read.
//!
//! The parser works on token trees: [`scan`] finds where each piece ends from the tokens alone, and only then is the
//! piece read, with syn where it is Rust. So a mistake stays in its piece, and the pieces around it are read all the
//! same.

mod arguments;
mod attribute;
mod binding;
mod block;
mod branch;
mod choice;
mod duration;
pub(crate) mod fragment;
mod header;
mod item;
mod node;
mod policy;
mod repeat;
mod scan;
mod statement;
mod text;
mod tokens;
mod unfinished;
mod workflows;

use crate::{diagnostics::Diagnostics, workflow::Workflows};
use proc_macro2::TokenStream;
use tokens::Inside;

/// Reads what stands in `workflow! { .. }`.
pub fn parse(tokens: TokenStream, diagnostics: &Diagnostics) -> Workflows {
    let is_tried = unfinished::is_tried(&tokens);
    let inside = Inside::whole(tokens);
    Parser { diagnostics, is_tried }.workflows(inside.tokens())
}

/// The state that all parts of the parser share.
#[derive(Clone, Copy)]
struct Parser<'a> {
    /// The collector of mistakes.
    diagnostics: &'a Diagnostics,
    /// Whether an editor tries a name.
    is_tried: bool,
}
