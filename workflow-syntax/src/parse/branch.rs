//! `if` and `match`.

use super::{
    Parser,
    tokens::{Inside, Tokens},
};
use crate::{
    diagnostics::parse_messages,
    tree::{Attributes, Else, If, Match, ParsedArm, ParsedNode, ParsedNodeKind},
};
use proc_macro2::{Group, Span};
use syn::{Expr, Pat, PatWild, Token};

impl Parser<'_> {
    /// `if C { .. } else ..`; `None`: reported.
    pub(super) fn branch(self, tokens: Tokens<'_>) -> Option<If> {
        let Some(body) = tokens.body(1) else {
            if tokens.brace(1).is_some() {
                self.diagnostics.error(tokens.start(1), parse_messages::CONDITION_MISSING);
            } else {
                self.body_missing(tokens, 1, "if");
            }
            return None;
        };
        let condition = self.condition(tokens.range(1..body), "a condition");
        let then = self.block(tokens.brace(body)?);
        if body + 1 >= tokens.len() {
            return Some(If { condition, then, otherwise: None });
        }
        let at = body + 1;
        let otherwise = if !tokens.is_word(at, "else") {
            self.unexpected(tokens, at);
            None
        } else if tokens.is_word(at + 1, "if") {
            self.branch(tokens.after(at + 1)).map(|branch| Else::If(Box::new(branch)))
        } else if let Some(group) = tokens.brace(at + 1) {
            Some(Else::Block(self.block(group)))
        } else {
            self.diagnostics.error(tokens.start(at + 1), parse_messages::expected("`{` or `if` after `else`"));
            None
        };
        Some(If { condition, then, otherwise: Some(otherwise?) })
    }

    /// `match EXPR { .. }`; `None`: reported.
    pub(super) fn matching(self, tokens: Tokens<'_>) -> Option<Match> {
        let Some(body) = tokens.body(1) else {
            if tokens.brace(1).is_some() && tokens.len() == 2 {
                self.diagnostics.error(tokens.start(1), parse_messages::expected("what is matched after `match`"));
            } else {
                self.body_missing(tokens, 1, "match");
            }
            return None;
        };
        let scrutinee = self.head_expression(tokens.range(1..body), "what is matched after `match`");
        let group = tokens.brace(body)?;
        Some(Match { scrutinee, arms: self.arms(group), braces: group.span() })
    }

    pub(super) fn arms(self, group: &Group) -> Vec<ParsedArm> {
        let inside = Inside::of(group);
        let tokens = inside.tokens();
        let mut arms = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let start = tokens.attributes_end(at);
            let Some(arrow) = self.arrow(tokens, start, parse_messages::ARM_FORM) else {
                arms.push(unread_arm(tokens.start(start)));
                at = arm_separator(tokens, start).map_or(tokens.len(), |separator| separator + 1);
                continue;
            };
            let attributes = self.attributes(tokens.range(at..start));
            let guard = guard_at(tokens.before(arrow), start);
            let pattern = self.pattern(tokens.range(start..guard.unwrap_or(arrow)), "a pattern before `=>`");
            let guard =
                guard.map(|guard| self.expression_or_tokens(tokens.range(guard + 1..arrow), "a condition after `if`"));
            let (node, next) = self.follower(tokens, arrow + 2, "match");
            arms.push(ParsedArm { attributes, pattern, guard, node });
            at = next;
        }
        arms
    }

    /// The `=>` of the arm or head from `from`; none is reported, in words that show its `form`.
    pub(super) fn arrow(self, tokens: Tokens<'_>, from: usize, form: &str) -> Option<usize> {
        let arrow = tokens.find(from, Tokens::is_arrow);
        let separator = arm_separator(tokens, from);
        if let Some(arrow) = arrow.filter(|arrow| separator.is_none_or(|separator| *arrow < separator)) {
            return Some(arrow);
        }
        let part = tokens.range(from..separator.unwrap_or(tokens.len()));
        if part.is_empty() {
            return self.wrong(part.start(0), parse_messages::expected("a pattern before `=>`"));
        }
        let read = if part.is_any_word(0, &["signal", "stage"]) && part.word(1).is_some() {
            2
        } else if part.is_colon(1) {
            part.len()
        } else {
            part.parse_prefix(Pat::parse_multi_with_leading_vert).map_or(part.len(), |(_, end)| end)
        };
        let place = if read < part.len() { part.start(read) } else { part.last_span() };
        self.wrong(place, parse_messages::without_arrow(form))
    }

    /// The node after an `=>`, and where what follows its comma starts.
    pub(super) fn follower(self, tokens: Tokens<'_>, from: usize, place: &str) -> (ParsedNode, usize) {
        let start = tokens.attributes_end(from);
        // As in Rust, no comma is needed behind a body.
        if let Some(end) = tokens.construct_end(start).filter(|end| !tokens.continues(*end)) {
            let next = if tokens.is_punct(end, ',') { end + 1 } else { end };
            if tokens.is_punct(end, ';') {
                self.diagnostics.error(tokens.start(end), parse_messages::semicolon_for_comma(place));
                return (self.node(tokens.range(from..end)), end + 1);
            }
            return (self.node(tokens.range(from..end)), next);
        }
        let separator = tokens.separator(from);
        let end = separator.unwrap_or(tokens.len());
        if tokens.range(start..end).is_empty() {
            self.diagnostics.error(tokens.start(end), parse_messages::expected("what runs after `=>`"));
            let node = ParsedNode {
                attributes: self.attributes(tokens.range(from..start)),
                span: tokens.start(from),
                kind: ParsedNodeKind::Error,
            };
            return (node, end + 1);
        }
        if let Some(short) = self.comma_missing(tokens.range(start..end)) {
            return (self.node(tokens.range(from..start + short)), start + short);
        }
        if tokens.is_punct(end, ';') {
            self.diagnostics.error(tokens.start(end), parse_messages::semicolon_for_comma(place));
        }
        (self.node(tokens.range(from..end)), end + 1)
    }

    /// Reports a missing comma, and returns where the expression ends that is followed by another `PAT =>`.
    fn comma_missing(self, tokens: Tokens<'_>) -> Option<usize> {
        let arrow = tokens.find(0, Tokens::is_arrow)?;
        // Words that syn reads otherwise, or not at all.
        let skipped = usize::from(tokens.is_any_word(0, &["continue", "fail"]));
        let (_, length) = tokens.after(skipped).parse_prefix(super::fragment::read::<Expr>).ok()?;
        let length = length + skipped;
        // What stands before the other arrow must make sense there, or it is not the comma that lacks.
        let next = tokens.range(length..arrow);
        let pattern = next.before(guard_at(next, 0).unwrap_or(next.len()));
        let is_pattern =
            pattern.parse_prefix(Pat::parse_multi_with_leading_vert).is_ok_and(|(_, end)| end == pattern.len());
        let is_head = next.is_any_word(0, &["signal", "stage", "sleep"]) || next.is_colon(1);
        if !is_pattern && !is_head {
            return None;
        }
        self.diagnostics.error(tokens.before(length).last_span(), parse_messages::COMMA_MISSING);
        Some(length)
    }

    /// Reports that a construct has no body.
    pub(super) fn body_missing(self, tokens: Tokens<'_>, from: usize, keyword: &str) {
        // A head that is broken has a mistake of its own, nearer to its cause.
        let head = tokens.after(from);
        if let Err(error) = head.parse_prefix(Expr::parse_without_eager_brace)
            && !head.is_empty()
            && !error.to_string().starts_with("unexpected end")
        {
            self.diagnostics.syntax(error);
            return;
        }
        self.diagnostics.error(tokens.last_span(), parse_messages::body_missing(keyword));
    }
}

/// The `if` of a guard, in what stands before an `=>`.
pub(super) fn guard_at(tokens: Tokens<'_>, from: usize) -> Option<usize> {
    tokens.find_in_expression(from, |tokens, step| step.after_operand && tokens.is_word(step.at, "if"))
}

/// The `,` that ends an arm without `=>`.
pub(super) fn arm_separator(tokens: Tokens<'_>, from: usize) -> Option<usize> {
    tokens.find_in_type(from, |tokens, at| tokens.is_punct(at, ',') || tokens.is_punct(at, ';'))
}

/// Stands for an arm that could not be read: what the others do is not all that the `match` does.
fn unread_arm(span: Span) -> ParsedArm {
    let node = ParsedNode { attributes: Attributes::default(), span, kind: ParsedNodeKind::Error };
    let pattern = Pat::Wild(PatWild { attrs: Vec::new(), underscore_token: Token![_](span) });
    ParsedArm { attributes: Attributes::default(), pattern, guard: None, node }
}
