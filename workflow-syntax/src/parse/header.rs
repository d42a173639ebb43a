//! The parser of a header: `pub workflow Name<G>(input: I) -> O with service: S where .. { .. }`

use super::{
    Parser,
    fragment::{is_name, is_unread, read},
    statement::word_text,
    tokens::Tokens,
    workflows::visibility_end,
};
use crate::{
    diagnostics::parse_messages,
    suggest::nearest,
    tree::Block,
    workflow::{Binding, Workflow},
};
use proc_macro2::{Group, TokenTree};
use syn::{Generics, Type, Visibility, WhereClause};

/// Words of Rust that stand where `workflow` belongs.
const RUST_ITEMS: &[&str] =
    &["fn", "struct", "enum", "mod", "trait", "impl", "async", "const", "static", "use", "type"];

const CLAUSES: &[&str] = &["with", "where"];

impl Parser<'_> {
    /// One workflow that is all of `tokens`; None: not even its name could be read.
    pub(super) fn workflow(self, tokens: Tokens<'_>) -> Option<Workflow> {
        let start = tokens.attributes_end(0);
        let attributes = self.workflow_attributes(tokens.before(start));
        let keyword = visibility_end(tokens, start);
        let visibility = if keyword == start {
            Visibility::Inherited
        } else {
            self.fragment(tokens.range(start..keyword), "a visibility", read).unwrap_or(Visibility::Inherited)
        };
        let at = self.keyword(tokens, keyword)?;
        let name = match tokens.word(at) {
            Some(name) if is_name(name) => name.clone(),
            _ => return self.wrong(tokens.start(at), parse_messages::WORKFLOW_NAME),
        };
        let mut rest = Rest { tokens, at: at + 1, counted: true };
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
        let keyword = tokens.start(keyword);
        if rest.at == tokens.len() {
            let span = tokens.last_span();
            self.diagnostics.error(span, parse_messages::only_a_name(&name.to_string()));
            let body = Block { items: Vec::new(), tail: None, span, close: span };
            let (inputs, services, output) = (Vec::new(), Vec::new(), unit());
            let counted = false;
            return Some(Workflow {
                attributes,
                visibility,
                keyword,
                name,
                generics,
                inputs,
                output,
                services,
                counted,
                body,
            });
        }
        let inputs = self.workflow_inputs(&mut rest, &name.to_string());
        let output = self.output(&mut rest);
        let (services, where_clause) = self.clauses(&mut rest);
        generics.where_clause = where_clause;
        // In something unexpected there may be services.
        let counted = rest.counted && inputs.is_some() && (tokens.brace(rest.at).is_some() || rest.at == tokens.len());
        let (inputs, services) = self.distinct(inputs.unwrap_or_default(), services);
        let body = self.workflow_body(rest, &name.to_string(), !is_unread(&output));
        Some(Workflow { attributes, visibility, keyword, name, generics, inputs, output, services, counted, body })
    }

    /// The position of the name, behind `workflow` or what stands in its place.
    fn keyword(self, tokens: Tokens<'_>, at: usize) -> Option<usize> {
        let names = |at: usize| tokens.word(at).is_some_and(is_name);
        if tokens.is_word(at, "workflow") {
            if !(tokens.is_word(at + 1, "workflow") && names(at + 2)) {
                return Some(at + 1);
            }
            self.diagnostics.error(tokens.start(at + 1), parse_messages::twice("workflow"));
            return Some(at + 2);
        }
        let word = word_text(tokens, at);
        let split = format!("{word}{}", word_text(tokens, at + 1));
        if names(at + 2) && (split == "workflow" || nearest(&split, ["workflow"]).is_some()) {
            let split = format!("{word} {}", word_text(tokens, at + 1));
            self.diagnostics.error(tokens.start(at), parse_messages::workflow_expected(Some(&split)));
            return Some(at + 2);
        }
        let is_rust = RUST_ITEMS.contains(&word.as_str());
        let meant = (!is_rust && nearest(&word, ["workflow"]).is_some()).then_some(word.as_str());
        self.diagnostics.error(tokens.start(at), parse_messages::workflow_expected(meant));
        if names(at) && tokens.is_word(at + 1, "workflow") {
            return Some(at);
        }
        let named = tokens.word(at).is_some() && names(at + 1) && !starts_part(tokens, at);
        (named && (!is_rust || word == "fn")).then_some(at + 1)
    }

    /// `None`: reported.
    fn workflow_inputs(self, rest: &mut Rest<'_>, name: &str) -> Option<Vec<Binding>> {
        let tokens = rest.tokens;
        let next = tokens.find(rest.at, |tokens, at| tokens.is_pair(at, '-', '>') || starts_part(tokens, at));
        let next = next.unwrap_or(tokens.len());
        let parenthesis = tokens.before(next).find(rest.at, |tokens, at| tokens.parenthesis(at).is_some());
        if let Some(group) = parenthesis.and_then(|at| tokens.parenthesis(at)) {
            // `Name workflow(..)` has been reported.
            if parenthesis != Some(rest.at) && !tokens.is_word(rest.at, "workflow") {
                self.diagnostics.error(tokens.start(rest.at), parse_messages::AFTER_NAME);
            }
            rest.at = parenthesis.map_or(next, |at| at + 1);
            return Some(self.inputs(group));
        }
        let place = tokens.before(rest.at).last_span();
        rest.at = next;
        self.wrong(place, parse_messages::inputs_missing(name))
    }

    fn output(self, rest: &mut Rest<'_>) -> Type {
        let tokens = rest.tokens;
        let start = rest.at;
        if starts_clause(tokens, start) || start == tokens.len() {
            return unit();
        }
        let limit = tokens.find_in_type(start, starts_part).unwrap_or(tokens.len());
        let head = tokens.before(limit);
        let arrow = head.find(start, |tokens, at| tokens.is_pair(at, '-', '>'));
        let from = if let Some(arrow) = arrow {
            if arrow > start {
                self.diagnostics.error(tokens.start(start), parse_messages::AFTER_INPUTS);
            }
            arrow + 2
        } else {
            let from = head.find(start, |tokens, at| !matches!(tokens.get(at), Some(TokenTree::Punct(_))));
            let from = from.unwrap_or(start);
            let reads = head.after(from).parse_prefix(read::<Type>).is_ok();
            self.diagnostics.error(
                tokens.start(start),
                if reads { parse_messages::OUTPUT_ARROW } else { parse_messages::AFTER_INPUTS },
            );
            from
        };
        let told = arrow != Some(start);
        let doubled = head.is_pair(from, '-', '>');
        if doubled && !told {
            self.diagnostics.error(tokens.start(from), parse_messages::twice("->"));
        }
        let from = if doubled { from + 2 } else { from };
        let end = head.after(from).parse_prefix(read::<Type>).ok().map(|(ty, length)| (ty, from + length));
        match end {
            Some((ty, end)) if starts_clause(tokens, end) || end >= limit => {
                rest.at = end;
                ty
            }
            _ => {
                rest.at = limit;
                rest.counted &= head.find(from, Tokens::is_colon).is_none();
                if !(told || doubled) {
                    return self.ty(head.after(from), "a type after `->`");
                }
                super::fragment::unread_type(tokens.start(start))
            }
        }
    }

    /// `with ..` and `where ..`, in either order.
    fn clauses(self, rest: &mut Rest<'_>) -> (Vec<Binding>, Option<WhereClause>) {
        let tokens = rest.tokens;
        let mut services = Vec::new();
        let mut where_clause = None;
        while !tokens.is_word(rest.at, "workflow")
            && starts_clause(tokens, rest.at)
            && let Some(word) = tokens.word(rest.at)
        {
            let misspelt = !tokens.is_any_word(rest.at, CLAUSES);
            let missing = misspelt && tokens.is_colon(rest.at + 1);
            let meant = nearest(&word.to_string(), CLAUSES.iter().copied()).filter(|_| misspelt);
            let split = split_with(tokens, rest.at);
            if missing {
                self.diagnostics.error(word.span(), parse_messages::with_missing(word));
            } else if let Some(split) = &split {
                self.diagnostics.error(word.span(), parse_messages::unknown_clause(split, "with"));
            } else if misspelt {
                let said = parse_messages::unknown_clause(&word.to_string(), meant.unwrap_or("with"));
                self.diagnostics.error(word.span(), said);
            }
            let from = rest.at + usize::from(!missing) + usize::from(split.is_some());
            let search = if misspelt { from + 1 } else { from };
            let end = tokens.find_in_type(search, starts_part).unwrap_or(tokens.len());
            let content = tokens.range(from..end);
            if word == "where" && where_clause.is_some() {
                self.diagnostics.error(word.span(), parse_messages::WHERE_TWICE);
            } else if word == "where" {
                where_clause = self.fragment(tokens.range(rest.at..end), "bounds", read::<WhereClause>);
            } else if content.is_empty() {
                self.diagnostics.error(content.start(0), parse_messages::expected("`name: Type` after `with`"));
            } else if meant != Some("where") {
                services.extend(self.bindings(content, "service"));
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
            self.diagnostics.error(span, parse_messages::workflow_without_body(name));
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

/// The tokens of a workflow that are still to be read.
#[derive(Clone, Copy)]
struct Rest<'a> {
    tokens: Tokens<'a>,
    at: usize,
    /// Whether no tokens were passed over that may have been a service.
    counted: bool,
}

/// Whether a part of the header starts at `at` that can't belong to a type: `with`, `where` or the body.
fn starts_part(tokens: Tokens<'_>, at: usize) -> bool {
    tokens.is_any_word(at, CLAUSES) || tokens.brace(at).is_some()
}

/// Whether a clause starts behind a type: `name: Type` after a misspelt `with`, or without it, can't belong to the type
/// either.
fn starts_clause(tokens: Tokens<'_>, at: usize) -> bool {
    let named = |at: usize| tokens.word(at).is_some_and(is_name) && tokens.is_colon(at + 1);
    starts_part(tokens, at)
        || named(at)
        || (tokens.word(at).is_some_and(is_name) && named(at + 1))
        || (named(at + 2) && split_with(tokens, at).is_some())
}

/// `w ith`
fn split_with(tokens: Tokens<'_>, at: usize) -> Option<String> {
    let (first, second) = (tokens.word(at)?, tokens.word(at + 1)?);
    (format!("{first}{second}") == "with").then(|| format!("{first} {second}"))
}

fn last_brace(tokens: Tokens<'_>) -> Option<&Group> {
    (0..tokens.len()).rev().find_map(|at| tokens.brace(at))
}
