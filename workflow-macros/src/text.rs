//! Tokens as a person would write them, for pictures and the graph.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// One line, with white space where rustfmt would put it, near enough.
pub(crate) fn of_tokens(tokens: TokenStream) -> String {
    let mut text = String::new();
    write(tokens, &mut text);
    text
}

fn write(tokens: TokenStream, text: &mut String) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{ ", " }"),
                    Delimiter::None => ("", ""),
                };
                if group.delimiter() == Delimiter::Brace && !text.is_empty() && !text.ends_with(' ') {
                    text.push(' ');
                }
                text.push_str(open);
                write(group.stream(), text);
                text.push_str(close);
            }
            other => text.push_str(&other.to_string()),
        }
        if tokens.get(index + 1).is_some_and(|next| spaced(token, next, &tokens[..index])) {
            text.push(' ');
        }
    }
}

fn spaced(token: &TokenTree, next: &TokenTree, before: &[TokenTree]) -> bool {
    let punct = |token: &TokenTree| match token {
        TokenTree::Punct(punct) => Some(punct.as_char()),
        _ => None,
    };
    match (token, next) {
        (TokenTree::Punct(first), TokenTree::Punct(_)) if first.spacing() == Spacing::Joint => false,
        (_, TokenTree::Punct(next)) if ",;.:?<".contains(next.as_char()) => false,
        (TokenTree::Punct(first), _) if ".<'!#@?".contains(first.as_char()) => false,
        (TokenTree::Punct(first), _) if "&*-".contains(first.as_char()) => {
            // A prefix where nothing that could be a left operand stands before.
            before.last().is_some_and(|left| !matches!(left, TokenTree::Punct(_)))
        }
        (TokenTree::Punct(first), _) if first.as_char() == ':' => {
            before.last().and_then(punct) != Some(':')
        }
        (_, TokenTree::Punct(next)) if ">!".contains(next.as_char()) => !matches!(token, TokenTree::Ident(_) | TokenTree::Group(_) | TokenTree::Punct(_)),
        (TokenTree::Punct(first), TokenTree::Group(group)) if first.as_char() == '>' => group.delimiter() == Delimiter::Brace,
        (TokenTree::Ident(_), TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
        (TokenTree::Group(_), TokenTree::Group(_)) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn reads_as_written() {
        for text in
            ["Vec<Result<T, E>>", "a::b::<C>(d, &e)", "Some(x) if *x > 3", "5, exponential(200ms..30s)", "x.y(|z| z + 1)"]
        {
            let tokens = text.parse().expect(text);
            assert_eq!(super::of_tokens(tokens).replace(' ', ""), text.replace(' ', ""));
        }
        assert_eq!(super::of_tokens("Vec < Profile >".parse().unwrap()), "Vec<Profile>");
        assert_eq!(super::of_tokens("Some ( x ) if * x > 3".parse().unwrap()), "Some(x) if *x > 3");
    }
}
