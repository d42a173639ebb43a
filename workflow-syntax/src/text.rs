//! Tokens as a person would write them, for pictures and the graph.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// One line, with white space where rustfmt would put it, near enough.
#[must_use]
pub fn of_tokens(tokens: TokenStream) -> String {
    let mut text = String::new();
    write(tokens, &mut text);
    text
}

/// A short name for words, the same in each build: FNV-1a with 32 bits. It stands in records, so it never changes;
/// `workflow-runtime/src/journal/keys.rs` has it too.
#[must_use]
pub fn hash(words: &str) -> u32 {
    words.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The role of a token for the white space around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// A name, a literal, a keyword.
    Word,
    /// `(..)`, `[..]`
    Group,
    /// `{..}`
    Braces,
    /// `<` of a type's arguments.
    OpenAngle,
    /// `>` of a type's arguments.
    CloseAngle,
    /// `&x`, `*x`, `!x`, `-x`, `'a`, `#[..]`
    Prefix,
    /// `,`, `;`, `?`, and a `:` after a name.
    Suffix,
    /// `::`, `.`, `..`, a macro's `!`
    Tight,
    /// The first of two that belong together: `=>`, `&&`.
    Joint,
    /// Everything else.
    Operator,
}

/// Keywords after which an operator has no left side.
const KEYWORDS: [&str; 9] = ["as", "else", "if", "in", "let", "match", "mut", "ref", "return"];

fn write(tokens: TokenStream, text: &mut String) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut open = Open { angles: 0, closure: false };
    let mut before: Option<Role> = None;
    for (index, token) in tokens.iter().enumerate() {
        let role = role(&tokens, index, before, &mut open);
        if before.is_some_and(|before| spaced(before, role)) {
            text.push(' ');
        }
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace if group.stream().is_empty() => ("{", "}"),
                    Delimiter::Brace => ("{ ", " }"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                write(group.stream(), text);
                text.push_str(close);
            }
            other => text.push_str(&other.to_string()),
        }
        before = Some(role);
    }
}

/// The brackets that are open at a token.
struct Open {
    angles: usize,
    /// A closure's `|`.
    closure: bool,
}

fn role(tokens: &[TokenTree], index: usize, before: Option<Role>, open: &mut Open) -> Role {
    let punct = match &tokens[index] {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return Role::Braces,
        TokenTree::Group(_) => return Role::Group,
        TokenTree::Ident(ident) if KEYWORDS.iter().any(|keyword| ident == keyword) => return Role::Operator,
        TokenTree::Ident(_) | TokenTree::Literal(_) => return Role::Word,
        TokenTree::Punct(punct) => punct,
    };
    let operand = matches!(before, Some(Role::Word | Role::Group | Role::Braces | Role::CloseAngle));
    let next = |c: char| matches!(tokens.get(index + 1), Some(TokenTree::Punct(next)) if next.as_char() == c);
    let after = |c: char| matches!(index.checked_sub(1).map(|at| &tokens[at]), Some(TokenTree::Punct(last)) if last.as_char() == c && last.spacing() == Spacing::Joint);
    let joint = punct.spacing() == Spacing::Joint && matches!(tokens.get(index + 1), Some(TokenTree::Punct(_)));
    match punct.as_char() {
        ':' if next(':') || after(':') => Role::Tight,
        '.' => Role::Tight,
        '<' if (operand || before == Some(Role::Tight)) && closes(&tokens[index + 1..]) => {
            open.angles += 1;
            Role::OpenAngle
        }
        '>' if open.angles > 0 && !after('-') && !after('=') => {
            open.angles -= 1;
            Role::CloseAngle
        }
        ',' | ';' | '?' | ':' => Role::Suffix,
        '!' if before == Some(Role::Word) && !next('=') => Role::Tight,
        '|' if open.closure => {
            open.closure = false;
            Role::Suffix
        }
        '|' if !operand && !joint => {
            open.closure = true;
            Role::Prefix
        }
        '\'' | '#' | '$' => Role::Prefix,
        _ if joint => Role::Joint,
        _ if before == Some(Role::Joint) => Role::Operator,
        '&' | '*' | '!' | '-' if !operand => Role::Prefix,
        _ => Role::Operator,
    }
}

/// Whether a `<` before these tokens opens a type's arguments: they read as types up to the `>`.
fn closes(tokens: &[TokenTree]) -> bool {
    let mut depth = 1;
    let mut arrow = false;
    for token in tokens {
        let TokenTree::Punct(punct) = token else {
            arrow = false;
            continue;
        };
        match punct.as_char() {
            '<' => depth += 1,
            '>' if !arrow => depth -= 1,
            '&' if punct.spacing() == Spacing::Joint => return false,
            '>' | ':' | ',' | '&' | '\'' | '=' | '+' | '*' | '?' => {}
            '-' if punct.spacing() == Spacing::Joint => {}
            _ => return false,
        }
        if depth == 0 {
            return true;
        }
        arrow = punct.as_char() == '-';
    }
    false
}

fn spaced(before: Role, next: Role) -> bool {
    use Role::{CloseAngle, Group, Joint, OpenAngle, Prefix, Suffix, Tight, Word};
    match (before, next) {
        (Suffix, Tight) => true,
        (_, Suffix | Tight | OpenAngle | CloseAngle)
        | (Tight | Prefix | OpenAngle | Joint, _)
        | (Word | Group | CloseAngle, Group) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn hashes_are_what_they_were() {
        assert_eq!(["", "a", "foobar"].map(super::hash), [0x811c_9dc5, 0xe40c_292c, 0xbf9c_f968]);
    }

    #[test]
    fn reads_as_written() {
        for text in [
            "Vec<Result<T, E>>",
            "Vec<Profile>",
            "a::b::<C>(d, &e)",
            "Some(x) if *x > 3",
            "5, exponential(200ms..30s)",
            "x.y(|z| z + 1)",
            "a < b && c > d",
            "&'static str",
            "Box<dyn Fn(u32) -> u32>",
            "Order { kind: Some(kind), .. }",
            "format!(\"{x}\")",
            "!x.is_empty()",
            "0..*count",
            "[u8; 4]",
        ] {
            assert_eq!(super::of_tokens(text.parse().expect(text)), text);
        }
    }
}
