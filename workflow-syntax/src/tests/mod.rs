//! The parser, tested as ordinary code.

mod constructs;
mod describe;
mod mistakes;
mod properties;
mod recovery;

use crate::{diagnostics::Diagnostics, parse::parse, workflow::Workflows};
use proc_macro2::TokenStream;

/// One error: line, column and text.
pub(super) type Told = (usize, usize, String);

/// Parses a source. Returns the workflows, and the mistakes that the parser reports.
pub(super) fn read(source: &str) -> (Workflows, Vec<Told>) {
    read_tokens(source.parse::<TokenStream>().expect("the source of a test is made of tokens"))
}

pub(super) fn read_tokens(tokens: TokenStream) -> (Workflows, Vec<Told>) {
    let diagnostics = Diagnostics::new();
    let workflows = parse(tokens, &diagnostics);
    let told = diagnostics
        .finish()
        .into_iter()
        .map(|found| {
            assert_eq!(found.error.clone().into_iter().count(), 1, "one mistake, one message: {}", found.error);
            let start = found.error.span().start();
            (start.line, start.column + 1, found.error.to_string())
        })
        .collect();
    (workflows, told)
}

/// The one workflow of a source without mistakes.
pub(super) fn read_clean(source: &str) -> String {
    let (workflows, told) = read(source);
    assert!(told.is_empty(), "{source}\n{told:#?}");
    describe::workflows(&workflows)
}

/// A workflow around the items of its body.
pub(super) fn around(body: &str) -> String {
    format!("workflow W() -> T {{\n{body}\n}}")
}
