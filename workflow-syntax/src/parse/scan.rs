//! Ends of items and constructs, found by the tokens alone, so that a mistake in one does not move the end of another.

use super::tokens::Tokens;
use proc_macro2::{Ident, TokenTree};

/// Words after which an expression is still to come.
const EXPECTING: &[&str] = &[
    "as", "async", "box", "break", "const", "continue", "dyn", "else", "for", "if", "impl", "in", "let", "loop",
    "match", "move", "mut", "ref", "return", "static", "unsafe", "where", "while", "yield",
];

/// Words that begin an expression with a body, in Rust as here.
const HEADED: &[&str] = &["if", "match", "while", "for", "loop"];

/// Walks an expression's trees, past closures' parameters, generic arguments and `let` patterns, whose commas and
/// braces are not its own.
pub(super) struct TreeWalk<'a> {
    tokens: Tokens<'a>,
    at: usize,
    /// Whether what was passed last can end an expression.
    operand: bool,
    /// Whether a type is being read, after `as`.
    cast: bool,
}

/// One tree on the way.
pub(super) struct Step {
    pub(super) at: usize,
    /// Whether what stands before can end an expression.
    pub(super) after_operand: bool,
}

impl<'a> TreeWalk<'a> {
    pub(super) fn new(tokens: Tokens<'a>, from: usize) -> Self {
        Self { tokens, at: from, operand: false, cast: false }
    }

    /// Goes on at `at`, behind a whole expression.
    fn jump(&mut self, at: usize) {
        self.at = at;
        self.operand = true;
        self.cast = false;
    }

    /// The end of what stands at the current position and is passed in one go.
    fn passed(&self) -> Option<usize> {
        let (tokens, at) = (self.tokens, self.at);
        if tokens.is_punct(at, '<') && (self.cast || !self.operand) {
            return tokens.angles_end(at);
        }
        if tokens.is_punct(at, '|') && !self.operand {
            if tokens.is_pair(at, '|', '|') {
                return Some(at + 2);
            }
            return tokens.find(at + 1, |tokens, at| tokens.is_punct(at, '|')).map(|end| end + 1);
        }
        if tokens.is_word(at, "let") && !self.operand {
            return tokens.find(at + 1, Tokens::is_equals).map(|end| end + 1);
        }
        None
    }

    fn word(&mut self, word: &Ident) {
        let field = self.at > 0 && self.tokens.is_punct(self.at - 1, '.');
        self.operand = field || !EXPECTING.iter().any(|expecting| word == expecting);
        self.cast = !field && (word == "as" || self.cast);
    }
}

impl Iterator for TreeWalk<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        while let Some(end) = self.passed() {
            // Generic arguments end an expression or a path; a closure's parameters and a pattern wait for one.
            self.operand = self.tokens.is_punct(self.at, '<');
            self.cast = false;
            self.at = end;
        }
        let step = Step { at: self.at, after_operand: self.operand };
        match self.tokens.get(self.at)? {
            TokenTree::Ident(word) => self.word(word),
            TokenTree::Punct(punct) => {
                self.operand = punct.as_char() == '?';
                self.cast = self.cast && matches!(punct.as_char(), ':' | '&' | '*' | '\'');
            }
            TokenTree::Group(_) | TokenTree::Literal(_) => {
                self.operand = true;
                self.cast = false;
            }
        }
        self.at += 1;
        Some(step)
    }
}

impl Tokens<'_> {
    /// The position after the `>` that closes the `<` at `from`.
    pub(super) fn angles_end(self, from: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for at in from..self.len() {
            if self.is_punct(at, '<') {
                depth += 1;
            } else if self.is_punct(at, '>') && !(self.is_pair(at - 1, '-', '>') || self.is_pair(at - 1, '=', '>')) {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            } else if self.is_punct(at, ';') {
                return None;
            }
        }
        None
    }

    /// The first position of a type from `from` that fits, generic arguments passed over.
    pub(super) fn find_in_type(self, from: usize, fits: impl Fn(Self, usize) -> bool) -> Option<usize> {
        let mut at = from;
        while at < self.len() {
            if fits(self, at) {
                return Some(at);
            }
            at = match self.is_punct(at, '<').then(|| self.angles_end(at)).flatten() {
                Some(end) => end,
                None if self.is_pair(at, '-', '>') => at + 2,
                None => at + 1,
            };
        }
        None
    }

    /// The first position of an expression from `from` that fits.
    pub(super) fn find_in_expression(self, from: usize, fits: impl Fn(Self, &Step) -> bool) -> Option<usize> {
        TreeWalk::new(self, from).find(|step| fits(self, step)).map(|step| step.at)
    }

    /// The next `,` or `;` between expressions.
    pub(super) fn separator(self, from: usize) -> Option<usize> {
        self.find_in_expression(from, |tokens, step| tokens.is_punct(step.at, ',') || tokens.is_punct(step.at, ';'))
    }

    /// The `{ .. }` that follows the condition, the scrutinee or whatever stands from `from`, by Rust's rule: no struct
    /// literal there.
    pub(super) fn body(self, from: usize) -> Option<usize> {
        self.body_along(TreeWalk::new(self, from))
    }

    fn body_along(self, mut walk: TreeWalk<'_>) -> Option<usize> {
        while let Some(step) = walk.next() {
            if self.brace(step.at).is_some() && (step.after_operand || self.ends_open_range(step.at)) {
                return Some(step.at);
            }
            if !step.after_operand && self.is_any_word(step.at, HEADED) {
                walk.jump(self.construct_end(step.at)?);
            }
            if self.is_punct(step.at, ';') {
                return None;
            }
        }
        None
    }

    /// Whether `..` stands right before.
    fn ends_open_range(self, at: usize) -> bool {
        at > 1 && self.is_punct(at - 1, '.') && self.is_punct(at - 2, '.')
    }

    /// Returns the end of the construct that starts at `from`, if one does and has its body: what follows may make it a
    /// mere operand.
    pub(super) fn construct_end(self, from: usize) -> Option<usize> {
        if self.brace(from).is_some() {
            return Some(from + 1);
        }
        let word = self.word(from)?.to_string();
        match word.as_str() {
            "if" => self.if_end(from),
            "match" | "while" => Some(self.body(from + 1)? + 1),
            "for" => self.for_end(from),
            "loop" => self.loop_end(from),
            "seq" | "select" if self.brace(from + 1).is_some() => Some(from + 2),
            "race" => self.members_end(from + 1),
            "quorum" if self.parenthesis(from + 1).is_some() => self.members_end(from + 2),
            _ => None,
        }
    }

    /// Whether the construct that ends before `at` is but the start of a longer expression.
    pub(super) fn continues(self, at: usize) -> bool {
        match self.get(at) {
            Some(TokenTree::Punct(punct)) => match punct.as_char() {
                '.' => !self.is_pair(at, '.', '.'),
                '?' | '+' | '*' | '/' | '%' | '^' => true,
                '=' => self.is_pair(at, '=', '='),
                '!' => self.is_pair(at, '!', '='),
                '&' => self.is_pair(at, '&', '&'),
                '|' => self.is_pair(at, '|', '|'),
                _ => false,
            },
            Some(TokenTree::Ident(word)) => word == "as",
            _ => false,
        }
    }

    fn if_end(self, from: usize) -> Option<usize> {
        let mut body = self.body(from + 1)?;
        loop {
            if !self.is_word(body + 1, "else") {
                return Some(body + 1);
            }
            if self.is_word(body + 2, "if") {
                body = self.body(body + 3)?;
            } else {
                return self.brace(body + 2).map(|_| body + 3);
            }
        }
    }

    fn for_end(self, from: usize) -> Option<usize> {
        let within = self.find(from + 1, |tokens, at| tokens.is_word(at, "in"))?;
        Some(self.body(within + 1)? + 1)
    }

    fn loop_end(self, from: usize) -> Option<usize> {
        if self.brace(from + 1).is_some() {
            return Some(from + 2);
        }
        let equals = self.find_in_type(from + 1, Self::starts_equals)?;
        Some(self.loop_body(equals + 1)? + 1)
    }

    /// The body of a loop whose first state is the node from `from`.
    pub(super) fn loop_body(self, from: usize) -> Option<usize> {
        match self.construct_end(from) {
            Some(end) if self.brace(end).is_some() => Some(end),
            Some(end) if !self.continues(end) => None,
            Some(end) => {
                let mut walk = TreeWalk::new(self, from);
                walk.jump(end);
                self.body_along(walk)
            }
            // Asked once more, each level of a broken nest would double the work.
            None if self.is_any_word(from, HEADED) => None,
            None => self.body(from),
        }
    }

    fn members_end(self, from: usize) -> Option<usize> {
        if self.is_word(from, "for") { self.for_end(from) } else { self.brace(from).map(|_| from + 1) }
    }
}
