//! Renames that a build of a `#[durable]` workflow declares: former names, and the words that were written with them.

use super::Expansion;
use crate::{
    check::renames,
    model::{Members, Node, NodeKind},
    naming::bare,
};
use proc_macro2::{Group, Ident, Literal, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use std::collections::{BTreeMap, BTreeSet};
use workflow_syntax::text;

/// Names that differ in one expression, at most, if any of them may have been renamed before the others.
const COMBINED: usize = 4;

impl Expansion<'_, '_> {
    /// `#[was]` on stages and signals: each former name, and the one that it has now.
    pub(super) fn former_names(&self) -> Vec<(String, String)> {
        let stages = self.model.stages.iter().map(|stage| (&stage.syntax.attributes, &stage.syntax.name));
        let signals = self.model.signals.iter().map(|signal| (&signal.syntax.attributes, &signal.syntax.name));
        let named = stages.chain(signals);
        named.filter_map(|(attributes, name)| Some((bare(renames::former(attributes)?), bare(name)))).collect()
    }

    /// Expressions and patterns that name what was renamed: as they were written, as they are, and the names that
    /// differ.
    pub(super) fn former_texts(&self) -> Vec<TokenStream> {
        let renamed: BTreeMap<String, String> = self.former_names().into_iter().map(|(old, new)| (new, old)).collect();
        if renamed.is_empty() {
            return Vec::new();
        }
        let codes = self.model.codes.iter().map(|code| vec![code.expr.to_token_stream()]);
        let mut all: Vec<Vec<TokenStream>> = codes.collect();
        let stages = self.model.stages.iter().map(|stage| &stage.node);
        let tails = self.model.scopes.iter().filter_map(|scope| scope.tail.as_ref());
        for node in stages.chain(tails) {
            self.labels(node, &mut all);
        }
        let mut found = BTreeSet::new();
        for parts in all {
            let mut names = BTreeSet::new();
            let words = |renamed: &BTreeMap<String, String>, names: &mut BTreeSet<String>| {
                let parts = parts.iter().map(|part| text::of_tokens(former(part.clone(), renamed, names)));
                parts.collect::<Vec<_>>().join(" ")
            };
            let new = words(&BTreeMap::new(), &mut BTreeSet::new());
            words(&renamed, &mut names);
            for some in combinations(&names) {
                let only = renamed.iter().filter(|(new, _)| some.contains(*new));
                let old = words(&only.map(|(new, old)| (new.clone(), old.clone())).collect(), &mut BTreeSet::new());
                found.insert((old, new.clone(), some));
            }
        }
        let scopes = 0..self.model.scopes.len();
        for members in scopes.filter_map(|scope| self.members_with_first(scope)) {
            let inside = |name: &&String| {
                let only =
                    renamed.get_key_value(*name).map(|(new, old)| (new.clone(), old.clone())).into_iter().collect();
                self.member_names_before(&members, &only) != self.member_names_before(&members, &BTreeMap::new())
            };
            let names: BTreeSet<String> = renamed.keys().filter(inside).cloned().collect();
            let words = |renamed: &BTreeMap<String, String>| {
                let names = self.member_names_before(&members, renamed);
                text::of_tokens(super::fingerprint::all_names(&names).to_token_stream())
            };
            for some in combinations(&names) {
                let only = renamed.iter().filter(|(new, _)| some.contains(*new));
                let old = words(&only.map(|(new, old)| (new.clone(), old.clone())).collect());
                found.insert((old, words(&BTreeMap::new()), some));
            }
        }
        found.into_iter().map(|(old, new, names)| quote!((#old, #new, &[#(#names),*]))).collect()
    }

    /// Collects the tokens that tell the arms and members of a node apart.
    fn labels(&self, node: &Node<'_>, found: &mut Vec<Vec<TokenStream>>) {
        match &node.kind {
            NodeKind::Match { arms, .. } => found.extend(arms.iter().filter_map(|arm| {
                let guard = self.model.codes[arm.guard?].expr.to_token_stream();
                Some(vec![arm.syntax.pattern.to_token_stream(), quote!(if), guard])
            })),
            NodeKind::Members { members: Members::Listed(scopes), .. } => found.extend(scopes.iter().map(|&member| {
                let codes = self.model.codes.iter().filter(|code| self.model.within(code.scope, member));
                codes.map(|code| code.expr.to_token_stream()).collect()
            })),
            NodeKind::Break(Some(node)) | NodeKind::Continue(Some(node)) => self.labels(node, found),
            NodeKind::Loop(looping) => looping.initial.iter().for_each(|initial| self.labels(initial, found)),
            _ => {}
        }
    }

    /// Returns for each stage that has no expression of its own with `ctx` the first that has. Earlier versions gave
    /// the stage's key to all of them.
    pub(super) fn plain_sites(&self) -> Vec<TokenStream> {
        let mut first: BTreeMap<String, &str> = BTreeMap::new();
        let codes = self.model.codes.iter().filter(|code| code.context && code.undoes.is_none());
        for code in codes {
            let stage = code.around.map_or_else(String::new, |stage| bare(self.stage_name(stage)));
            let site = first.entry(stage).or_insert(&code.site);
            if code.site.is_empty() {
                *site = "";
            }
        }
        first.into_iter().filter(|(_, site)| !site.is_empty()).map(|(stage, site)| quote!((#stage, #site))).collect()
    }
}

/// All sets of them but the empty one; of many, each alone and all together.
fn combinations(names: &BTreeSet<String>) -> Vec<Vec<String>> {
    let names: Vec<&String> = names.iter().collect();
    if names.len() > COMBINED {
        let alone = names.iter().map(|name| vec![(*name).clone()]);
        return alone.chain([names.iter().map(|name| (*name).clone()).collect()]).collect();
    }
    let some = |bits: u32| {
        let chosen = names.iter().enumerate().filter(move |(index, _)| bits & (1 << index) != 0);
        chosen.map(|(_, name)| (*name).clone()).collect()
    };
    (1..1_u32 << names.len()).map(some).collect()
}

/// Returns the tokens with former names in place of the present ones. Adds the names that it replaced to `names`.
pub(super) fn former(
    tokens: TokenStream,
    renamed: &BTreeMap<String, String>,
    names: &mut BTreeSet<String>,
) -> TokenStream {
    let token = |token| match token {
        TokenTree::Ident(ident) => match renamed.get(&bare(&ident)) {
            Some(old) => {
                names.insert(bare(&ident));
                TokenTree::Ident(Ident::new(old, ident.span()))
            }
            None => TokenTree::Ident(ident),
        },
        TokenTree::Group(group) => {
            TokenTree::Group(Group::new(group.delimiter(), former(group.stream(), renamed, names)))
        }
        TokenTree::Literal(literal) => TokenTree::Literal(in_format(literal, renamed, names)),
        TokenTree::Punct(punct) => TokenTree::Punct(punct),
    };
    tokens.into_iter().map(token).collect()
}

/// `"{name}"`
fn in_format(literal: Literal, renamed: &BTreeMap<String, String>, names: &mut BTreeSet<String>) -> Literal {
    let mut text = literal.to_string();
    for (new, old) in renamed {
        for end in ["}", ":"] {
            let (now, then) = (format!("{{{new}{end}"), format!("{{{old}{end}"));
            if text.contains(&now) {
                names.insert(new.clone());
                text = text.replace(&now, &then);
            }
        }
    }
    text.parse().unwrap_or(literal)
}
