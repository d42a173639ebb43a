//! The mistakes: every token of a workflow deleted, doubled, swapped, misspelt or taken for another.

use crate::tokens::{Token, tokens};
use std::ops::Range;

/// One mistake.
pub(crate) struct Mutant {
    pub(crate) kind: &'static str,
    pub(crate) description: String,
    pub(crate) source: String,
    /// Position in the changed source: the line, and the bytes that may count as the place.
    pub(crate) line: usize,
    pub(crate) place: Range<usize>,
    /// The name whose declaration or use has changed: rustc may tell of it wherever that name stands.
    pub(crate) name: Option<String>,
}

/// Tokens that a slip of the hand leaves somewhere.
const JUNK: &[&str] = &["@", "junk", "7", "=>", "\"junk\"", "?"];

/// Types that stand in for another.
const TYPES: &[&str] = &["u8", "String", "Vec<i16>", "bool"];

const KEYWORDS: &[&str] = &[
    "pub",
    "workflow",
    "with",
    "stage",
    "let",
    "signal",
    "match",
    "if",
    "else",
    "loop",
    "for",
    "in",
    "race",
    "quorum",
    "select",
    "seq",
    "break",
    "continue",
    "return",
    "fail",
    "sleep",
    "sleep_until",
    "as",
    "move",
    "async",
    "ctx",
];

/// Returns every mistake in the workflow of `source`.
pub(crate) fn mutants(source: &str) -> Vec<Mutant> {
    let start = source.find("workflow! {").expect("a workflow") + "workflow! {".len();
    let end = start + source[start..].find("\n}\n").expect("its end");
    let mut mutations = Mutations { source, tokens: tokens(source, start..end), mutants: Vec::new() };
    let names = mutations.names();
    for index in 0..mutations.tokens.len() {
        mutations.one_token(index);
        mutations.another(index, &names);
        mutations.brackets(index);
    }
    mutations.lines(start, end);
    mutations.items();
    mutations.mutants
}

struct Mutations<'s> {
    source: &'s str,
    tokens: Vec<Token>,
    mutants: Vec<Mutant>,
}

impl<'s> Mutations<'s> {
    fn text(&self, index: usize) -> &'s str {
        self.tokens.get(index).map_or("", |token| &self.source[token.range.clone()])
    }

    /// Adds the mistake that writes `with` in the place of `what`.
    fn add(&mut self, kind: &'static str, what: &Range<usize>, with: &str, description: String) {
        // The tokens around the change count as its place.
        let before = self.tokens.iter().rev().find(|token| token.range.end <= what.start);
        let after = self.tokens.iter().find(|token| token.range.start >= what.end);
        let from = before.map_or(what.start, |token| token.range.start);
        let to = after.map_or(what.end, |token| token.range.end) + with.len() - what.len();
        self.mutants.push(Mutant {
            kind,
            description,
            source: format!("{}{with}{}", &self.source[..what.start], &self.source[what.end..]),
            line: self.source[..what.start].matches('\n').count() + 1,
            place: from..to,
            name: None,
        });
    }

    fn one_token(&mut self, index: usize) {
        let (text, range) = (self.text(index), self.tokens[index].range.clone());
        let shown = shown(text);
        let kind = match text {
            ";" => "lost `;`",
            "(" | ")" | "[" | "]" | "{" | "}" => "lost bracket",
            _ => "delete",
        };
        self.add(kind, &range, "", format!("delete {shown}"));
        self.add("double", &range, &format!("{text} {text}"), format!("double {shown}"));
        for other in Token::misspelt(text) {
            self.add("misspell", &range, &other, format!("misspell {shown} as `{other}`"));
            self.mutants.last_mut().expect("one was added").name = is_name(text).then(|| text.to_owned());
        }
        let junk = JUNK[index % JUNK.len()];
        self.add("junk", &(range.start..range.start), &format!(" {junk} "), format!("`{junk}` before {shown}"));
        let next = self.text(index + 1);
        if !next.is_empty() && next != text {
            let next_range = self.tokens[index + 1].range.clone();
            let with = format!(" {next}{} {text} ", &self.source[range.end..next_range.start]);
            self.add("swap", &(range.start..next_range.end), &with, format!("swap {shown} `{next}`"));
        }
    }

    /// Another name or another type in the place of one.
    fn another(&mut self, index: usize, names: &[&str]) {
        let (text, range) = (self.text(index), self.tokens[index].range.clone());
        if !is_name(text) {
            return;
        }
        if text.starts_with(char::is_uppercase) || ["u32", "u64", "usize"].contains(&text) {
            let other = TYPES[index % TYPES.len()];
            if other != text {
                self.add("another type", &range, other, format!("`{other}` for `{text}`"));
                let declared = self.declared_before(index);
                self.mutants.last_mut().expect("one was added").name = declared;
            }
            return;
        }
        let other = names[(index * 7) % names.len()];
        if other != text {
            self.add("another name", &range, other, format!("`{other}` for `{text}`"));
            self.mutants.last_mut().expect("one was added").name = Some(text.to_owned());
        }
    }

    /// The name whose declared type the token at `index` is a part of.
    fn declared_before(&self, index: usize) -> Option<String> {
        let colon = (1..index).rev().take(8).find(|&at| self.text(at) == ":")?;
        let within = (colon + 1..index).all(|at| !matches!(self.text(at), "=" | ";" | "{" | "}"));
        within.then(|| self.text(colon - 1).to_owned())
    }

    fn brackets(&mut self, index: usize) {
        let Some(group) = Token::group(&self.tokens, index, self.source) else { return };
        let text = &self.source[group.clone()];
        let shown = shown(text);
        self.add("delete", &group, "", format!("delete {shown}"));
        self.add("double", &group, &format!("{text} {text}"), format!("double {shown}"));
        let inside = &text[1..text.len() - 1];
        let others: &[(&str, &str)] = match &text[..1] {
            "(" => &[("[", "]"), ("{", "}")],
            _ => &[("(", ")")],
        };
        for (open, close) in others {
            let with = format!("{open}{inside}{close}");
            self.add("wrong bracket", &group, &with, format!("`{open}..{close}` for {shown}"));
        }
        self.add("wrong bracket", &group, &format!(" {inside} "), format!("no brackets around {shown}"));
    }

    fn lines(&mut self, start: usize, end: usize) {
        let mut from = start;
        for line in self.source[start..end].split_inclusive('\n') {
            let range = from..from + line.len();
            from = range.end;
            let bare = line.trim();
            if bare.is_empty() || bare.starts_with("//") && !bare.starts_with("///") {
                continue;
            }
            self.add("lost line", &range, "", format!("delete line {}", shown(bare)));
            self.add("double line", &range, &format!("{line}{line}"), format!("double line {}", shown(bare)));
        }
    }

    /// A whole `stage`, `let` or `signal` is lost.
    fn items(&mut self) {
        for index in 0..self.tokens.len() {
            if !["stage", "let", "signal"].contains(&self.text(index)) || !is_name(self.text(index + 1)) {
                continue;
            }
            let mut at = index;
            while at < self.tokens.len() && self.text(at) != ";" {
                let next = Token::group(&self.tokens, at, self.source)
                    .and_then(|group| self.tokens.iter().position(|token| token.range.start >= group.end));
                at = next.unwrap_or(at + 1);
            }
            let (Some(end), starts) = (self.tokens.get(at), self.tokens[index].range.start) else { continue };
            let before = &self.source[..starts];
            if before.trim_end().ends_with([';', '{', '}', ']']) {
                let range = starts..end.range.end;
                self.add("lost item", &range, "", format!("delete item {}", shown(&self.source[range.clone()])));
                let name = self.text(index + 1).to_owned();
                self.mutants.last_mut().expect("one was added").name = Some(name);
            }
        }
    }

    /// Names that the workflow declares.
    fn names(&self) -> Vec<&'s str> {
        let mut names = Vec::new();
        for index in 1..self.tokens.len() {
            let declares = self.text(index + 1) == ":" || ["stage", "signal"].contains(&self.text(index - 1));
            if declares && is_name(self.text(index)) && !names.contains(&self.text(index)) {
                names.push(self.text(index));
            }
        }
        names
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_') && !KEYWORDS.contains(&text)
}

fn shown(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() > 60 {
        format!("`{}..`", text.chars().take(58).collect::<String>())
    } else {
        format!("`{text}`")
    }
}
