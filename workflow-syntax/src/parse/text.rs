//! Tokens as a message shows them, so that what stands after `help:` can be pasted.

use super::tokens::Tokens;
use crate::text::of_tokens;

/// Longer than this, a message says `..` instead.
const LONGEST: usize = 60;

/// `tokens` as a programmer would write them, or `..` where there are none or too many.
pub(super) fn text(tokens: Tokens<'_>) -> String {
    let written = of_tokens(tokens.stream());
    if written.is_empty() || written.len() > LONGEST { "..".to_owned() } else { written }
}
