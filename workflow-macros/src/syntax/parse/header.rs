//! `pub workflow Name<G>(input: I) -> O with service: S where .. { .. }`

use super::Parser;
use super::fragment::{is_name, is_unread, read};
use super::tokens::Tokens;
use crate::diagnostics::message;
use crate::nearest::nearest;
use crate::syntax::{Binding, Block, Workflow};
use proc_macro2::{Group, TokenTree};
use syn::{Generics, Type, Visibility, WhereClause};

/// Words of Rust that stand where `workflow` belongs.
const RUST_ITEMS: &[&str] =
    &["fn", "struct", "enum", "mod", "trait", "impl", "async", "const", "static", "use", "type"];

impl Parser<'_> {
    pub(super) fn workflows(self, tokens: Tokens<'_>) -> Vec<Workflow> {
        if tokens.is_empty() {
            self.diagnostics.error(tokens.start(0), message::EMPTY_INPUT);
        }
        let mut workflows = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let end = workflow_end(tokens, at);
            workflows.extend(self.workflow(tokens.range(at..end)));
            at = end;
        }
        workflows
    }

    /// One workflow that is all of `tokens`; None: not even its name could be read.
    fn workflow(self, tokens: Tokens<'_>) -> Option<Workflow> {
        let start = tokens.attributes_end(0);
        let attributes = self.attributes(tokens.before(start));
        let keyword = visibility_end(tokens, start);
        let visibility = if keyword == start {
            Visibility::Inherited
        } else {
            self.fragment(tokens.range(start..keyword), "a visibility", read).unwrap_or(Visibility::Inherited)
        };
        let at = self.keyword(tokens, keyword)?;
        let name = match tokens.word(at) {
            Some(name) if is_name(name) => name.clone(),
            _ => return self.wrong(tokens.start(at), message::WORKFLOW_NAME),
        };
        let mut rest = Rest { tokens, at: at + 1 };
        let generics_end = if tokens.is_punct(rest.at, '<') {
            tokens.angles_end(rest.at).or_else(|| tokens.find(rest.at, |tokens, at| tokens.parenthesis(at).is_some()))
        } else {
            None
        };
        let mut generics = match generics_end {
            Some(end) => {
                let generics = self.fragment(tokens.range(rest.at..end), "type parameters", read::<Generics>);
                rest.at = end;
                generics.unwrap_or_default()
            }
            None => Generics::default(),
        };
        if rest.at == tokens.len() {
            let span = tokens.last_span();
            self.diagnostics.error(span, message::only_a_name(&name.to_string()));
            let body = Block { items: Vec::new(), tail: None, span, close: span };
            let (inputs, services) = (Vec::new(), Vec::new());
            let keyword = tokens.start(keyword);
            return Some(Workflow {
                attributes,
                visibility,
                keyword,
                name,
                generics,
                inputs,
                output: unit(),
                services,
                body,
            });
        }
        let inputs = self.workflow_inputs(&mut rest, &name.to_string());
        let output = self.output(&mut rest);
        let (services, where_clause) = self.clauses(&mut rest);
        generics.where_clause = where_clause;
        let body = self.workflow_body(rest, &name.to_string(), !is_unread(&output));
        Some(Workflow {
            attributes,
            visibility,
            keyword: tokens.start(keyword),
            name,
            generics,
            inputs,
            output,
            services,
            body,
        })
    }

    /// The position of the name, behind `workflow` or what stands in its place.
    fn keyword(self, tokens: Tokens<'_>, at: usize) -> Option<usize> {
        if tokens.is_word(at, "workflow") {
            return Some(at + 1);
        }
        let word = tokens.word(at).map(ToString::to_string).unwrap_or_default();
        let is_rust = RUST_ITEMS.contains(&word.as_str());
        let meant = (!is_rust && nearest(&word, ["workflow"]).is_some()).then_some(word.as_str());
        self.diagnostics.error(tokens.start(at), message::workflow_expected(meant));
        let named = tokens.word(at).is_some() && tokens.word(at + 1).is_some_and(is_name);
        (named && (!is_rust || word == "fn")).then_some(at + 1)
    }

    fn workflow_inputs(self, rest: &mut Rest<'_>, name: &str) -> Vec<Binding> {
        if let Some(group) = rest.tokens.parenthesis(rest.at) {
            rest.at += 1;
            return self.inputs(group);
        }
        self.diagnostics.error(rest.tokens.before(rest.at).last_span(), message::inputs_missing(name));
        let next = rest.tokens.find(rest.at, |tokens, at| tokens.is_pair(at, '-', '>') || starts_part(tokens, at));
        rest.at = next.unwrap_or(rest.tokens.len());
        Vec::new()
    }

    fn output(self, rest: &mut Rest<'_>) -> Type {
        let tokens = rest.tokens;
        let start = rest.at;
        let end = tokens.find_in_type(start + 2, starts_part).unwrap_or(tokens.len());
        if tokens.is_pair(start, '-', '>') {
            rest.at = end;
            return self.ty(tokens.range(start + 2..end), "a type after `->`");
        }
        let part = tokens.find_in_type(start, starts_part).unwrap_or(tokens.len());
        if part == start {
            return unit();
        }
        rest.at = part;
        if tokens.is_arrow(start) || tokens.is_colon(start) {
            self.diagnostics.error(tokens.start(start), message::OUTPUT_ARROW);
            let skipped = if tokens.is_arrow(start) { 2 } else { 1 };
            let ty = tokens.range(start + skipped..part).parse_prefix(read::<Type>);
            return ty.map_or_else(|_| super::fragment::unread_type(tokens.start(start)), |(ty, _)| ty);
        }
        self.diagnostics.error(tokens.start(start), message::AFTER_INPUTS);
        super::fragment::unread_type(tokens.start(start))
    }

    /// `with ..` and `where ..`, in either order.
    fn clauses(self, rest: &mut Rest<'_>) -> (Vec<Binding>, Option<WhereClause>) {
        let tokens = rest.tokens;
        let mut services = Vec::new();
        let mut where_clause = None;
        while !tokens.is_word(rest.at, "workflow") && tokens.is_any_word(rest.at, &["with", "where"]) {
            let end = tokens.find_in_type(rest.at + 1, starts_part).unwrap_or(tokens.len());
            let content = tokens.range(rest.at + 1..end);
            if content.is_empty() && tokens.is_word(rest.at, "with") {
                self.diagnostics.error(content.start(0), message::expected("`name: Type` after `with`"));
            } else if tokens.is_word(rest.at, "with") {
                services.extend(self.bindings(content, "service"));
            } else if where_clause.is_some() {
                self.diagnostics.error(tokens.start(rest.at), message::WHERE_TWICE);
            } else {
                let clause = tokens.range(rest.at..end);
                where_clause = self.fragment(clause, "bounds", read::<WhereClause>);
            }
            rest.at = end;
        }
        (services, where_clause)
    }

    fn workflow_body(self, rest: Rest<'_>, name: &str, read_so_far: bool) -> Block {
        let tokens = rest.tokens;
        if let Some(group) = tokens.brace(rest.at) {
            return self.block(group);
        }
        let span = tokens.before(rest.at).last_span();
        if rest.at >= tokens.len() && !read_so_far {
            // What stands there last has a mistake of its own.
        } else if rest.at >= tokens.len() {
            self.diagnostics.error(span, message::workflow_without_body(name));
        } else {
            self.unexpected(tokens, rest.at);
        }
        match last_brace(tokens).filter(|_| rest.at < tokens.len()) {
            Some(group) => self.block(group),
            None => Block { items: Vec::new(), tail: None, span, close: span },
        }
    }
}

fn unit() -> Type {
    let elems = syn::punctuated::Punctuated::new();
    Type::Tuple(syn::TypeTuple { attrs: Vec::new(), paren_token: syn::token::Paren::default(), elems })
}

/// What of a workflow is still to be read.
#[derive(Clone, Copy)]
struct Rest<'a> {
    tokens: Tokens<'a>,
    at: usize,
}

/// Whether a part of the header starts at `at` that can't belong to a type: `with`, `where` or the body.
fn starts_part(tokens: Tokens<'_>, at: usize) -> bool {
    tokens.is_any_word(at, &["with", "where"]) || tokens.brace(at).is_some()
}

/// Where the workflow from `from` ends: behind its body, or where the next one starts.
fn workflow_end(tokens: Tokens<'_>, from: usize) -> usize {
    let keyword = visibility_end(tokens, tokens.attributes_end(from));
    let next = tokens.find(keyword + 1, starts_workflow);
    let limit = next.unwrap_or(tokens.len());
    let head = tokens.before(limit);
    head.find_in_type(from, |tokens, at| tokens.brace(at).is_some()).map_or(limit, |body| body + 1)
}

/// Whether another workflow unmistakably starts at `at`: its attributes and visibility included.
fn starts_workflow(tokens: Tokens<'_>, at: usize) -> bool {
    let keyword = visibility_end(tokens, tokens.attributes_end(at));
    let starts = matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == '#')
        || tokens.is_any_word(at, &["pub", "workflow"]);
    starts && tokens.is_word(keyword, "workflow") && tokens.word(keyword + 1).is_some_and(is_name)
}

fn visibility_end(tokens: Tokens<'_>, at: usize) -> usize {
    if tokens.is_visibility(at) {
        return at + 1;
    }
    if !tokens.is_word(at, "pub") {
        return at;
    }
    if tokens.parenthesis(at + 1).is_some() { at + 2 } else { at + 1 }
}

fn last_brace(tokens: Tokens<'_>) -> Option<&Group> {
    (0..tokens.len()).rev().find_map(|at| tokens.brace(at))
}
