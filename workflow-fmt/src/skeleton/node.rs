//! Nodes: the constructs that Rust has stay, each of the others becomes one of Rust's with the same shape.

use super::{Builder, Gap, Note, wide};
use proc_macro2::Span;
use quote::ToTokens;
use syn::{Expr, spanned::Spanned};
use workflow_syntax::{
    Attributes, Duration, Else, If, ParsedFor, ParsedHead, ParsedHeadKind, ParsedLoop, ParsedMembers, ParsedNode,
    ParsedNodeKind, text::of_tokens,
};

/// The place of a node.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The right side of a stage, an argument.
    Plain,
    /// The end of a block.
    Tail,
    /// Behind `=>`.
    Arm,
    /// Before the `=>` of a `select`.
    Head,
    /// Between the commas of a `race` or `quorum`.
    Member,
}

impl Builder<'_> {
    pub(super) fn node(&mut self, node: &ParsedNode, place: Place) {
        let (first, last) = (self.first(node.span), self.last(node.span));
        // Elsewhere an attribute is a statement of its own.
        let is_attributed =
            matches!(place, Place::Plain | Place::Arm | Place::Head) && !node.attributes.policies.is_empty();
        let is_wrapped = match place {
            _ if is_attributed => true,
            Place::Arm => is_wrapped(&node.kind),
            Place::Head => !matches!(node.kind, ParsedNodeKind::Block(_)) && !is_labelled(&node.kind),
            Place::Plain | Place::Tail | Place::Member => false,
        };
        if is_wrapped {
            self.wrap(&node.attributes, first);
        }
        self.attributes(&node.attributes);
        self.kind(node, place, first, last);
        if is_wrapped {
            let end = self.body.tokens[last].range.end;
            let comma_after = place == Place::Arm;
            let note = Note { before: Gap::Dropped, comma_after, depth: -1, ..Note::default() };
            self.edit(end..end, " }", "", note);
        } else if place == Place::Arm && is_labelled(&node.kind) {
            self.note(last).comma_after = true;
        }
    }

    /// Begins a block around what rustfmt would move to a line of its own. The block is no part of the workflow.
    fn wrap(&mut self, attributes: &Attributes, first: usize) {
        let mut start = first;
        for policy in attributes.policies.iter().rev() {
            // The attributes stay in its line.
            self.note(start).before = Gap::Blank;
            start = self.first(policy.name.span()) - 2;
        }
        let start = self.body.tokens[start].range.start;
        let note = Note { after: Gap::Dropped, depth: 1, ..Note::default() };
        self.edit(start..start, "'w: { ", "", note);
    }

    fn kind(&mut self, node: &ParsedNode, place: Place, first: usize, last: usize) {
        match &node.kind {
            ParsedNodeKind::Expression(expression) => self.fragment(expression),
            ParsedNodeKind::Block(block) => {
                if matches!(place, Place::Arm | Place::Head) && last > first + 1 {
                    // rustfmt would take the braces away from a block of one expression.
                    let start = self.body.tokens[first].range.start;
                    let note = Note { after: Gap::Dropped, ..Note::default() };
                    self.edit(start..start, "'w: ", "", note);
                }
                self.block(block);
            }
            ParsedNodeKind::Seq(block) => {
                self.word(first, "'w:", "seq");
                self.block(block);
            }
            ParsedNodeKind::If(branches) => self.branches(branches),
            ParsedNodeKind::Match(matching) => {
                self.says("match");
                self.fragment(&matching.scrutinee);
                for arm in &matching.arms {
                    self.says("arm");
                    self.attributes(&arm.attributes);
                    self.fragment(&arm.pattern);
                    let mut end = self.end_of(&arm.pattern);
                    if let Some(guard) = &arm.guard {
                        self.says("if");
                        self.fragment(guard);
                        end = self.end_of(guard);
                    }
                    self.arrow(end);
                    self.node(&arm.node, Place::Arm);
                }
            }
            ParsedNodeKind::Loop(looping) => self.looping(looping, first),
            ParsedNodeKind::For(each) => self.each(each),
            ParsedNodeKind::Race(ParsedMembers::Listed(nodes)) => {
                if is_list(nodes) {
                    self.word(first, "racewww", "race");
                    self.list(nodes, first + 1);
                } else {
                    self.word(first, "'ww:", "race");
                    self.members(nodes);
                }
            }
            ParsedNodeKind::Race(ParsedMembers::For(each)) => {
                self.says("race");
                self.replace(first, first + 1, "for ww @", "race for");
                self.each(each);
            }
            ParsedNodeKind::Quorum(number, members) => self.quorum(number, members, first),
            ParsedNodeKind::Select(heads) => {
                self.word(first, "match w", "select");
                for head in heads {
                    self.head(head);
                }
            }
            ParsedNodeKind::Sleep(duration) => {
                self.says("sleep");
                self.duration(duration);
            }
            ParsedNodeKind::SleepUntil(time) => {
                self.says("sleep_until");
                self.fragment(time);
            }
            ParsedNodeKind::Return(value) => {
                self.says("return");
                self.fragment(value);
                self.note(last).ends_block = true;
            }
            ParsedNodeKind::Fail(reason) => {
                self.says("fail");
                self.ending_word(first, "!-!-!", "fail");
                self.fragment(reason);
            }
            ParsedNodeKind::Break(value) => self.ending(value.as_deref(), first, "break", "-!-!-!"),
            ParsedNodeKind::Continue(value) => self.ending(value.as_deref(), first, "continue", "-!-!-!-!-"),
            ParsedNodeKind::Error => self.leave(self.body.tokens[first].range.start, "it can't be read"),
        }
    }

    /// Replaces a construct's keyword.
    fn word(&mut self, at: usize, text: &str, word: &str) {
        self.says(word);
        self.replace(at, at, text, word);
    }

    fn ending(&mut self, value: Option<&ParsedNode>, first: usize, word: &str, text: &str) {
        self.says(word);
        match value {
            Some(value) => {
                self.ending_word(first, text, word);
                self.node(value, Place::Plain);
            }
            None => self.note(first).ends_block = true,
        }
    }

    /// Replaces a word by operators, which stand right before what follows.
    fn ending_word(&mut self, at: usize, text: &str, word: &str) {
        let range = self.body.tokens[at].range.clone();
        self.edit(range, text, word, Note { after: Gap::Padded, ..Note::default() });
    }

    /// Notes the arrow behind the token at `end`.
    fn arrow(&mut self, end: usize) {
        let arrow = (end..self.body.tokens.len()).find(|at| self.body.is(*at, "=") && self.body.is(at + 1, ">"));
        if let Some(arrow) = arrow {
            self.note(arrow + 1).is_arrow = true;
        }
    }

    fn branches(&mut self, branches: &If) {
        self.says("if");
        self.fragment(&branches.condition);
        self.block(&branches.then);
        match &branches.otherwise {
            Some(Else::Block(block)) => {
                self.says("else");
                self.block(block);
            }
            Some(Else::If(next)) => {
                self.says("else");
                self.branches(next);
            }
            None => {}
        }
    }

    /// `loop name: T = NODE {` becomes `for .. in NODE {`.
    fn looping(&mut self, looping: &ParsedLoop, first: usize) {
        self.says("loop");
        if let Some(state) = &looping.state {
            let equals = self.node_start(&state.initial) - 1;
            let words = format!("{}: {}", state.name, of_tokens(state.ty.to_token_stream()));
            let width = words.chars().count();
            let restored = format!("loop {words} =");
            self.replace(first, equals, format!("for {} in", wide(width)), restored);
            self.says(words);
            self.node(&state.initial, Place::Plain);
        }
        self.block(&looping.body);
    }

    fn each(&mut self, each: &ParsedFor) {
        self.says("for");
        self.fragment(&each.pattern);
        self.fragment(&each.items);
        self.block(&each.body);
    }

    fn quorum(&mut self, number: &Expr, members: &ParsedMembers, first: usize) {
        self.says("quorum");
        self.fragment(number);
        match members {
            ParsedMembers::Listed(nodes) if is_list(nodes) => {
                self.replace(first, first, "quorumwww", "quorum");
                self.list(nodes, self.body.closer(first + 1) + 1);
            }
            ParsedMembers::Listed(nodes) => {
                self.replace(first, first, "if www", "quorum");
                self.members(nodes);
            }
            ParsedMembers::For(each) => {
                let words = format!("quorum({})", of_tokens(number.to_token_stream()));
                let width = words.chars().count().saturating_sub(2);
                let last = self.body.closer(first + 1) + 1;
                self.replace(first, last, format!("for {} @", wide(width)), format!("{words} for"));
                self.each(each);
            }
        }
    }

    /// The members of a `race` or `quorum` that are simple become arguments, between the brackets from `open` on.
    fn list(&mut self, nodes: &[ParsedNode], open: usize) {
        let close = self.body.closer(open);
        let (opens, closes) = (self.body.tokens[open].range.clone(), self.body.tokens[close].range.clone());
        self.edit(opens, "(", "{", Note { before: Gap::Padded, after: Gap::Padded, ..Note::default() });
        for node in nodes {
            self.says("member");
            self.node(node, Place::Member);
        }
        self.edit(closes, ")", "}", Note { before: Gap::Padded, ..Note::default() });
        self.says("}");
    }

    /// The members of a `race` or `quorum` become statements.
    fn members(&mut self, nodes: &[ParsedNode]) {
        for node in nodes {
            self.says("member");
            self.node(node, Place::Member);
            let last = self.last(node.span);
            if self.body.is(last + 1, ",") {
                self.replace(last + 1, last + 1, ";", ",");
            } else {
                let end = self.body.tokens[last].range.end;
                self.edit(end..end, ";", ",", Note::default());
            }
        }
        self.says("}");
    }

    /// A head becomes a pattern; its node becomes a guard.
    fn head(&mut self, head: &ParsedHead) {
        self.says("head");
        self.attributes(&head.attributes);
        let mut end = match &head.kind {
            ParsedHeadKind::Signal(name) => self.waits("signal", name, 4),
            ParsedHeadKind::Stage(name) => self.waits("stage", name, 3),
            ParsedHeadKind::Sleep(duration) => {
                self.says("sleep");
                self.duration(duration);
                let sleep = self.first(duration_span(duration)) - 2;
                let close = self.body.closer(sleep + 1);
                let words = match duration {
                    Duration::Expression(expression) => of_tokens(expression.to_token_stream()),
                    Duration::Literal { .. } => self.body.tokens[sleep + 2].text.clone(),
                };
                let words = format!("sleep({words})");
                self.replace(sleep, close, wide(words.chars().count()), words);
                close
            }
            ParsedHeadKind::Node { name, ty, node } => {
                let words = format!("{name}: {} =", of_tokens(ty.to_token_stream()));
                let width = words.chars().count().saturating_sub(3);
                let (at, equals) = (self.first(name.span()), self.node_start(node) - 1);
                let last = self.last(node.span);
                if has_block(&node.kind) {
                    // Two arms: the node behind the arrow of the first, and what follows it behind that of the second.
                    self.replace(at, equals, format!("{} =>", wide(width)), words.clone());
                    self.says(words);
                    self.node(node, Place::Head);
                    let end = self.body.tokens[last].range.end;
                    self.edit(end..end, " w", "", Note { before: Gap::Dropped, ..Note::default() });
                } else {
                    self.replace(at, equals, format!("{} if", wide(width)), words.clone());
                    self.says(words);
                    self.node(node, Place::Plain);
                }
                last
            }
        };
        if let Some(guard) = &head.guard {
            self.says("if");
            if matches!(&head.kind, ParsedHeadKind::Node { node, .. } if !has_block(&node.kind)) {
                let word = self.first(guard.span()) - 1;
                self.replace(word, word, "&&", "if");
            }
            self.fragment(guard);
            end = self.end_of(guard);
        }
        self.arrow(end);
        self.node(&head.node, Place::Arm);
    }

    /// Returns the number of a node's first token, that of its attributes if it has some.
    fn node_start(&self, node: &ParsedNode) -> usize {
        let first = self.first(node.span);
        node.attributes.policies.iter().map(|policy| self.first(policy.name.span()) - 2).fold(first, usize::min)
    }

    /// `signal name`, `stage name`
    fn waits(&mut self, word: &str, name: &proc_macro2::Ident, by: usize) -> usize {
        let at = self.first(name.span());
        self.says(format!("{word} {name}"));
        self.replace(at - 1, at, format!("{} @ {name}", wide(by)), format!("{word} {name}"));
        at
    }

    fn duration(&mut self, duration: &Duration) {
        match duration {
            Duration::Literal { nanoseconds, .. } => self.says(nanoseconds.to_string()),
            Duration::Expression(expression) => self.fragment(expression),
        }
    }
}

fn duration_span(duration: &Duration) -> Span {
    match duration {
        Duration::Literal { span, .. } => *span,
        Duration::Expression(expression) => expression.span(),
    }
}

/// Whether rustfmt puts the construct behind an arrow into a block of its own.
fn is_wrapped(kind: &ParsedNodeKind) -> bool {
    match kind {
        ParsedNodeKind::If(_) | ParsedNodeKind::For(_) | ParsedNodeKind::Quorum(_, ParsedMembers::For(_)) => true,
        ParsedNodeKind::Quorum(_, ParsedMembers::Listed(nodes)) => !is_list(nodes),
        ParsedNodeKind::Loop(looping) => looping.state.is_some(),
        ParsedNodeKind::Race(members) => matches!(members, ParsedMembers::For(_)),
        _ => false,
    }
}

/// Whether a node ends in a block.
fn has_block(kind: &ParsedNodeKind) -> bool {
    match kind {
        ParsedNodeKind::Race(ParsedMembers::Listed(nodes))
        | ParsedNodeKind::Quorum(_, ParsedMembers::Listed(nodes)) => !is_list(nodes),
        ParsedNodeKind::Block(_)
        | ParsedNodeKind::Seq(_)
        | ParsedNodeKind::If(_)
        | ParsedNodeKind::Match(_)
        | ParsedNodeKind::Loop(_)
        | ParsedNodeKind::For(_)
        | ParsedNodeKind::Race(_)
        | ParsedNodeKind::Quorum(..)
        | ParsedNodeKind::Select(_) => true,
        ParsedNodeKind::Expression(expression) => {
            matches!(expression, Expr::Async(_) | Expr::Block(_) | Expr::If(_) | Expr::Match(_) | Expr::Unsafe(_))
        }
        _ => false,
    }
}

/// Whether a construct becomes a block with a label.
fn is_labelled(kind: &ParsedNodeKind) -> bool {
    match kind {
        ParsedNodeKind::Seq(_) => true,
        ParsedNodeKind::Race(ParsedMembers::Listed(nodes)) => !is_list(nodes),
        _ => false,
    }
}

/// Whether members can stand in one line: there are several, and none of them holds a block.
fn is_list(nodes: &[ParsedNode]) -> bool {
    let is_simple = |node: &ParsedNode| {
        let attributes = &node.attributes;
        let is_bare = attributes.policies.is_empty() && attributes.docs.is_empty() && attributes.cfgs.is_empty();
        let has_line = match &node.kind {
            ParsedNodeKind::Sleep(_) | ParsedNodeKind::SleepUntil(_) => true,
            ParsedNodeKind::Expression(expression) | ParsedNodeKind::Fail(expression) => matches!(
                expression,
                Expr::Await(_)
                    | Expr::Binary(_)
                    | Expr::Call(_)
                    | Expr::Cast(_)
                    | Expr::Field(_)
                    | Expr::Lit(_)
                    | Expr::MethodCall(_)
                    | Expr::Path(_)
                    | Expr::Reference(_)
                    | Expr::Unary(_)
            ),
            _ => false,
        };
        is_bare && has_line
    };
    nodes.len() > 1 && nodes.iter().all(is_simple)
}
