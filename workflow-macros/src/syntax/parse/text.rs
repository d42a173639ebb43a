//! Tokens as a message shows them, so that what stands after `help:` can be pasted.

use super::tokens::Tokens;
use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// Longer than this, a message says `..` instead.
const LONGEST: usize = 60;

/// `tokens` as a programmer would write them, or `..` where there are none or too many.
pub(super) fn text(tokens: Tokens<'_>) -> String {
    if tokens.is_empty() {
        return "..".to_owned();
    }
    let mut written = String::new();
    write(tokens.stream(), &mut written);
    if written.len() > LONGEST { "..".to_owned() } else { written }
}

fn write(tokens: TokenStream, written: &mut String) {
    let mut before: Option<TokenTree> = None;
    let mut before_that: Option<TokenTree> = None;
    for tree in tokens {
        if written.len() > LONGEST {
            return;
        }
        if let Some(before) = &before
            && spaced(before_that.as_ref(), before, &tree)
        {
            written.push(' ');
        }
        match &tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace if group.stream().is_empty() => ("{", "}"),
                    Delimiter::Brace => ("{ ", " }"),
                    Delimiter::None => ("", ""),
                };
                written.push_str(open);
                write(group.stream(), written);
                written.push_str(close);
            }
            other => written.push_str(&other.to_string()),
        }
        before_that = before.replace(tree);
    }
}

/// Whether a space stands between two neighbours.
fn spaced(before_that: Option<&TokenTree>, before: &TokenTree, after: &TokenTree) -> bool {
    match (before, after) {
        (TokenTree::Punct(first), TokenTree::Punct(second)) => {
            first.spacing() != Spacing::Joint
                && !matches!(second.as_char(), ',' | ';' | '.' | '?' | ':' | '>')
                && !matches!(first.as_char(), '&' | '*' | '!' | '<' | '-' | '|' | '\'')
        }
        (_, TokenTree::Punct(punct)) => match punct.as_char() {
            ',' | ';' | '.' | '?' | ':' | '<' | '>' | '!' => false,
            '=' | '|' | '&' | '*' | '+' | '-' | '/' | '%' | '^' | '#' | '\'' => true,
            _ => true,
        },
        (TokenTree::Punct(punct), _) => match punct.as_char() {
            '.' | '!' | '&' | '#' | '?' | '<' | '\'' => false,
            ':' => !before_that.is_some_and(|tree| matches!(tree, TokenTree::Punct(first) if first.as_char() == ':')),
            '|' => false,
            '>' => !matches!(after, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis),
            _ => true,
        },
        (_, TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace || group.delimiter() == Delimiter::None,
        _ => true,
    }
}
