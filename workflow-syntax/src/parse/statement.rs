//! Statements that a block of Rust may hold and a block of a workflow may not, and the tail.

use super::{Parser, block::rough_end, text::text, tokens::Tokens};
use crate::{
    diagnostics::parse_messages,
    tree::{ParsedNode, ParsedNodeKind},
};
use proc_macro2::TokenTree;
use syn::Expr;

/// Nodes that end a block: nothing can follow them.
const ENDING: &[&str] = &["return", "break", "continue", "fail"];

impl Parser<'_> {
    /// Reads the statement at `start`, behind its attributes: the block's tail if nothing follows it. Else it is
    /// refused.
    pub(super) fn statement_or_tail(
        self,
        tokens: Tokens<'_>,
        from: usize,
        start: usize,
        tail: &mut Option<ParsedNode>,
    ) -> usize {
        let end = rough_end(tokens, start);
        if let Some(close) = tokens.construct_end(start).filter(|close| *close < end.at && !tokens.continues(*close)) {
            self.refuse(tokens.range(start..close));
            return close;
        }
        if end.at == tokens.len() {
            *tail = Some(self.node(tokens.after(from)));
            return end.at;
        }
        let statement = tokens.range(start..end.at);
        if !end.terminated || end.next < tokens.len() {
            self.refuse(statement);
            return end.next;
        }
        // The last of its block is most likely meant as its tail: taken as such, no other error follows from it.
        if is_tail(statement) {
            self.diagnostics.error(tokens.start(end.at), parse_messages::tail_with_semicolon(&text(statement)));
        } else {
            self.refuse(statement);
        }
        *tail = Some(if is_tail(statement) {
            self.node(tokens.range(from..end.at))
        } else {
            let kind = statement
                .parse_prefix(super::fragment::read::<Expr>)
                .map_or(ParsedNodeKind::Error, |(expression, _)| ParsedNodeKind::Expression(expression));
            ParsedNode { attributes: self.attributes(tokens.range(from..start)), span: statement.span(), kind }
        });
        end.next
    }

    /// An item of Rust, up to its `;` or its body.
    pub(super) fn rust_item(self, tokens: Tokens<'_>, start: usize) -> usize {
        self.diagnostics.error(tokens.start(start), parse_messages::rust_item(&word_text(tokens, start)));
        let ends_at_body =
            !tokens.is_any_word(start, &["use", "const", "static", "type"]) || tokens.is_word(start + 1, "fn");
        let end =
            tokens.find(start, |tokens, at| tokens.is_punct(at, ';') || ends_at_body && tokens.brace(at).is_some());
        end.map_or(tokens.len(), |end| end + 1)
    }

    fn refuse(self, statement: Tokens<'_>) {
        let said = if statement.is_word(0, "while") {
            parse_messages::WHILE.to_owned()
        } else if statement.is_any_word(0, ENDING) {
            parse_messages::not_at_the_end(&word_text(statement, 0))
        } else if let Some(equals) = assignment(statement) {
            parse_messages::assignment(&text(statement.before(equals)), &text(statement.after(equals + 1)))
        } else {
            parse_messages::statement(&text(statement))
        };
        self.diagnostics.error(statement.start(0), said);
    }
}

/// A name, a path, a construct or a node that ends its block: what is most likely meant as a tail.
fn is_tail(statement: Tokens<'_>) -> bool {
    statement.is_any_word(0, ENDING)
        || statement.construct_end(0) == Some(statement.len()) && !statement.is_word(0, "while")
        || (0..statement.len()).all(|at| match statement.get(at) {
            Some(TokenTree::Ident(_)) => true,
            Some(TokenTree::Punct(punct)) => matches!(punct.as_char(), ':' | '.'),
            _ => false,
        })
}

/// The `=` of `name = ..`.
fn assignment(statement: Tokens<'_>) -> Option<usize> {
    (statement.word(0).is_some() && statement.is_equals(1)).then_some(1)
}

pub(super) fn word_text(tokens: Tokens<'_>, at: usize) -> String {
    tokens.word(at).map(ToString::to_string).unwrap_or_default()
}
