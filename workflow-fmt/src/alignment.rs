//! Which token of the formatted skeleton is which of the skeleton's. rustfmt adds and takes away commas, semicolons,
//! and brackets around one expression; all other tokens stay, in their order.

use crate::{skeleton::SkeletonToken, tokens::Text};
use std::{collections::HashSet, ops::Range};

/// Tokens that rustfmt may add or take away.
const LOOSE: [&str; 7] = [",", ";", "{", "}", "(", ")", "|"];

/// One step through both texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Both have the token: its number in the skeleton, and in the formatted text.
    Both(usize, usize),
    /// rustfmt has added the token with this number in the formatted text.
    Added(usize),
    /// rustfmt has taken away the token with this number in the skeleton.
    Removed(usize),
}

/// Returns the steps through the skeleton and the tokens `range` of what rustfmt has made of it, or nothing where the
/// two are not the same code.
pub(crate) fn align(skeleton: &[SkeletonToken], formatted: &Text, range: Range<usize>) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let (mut old, mut new) = (0, range.start);
    // Closing brackets of brackets that were added or removed.
    let mut added = HashSet::new();
    let mut removed = HashSet::new();
    let loose = |text: &str| LOOSE.contains(&text);
    let separates = |text: &str| matches!(text, "," | ";");
    let old_text = |at: usize| skeleton.get(at).map(|token| token.text.as_str());
    let new_text = |at: usize| formatted.tokens.get(at).filter(|_| at < range.end).map(|token| token.text.as_str());
    while old < skeleton.len() || new < range.end {
        let step = if added.contains(&new) {
            Step::Added(new)
        } else if removed.contains(&old) {
            Step::Removed(old)
        } else {
            match (old_text(old), new_text(new)) {
                (Some(before), Some(after)) if before == after => Step::Both(old, new),
                // A separator that comes or goes is likelier than a bracket.
                (before, Some(after)) if separates(after) && new_text(new + 1) == before => Step::Added(new),
                (Some(before), after) if separates(before) && old_text(old + 1) == after => Step::Removed(old),
                (Some(before), after) if loose(before) && (after.is_none() || old_text(old + 1) == after) => {
                    Step::Removed(old)
                }
                (before, Some(after)) if loose(after) && (before.is_none() || new_text(new + 1) == before) => {
                    Step::Added(new)
                }
                // A block around an arm: its own separator comes before the arm's.
                (Some(before), Some(after)) if separates(before) && loose(after) => Step::Added(new),
                (Some(before), _) if loose(before) => Step::Removed(old),
                (_, Some(after)) if loose(after) => Step::Added(new),
                _ => return None,
            }
        };
        steps.push(step);
        match step {
            Step::Both(..) => (old, new) = (old + 1, new + 1),
            Step::Added(at) => {
                if matches!(new_text(at), Some("{" | "(")) {
                    added.insert(formatted.closer(at));
                }
                new += 1;
            }
            Step::Removed(at) => {
                if matches!(old_text(at), Some("{" | "(")) {
                    removed.insert(closer(skeleton, at));
                }
                old += 1;
            }
        }
    }
    Some(steps)
}

fn closer(tokens: &[SkeletonToken], open: usize) -> usize {
    let mut depth = 0;
    for (number, token) in tokens.iter().enumerate().skip(open) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return number;
        }
    }
    tokens.len()
}
