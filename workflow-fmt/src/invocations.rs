//! Where a file of Rust has a `workflow!`.

use crate::tokens::bytes;
use proc_macro2::{Delimiter, LexError, TokenStream, TokenTree};
use std::ops::Range;

/// One `workflow! { .. }`.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    /// The first byte of its name.
    pub(crate) name: usize,
    /// The bytes between its brackets.
    pub(crate) body: Range<usize>,
}

/// Returns the invocations of a file in the order written, less those under `#[rustfmt::skip]` and those in a
/// `macro_rules!`.
///
/// # Errors
/// The file is no sequence of tokens.
pub(crate) fn find(source: &str) -> Result<Vec<Invocation>, LexError> {
    let mut found = Vec::new();
    let stream: TokenStream = source.parse()?;
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let skips_file = |three: &[TokenTree]| match three {
        [TokenTree::Punct(hash), TokenTree::Punct(bang), TokenTree::Group(group)] => {
            hash.as_char() == '#' && bang.as_char() == '!' && is_skip(group)
        }
        _ => false,
    };
    if !trees.windows(3).any(skips_file) {
        search(&trees, &mut found);
    }
    Ok(found)
}

fn search(trees: &[TokenTree], found: &mut Vec<Invocation>) {
    for (at, tree) in trees.iter().enumerate() {
        let TokenTree::Group(group) = tree else { continue };
        if is_macro(trees, at, "workflow") {
            if !is_skipped(trees, at - 2) {
                let body = bytes(group.span_open()).end..bytes(group.span_close()).start;
                found.push(Invocation { name: bytes(trees[at - 2].span()).start, body });
            }
            continue;
        }
        let is_definition =
            at > 0 && matches!(trees[at - 1], TokenTree::Ident(_)) && is_macro(trees, at - 1, "macro_rules");
        if is_definition {
            continue;
        }
        let inside: Vec<TokenTree> = group.stream().into_iter().collect();
        search(&inside, found);
    }
}

/// Whether `name !` stands before `at`.
fn is_macro(trees: &[TokenTree], at: usize, name: &str) -> bool {
    let Some(before) = at.checked_sub(2) else { return false };
    matches!(&trees[before], TokenTree::Ident(word) if word == name)
        && matches!(&trees[before + 1], TokenTree::Punct(bang) if bang.as_char() == '!')
}

/// Whether `#[rustfmt::skip]` stands before the macro whose last segment is at `name`.
fn is_skipped(trees: &[TokenTree], name: usize) -> bool {
    let mut at = name;
    let is_colon = |at: usize| matches!(&trees[at], TokenTree::Punct(colon) if colon.as_char() == ':');
    while at >= 2 && is_colon(at - 1) && is_colon(at - 2) {
        at -= 2;
        if at > 0 && matches!(trees[at - 1], TokenTree::Ident(_)) {
            at -= 1;
        }
    }
    while at >= 2 {
        let TokenTree::Group(group) = &trees[at - 1] else { return false };
        let is_attribute = matches!(&trees[at - 2], TokenTree::Punct(hash) if hash.as_char() == '#');
        if !is_attribute {
            return false;
        }
        if is_skip(group) {
            return true;
        }
        at -= 2;
    }
    false
}

fn is_skip(attribute: &proc_macro2::Group) -> bool {
    let is_bracket = attribute.delimiter() == Delimiter::Bracket;
    is_bracket && attribute.stream().to_string().split_whitespace().collect::<String>() == "rustfmt::skip"
}
