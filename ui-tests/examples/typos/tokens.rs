//! The tokens of a part of a program, as far as README's needs.

use std::ops::Range;

/// One token; a bracket is one too.
pub(crate) struct Token {
    pub(crate) range: Range<usize>,
}

/// Operators that are more than one character.
const OPERATORS: &[&str] = &["->", "=>", "::", ".."];

/// Texts that a slip of the hand may write instead.
type Alternatives = &'static [&'static str];

const NEIGHBOURS: &[(&str, Alternatives)] = &[
    (":", &[";", "=", "::"]),
    (";", &[":", ","]),
    (",", &[".", ";"]),
    ("=", &["==", ":", "=>"]),
    ("->", &["=>", "-", ":"]),
    ("=>", &["->", "=", ":"]),
    ("::", &[":", "."]),
    (".", &[",", "::"]),
    ("(", &["{", "["]),
    ("{", &["("]),
    ("<", &["("]),
];

/// Where each starts and ends.
pub(crate) fn tokens(source: &str, within: Range<usize>) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = within.start;
    while at < within.end {
        let rest = &source[at..within.end];
        let first = rest.chars().next().expect("not at the end");
        let whole_line = rest.find('\n').unwrap_or(rest.len());
        let length = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if rest.starts_with("//") && !rest.starts_with("///") {
            at += whole_line;
            continue;
        } else if rest.starts_with("///") {
            whole_line + 1
        } else if first == '"' {
            rest[1..].find('"').expect("a string's end") + 2
        } else if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())
        } else {
            OPERATORS.iter().find(|operator| rest.starts_with(**operator)).map_or(1, |operator| operator.len())
        };
        tokens.push(Token { range: at..at + length });
        at += length;
    }
    tokens
}

impl Token {
    /// Returns texts that may have been written for `text`.
    pub(crate) fn misspelt(text: &str) -> Vec<String> {
        if let Some((_, others)) = NEIGHBOURS.iter().find(|(known, _)| *known == text) {
            return others.iter().map(|&other| other.to_owned()).collect();
        }
        if text.starts_with('"') {
            return text.match_indices('}').map(|(at, _)| format!("{}x{}", &text[..at], &text[at..])).collect();
        }
        let letters: Vec<char> = text.chars().collect();
        if !letters.iter().all(|letter| letter.is_alphanumeric() || *letter == '_') {
            return Vec::new();
        }
        let mut others = vec![format!("{text}x")];
        if letters.len() > 1 {
            let mut swapped = letters.clone();
            swapped.swap(letters.len() - 2, letters.len() - 1);
            others.push(letters[..letters.len() - 1].iter().collect());
            others.push(swapped.iter().collect());
            others.push(format!(
                "{}{}{}",
                letters[0].to_uppercase(),
                letters[1],
                letters[2..].iter().collect::<String>()
            ));
            others.push(format!("{} {}", letters[0], letters[1..].iter().collect::<String>()));
        }
        others.retain(|other| other != text);
        others
    }

    /// From the opening bracket at `index` to its closing one.
    pub(crate) fn group(tokens: &[Self], index: usize, source: &str) -> Option<Range<usize>> {
        let text = |token: &Self| source[token.range.clone()].chars().next().unwrap_or(' ');
        let mut depth = 0;
        if !matches!(text(&tokens[index]), '(' | '{' | '[') {
            return None;
        }
        for token in &tokens[index..] {
            match text(token) {
                '(' | '{' | '[' => depth += 1,
                ')' | '}' | ']' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(tokens[index].range.start..token.range.end);
            }
        }
        None
    }
}
