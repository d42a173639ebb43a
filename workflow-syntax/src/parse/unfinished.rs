//! Expressions that end in a `.`: a name is still to be written there, by hand or from an editor's list.

use proc_macro2::{Delimiter, Group, Punct, Spacing, Span, TokenStream, TokenTree};

/// The name that rust-analyzer puts behind the `.` to learn what may stand there.
const OF_EDITOR: &str = "raCompletionMarker";

/// Whether an editor tries a name in the tokens.
pub(super) fn is_tried(tokens: &TokenStream) -> bool {
    tokens.to_string().contains(OF_EDITOR)
}

/// Whether it is that name.
pub(super) fn is_of_editor(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Ident(name) if name == OF_EDITOR)
}

/// Returns the tokens without a `.` that no name follows, and where the first of them stands. `None`: there is none.
///
/// The name that an editor tries stays, so that both give the same code but for it: the editor compares the two.
pub(super) fn finished(tokens: TokenStream) -> Option<(Vec<TokenTree>, Span)> {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let is_dot = |at: usize| matches!(trees.get(at), Some(TokenTree::Punct(dot)) if dot.as_char() == '.');
    let mut place = None;
    let mut kept = Vec::with_capacity(trees.len());
    for (at, tree) in trees.iter().enumerate() {
        if at > 0 && is_dot(at) && !is_dot(at - 1) && !is_dot(at + 1) {
            let is_end = match trees.get(at + 1) {
                None => true,
                Some(TokenTree::Punct(next)) => matches!(next.as_char(), ',' | ';'),
                Some(_) => false,
            };
            let is_tried = trees.get(at + 1).is_some_and(is_of_editor);
            if is_end || is_tried {
                place.get_or_insert(tree.span());
            }
            if is_tried {
                // The mistake stands at the user's `.`: this one has none.
                kept.push(TokenTree::Punct(Punct::new('.', Spacing::Alone)));
            }
            if is_end && let Some(TokenTree::Ident(name)) = kept.last() {
                // A name alone would be the value itself, which may have mistakes of its own.
                let mut group = Group::new(Delimiter::None, TokenTree::from(name.clone()).into());
                group.set_span(name.span());
                kept.pop();
                kept.push(group.into());
            }
            if is_end || is_tried {
                continue;
            }
        }
        match tree {
            TokenTree::Group(group) if group.delimiter() != Delimiter::None => {
                let Some((inside, found)) = finished(group.stream()) else {
                    kept.push(tree.clone());
                    continue;
                };
                place.get_or_insert(found);
                let mut finished = Group::new(group.delimiter(), inside.into_iter().collect());
                finished.set_span(group.span());
                kept.push(finished.into());
            }
            _ => kept.push(tree.clone()),
        }
    }
    place.map(|place| (kept, place))
}
