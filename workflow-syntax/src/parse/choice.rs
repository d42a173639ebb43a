//! `race`, `quorum`, `select`, and the timers.

use super::{
    Parser,
    arguments::Arguments,
    branch::{arm_separator, guard_at},
    fragment::is_name,
    tokens::{Inside, Tokens},
};
use crate::{
    diagnostics::parse_messages,
    suggest::nearest,
    tree::{ParsedHead, ParsedHeadKind, ParsedMembers, ParsedNode, ParsedNodeKind},
};
use proc_macro2::Group;
use syn::Expr;

impl Parser<'_> {
    pub(super) fn race(self, tokens: Tokens<'_>) -> Option<ParsedMembers> {
        if let Some(group) = tokens.parenthesis(1) {
            self.diagnostics.error(group.span_open(), parse_messages::RACE_OF_NUMBER);
            return None;
        }
        self.members(tokens.after(1))
    }

    pub(super) fn quorum(self, tokens: Tokens<'_>) -> Option<ParsedNodeKind> {
        let Some(group) = tokens.parenthesis(1) else {
            self.diagnostics.error(tokens.start(1), parse_messages::QUORUM_WITHOUT_NUMBER);
            return None;
        };
        let inside = Inside::of(group);
        let number = if inside.tokens().is_empty() {
            self.diagnostics.error(group.span_close(), parse_messages::QUORUM_WITHOUT_NUMBER);
            Expr::Verbatim(group.stream())
        } else {
            self.expression_or_tokens(inside.tokens(), "a number")
        };
        Some(ParsedNodeKind::Quorum(number, self.members(tokens.after(2))?))
    }

    fn members(self, tokens: Tokens<'_>) -> Option<ParsedMembers> {
        match tokens.brace(0) {
            Some(group) => Some(ParsedMembers::Listed(self.listed(group))),
            None => self.each(tokens).map(|each| ParsedMembers::For(Box::new(each))),
        }
    }

    fn listed(self, group: &Group) -> Vec<ParsedNode> {
        let inside = Inside::of(group);
        let tokens = inside.tokens();
        let mut nodes = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let start = tokens.attributes_end(at);
            let construct = tokens.construct_end(start).filter(|end| !tokens.continues(*end));
            let end = construct.or_else(|| tokens.separator(start)).unwrap_or(tokens.len());
            if tokens.range(start..end).is_empty() {
                self.diagnostics.error(tokens.start(end), parse_messages::expected("a node"));
            } else {
                nodes.push(self.node(tokens.range(at..end)));
            }
            at = if end == tokens.len() || tokens.is_punct(end, ',') {
                end + 1
            } else if tokens.is_punct(end, ';') {
                self.diagnostics.error(tokens.start(end), parse_messages::semicolon_for_comma("race"));
                end + 1
            } else {
                self.diagnostics.error(tokens.before(end).last_span(), parse_messages::MEMBER_COMMA_MISSING);
                end
            };
        }
        nodes
    }

    pub(super) fn heads(self, group: &Group) -> Vec<ParsedHead> {
        let inside = Inside::of(group);
        let tokens = inside.tokens();
        let mut heads = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let start = tokens.attributes_end(at);
            let Some(arrow) = self.arrow(tokens, start, parse_messages::HEAD_FORM) else {
                at = arm_separator(tokens, start).map_or(tokens.len(), |separator| separator + 1);
                continue;
            };
            let attributes = self.attributes(tokens.range(at..start));
            let guard = guard_at(tokens.before(arrow), start);
            let kind = self.head(tokens.range(start..guard.unwrap_or(arrow)));
            let guard =
                guard.map(|guard| self.expression_or_tokens(tokens.range(guard + 1..arrow), "a condition after `if`"));
            let (node, next) = self.follower(tokens, arrow + 2, "select");
            if let Some(kind) = kind {
                heads.push(ParsedHead { attributes, kind, guard, node });
            }
            at = next;
        }
        heads
    }

    /// `None`: reported.
    fn head(self, tokens: Tokens<'_>) -> Option<ParsedHeadKind> {
        if tokens.is_word(0, "sleep")
            && tokens.len() == 2
            && let Some(group) = tokens.parenthesis(1)
        {
            return match self.sleep(group)? {
                ParsedNodeKind::Sleep(duration) => Some(ParsedHeadKind::Sleep(duration)),
                _ => None,
            };
        }
        if tokens.is_colon(1) {
            return self.node_head(tokens);
        }
        if tokens.is_any_word(0, &["signal", "stage"]) {
            let what = tokens.word(0)?.to_string();
            let name = self.name(tokens, 1, &what, &format!("{what} name => .."))?;
            if tokens.len() > 2 {
                self.unexpected(tokens, 2);
                return None;
            }
            return Some(if what == "signal" { ParsedHeadKind::Signal(name) } else { ParsedHeadKind::Stage(name) });
        }
        let word = tokens.word(0).map(ToString::to_string).unwrap_or_default();
        let meant = nearest(&word, ["signal", "stage", "sleep"]).filter(|_| tokens.len() == 2);
        self.diagnostics
            .error(tokens.start(0), parse_messages::unknown_head(meant.map(|meant| (word.as_str(), meant))));
        None
    }

    fn node_head(self, tokens: Tokens<'_>) -> Option<ParsedHeadKind> {
        let name = tokens.word(0).filter(|word| is_name(word)).cloned();
        let name = name.or_else(|| self.name(tokens, 0, "head", parse_messages::HEAD_FORM))?;
        let Some(equals) = tokens.find_in_type(2, Tokens::starts_equals) else {
            self.diagnostics.error(tokens.start(tokens.len()), parse_messages::head_without_node(&name));
            return None;
        };
        let ty = self.ty(tokens.range(2..equals), "a type after `:`");
        let content = tokens.after(equals + 1);
        if content.is_empty() {
            self.diagnostics.error(content.start(0), parse_messages::head_without_node(&name));
            return None;
        }
        Some(ParsedHeadKind::Node { name, ty, node: Box::new(self.node(content)) })
    }

    /// `None`: reported.
    pub(super) fn sleep(self, group: &Group) -> Option<ParsedNodeKind> {
        let arguments = Arguments::of(group);
        match arguments.list().as_slice() {
            [duration] => self.duration(*duration).map(ParsedNodeKind::Sleep),
            [] => self.wrong(group.span_close(), parse_messages::SLEEP_FORM),
            [_, more, ..] => self.wrong(more.start(0), parse_messages::SLEEP_FORM),
        }
    }

    /// `None`: reported.
    pub(super) fn sleep_until(self, group: &Group) -> Option<ParsedNodeKind> {
        let arguments = Arguments::of(group);
        match arguments.list().as_slice() {
            [time] => self.expression(*time, "a `SystemTime`").map(ParsedNodeKind::SleepUntil),
            [] => self.wrong(group.span_close(), parse_messages::SLEEP_UNTIL_FORM),
            [_, more, ..] => self.wrong(more.start(0), parse_messages::SLEEP_UNTIL_FORM),
        }
    }

    /// Reports a mistake, and returns nothing.
    pub(super) fn wrong<T>(self, span: proc_macro2::Span, said: impl std::fmt::Display) -> Option<T> {
        self.diagnostics.error(span, said);
        None
    }
}
